"""Market data rows waiting for the disk, and what is given up when it can't keep up."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from ibtui.market.rows import Batch, DepthRow, PrintRow, TickRow
from ibtui.storage.files import DAY_NS

ClockRow = tuple[int, int, int, float]
"""``run_id, ts_ns, market_ns, speed``."""

Books = Callable[[int | None, int], list[DepthRow]]
"""Takes a con_id (None: every book) and a stamp; answers ``op`` 3 and then the whole book as it stands now, as rows."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ShedLimits:
    """Rows waiting at which each kind is given up, and at which all of them are taken again."""

    depth: int = 150_000
    ticks: int = 200_000
    prints: int = 250_000
    resume: int = 50_000


@dataclass(slots=True)
class Shed:
    """Rows that were given up: one row of ``drops``."""

    lane: str
    reason: str
    from_ns: int
    to_ns: int
    rows: int


@dataclass(slots=True)
class DayRows:
    """Rows received on one UTC day, counted in days since 1970."""

    day: int
    ticks: list[TickRow] = field(default_factory=list)
    prints: list[PrintRow] = field(default_factory=list)
    depth: list[DepthRow] = field(default_factory=list)
    clock: list[ClockRow] = field(default_factory=list)


class Backlog:
    """The lists that the loop fills and the writer's thread takes whole. Used on the event loop only.

    Depth is given up first, one symbol at a time and from then on whole, because a book with holes is worse than none;
    it comes back with its book as it then stands. Ticks go next and prints last, oldest first.
    """

    def __init__(self, limits: ShedLimits | None = None, books: Books | None = None) -> None:
        self.limits = limits or ShedLimits()
        self.books = books
        self.waiting = 0
        self.oldest: float | None = None
        """Monotonic stamp of the first batch that waits."""
        self.shed_rows = 0
        """Rows given up since the start."""
        self._days: list[DayRows] = []
        self._today: int | None = None
        self._sheds: dict[int | str, Shed] = {}

    def add(self, batch: Batch, in_flight: int = 0) -> None:
        """Takes a batch.

        Args:
            batch: Its rows; the lists are not kept.
            in_flight: Rows that were taken before and are not on disk yet.
        """
        day = batch.ts_ns // DAY_NS
        turned, self._today = self._today not in (None, day), day
        rows = self._day(day)
        rows.ticks += batch.ticks
        rows.prints += batch.prints
        depth = batch.depth if not self._sheds else self._without_shed_books(batch.depth)
        rows.depth += depth
        self.waiting += len(batch.ticks) + len(batch.prints) + len(depth)
        if self.oldest is None:
            self.oldest = batch.monotonic
        if turned:
            self._add_books(None, batch.ts_ns)
        if self.waiting + in_flight > self.limits.depth:
            self._shed(in_flight)

    def add_clock(self, row: ClockRow) -> None:
        """Takes a reading of the market's clock; never given up."""
        self._day(row[1] // DAY_NS).clock.append(row)

    def take(self) -> list[DayRows]:
        """All rows that wait, in order of their days; the backlog is empty afterwards."""
        days, self._days = self._days, []
        self.waiting = 0
        self.oldest = None
        return days

    def resume(self, ts_ns: int, in_flight: int = 0, *, at_once: bool = False) -> list[Shed]:
        """What was given up, once the disk has caught up: books are taken again, beginning with the whole book.

        Args:
            ts_ns: Stamp of the books' rows.
            in_flight: As in :meth:`add`.
            at_once: Without waiting for the disk; the writer is closing.
        """
        if not self._sheds or (self.waiting + in_flight > self.limits.resume and not at_once):
            return []
        sheds, self._sheds = self._sheds, {}
        for con_id in sheds:
            if isinstance(con_id, int) and not at_once:
                self._add_books(con_id, ts_ns)
        return list(sheds.values())

    def _day(self, day: int) -> DayRows:
        if not self._days or self._days[-1].day != day:
            self._days.append(DayRows(day))
        return self._days[-1]

    def _add_books(self, con_id: int | None, ts_ns: int) -> None:
        if self.books is None:
            return
        try:
            rows = self.books(con_id, ts_ns)
        except Exception:
            logger.exception("books: no rows for %s", con_id or "all symbols")
            return
        rows = self._without_shed_books(rows)
        self._day(ts_ns // DAY_NS).depth += rows
        self.waiting += len(rows)

    def _without_shed_books(self, rows: list[DepthRow]) -> list[DepthRow]:
        kept = []
        for row in rows:
            shed = self._sheds.get(row[0])
            if shed is None:
                kept.append(row)
            else:
                self._count(shed, row[1], 1)
        return kept

    def _shed(self, in_flight: int) -> None:
        queued = Counter(row[0] for rows in self._days for row in rows.depth)
        while queued and self.waiting + in_flight > self.limits.depth:
            (con_id, _), *_ = queued.most_common(1)
            del queued[con_id]
            self._shed_book(con_id)
        for lane, limit in (("ticks", self.limits.ticks), ("prints", self.limits.prints)):
            surplus = self.waiting + in_flight - limit
            if surplus > 0:
                # A tenth more than needed: else every batch would shift the whole list again.
                self._shed_oldest(lane, surplus + limit // 10)

    def _shed_book(self, con_id: int) -> None:
        for rows in self._days:
            gone = [row for row in rows.depth if row[0] == con_id]
            if gone:
                rows.depth = [row for row in rows.depth if row[0] != con_id]
                self._give_up(con_id, "depth", f"the disk can't keep up; whole book of contract {con_id}", gone)

    def _shed_oldest(self, lane: str, count: int) -> None:
        for rows in self._days:
            queue: list[TickRow] | list[PrintRow] = rows.ticks if lane == "ticks" else rows.prints
            gone = queue[:count]
            if gone:
                del queue[:count]
                count -= len(gone)
                self._give_up(lane, lane, "the disk can't keep up; oldest first", gone)

    def _give_up(
        self, key: int | str, lane: str, reason: str, gone: list[TickRow] | list[PrintRow] | list[DepthRow]
    ) -> None:
        shed = self._sheds.setdefault(key, Shed(lane, reason, gone[0][1], gone[-1][1], 0))
        self.waiting -= len(gone)
        self._count(shed, gone[-1][1], len(gone))

    def _count(self, shed: Shed, to_ns: int, rows: int) -> None:
        shed.to_ns = to_ns
        shed.rows += rows
        self.shed_rows += rows
