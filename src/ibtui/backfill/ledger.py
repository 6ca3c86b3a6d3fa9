"""The ledger of a history: which stretches of time are settled, by interval arithmetic on half-open ranges.

IB leaves out bars without a trade, so the stored bars alone can't tell a hole from a quiet minute. What can is the
record of what was asked and how it ended.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

Outcome = Literal["data", "empty", "error", "missing"]
"""How a request ended: bars came; IB confirmed there are none; IB refused it; no answer came."""

SETTLED = frozenset({"data", "empty"})
"""Outcomes after which a stretch need not be asked for again."""


class Range(NamedTuple):
    """A half-open stretch of time, ``start <= t < end``, in UTC seconds."""

    start: int
    end: int

    @property
    def seconds(self) -> int:
        """Its length."""
        return self.end - self.start


class Coverage(NamedTuple):
    """One row of the ``coverage`` table."""

    start: int
    end: int
    outcome: str


def merged(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same instants as disjoint ranges in time order; touching ranges become one, empty ones vanish."""
    result: list[Range] = []
    for each in sorted(each for each in ranges if each.start < each.end):
        if result and each.start <= result[-1].end:
            result[-1] = Range(result[-1].start, max(result[-1].end, each.end))
        else:
            result.append(each)
    return tuple(result)


def without(ranges: Iterable[Range], removed: Iterable[Range]) -> tuple[Range, ...]:
    """What of ``ranges`` lies in none of ``removed``, merged."""
    holes = merged(removed)
    result: list[Range] = []
    at = 0
    for start, end in merged(ranges):
        while at < len(holes) and holes[at].end <= start:
            at += 1
        cursor = start
        for hole in holes[at:]:
            if hole.start >= end:
                break
            if cursor < hole.start:
                result.append(Range(cursor, hole.start))
            cursor = hole.end
        if cursor < end:
            result.append(Range(cursor, end))
    return tuple(result)


def within(ranges: Iterable[Range], bounds: Range) -> tuple[Range, ...]:
    """What of ``ranges`` lies inside ``bounds``, merged."""
    return merged(Range(max(each.start, bounds.start), min(each.end, bounds.end)) for each in ranges)


def settled(coverage: Iterable[Coverage]) -> tuple[Range, ...]:
    """The stretches that ended in an answer; refused and unanswered ones stay open."""
    return merged(Range(each.start, each.end) for each in coverage if each.outcome in SETTLED)
