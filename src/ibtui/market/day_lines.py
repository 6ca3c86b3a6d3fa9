"""The course of the day: each contract's last price of every five minutes of market time."""

from collections.abc import Sequence
from typing import NamedTuple

from ibtui.clock import NS

SLOT = 300
"""Seconds of a slot."""


class Span(NamedTuple):
    """When a slot was received: ``from_ns <= stamp < to_ns``, UTC nanoseconds of this machine."""

    slot: int
    from_ns: int
    to_ns: int


def spans(clocks: Sequence[tuple[int, int, float]], begin_ns: int, now_ns: int) -> list[Span]:
    """The slots of market time since ``begin_ns``, as this machine's clock saw them, in order of receipt.

    Args:
        clocks: ``stamp, market time, market seconds a second`` at each connect and change, in order.
        begin_ns: Market time from which on slots are wanted.
        now_ns: This machine's time, up to which.
    """
    found = []
    size = SLOT * NS
    ends = [each[0] for each in clocks[1:]] + [now_ns]
    for (stamp, market, speed), end in zip(clocks, ends, strict=False):
        if speed <= 0 or end <= stamp:
            continue
        first, last = max(market, begin_ns), market + int((end - stamp) * speed)
        for slot in range(slot_of(first), slot_of(last) + 1):
            edges = max(first, slot * size), min(last, (slot + 1) * size)
            from_ns, to_ns = (stamp + int((edge - market) / speed) for edge in edges)
            if to_ns > from_ns:
                found.append(Span(slot, from_ns, to_ns))
    return found


def slot_of(market_ns: int) -> int:
    """The number of the slot that an instant of market time, UTC nanoseconds, lies in."""
    return market_ns // (SLOT * NS)


class DayLines:
    """Prices by slot; a slot in which nothing was seen is a hole.

    Attributes:
        changes: Grows with every price that is new, by contract id.
    """

    def __init__(self) -> None:
        self._lines: dict[int, dict[int, float]] = {}
        self.changes: dict[int, int] = {}

    def note(self, con_id: int, slot: int, price: float) -> None:
        """Takes a price of a slot; a later one of the same slot replaces it."""
        line = self._lines.setdefault(con_id, {})
        if line.get(slot) != price:
            line[slot] = price
            self.changes[con_id] = self.changes.get(con_id, 0) + 1

    def fill(self, con_id: int, prices: dict[int, float]) -> None:
        """Takes stored prices by slot; what was seen live stands before them."""
        self._lines[con_id] = prices | self._lines.get(con_id, {})
        self.changes[con_id] = self.changes.get(con_id, 0) + 1

    def begin_day(self, slot: int) -> None:
        """Drops what lies before a slot."""
        for con_id, line in self._lines.items():
            old = [each for each in line if each < slot]
            for each in old:
                del line[each]
            if old:
                self.changes[con_id] = self.changes.get(con_id, 0) + 1

    def line(self, con_id: int, points: int) -> Sequence[float | None]:
        """The day so far in at most so many points of equal time, oldest first; None is a hole.

        A point is the last price of its stretch of slots.
        """
        line = self._lines.get(con_id)
        if not line or points <= 0:
            return ()
        first, last = min(line), max(line)
        count = last - first + 1
        if count <= points:
            return [line.get(slot) for slot in range(first, last + 1)]
        found: list[float | None] = [None] * points
        for slot in sorted(line):
            found[(slot - first) * points // count] = line[slot]
        return found
