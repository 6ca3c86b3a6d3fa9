"""The lane of market data: every quarter second what has come is taken whole and committed in a thread."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from typing import Any

from ibtui.market.rows import TickRow
from ibtui.storage.backlog import Backlog, ClockRow, DayRows
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

INSERT = {
    "ticks": "INSERT INTO ticks VALUES (?, ?, ?, ?, ?, ?)",
    "prints": "INSERT INTO prints VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "depth": "INSERT INTO depth VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "clock": "INSERT OR REPLACE INTO clock VALUES (?, ?, ?, ?)",
    # What a new day begins with. It may be there already, when the machine's clock was set back over midnight.
    "carried ticks": "INSERT OR IGNORE INTO ticks VALUES (?, ?, ?, ?, ?, ?)",
}
PRINT_COLUMNS = 12
"""Fields of a print's row that are stored; how old its quote was is not."""
NAMES = {"prints": (6, 7), "depth": (8,)}
"""Where rows hold text that the file keeps once, in ``names``."""

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
        pause = INTERVAL
        while not closing.is_set():
            try:
                await asyncio.wait_for(closing.wait(), pause)
            except TimeoutError:
                pause = INTERVAL if await self.flush() else min(2 * max(pause, RETRY_FIRST / 2), RETRY_MAX)

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
        rows = chunk.rows
        if chunk.table in NAMES:
            rows = self._with_name_ids(rows, NAMES[chunk.table])
        self._database.commit(((INSERT[chunk.table], rows),))

    def _settle(self, chunk: Chunk) -> None:
        if chunk.table in ("ticks", "prints", "depth"):
            self.written += len(chunk.rows)
            self._settled += len(chunk.rows)
        if chunk.table == "ticks":
            self._last.update({(row[0], row[3]): row for row in chunk.rows})
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
        quarantine(self._directory.path, "ibtui-md", error, INSERT[chunk.table], chunk.rows)
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

    def _with_name_ids(self, rows: Sequence[tuple[Any, ...]], columns: tuple[int, ...]) -> list[tuple[Any, ...]]:
        names = self._names
        new = {row[column] for row in rows for column in columns} - names.keys() - {None}
        if new:
            # Ahead of the rows and in a transaction of their own: an id is only used once it is on disk.
            self._database.commit((("INSERT OR IGNORE INTO names (text) VALUES (?)", [(text,) for text in new]),))
            names = self._names = self._read_names()
        if len(columns) == 2:
            first, _ = columns
            return [
                (*row[:first], names.get(row[first]), names.get(row[first + 1]), *row[first + 2 : PRINT_COLUMNS])
                for row in rows
            ]
        (only,) = columns
        return [(*row[:only], names.get(row[only]), *row[only + 1 :]) for row in rows]


def _chunks_of(day: DayRows) -> Iterator[Chunk]:
    tables = (("clock", day.clock), ("ticks", day.ticks), ("prints", day.prints), ("depth", day.depth))
    for table, rows in tables:
        yield from (Chunk(day.day, table, part) for part in _split(rows))


def _split(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    size = CHUNK if len(rows) <= BEHIND else CHUNK_BEHIND
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
