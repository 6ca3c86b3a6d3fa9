"""Changed cells written straight to the terminal: the way of nearly every frame.

Textual's own way leads from the widget by messages and a timer to the compositor, which asks every widget for all its
lines, cuts and joins them: three quarters of what a frame of quotes cost (measured). A line-drawn widget that nothing
lies over knows where its cells are and what stands in them, and Textual keeps no picture of the screen: drawn this way
or its own, the next paint starts from the widgets. Whatever is not as plain as that goes Textual's way.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual._compositor import CompositorUpdate
from textual.geometry import Offset, Region
from textual.widget import Widget

from ibtui.ui.sgr import RESET, turn
from ibtui.ui.text import Span, cells, length

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from textual.screen import Screen

    from ibtui.ui.app import ConsoleApp
    from ibtui.ui.widgets.toned import Toned

Layout = dict[Widget, tuple[Region, Region]]
"""Place and clip of each visible widget, from the top down, as Textual's compositor has it."""


class Stroke(NamedTuple):
    """Cells of a widget that are to be drawn.

    Attributes:
        x: The first of them, from the widget's left edge.
        y: Line of the widget.
        spans: What stands there from now on.
        chosen: Whether the line is the selected one.
    """

    x: int
    y: int
    spans: Sequence[Span]
    chosen: bool = False

    @property
    def region(self) -> Region:
        """The cells it covers."""
        return Region(self.x, self.y, length(self.spans), 1)


class Strokes(CompositorUpdate):
    """Strokes as Textual takes an update of the screen."""

    def __init__(self, placed: Sequence[tuple[Offset, "Toned", Sequence[Stroke]]]) -> None:
        self.placed = placed

    def render_segments(self, console: "Console") -> str:
        """Everything to be written, style by style; ends without one in force.

        Going to another cell of the line takes 6 bytes, another colour up to 20 (measured: a third less in all).
        """
        by_style: dict[str, list[tuple[int, int, str]]] = {}
        for (left, top), widget, strokes in self.placed:
            for x, y, spans, chosen in strokes:
                row, column = top + y + 1, left + x + 1
                for text, tone in spans:
                    by_style.setdefault(widget.codes_of(tone, chosen), []).append((row, column, text))
                    column += cells(text)
        written: list[str] = []
        write = written.append
        style_now, at_row, at_column = "", 0, 0
        for style, pieces in by_style.items():
            if style != style_now:
                write(turn(style_now, style))
                style_now = style
            for row, column, text in pieces:
                if row != at_row:
                    write(f"\x1b[{row};{column}H")
                elif column != at_column:
                    write(f"\x1b[{column}G")
                write(text)
                at_row, at_column = row, column + cells(text)
        if style_now:
            write(RESET)
        return "".join(written)


class Brush:
    """Collects the strokes of a frame and draws them at its end."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app
        self._touched: dict[Toned, set[int]] | None = None
        self._screen: Screen[Any] | None = None
        self._painted: Layout | None = None
        self._origins: dict[Widget, Offset | None] = {}

    @contextmanager
    def frame(self) -> Iterator[None]:
        """What widgets touch meanwhile is drawn at the end, at once."""
        self._touched = {}
        try:
            yield
        finally:
            touched, self._touched = self._touched, None
            if touched:
                self._draw(touched)

    def touch(self, widget: "Toned", lines: Iterable[int]) -> None:
        """Has a widget's lines drawn, as far as they differ from what was drawn."""
        if self._touched is None:
            _by_textual(widget, widget.strokes(lines))
        else:
            self._touched.setdefault(widget, set()).update(lines)

    def painted(self, screen: "Screen[Any]", *, whole: bool) -> None:
        """Textual has painted: what is laid out on the screen is on the terminal."""
        known = whole or screen is self._screen
        layout = screen._compositor.visible_widgets if known else None
        self._screen = screen if known else None
        if layout is not self._painted:
            self._painted, self._origins = layout, {}

    def _draw(self, touched: dict["Toned", set[int]]) -> None:
        app, screen = self._app, self._app.screen
        placed = []
        # Textual makes a new layout whenever something moves, appears or goes.
        free = screen._compositor.visible_widgets is self._painted and not app._batch_count
        for widget, lines in touched.items():
            strokes, origin = widget.strokes(lines), self._origin(widget) if free else None
            if origin is None:
                _by_textual(widget, strokes)
            elif strokes:
                placed.append((origin, widget, strokes))
        if placed:
            app._display(screen, cast("RenderableType", Strokes(placed)))

    def _origin(self, widget: "Toned") -> Offset | None:
        """Where a widget's first cell is on the terminal; None where not all of it can be seen."""
        if widget not in self._origins:
            self._origins[widget] = None if self._painted is None else _origin(widget, self._painted)
        return self._origins[widget]


def _origin(widget: "Toned", layout: Layout) -> Offset | None:
    if widget not in layout or not widget.draws_itself:
        return None
    region, clip = layout[widget]
    if not clip.contains_region(region):
        return None
    for other, (place, _) in layout.items():  # from the top down
        if other is widget:
            break
        if place.overlaps(region):
            return None
    return region.offset


def _by_textual(widget: "Toned", strokes: Sequence[Stroke]) -> None:
    if strokes:
        widget.refresh(*(each.region for each in strokes))
