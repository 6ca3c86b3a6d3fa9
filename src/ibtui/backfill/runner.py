"""Runs backfill jobs one at a time: plan, ask at IB's pace, store bars and ledger, go on after trouble.

What was settled stands in ``coverage``, so a job that was cut off is resumed by planning it again.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ibtui.backfill import calendar, planner
from ibtui.backfill.jobs import ENDED, Job, Series, State
from ibtui.backfill.ledger import Coverage, Range
from ibtui.backfill.pacing import Ask, Pacing
from ibtui.backfill.planner import Mode, Request
from ibtui.clock import NS, Clock, MarketClock
from ibtui.config import BackfillSettings
from ibtui.errors import IbtuiError, LinkDownError, RequestRefusedError, RequestTimeoutError, UsageError
from ibtui.market.bars import DAY, Bar, BarSize
from ibtui.market.instruments import Instrument
from ibtui.storage import history as statements
from ibtui.storage import queries

if TYPE_CHECKING:
    from ibtui.broker.history import History
    from ibtui.storage.writer import Writer

__all__ = ["ENDED", "BackfillRunner", "Job", "Series", "State"]

TRIES = 3
RETRY_SECONDS = 2.0
"""Pause before the second try of a request; it doubles with each."""

LINK_SECONDS = 0.5
"""Pause between two looks whether the link is back."""

GIVE_UP_AFTER = 5
"""Requests in a row without an answer after which the job is failed: what refuses five chunks refuses them all."""

WORTH_TELLING_SECONDS = 1.0
"""Waits for IB's pace shorter than this are not shown."""

JOBS_KEPT = 100

FAR_FUTURE = 2**62

log = logging.getLogger(__name__)

Sleep = Callable[[float], Awaitable[None]]
Value = TypeVar("Value")


