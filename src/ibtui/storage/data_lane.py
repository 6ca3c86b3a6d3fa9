"""The lane of market data: every quarter second what has come is taken whole and committed in a thread."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from ibtui.market.rows import TickRow
from ibtui.storage.backlog import Backlog, ClockRow, DayRows
from ibtui.storage.bulk import Bulk, store
from ibtui.storage.database import Database, begin_anew, open_or_set_aside, quarantine
from ibtui.storage.faults import Fault, fault_of, in_words
from ibtui.storage.files import DAY_NS, DataDirectory, utc_day
from ibtui.storage.schema import MARKET_DATA

INTERVAL = 0.25
"""Seconds between commits. In a thread, any interval from 25 to 500 ms leaves the loop alone (measured)."""
CHUNK = 1_000
"""Most rows in one transaction, so that an order's commit never waits long for the disk."""
CHUNK_BEHIND, BEHIND = 4_000, 10_000
"""The same where more rows than ``BEHIND`` wait: with 100 symbols a row costs a third less (measured)."""
RETRY_FIRST, RETRY_MAX = 1.0, 30.0

BULK = {
    "ticks": Bulk("INSERT INTO ticks", 6, 6, nullable=(4, 5)),
    # How old a print's quote was, its last field, is not stored.
    "prints": Bulk("INSERT INTO prints", 13, 12, nullable=(3, 4, 5, 8, 9, 10, 11), names=(6, 7)),
    "depth": Bulk("INSERT INTO depth", 10, 10, nullable=(6, 7, 9), names=(8,)),
    "clock": Bulk("INSERT OR REPLACE INTO clock", 4, 4),
    # What a new day begins with. It may be there already, when the machine's clock was set back over midnight.
    "carried ticks": Bulk("INSERT OR IGNORE INTO ticks", 6, 6, nullable=(4, 5)),
}
"""Where the rows of a chunk go; the file keeps each of their texts once, in ``names``."""

_OF_WHAT = itemgetter(0, 3)
"""Contract and kind of a tick."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rows of one table and one UTC day, for one transaction."""

    day: int
    table: str
    rows: Sequence[tuple[Any, ...]]


@dataclass(slots=True)
class Quarantined:
    """Rows that no table took, by the stamps they bear."""

    table: str
    error: str
    rows: int = 0


