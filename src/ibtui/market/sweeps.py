"""Rows of the tape: single prints, or the reports of one trade that was filled in parts, joined again."""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from math import inf
from typing import NamedTuple

from ibtui.market.tape import KEPT, Print, is_reported

JOIN_NS = 100_000_000
"""Prints of one price and one side that were received within this many nanoseconds of the first are joined."""

MANY = "many"
"""Stands for the venue of parts that came from several."""


class TapeRow(NamedTuple):
    """One print, or several that follow each other and were joined.

    Attributes:
        first: The first of them: its stamps, its price, its side.
        size: Of all; None where none of them has one.
        venue: Theirs, or :data:`MANY`.
        conditions: All that any of them bears.
        extreme: The mark of any of them.
        parts: How many they are.
        reported: Whether any of them goes to the tape's last price.
    """

    first: Print
    size: float | None
    venue: str
    conditions: str
    extreme: int
    parts: int
    reported: bool

    @property
    def key(self) -> tuple[int, int]:
        """Receipt and number of the first print: what the row is known by while it grows."""
        return self.first.ts_ns, self.first.seq


@dataclass(frozen=True, slots=True)
class Sieve:
    """What the tape shows.

    Attributes:
        join: Whether parts of a trade are joined.
        smallest: Size from which rows are shown; largest: up to which.
    """

    join: bool = True
    smallest: float = 0.0
    largest: float = inf

    @property
    def shows_all(self) -> bool:
        """Whether no size is left out."""
        return self.smallest <= 0 and self.largest == inf

    def passes(self, row: TapeRow) -> bool:
        """Whether a row is shown. One without a size is no less than any other, unless sizes are asked for."""
        return self.shows_all if row.size is None else self.smallest <= row.size <= self.largest


class TapeRows:
    """The rows that pass a sieve, made print by print; the newest row may still grow.

    Attributes:
        made: Rows that passed, ever.
    """

    __slots__ = ("_closed", "_open", "made", "sieve")

    def __init__(self, sieve: Sieve, kept: int = KEPT) -> None:
        self.sieve = sieve
        self.made = 0
        self._closed: deque[TapeRow] = deque(maxlen=kept)
        self._open: TapeRow | None = None

    def take(self, prints: Iterable[Print]) -> None:
        """Takes prints, oldest first."""
        for each in prints:
            row = self._open
            if row is not None and self.sieve.join and _belong(row.first, each):
                self._open = _joined(row, each)
            else:
                self._close()
                self._open = _single(each)

    @property
    def count(self) -> int:
        """Rows that passed, ever, the newest included where it passes."""
        return self.made + (self._open is not None and self.sieve.passes(self._open))

    def __iter__(self) -> Iterator[TapeRow]:
        """The rows, newest first."""
        if self._open is not None and self.sieve.passes(self._open):
            yield self._open
        yield from reversed(self._closed)

    def newest(self, count: int) -> list[TapeRow]:
        """The newest rows, newest first."""
        return list(islice(self, count))

    def _close(self) -> None:
        if self._open is not None and self.sieve.passes(self._open):
            self._closed.append(self._open)
            self.made += 1


def rows_of(prints: Iterable[Print], sieve: Sieve) -> list[TapeRow]:
    """All rows of a stretch of prints, oldest first in, newest first out."""
    rows = TapeRows(sieve, kept=2**31)
    rows.take(prints)
    return list(rows)


def _belong(first: Print, other: Print) -> bool:
    return first.price == other.price and first.side == other.side and 0 <= other.ts_ns - first.ts_ns <= JOIN_NS


def _single(each: Print) -> TapeRow:
    reported = is_reported(each.conditions, each.flags)
    return TapeRow(each, each.size, each.venue, each.conditions, each.extreme, 1, reported)


def _joined(row: TapeRow, part: Print) -> TapeRow:
    first, size, venue, conditions, extreme, parts, reported = row
    if part.size is not None:
        size = part.size if size is None else size + part.size
    new = "".join(each for each in part.conditions if each not in conditions)
    reported = reported or is_reported(part.conditions, part.flags)
    venue = venue if venue == part.venue else MANY
    return TapeRow(first, size, venue, conditions + new, extreme or part.extreme, parts + 1, reported)
