"""The one writer of all data files: an order lane, a history lane and a market data lane, each in its own thread."""

import asyncio
import logging
import sqlite3
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass

from ibtui import __version__
from ibtui.clock import Clock
from ibtui.errors import JournalError, StorageError
from ibtui.market.rows import Batch
from ibtui.storage.backlog import Backlog, Books, Shed, ShedLimits
from ibtui.storage.data_lane import DataLane
from ibtui.storage.database import Database, Statement, open_or_set_aside
from ibtui.storage.faults import Fault, fault_of, in_words
from ibtui.storage.files import DAY_NS, DataDirectory, utc_day
from ibtui.storage.retention import prune
from ibtui.storage.schema import HISTORY, JOURNAL, MARKET_DATA
from ibtui.storage.statement_lane import StatementLane

__all__ = ["Statement", "Writer", "WriterStatus"]

DRAIN_SECONDS = 5.0
"""How long a closing writer tries to get what is queued onto a disk that refuses."""
_DROP = "INSERT INTO drops (run_id, from_ns, to_ns, lane, rows, reason) VALUES (?, ?, ?, ?, ?, ?)"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WriterStatus:
    """How the writer stands.

    Attributes:
        queued: Rows and statements not on disk yet.
        written: Market data rows on disk since the start.
        lag_s: Age of the oldest market data row that is not on disk yet, seconds.
        shed: Market data rows given up since the start, bad ones included.
        problem: Why something can't be written now, in plain words; None when all is well.
        journal_problem: The same of the order journal alone: while there is one, no new order may go out.
    """

    queued: int
    written: int
    lag_s: float
    shed: int
    problem: str | None
    journal_problem: str | None