class BackfillRunner:
    """The queue of jobs. Used on the event loop; every wait can be cancelled.

    Args:
        history: Asks the gateway.
        writer: Stores what comes.
        settings: Limits of the user's own.
        clock: For stamps and the pace.
        market_clock: What "now" means in the market.
        sleep: Waits so many seconds.

    Attributes:
        jobs: Newest last, ended ones too.
        on_change: Called with a job after each change of it.
    """

    def __init__(
        self,
        history: "History",
        writer: "Writer",
        settings: BackfillSettings,
        clock: Clock,
        market_clock: MarketClock,
        *,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self.jobs: list[Job] = []
        self.on_change: list[Callable[[Job], None]] = []
        self._history = history
        self._writer = writer
        self._settings = settings
        self._clock = clock
        self._market_clock = market_clock
        self._sleep = sleep
        self._pacing = Pacing(settings.min_spacing)
        self._queue: deque[Job] = deque()
        self._worker: asyncio.Task[None] | None = None
        self._running: tuple[Job, asyncio.Task[None]] | None = None
        self._ends: dict[int, asyncio.Event] = {}
        self._started = 0

    # --- what callers do ---

    def start(
        self,
        instrument: Instrument,
        bar: BarSize,
        mode: Mode = "tail",
        what: str = "TRADES",
        use_rth: bool = True,
        start: int | None = None,
        end: int | None = None,
    ) -> Job:
        """Queues a job; ``start`` and ``end`` are UTC seconds and take the place of the mode's own bounds.

        The same series that is already queued or running is not queued twice: its job is returned.

        Raises:
            UsageError: ``end`` does not lie after ``start``.
        """
        if start is not None and end is not None and end <= start:
            raise UsageError("The end of a backfill must lie after its start.")
        series = Series(instrument, bar, what, use_rth)
        for each in self.jobs:
            same = (each.series.key, each.mode, each.start, each.end) == (series.key, mode, start, end)
            if same and each.state not in ENDED:
                return each
        self._started += 1
        # Unique over runs, as the table needs it, and still readable.
        job_id = self._writer.run_id * 10_000 + self._started
        job = Job(job_id, series, mode, start, end, self._clock.utc_ns())
        self.jobs = [*self.jobs[-JOBS_KEPT:], job]
        self._queue.append(job)
        self._ends[job.id] = asyncio.Event()
        self._tell(job)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="backfill")
        return job

    def cancel(self, job_id: int) -> bool:
        """Ends a job; what it stored stays. False when there is none of that id that still goes on."""
        for job in self._queue:
            if job.id == job_id:
                self._queue.remove(job)
                self._end(job, State.CANCELLED)
                return True
        if self._running is not None and self._running[0].id == job_id:
            return self._running[1].cancel()
        return False

    async def finished(self, job: Job) -> Job:
        """Waits until a job has ended, however it ends, and its bars are stored."""
        if job.state not in ENDED:
            await self._ends[job.id].wait()
        return job

    async def plan(self, series: Series, mode: Mode, start: int | None = None, end: int | None = None) -> list[Request]:
        """What a job would ask for now, newest first.

        Raises:
            LinkDownError: The market's time is not known, for there was no session yet.
            StorageError: The ledger can't be read.
        """
        now = self._now()
        coverage = await asyncio.to_thread(self._coverage, series)
        oldest = now - self._settings.max_range * DAY
        if mode != "tail" and start is None:
            oldest = max(oldest, await self._head(series) or oldest)
        return await asyncio.to_thread(self._requests, series, mode, coverage, now, oldest, start, end)

    async def stop(self) -> None:
        """Ends all jobs. They are resumed by asking for the same again."""
        for job in list(self._queue):
            self.cancel(job.id)
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)

    # --- the queue ---

    async def _work(self) -> None:
        while self._queue:
            job = self._queue.popleft()
            task = asyncio.create_task(self.run_job(job), name=f"backfill {job.instrument.symbol}")
            self._running = job, task
            try:
                await asyncio.wait({task})
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                self._running = None

    async def run_job(self, job: Job) -> None:
        """Runs one job to its end; never raises but when it is cancelled."""
        try:
            await self._run(job)
        except asyncio.CancelledError:
            self._end(job, State.CANCELLED)
            raise
        except IbtuiError as error:
            self._end(job, State.FAILED, str(error))
        except Exception as error:
            log.exception("backfill of %s failed", job.instrument.symbol)
            self._end(job, State.FAILED, f"{type(error).__name__}; the log says more")

    async def _run(self, job: Job) -> None:
        requests = await self._when_linked(job, lambda: self.plan(job.series, job.mode, job.start, job.end))
        job.total = len(requests)
        job.started = self._clock.monotonic()
        self._set(job, State.RUNNING)
        in_a_row, last_problem = 0, ""
        for request in requests:
            problem = await self._settle(job, request)
            job.done += 1
            in_a_row = in_a_row + 1 if problem else 0
            job.unsettled += bool(problem)
            last_problem = problem or last_problem
            job.eta_s = (self._clock.monotonic() - job.started) / job.done * (job.total - job.done)
            job.state, job.problem = State.RUNNING, last_problem
            self._tell(job)
            if in_a_row >= GIVE_UP_AFTER and job.done < job.total:
                self._end(job, State.FAILED, f"{in_a_row} requests in a row failed: {last_problem}")
                return
        problem = f"{job.unsettled} of {job.total} requests failed: {last_problem}" if job.unsettled else ""
        self._end(job, State.DONE, problem)

    # --- one request ---

    async def _settle(self, job: Job, request: Request) -> str:
        """Asks until there is an answer or no more tries, and stores which; returns what went wrong, or nothing."""
        sent_ns = self._clock.utc_ns()
        outcome, problem = "missing", ""
        bars: list[Bar] = []
        for attempt in range(TRIES):
            if attempt:
                await self._sleep(RETRY_SECONDS * 2 ** (attempt - 1))
            try:
                bars = await self._when_linked(job, lambda: self._ask(job, request))
            except RequestRefusedError as refused:
                outcome, problem = "error", str(refused)
                if "pacing" in refused.text.lower():
                    self._pacing.violated(self._clock.monotonic())
            except RequestTimeoutError as silence:
                outcome, problem = "missing", str(silence)
            else:
                await self._store(job, request, bars, sent_ns)
                return ""
        key = (*job.series.key, request.start, request.end, outcome, sent_ns)
        await self._writer.history(
            *statements.coverage(*key), *self._request_row(job, request, sent_ns, outcome, 0, problem)
        )
        return problem

    async def _ask(self, job: Job, request: Request) -> list[Bar]:
        series = job.series
        instrument = series.instrument
        ask = Ask(
            instrument.con_id, instrument.exchange, series.what, series.bar.seconds, request.end, request.duration
        )
        while (wait := self._pacing.wait(ask, self._clock.monotonic())) > 0:
            if wait > WORTH_TELLING_SECONDS:
                self._set(job, State.WAITING, f"IB's pace: next request in {wait:.0f} s")
            await self._sleep(wait)
        self._set(job, State.RUNNING, job.problem if job.state is State.RUNNING else "")
        self._pacing.sent(ask, self._clock.monotonic())
        return await self._history.bars(
            instrument, series.bar, series.what, series.use_rth, request.end * NS, request.duration
        )

    async def _store(self, job: Job, request: Request, bars: list[Bar], sent_ns: int) -> None:
        answer = planner.judge(request, bars, job.bar, self._now())
        key = job.series.key
        covered = () if answer.coverage is None else statements.coverage(*key, *answer.coverage, sent_ns)
        outcome = "data" if answer.bars else "empty"
        await self._writer.history(
            *(statements.bars(*key, answer.bars) if answer.bars else ()),
            *covered,
            *self._request_row(job, request, sent_ns, outcome, len(answer.bars), ""),
        )
        job.rows += len(answer.bars)

    def _request_row(
        self, job: Job, request: Request, sent_ns: int, outcome: str, rows: int, detail: str
    ) -> tuple[Any, ...]:
        return statements.backfill_request(
            job.id,
            start=request.start,
            end=request.end,
            duration=request.duration,
            sent_ns=sent_ns,
            answered_ns=None if outcome == "missing" else self._clock.utc_ns(),
            outcome=outcome,
            rows=rows,
            detail=detail,
        )

    async def _when_linked(self, job: Job, do: Callable[[], Awaitable[Value]]) -> Value:
        """Does it, waiting as often and as long as there is no link."""
        while True:
            try:
                return await do()
            except LinkDownError as down:
                self._set(job, State.WAITING, str(down))
                await self._sleep(LINK_SECONDS)

    async def _head(self, series: Series) -> int | None:
        try:
            return await self._history.head_timestamp(series.instrument, series.what, series.use_rth)
        except (RequestRefusedError, RequestTimeoutError) as error:
            log.info("IB does not say where the history of %s begins: %s", series.instrument.symbol, error)
            return None

    def _coverage(self, series: Series) -> list[Coverage]:
        rows = queries.coverage(self._writer.directory, *series.key, 0, FAR_FUTURE)
        return [Coverage(row["start"], row["end"], row["outcome"]) for row in rows]

    def _requests(
        self,
        series: Series,
        mode: Mode,
        coverage: list[Coverage],
        now: int,
        oldest: int,
        start: int | None,
        end: int | None,
    ) -> list[Request]:
        bar = series.bar
        known_from = planner.earliest(mode, coverage, bar, now, oldest=oldest, start=start)
        trading = calendar.trading(series.instrument, bar, series.use_rth, Range(known_from, now))
        wanted = planner.wanted(mode, coverage, bar, now, oldest=oldest, trading=trading, start=start, end=end)
        return planner.plan(wanted, coverage, bar, now, trading=trading, min_gap=self._settings.min_gap)

    # --- how a job stands ---

    def _now(self) -> int:
        """Market time in UTC seconds."""
        now_ns = self._market_clock.now_ns()
        if now_ns is None:
            raise LinkDownError("The market's time is not known yet: there was no connection since the start.")
        return now_ns // NS

    def _set(self, job: Job, state: State, problem: str = "") -> None:
        if (job.state, job.problem) != (state, problem):
            job.state, job.problem = state, problem
            self._tell(job)

    def _end(self, job: Job, state: State, problem: str = "") -> None:
        job.state, job.problem, job.eta_s = state, problem, None
        self._tell(job)
        if (ended := self._ends.pop(job.id, None)) is not None:
            ended.set()

    def _tell(self, job: Job) -> None:
        self._writer.history_soon(
            *statements.backfill_job(
                job.id,
                created_ns=job.created_ns,
                updated_ns=self._clock.utc_ns(),
                instrument=job.instrument,
                bar=job.bar.text,
                what=job.series.what,
                use_rth=job.series.use_rth,
                mode=job.mode,
                start=job.start,
                end=job.end,
                state=str(job.state),
                done=job.done,
                total=job.total,
                rows=job.rows,
                problem=job.problem or None,
            )
        )
        for hook in self.on_change:
            try:
                hook(job)
            except Exception:
                log.exception("a listener to backfill jobs failed")
