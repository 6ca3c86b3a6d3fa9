"""Which rows of a ladder are shown, and which one is chosen. No Textual here."""

from collections.abc import Callable

from ibtui.ui.rows.ladder_book import Side, needs_centring

CURSOR_FOR = 20.0
"""Seconds after the last key for which the chosen row stays chosen."""


class LadderWindow:
    """The rows do not move under the eye until the market has left them, and never while one of them is chosen.

    Attributes:
        cursor: The chosen row; None without one.
    """

    def __init__(self) -> None:
        self.cursor: int | None = None
        self._centre: int | None = None
        self._height = 1
        self._moved = 0.0

    def rows(self) -> range:
        """The visible rows, falling; empty while no price is known."""
        if self._centre is None:
            return range(0)
        first = self._centre + self._height // 2
        return range(first, first - self._height, -1)

    def place(self, market: int | None, height: int, bids: Side, asks: Side, now: float, *, busy: bool = False) -> None:
        """Settles which rows are shown.

        Args:
            market: The row in the middle of the market; None while unknown.
            height: How many rows fit.
            bids: The bid side.
            asks: The ask side.
            now: Monotonic seconds.
            busy: An order is being moved: the choice does not run out.
        """
        self._height = max(1, height)
        if self.cursor is not None and not busy and now - self._moved >= CURSOR_FOR:
            self.cursor = None
        if self.cursor is not None:
            self._show(self.cursor)
        elif market is not None and (self._centre is None or needs_centring(self._centre, self._height, bids, asks)):
            self._centre = market

    def move(self, up: int, begin: int | None, now: float) -> None:
        """Moves the choice by rows; the first key chooses the row to begin with."""
        if self.cursor is None:
            self.cursor = begin
        else:
            self.cursor += up
        self._moved = now
        if self.cursor is not None:
            self._show(self.cursor)

    def move_page(self, pages: int, begin: int | None, now: float) -> None:
        """Moves the choice by screenfuls."""
        if self.cursor is None:
            self.cursor = begin
        if self.cursor is not None:
            self.move(pages * max(1, self._height - 2), begin, now)

    def move_to_end(self, *, top: bool, now: float) -> None:
        """Chooses the highest or the lowest visible row."""
        rows = self.rows()
        if rows:
            self.choose(rows[0] if top else rows[-1], now)

    def release(self) -> None:
        """No row is chosen any more."""
        self.cursor = None

    def centre(self) -> None:
        """The market is put into the middle again; no row is chosen any more."""
        self.cursor = self._centre = None

    def choose(self, row: int, now: float) -> None:
        """Chooses a row that is visible."""
        if row in self.rows():
            self.cursor, self._moved = row, now

    def rescale(self, row_of: Callable[[int], int]) -> None:
        """Prices have other rows from now on; what is chosen and what is in the middle stay at theirs."""
        if self.cursor is not None:
            self.cursor = row_of(self.cursor)
        if self._centre is not None:
            self._centre = row_of(self._centre)

    def _show(self, row: int) -> None:
        """Moves the visible rows by as little as brings a row into sight."""
        rows = self.rows()
        if not rows:
            self._centre = row
        elif self._centre is not None:
            self._centre += max(0, row - rows[0]) - max(0, rows[-1] - row)