class Writer:
    """Owns every write to the data directory. Used on one event loop, but for :meth:`open`.

    Args:
        directory: Opened to write.
        clock: The machine's clocks.
        client_id: Of the session with the gateway, for ``runs``.
        keep_days: Market data files older than this are deleted when a day begins; None keeps all.
        books: Where a book's rows come from when a new day's file begins or a shed one is taken again.
        limits: When rows are given up.
    """

    def __init__(
        self,
        directory: DataDirectory,
        clock: Clock,
        *,
        client_id: int | None = None,
        keep_days: int | None = None,
        books: Books | None = None,
        limits: ShedLimits | None = None,
    ) -> None:
        self.directory = directory
        self.run_id = 0
        self.notices: list[str] = []
        """What there is to tell the user about the files, such as one that was damaged and set aside."""
        self._clock = clock
        self._client_id = client_id
        self._keep_days = keep_days
        self._backlog = Backlog(limits, books)
        self._bad_rows = 0
        self._closing = asyncio.Event()
        self._running: asyncio.Future[None] | None = None
        self._closed = False

    def give_books(self, books: Books) -> None:
        """Sets where a book's rows come from, for a feed that is built after the writer."""
        self._backlog.books = books

    def open(self) -> None:
        """Opens or creates today's files and begins a run. Blocks on the disk.

        Raises:
            NewerDatabaseError: A newer ibtui wrote one of them.
            StorageError: The journal can't be used; the others are begun anew when damaged.
        """
        if self.directory.lock is None:
            raise StorageError(f"{self.directory.path} is open read-only.")
        now = self._clock.utc_ns()
        day = now // DAY_NS
        with ExitStack() as opened:
            try:
                self._prune(day)
                history, notice = open_or_set_aside(self.directory.history, HISTORY, now)
                opened.callback(history.connection.close)
                market_data, second = open_or_set_aside(self.directory.market_data(utc_day(now)), MARKET_DATA, now)
                opened.callback(market_data.connection.close)
            except (sqlite3.Error, OSError) as error:
                raise StorageError(f"A file in {self.directory.path} {in_words(error)}.") from None
            journal = self._open_journal(now, opened)
            opened.pop_all()
        self.notices += [each for each in (notice, second) if each]
        utc_ns = self._clock.utc_ns
        self._orders = StatementLane("ibtui-journal", journal, JournalError, utc_ns=utc_ns)
        self._history = StatementLane("ibtui-history", history, StorageError, utc_ns=utc_ns, hold=self._is_behind)
        self._data = DataLane(self.directory, market_data, day, self._backlog, utc_ns=utc_ns, on_new_day=self._prune)

    def _open_journal(self, now: int, opened: ExitStack) -> Database:
        path = self.directory.journal
        try:
            journal = Database(path, JOURNAL)
            opened.callback(journal.connection.close)
            run = (now, __version__, self._client_id, sqlite3.sqlite_version)
            sql = "INSERT INTO runs (started_ns, version, client_id, sqlite_version) VALUES (?, ?, ?, ?)"
            journal.commit(((sql, [run]),))
            self.run_id = int(journal.connection.execute("SELECT max(run_id) FROM runs").fetchone()[0])
        except (sqlite3.Error, OSError) as error:
            advice = ""
            if fault_of(error) is Fault.DAMAGED:
                advice = ". It holds your orders: restore it from a backup, or move it away to begin a new one"
            raise StorageError(f"The order journal {path} {in_words(error)}{advice}.") from None
        return journal

    def _prune(self, day: int) -> None:
        if self._keep_days is not None:
            prune(self.directory, utc_day(day * DAY_NS), self._keep_days)

    def _is_behind(self) -> bool:
        # Bars can be fetched again, so they wait while market data has trouble getting onto the disk.
        return self._backlog.waiting + self._data.in_flight > self._backlog.limits.resume

    async def run(self) -> None:
        """Writes what comes, until :meth:`close`. The one task of the writer; start it once."""
        self._running = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as lanes:
                lanes.create_task(self._orders.run(), name="writer: orders")
                lanes.create_task(self._history.run(), name="writer: history")
                lanes.create_task(self._data.run(self._closing), name="writer: market data")
                lanes.create_task(self._account_for_losses(), name="writer: losses")
        finally:
            self._running.set_result(None)

    async def durable(self, *statements: Statement) -> None:
        """Writes to the journal; committed and on disk when it returns.

        Raises:
            JournalError: It could not be written, and will not be.
        """
        await self._orders.committed(statements)

    def durable_soon(self, *statements: Statement) -> None:
        """Writes to the journal, after all that was asked before; nobody waits, nothing is lost."""
        self._orders.soon(statements)

    async def history(self, *statements: Statement) -> None:
        """Writes to the history file; committed when it returns.

        Raises:
            StorageError: It could not be written.
        """
        await self._history.committed(statements)

    def history_soon(self, *statements: Statement) -> None:
        """Writes to the history file, after all that was asked before."""
        self._history.soon(statements)

    def add(self, batch: Batch) -> None:
        """Takes the rows of one network read. Never blocks, never raises; the lists are not kept."""
        if self._closing.is_set():
            self._bad_rows += len(batch.ticks) + len(batch.prints) + len(batch.depth)
            logger.debug("market data came after the writer closed")
            return
        self._backlog.add(batch, self._data.in_flight)

    def add_clock(self, market_ns: int, speed: float) -> None:
        """Takes a reading of the market's clock, made now."""
        if not self._closing.is_set():
            self._backlog.add_clock((self.run_id, self._clock.utc_ns(), market_ns, speed))

    def add_gap(self, what: str, reason: str, from_ns: int, to_ns: int) -> None:
        """Keeps that market data is missing, UTC nanoseconds: a row of ``drops`` without rows to count."""
        if not self._closing.is_set():
            self._orders.soon(((_DROP, [(self.run_id, from_ns, to_ns, what, 0, reason)]),))

    @property
    def status(self) -> WriterStatus:
        """How the writer stands now; nothing is queued before :meth:`open`."""
        if not self.run_id:
            return WriterStatus(0, 0, 0.0, 0, None, None)
        oldest = self._data.oldest()
        problems = (self._orders.problem, self._data.problem, self._history.problem)
        return WriterStatus(
            queued=self._backlog.waiting + self._data.in_flight + self._orders.queued + self._history.queued,
            written=self._data.written,
            lag_s=0.0 if oldest is None else max(0.0, self._clock.monotonic() - oldest),
            shed=self._backlog.shed_rows + self._bad_rows,
            problem=next((each for each in problems if each), None),
            journal_problem=self._orders.problem,
        )

    async def close(self, clean: bool = True) -> None:
        """Refuses anything new, writes what is queued, ends the threads and the run, and closes the files.

        Args:
            clean: Whether the run ended as its user wanted, for ``runs``.
        """
        if self._closed or not self.run_id:
            return
        self._closed = True
        self._closing.set()
        self._history.stop()
        # The order lane goes on a little: it takes the rows of `drops` and the end of the run.
        await self._drain(self._data)
        await self._drain(self._history)
        self._tell_losses(self._backlog.resume(self._clock.utc_ns(), at_once=True))
        self._tell_rows_left()
        end = ("UPDATE runs SET ended_ns = ?, clean = ? WHERE run_id = ?", [(self._clock.utc_ns(), clean, self.run_id)])
        self._orders.soon((end,))
        self._orders.stop()
        await self._drain(self._orders)
        if self._running is not None:
            await self._running
        for lane in (self._data, self._history, self._orders):
            await lane.close()

    async def _drain(self, lane: DataLane | StatementLane) -> None:
        deadline = self._clock.monotonic() + DRAIN_SECONDS
        while not await lane.flush():
            if self._clock.monotonic() > deadline:
                logger.error("not everything could be written: %s", lane.problem)
                return
            await asyncio.sleep(0.1)

    async def _account_for_losses(self) -> None:
        while not self._closing.is_set():
            self._tell_losses(self._backlog.resume(self._clock.utc_ns(), self._data.in_flight))
            try:
                await asyncio.wait_for(self._closing.wait(), 0.25)
            except TimeoutError:
                continue

    def _tell_losses(self, sheds: Iterable[Shed]) -> None:
        now = self._clock.utc_ns()
        losses = [(shed.from_ns, shed.to_ns, shed.lane, shed.rows, shed.reason) for shed in sheds]
        while self._data.quarantined:
            bad = self._data.quarantined.popleft()
            self._bad_rows += bad.rows
            losses.append((now, now, bad.table, bad.rows, f"in quarantine.jsonl: {bad.error}"))
        for lane in (self._orders, self._history):
            while lane.bad:
                losses.append((now, now, lane.name, 1, f"in quarantine.jsonl: {lane.bad.popleft()}"))
        if losses:
            self._orders.soon(((_DROP, [(self.run_id, *loss) for loss in losses]),))

    def _tell_rows_left(self) -> None:
        left = self._data.in_flight
        if left:
            now = self._clock.utc_ns()
            reason = f"still queued at the end of the run: {self._data.problem}"
            self._orders.soon(((_DROP, [(self.run_id, now, now, "market data", left, reason)]),))