class DataLane:
    """Writes the backlog into the day's file.

    Args:
        directory: Where the files lie.
        database: Today's, opened by the caller; owned by the lane from here on.
        day: Its UTC day, in days since 1970.
        backlog: What the loop fills.
        utc_ns: The machine's clock.
        on_new_day: Called in the lane's thread with the new day's number once its file is open.
    """

    def __init__(
        self,
        directory: DataDirectory,
        database: Database,
        day: int,
        backlog: Backlog,
        *,
        utc_ns: Callable[[], int],
        on_new_day: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.problem: str | None = None
        self.written = 0
        self.quarantined: deque[Quarantined] = deque()
        """Rows in quarantine, until somebody takes the counts."""
        self._backlog = backlog
        self._taken = 0
        self._oldest: float | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ibtui-md")
        # The thread's own from here on; the loop only reads the count.
        self._settled = 0
        self._directory = directory
        self._utc_ns = utc_ns
        self._on_new_day = on_new_day
        self._chunks: deque[Chunk] = deque()
        self._database = database
        self._day = day
        self._names = self._read_names()
        self._last: dict[tuple[int, int], TickRow] = {}
        self._clock: ClockRow | None = None

    @property
    def in_flight(self) -> int:
        """Rows taken from the backlog that are not on disk yet."""
        return self._taken - self._settled

    def oldest(self) -> float | None:
        """Monotonic stamp of the oldest row that is not on disk yet."""
        return self._oldest if self._oldest is not None else self._backlog.oldest

    async def run(self, closing: asyncio.Event) -> None:
        """Writes what comes until told to stop."""
        now = asyncio.get_running_loop().time
        pause, retry = INTERVAL, RETRY_FIRST
        while not closing.is_set():
            try:
                await asyncio.wait_for(closing.wait(), pause)
            except TimeoutError:
                began = now()
                if await self.flush():
                    # From begin to begin: where much comes, the disk does not rest while more piles up.
                    pause, retry = max(0.0, INTERVAL - (now() - began)), RETRY_FIRST
                else:
                    pause, retry = retry, min(2 * retry, RETRY_MAX)

    async def flush(self) -> bool:
        """Writes all that waits; False when some of it has to wait longer."""
        self._oldest = self.oldest()
        days = self._backlog.take()
        self._taken += sum(len(day.ticks) + len(day.prints) + len(day.depth) for day in days)
        try:
            # A cancelled await leaves the thread at work with what it was given: nothing is ever queued twice.
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, days)
        except Exception as error:
            self.problem = f"Market data isn't stored: today's file {in_words(error)}"
            logger.warning("%s", self.problem)
            return False
        self._oldest = None
        self.problem = None
        return True

    async def close(self) -> None:
        """Closes the file and ends the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown()

    # In the lane's thread from here on.

    def _write(self, days: list[DayRows]) -> None:
        self._chunks.extend(chain.from_iterable(_chunks_of(day) for day in days))
        if self._database.is_gone():
            logger.warning("%s is gone; a new one was begun", self._database.path)
            self._database.connection.close()
            self._use(Database(self._database.path, MARKET_DATA))
        while self._chunks:
            chunk = self._chunks[0]
            if chunk.day != self._day:
                self._turn_to(chunk.day)
                continue
            try:
                self._commit(chunk)
            except Exception as error:
                self._give_way(chunk, error)
            else:
                self._chunks.popleft()
                self._settle(chunk)

    def _commit(self, chunk: Chunk) -> None:
        bulk = BULK[chunk.table]
        new = bulk.texts(chunk.rows) - self._names.keys()
        if new:
            # Ahead of the rows and in a transaction of their own: an id is only used once it is on disk.
            self._database.commit((("INSERT OR IGNORE INTO names (text) VALUES (?)", [(text,) for text in new]),))
            self._names = self._read_names()
        values = bulk.values(chunk.rows, self._names)
        with self._database.transaction() as connection:
            store(connection, bulk, values)

    def _settle(self, chunk: Chunk) -> None:
        if chunk.table in ("ticks", "prints", "depth"):
            self.written += len(chunk.rows)
            self._settled += len(chunk.rows)
        if chunk.table == "ticks":
            self._last.update(zip(map(_OF_WHAT, chunk.rows), chunk.rows, strict=True))
        elif chunk.table == "clock":
            self._clock = chunk.rows[-1]

    def _give_way(self, chunk: Chunk, error: Exception) -> None:
        fault = fault_of(error)
        if fault is Fault.WAIT:
            raise error
        if fault is Fault.DAMAGED:
            self._use(begin_anew(self._database, self._utc_ns()))
            return
        self._chunks.popleft()
        if len(chunk.rows) > 1:
            half = len(chunk.rows) // 2
            self._chunks.extendleft(
                Chunk(chunk.day, chunk.table, part) for part in (chunk.rows[half:], chunk.rows[:half])
            )
            return
        quarantine(self._directory.path, "ibtui-md", error, BULK[chunk.table].statement(), chunk.rows)
        self.quarantined.append(Quarantined(chunk.table, str(error), 1))
        if chunk.table in ("ticks", "prints", "depth"):
            self._settled += 1

    def _turn_to(self, day: int) -> None:
        forward = day > self._day
        self._open_day(day)
        if forward:
            # Closing times and calm symbols would be missing from the new file for hours otherwise.
            start = day * DAY_NS
            carried = [(row[0], start, *row[2:]) for row in self._last.values()]
            if self._clock is not None:
                self._chunks.appendleft(Chunk(day, "clock", (self._clock,)))
            self._chunks.extendleft(Chunk(day, "carried ticks", part) for part in _split(carried))
            self._on_new_day(day)

    def _open_day(self, day: int) -> None:
        path = self._directory.market_data(utc_day(day * DAY_NS))
        database, notice = open_or_set_aside(path, MARKET_DATA, self._utc_ns())
        if notice:
            logger.warning("%s", notice)
        self._database.close()
        self._day = day
        self._use(database)

    def _use(self, database: Database) -> None:
        self._database = database
        self._names = self._read_names()

    def _read_names(self) -> dict[str, int]:
        return {text: number for number, text in self._database.connection.execute("SELECT id, text FROM names")}


def _chunks_of(day: DayRows) -> Iterator[Chunk]:
    tables = (("clock", day.clock), ("ticks", day.ticks), ("prints", day.prints), ("depth", day.depth))
    for table, rows in tables:
        yield from (Chunk(day.day, table, part) for part in _split(rows))


def _split(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    size = CHUNK if len(rows) <= BEHIND else CHUNK_BEHIND
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
