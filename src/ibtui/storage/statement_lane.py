"""The lane of the journal and of the history: statements in order, committed together, told one by one."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain, islice

from ibtui.errors import StorageError
from ibtui.storage.database import Database, Statement, begin_anew, quarantine
from ibtui.storage.faults import Fault, fault_of, in_words

GROUP = 500
"""Most works in one transaction."""
ALARM = 10_000
"""Works waiting at which nothing new is promised: what cannot be written must not grow in silence."""
RETRY_FIRST, RETRY_MAX = 0.25, 5.0
"""Seconds between tries while the disk or another program is in the way."""

logger = logging.getLogger(__name__)


@dataclass(slots=True, eq=False)
class Work:
    """Statements that belong in one transaction, and who waits for it, if anybody."""

    statements: tuple[Statement, ...]
    waiter: asyncio.Future[None] | None = None


class StatementLane:
    """Commits works in the order they came, in a thread of its own. Created and called on the event loop.

    Nothing in it is ever shed. A work that somebody waits for either is committed when the wait ends or raises and is
    never written; one that nobody waits for is kept until it can be written.

    Args:
        name: Of the thread and in messages.
        database: Opened by the caller; owned by the lane from here on.
        error: What waiters get when the file can't be written.
        hold: While it says True, only works that somebody waits for are written.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        error: type[StorageError],
        *,
        utc_ns: Callable[[], int],
        hold: Callable[[], bool] = lambda: False,
    ) -> None:
        self.name = name
        self.problem: str | None = None
        self.bad: deque[Exception] = deque()
        """Errors of works that were put in quarantine, until somebody takes them."""
        self._database = database
        self._error = error
        self._utc_ns = utc_ns
        self._hold = hold
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._wake = asyncio.Event()
        self._urgent = False
        self._closed = False
        self._waiting: list[Work] = []
        # From here on the thread's own: the loop only takes from the left of `_ended`.
        self._backlog: deque[Work] = deque()
        self._ended: deque[tuple[Work, Exception | None]] = deque()

    @property
    def queued(self) -> int:
        """Works not yet committed."""
        return len(self._waiting) + len(self._backlog)

    def soon(self, statements: tuple[Statement, ...]) -> None:
        """Queues statements that nobody waits for."""
        if self._closed:
            logger.warning("%s: closed, statement not written: %s", self.name, [sql for sql, _ in statements])
            return
        self._waiting.append(Work(statements))
        self._wake.set()

    async def committed(self, statements: tuple[Statement, ...]) -> None:
        """Returns once the statements are committed.

        Raises:
            StorageError: Of the lane's own class; the statements were not and will not be written.
        """
        if self._closed:
            raise self._error(f"{self._database.path.name} is closed.")
        if self.queued >= ALARM:
            raise self._error(
                f"{self._database.path.name} is {self.queued} writes behind. {self.problem or ''}".strip()
            )
        work = Work(statements, asyncio.get_running_loop().create_future())
        self._waiting.append(work)
        self._urgent = True
        self._wake.set()
        assert work.waiter is not None
        await work.waiter

    async def run(self) -> None:
        """Writes what comes until :meth:`stop`."""
        pause = RETRY_FIRST
        while True:
            await self._wake.wait()
            self._wake.clear()
            if self._closed:
                return
            if (self._hold() and not self._urgent) or not await self.flush():
                await self._pause(pause)
                pause = min(2 * pause, RETRY_MAX)
            else:
                pause = RETRY_FIRST

    async def _pause(self, seconds: float) -> None:
        # Somebody waiting cuts a pause short: they are owed an answer now.
        deadline = asyncio.get_running_loop().time() + seconds
        while not self._closed and not self._urgent:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._wake.wait(), left)
            except TimeoutError:
                break
            self._wake.clear()
        self._wake.set()

    async def flush(self) -> bool:
        """Writes all that waits; False when some of it has to wait longer."""
        self._urgent = False
        more, self._waiting = self._waiting, []
        try:
            # A cancelled await leaves the thread at work with what it was given: nothing is ever queued twice.
            await asyncio.get_running_loop().run_in_executor(self._thread, self._write, more)
        except Exception as error:
            self.problem = f"{self._database.path.name} {in_words(error)}"
            return False
        else:
            self.problem = None
            return True
        finally:
            self._tell()

    def stop(self) -> None:
        """Refuses anything new and ends :meth:`run`; what is queued stays for :meth:`flush`."""
        self._closed = True
        self._wake.set()

    async def close(self) -> None:
        """Closes the file and ends the thread. Whoever still waits is told that it was not written."""
        self.stop()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._database.close)
        self._thread.shutdown()
        self._tell()
        for work in (*self._backlog, *self._waiting):
            if work.waiter is not None and not work.waiter.done():
                work.waiter.set_exception(self._error(self.problem or f"{self._database.path.name} was closed."))

    def _tell(self) -> None:
        while self._ended:
            work, error = self._ended.popleft()
            if work.waiter is None:
                if error is not None:
                    self.bad.append(error)
            elif work.waiter.done():
                continue
            elif error is None:
                work.waiter.set_result(None)
            else:
                path = self._database.path
                work.waiter.set_exception(self._error(f"{path.name} {in_words(error)}"))

    # In the lane's thread from here on.

    def _write(self, more: list[Work]) -> None:
        self._backlog.extend(more)
        try:
            self._check_file()
            singly = 0
            while self._backlog:
                group = list(islice(self._backlog, 1 if singly else GROUP))
                singly = max(0, singly - 1) if self._write_group(group) else len(group)
        except Exception as error:
            self._fail_waiters(error)
            raise

    def _check_file(self) -> None:
        if self._database.is_gone():
            if not self._database.schema.replaceable:
                raise FileNotFoundError(f"{self._database.path} was moved or deleted; restart ibtui")
            logger.warning("%s is gone; a new one was begun", self._database.path)
            self._database.connection.close()
            self._database = Database(self._database.path, self._database.schema)

    def _write_group(self, group: list[Work]) -> bool:
        """False when one of the works is bad, and each must go in for itself."""
        try:
            self._database.commit(chain.from_iterable(work.statements for work in group))
        except Exception as error:
            fault = fault_of(error)
            if fault is Fault.DAMAGED and self._database.schema.replaceable:
                self._database = begin_anew(self._database, self._utc_ns())
                return False
            if fault is not Fault.BAD_ROW:
                raise
            if len(group) > 1:
                return False
            self._end(group, error)
        else:
            self._end(group, None)
        return True

    def _end(self, group: list[Work], error: Exception | None) -> None:
        for work in group:
            self._backlog.popleft()
            if error is not None and work.waiter is None:
                for sql, rows in work.statements:
                    quarantine(self._database.path.parent, self.name, error, sql, rows)
            self._ended.append((work, error))

    def _fail_waiters(self, error: Exception) -> None:
        waiting = [work for work in self._backlog if work.waiter is not None]
        kept = [work for work in self._backlog if work.waiter is None]
        self._backlog = deque(kept)
        self._ended.extend((work, error) for work in waiting)
