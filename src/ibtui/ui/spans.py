"""What changed on the screen as bytes: the changed cells of each line, and no colour said twice.

Textual sends a changed line from the widget's left edge on, once for each place that changed, and all of a cell's
colours with each; on a board of quotes that was twice as many bytes and a third more processor time (measured).
"""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.segment import Segment
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from ibtui.ui.sgr import RESET, lighten, turn

if TYPE_CHECKING:
    from rich.console import Console


class Whole(LayoutUpdate):
    """The same paint of a whole screen as Textual's, in fewer bytes."""

    def __init__(self, update: LayoutUpdate) -> None:
        super().__init__(update.strips, update.region)

    def render_segments(self, console: "Console") -> str:
        """Everything to be written."""
        return lighten(super().render_segments(console))


class Spans(ChopsUpdate):
    """The same update as Textual's, in fewer bytes."""

    def __init__(self, update: ChopsUpdate) -> None:
        super().__init__(update.chops, update.spans, update.chop_ends)

    def render_segments(self, console: "Console") -> str:
        """Everything to be written; ends without a style in force."""
        system = console._color_system
        written: list[str] = []
        write = written.append
        style_now, at = "", (-1, -1)
        for y, left, right, piece in self._pieces():
            if at != (left, y):
                write(f"\x1b[{y + 1};{left + 1}H")
            at = right, y
            for text, style, _ in piece:
                codes = "" if style is None or system is None else style._ansi or style._make_ansi_codes(system)
                if codes != style_now:
                    write(turn(style_now, codes))
                    style_now = codes
                write(text)
        if style_now:
            write(RESET)
        return "".join(written)

    def _pieces(self) -> Iterator[tuple[int, int, int, Iterable[Segment]]]:
        """Each changed stretch of a widget's line: ``line, first cell, cell after the last, what stands there``."""
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x >= last or end <= first:
                    continue
                left, right = max(x, first), min(end, last)
                whole = left == x and right == end
                yield y, left, right, strip if whole else _cut(strip, left - x, right - x)


def _cut(strip: Strip, first: int, last: int) -> Iterable[Segment]:
    """The cells from ``first`` up to ``last``; of characters that take one cell each without measuring them."""
    pieces, at = [], 0
    for text, style, _ in strip:
        end = at + len(text)
        if not text.isascii() and cell_len(text) != len(text):
            return strip.crop(first, last)
        if end > first:
            pieces.append(Segment(text[max(0, first - at) : last - at], style))
        at = end
        if at >= last:
            break
    return pieces
