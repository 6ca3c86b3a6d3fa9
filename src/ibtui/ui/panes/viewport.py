"""What part of a chart is looked at: how large, up to where, and which column is under the cursor. No Textual here.

Places are kept as times, so that they stay where they are when bars are added or the columns become wider.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ibtui.market.candles import Candle

ZOOMS = ((3, 1), (2, 1), (1, 1), (1, 2), (1, 5), (1, 10), (1, 30))
"""Cells a column and bars a column, from near to far."""


@dataclass(slots=True)
class Viewport:
    """Where one looks.

    Attributes:
        zoom: Index into :data:`ZOOMS`.
        right: Start of the last visible column, UTC seconds; None follows the newest.
        under: Start of the column under the cursor; None without one.
    """

    zoom: int = 1
    right: int | None = None
    under: int | None = None

    @property
    def cells(self) -> int:
        """Cells a column."""
        return ZOOMS[self.zoom][0]

    @property
    def per(self) -> int:
        """Bars a column."""
        return ZOOMS[self.zoom][1]

    def zoom_by(self, steps: int) -> None:
        """Nearer (below zero) or farther."""
        self.zoom = max(0, min(len(ZOOMS) - 1, self.zoom + steps))

    def reset(self) -> None:
        """Follows the newest, without a cursor."""
        self.right = self.under = None

    def window(self, candles: Sequence[Candle], count: int) -> tuple[int, int]:
        """First visible column and the one after the last, of at most ``count``."""
        end = len(candles) if self.right is None else max(1, _index(candles, self.right) + 1)
        return max(0, end - count), end

    def cursor(self, candles: Sequence[Candle]) -> int | None:
        """Index of the column under the cursor."""
        return None if self.under is None or not candles else max(0, _index(candles, self.under))

    def move_cursor(self, candles: Sequence[Candle], count: int, steps: int) -> None:
        """Moves the cursor, or puts it on the last visible column; the view follows it."""
        if not candles:
            return
        first, end = self.window(candles, count)
        at = self.cursor(candles)
        at = end - 1 if at is None else max(0, min(len(candles) - 1, at + steps))
        self.under = candles[at].start
        if at < first:
            self._show(candles, at + count)
        elif at >= end:
            self._show(candles, at + 1)

    def page(self, candles: Sequence[Candle], count: int, pages: int) -> None:
        """A screenful back (below zero) or on; the cursor goes."""
        self.under = None
        _, end = self.window(candles, count)
        self._show(candles, max(min(count, len(candles)), end + pages * count))

    def _show(self, candles: Sequence[Candle], end: int) -> None:
        self.right = None if end >= len(candles) else candles[end - 1].start


def _index(candles: Sequence[Candle], start: int) -> int:
    return bisect_right(candles, start, key=lambda each: each.start) - 1
