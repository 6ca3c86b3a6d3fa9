"""A screen as text, as data or as a drawing, whether it is shown now or not; the user's own screen is left as it is."""

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ibtui.errors import UsageError
from ibtui.ui.frame import Frame
from ibtui.ui.screens.base import ConsoleScreen

if TYPE_CHECKING:
    from textual.screen import Screen
    from textual.strip import Strip

    from ibtui.ui.app import ConsoleApp

TURNS = 3
"""Paints that a screen gets which was not shown: what it reads beside the loop arrives between them."""

BETWEEN = 0.15
"""Seconds between two of them."""

FORMS = ("text", "json", "svg")


async def picture(app: "ConsoleApp", request: dict[str, Any]) -> dict[str, Any]:
    """The answer to ``snapshot``: ``screen`` (a name or its digit; empty is the one shown) in the ``form`` asked for.

    Raises:
        UsageError: There is no such screen, or nothing is shown yet.
    """
    from ibtui.ui.app import SCREENS

    names = list(SCREENS)
    wanted, form = str(request.get("screen") or ""), request.get("form", "text")
    name = {str(at % 10): each for at, each in enumerate(names, 1)}.get(wanted, wanted)
    if name not in ("", *names):
        raise UsageError(f"'{wanted}' is no screen; there are: {', '.join(names)}")
    if not app.is_running or not app.screen_stack:
        raise UsageError("The console shows nothing yet; ask again in a moment")
    strips = await _strips(app, name or app.current_mode)
    width, height = app.size
    document = {
        "screen": name or app.current_mode,
        "shown": name in ("", app.current_mode),
        "width": width,
        "height": height,
        "ts_ns": app.parts.clock.utc_ns(),
    }
    if form == "svg":
        return {**document, "svg": drawing(strips, width, f"ibtui {document['screen']}")}
    return {**document, "lines": [strip.text.rstrip() for strip in strips]}


async def _strips(app: "ConsoleApp", name: str) -> "Sequence[Strip]":
    """The screen's lines as they are, or would be were it shown."""
    if name != app.current_mode:
        await app._init_mode(name)
    screen = app._screen_stacks[name][0]
    assert isinstance(screen, ConsoleScreen)
    hidden = name != app.current_mode
    if hidden:
        screen._screen_resized(app.size)
    for _ in range(TURNS if hidden else 1):
        await asyncio.sleep(BETWEEN if hidden else 0)
        _paint(app, screen, hidden=hidden)
    strips = strips_of(app, screen)
    if hidden and name != app.current_mode:
        _leave(app, screen)
    return strips


def _paint(app: "ConsoleApp", screen: ConsoleScreen, *, hidden: bool) -> None:
    """A whole frame for one screen. One that is not shown subscribes to nothing."""
    clock, nothing = app.parts.clock, frozenset[int]()
    app.glancing = hidden
    try:
        screen.paint(Frame(clock.monotonic(), clock.utc_ns(), nothing, nothing, nothing, full=True))
        app.show_status_on(screen)
    finally:
        app.glancing = False


def _leave(app: "ConsoleApp", screen: ConsoleScreen) -> None:
    """Has a screen that is not shown give back what it took for its picture; what others follow stays."""
    app.glancing = True
    try:
        screen.on_screen_suspend()
    finally:
        app.glancing = False


def strips_of(app: "ConsoleApp", screen: "Screen[Any]") -> "Sequence[Strip]":
    """A screen's lines as they would be drawn."""
    return screen._compositor.render_strips(app.size)


def drawing(strips: "Sequence[Strip]", width: int, title: str) -> str:
    """Lines as an SVG that needs nothing from elsewhere."""
    import io

    from rich._export_format import CONSOLE_SVG_FORMAT
    from rich.console import Console
    from rich.segment import Segment, Segments

    console = Console(
        width=width,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    for strip in strips:
        console.print(Segments([*strip, Segment.line()]), no_wrap=True, crop=False)
    without_fonts = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    unique = "ibtui-" + re.sub(r"\W+", "-", title)
    return console.export_svg(title=title, code_format=without_fonts, unique_id=unique)
