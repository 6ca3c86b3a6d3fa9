"""Every view of the console, opened one after the other on the frozen market, and files that keep their looks."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from difflib import unified_diff
from pathlib import Path

from rich.cells import cell_len
from rich.style import Style
from textual.pilot import Pilot
from textual.theme import Theme
from textual.widgets import Input

from ibtui.ui.app import ConsoleApp
from ibtui.ui.themes import THEMES
from tests.conftest import until
from tests.console.frozen import SPY, WORLD, frozen_parts
from tests.console.harness import nothing
from tests.console.test_screens import DIGITS, settle

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = "IBTUI_RENEW_SNAPSHOTS"
"""Set to 1 in the environment, the files are written anew instead of compared: see what differs by ``git diff``."""

DIALOGS = ("help", "ticket", "command", "choice")
VIEWS = (*DIGITS, *DIALOGS)

ESTIMATE = "what-if"
"""The ticket's worker, which goes on as long as the ticket is open."""

_COLOURS = {
    name: f"#{16 * number + 50:02x}{16 * number + 20:02x}{250 - 16 * number:02x}"
    for number, name in enumerate(
        (
            "primary",
            "secondary",
            "accent",
            "foreground",
            "background",
            "surface",
            "panel",
            "success",
            "warning",
            "error",
        )
    )
}
_VARIABLES = {name: f"#{70 + number * 31:02x}4050" for number, name in enumerate(THEMES[0].variables)}
PROBE = Theme(name="probe", **_COLOURS, variables=_VARIABLES)  # type: ignore[arg-type]
"""A theme in which no two names have one colour: what is seen in it tells which name was meant."""

NAMES = {colour: name for name, colour in (_COLOURS | _VARIABLES).items()}

Cell = tuple[str, str]
"""A character, and its look by :func:`told`; both are empty for the right half of a wide character."""


@asynccontextmanager
async def frozen_app(
    directory: Path, size: tuple[int, int], theme: str = "dark"
) -> AsyncIterator[tuple[ConsoleApp, Pilot[None]]]:
    """The console on the frozen market with SPY selected, in a theme of its own or in :data:`PROBE`."""
    async with frozen_parts(directory) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=size) as pilot:
            app.register_theme(PROBE)
            app.theme = theme
            app.select(SPY)
            yield app, pilot


async def open_view(app: ConsoleApp, pilot: Pilot[None], view: str) -> None:
    """Opens a view and waits until it shows everything that is to be read beside the loop."""
    if view in DIGITS:
        await pilot.press(DIGITS[view], *(["G"] if view == "backfill" else []))
    elif view == "help":
        await pilot.press("1", "?")
    elif view == "ticket":
        await pilot.press("1", "b")
    elif view == "command":
        await pilot.press("1", ":", *"sell ")
    else:
        await pilot.press("1")
        app._executor._pick("700", WORLD)
    for field in app.screen.query(Input):
        field.cursor_blink = False
    await settle(app, pilot)
    if view == "ticket":
        await until(lambda: "margin unknown" in text(cells(app)), 10, "the answer to the what-if")
    await until(lambda: all(each.is_finished for each in app.workers if each.name != ESTIMATE), 10, "what is read")
    await settle(app, pilot)


async def close_view(app: ConsoleApp, pilot: Pilot[None]) -> None:
    """Leaves a dialog."""
    while len(app.screen_stack) > 1:
        await pilot.press("escape")


def cells(app: ConsoleApp) -> list[list[Cell]]:
    """What the terminal would show, cell by cell."""
    shown = []
    for strip in app.screen._compositor.render_strips():
        line: list[Cell] = []
        for text, style, _ in strip:
            look = told(style)
            for character in text:
                wide = cell_len(character)
                if wide == 0 and line:  # it joins the character before it
                    line[-1] = (line[-1][0] + character, line[-1][1])
                else:
                    line += [(character, look), *[("", "")] * (wide - 1)]
        shown.append(line)
    return shown


def text(shown: Sequence[Sequence[Cell]]) -> str:
    """The characters, line by line."""
    return "".join("".join(character for character, _ in line).rstrip() + "\n" for line in shown)


def told(style: Style | None) -> str:
    """A style in words: the theme's names of its colours, or the colours themselves; then its attributes."""
    if style is None:
        return "plain"
    front, back = (colour.name if colour else "default" for colour in (style.color, style.bgcolor))
    attributes = ("bold", "dim", "italic", "underline", "reverse", "strike")
    shown = [f"{_named(front)} on {_named(back)}"]
    return " ".join([*shown, *(each for each in attributes if getattr(style, each))])


def _named(colour: str) -> str:
    """The probing theme's name of a colour; Textual's arithmetic may be one off."""
    if not colour.startswith("#"):
        return colour
    found = (
        name
        for known, name in NAMES.items()
        if all(abs(a - b) < 2 for a, b in zip(_rgb(known), _rgb(colour), strict=True))
    )
    return next(found, colour)


def _rgb(colour: str) -> bytes:
    return bytes.fromhex(colour[1:])


def colour_map(shown: Sequence[Sequence[Cell]]) -> str:
    """A letter a cell, and below what each letter looks like."""
    letters: dict[str, str] = {}
    names = iter("·abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    lines = []
    for line in shown:
        for _, look in line:
            if look and look not in letters:
                letters[look] = next(names)
        lines.append("".join(letters.get(look, "") or "_" for _, look in line))
    return "\n".join([*lines, "", *(f"{letter}  {look}" for look, letter in letters.items())]) + "\n"


def text_file(view: str, size: tuple[int, int]) -> str:
    """Where the text of a view at a size is kept."""
    return f"{view}-{size[0]}x{size[1]}.txt"


def compare(found: dict[str, str]) -> list[str]:
    """What differs from the files, as a difference; writes the files instead where that is asked for."""
    differing = []
    for name, now in found.items():
        file = SNAPSHOTS / name
        if os.environ.get(RENEW):
            file.parent.mkdir(exist_ok=True)
            file.write_text(now, encoding="utf-8")
            continue
        before = file.read_text(encoding="utf-8") if file.exists() else ""
        differing += unified_diff(
            before.splitlines(), now.splitlines(), f"{name} kept", f"{name} now", n=0, lineterm=""
        )
    return differing
