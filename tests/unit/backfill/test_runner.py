"""The runner on real files, against a gateway that answers by script. Its clock moves only when the runner sleeps."""

import asyncio
from collections import deque

import pytest

from ibtui.backfill.runner import GIVE_UP_AFTER, TRIES, BackfillRunner, State
from ibtui.clock import NS, Clock, MarketClock
from ibtui.config import BackfillSettings
from ibtui.errors import LinkDownError, RequestRefusedError, RequestTimeoutError, StorageError, UsageError
from ibtui.market.bars import DAY, Bar, bar_size
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import open_directory
from ibtui.storage.writer import Writer
from tests.conftest import until

MINUTE, SECOND = bar_size("1 min"), bar_size("1 secs")
EURUSD = Instrument(12087792, "EUR", sec_type="CASH", exchange="IDEALPRO")
START = 1_800_000_000 - 1_800_000_000 % DAY
"""Market time when a test begins: a midnight, so that chunks are whole days."""


class ScriptedGateway:
    """Answers with a bar for every minute asked for, unless the script has something else next."""

    def __init__(self) -> None:
        self.script: deque[Exception | list[Bar] | asyncio.Event] = deque()
        self.asked: list[tuple[int, str]] = []
        self.head: int | None = None

    async def bars(self, instrument, bar, what, use_rth, end_ns, duration):
        end = end_ns // NS
        self.asked.append((end, duration))
        answer = self.script.popleft() if self.script else None
        if isinstance(answer, asyncio.Event):
            await answer.wait()
            answer = None
        if isinstance(answer, Exception):
            raise answer
        if answer is not None:
            return answer
        reach = int(duration.split()[0])
        return [Bar(start, 1.0, 2.0, 0.5, 1.5) for start in range(end - reach, end, bar.seconds)]

    async def head_timestamp(self, instrument, what, use_rth):
        return self.head


class Bench:
    """A runner with what it needs."""

    def __init__(self, directory, settings=None):
        self.time = 1000.0
        self.sleeps: list[float] = []
        self.clock = Clock(lambda: self.time, lambda: START * NS + int(self.time * NS))
        self.directory = directory
        self.gateway = ScriptedGateway()
        self.market_clock = MarketClock(self.clock)
        self.market_clock.measured(START * NS, speed=0.0)
        self.writer = Writer(directory, self.clock)
        self.runner = BackfillRunner(
            self.gateway,
            self.writer,
            settings or BackfillSettings(),
            self.clock,
            self.market_clock,
            sleep=self.sleep,
        )

    async def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.time += seconds
        await asyncio.sleep(0)

    async def run(self, bar=MINUTE, mode="full", days=3, **given):
        job = self.runner.start(EURUSD, bar, mode, "MIDPOINT", False, START - days * DAY, **given)
        return await self.runner.finished(job)

    def outcomes(self, bar=MINUTE):
        rows = queries.coverage(self.directory, EURUSD.con_id, bar.text, "MIDPOINT", False, 0, 2**62)
        return sorted((row["start"] - START, row["end"] - START, row["outcome"]) for row in rows)

    def stored(self, bar=MINUTE):
        return queries.bars(self.directory, EURUSD.con_id, bar.text, "MIDPOINT", False, 0, 2**62)


@pytest.fixture
async def bench(tmp_path):
    with open_directory(tmp_path / "data") as directory:
        bench = Bench(directory)
        bench.writer.open()
        task = asyncio.create_task(bench.writer.run())
        yield bench
        await bench.runner.stop()
        await bench.writer.close()
        await task


async def test_a_job_fills_its_range_newest_first_and_says_so(bench):
    job = await bench.run()
    assert (job.state, job.done, job.total, job.problem) == (State.DONE, 3, 3, "")
    assert job.rows == 3 * 1440
    assert [bar.start for bar in bench.stored()] == list(range(START - 3 * DAY, START, 60))
    assert [end - START for end, _ in bench.gateway.asked] == [0, -DAY, -2 * DAY]
    assert all(outcome == "data" for *_, outcome in bench.outcomes())


async def test_the_same_job_again_asks_for_nothing(bench):
    await bench.run()
    bench.gateway.asked.clear()
    job = await bench.run()
    assert (job.state, job.total) == (State.DONE, 0)
    assert bench.gateway.asked == []


async def test_a_job_that_was_cut_off_goes_on_where_it_was(bench):
    bench.gateway.script = deque([asyncio.Event()])
    job = bench.runner.start(EURUSD, MINUTE, "full", "MIDPOINT", False, START - 3 * DAY)
    bench.gateway.script.appendleft([])
    await until(lambda: len(bench.gateway.asked) == 2)
    assert bench.runner.cancel(job.id)
    assert (await bench.runner.finished(job)).state is State.CANCELLED
    bench.gateway.asked.clear()
    await bench.run()
    assert [end - START for end, _ in bench.gateway.asked][-2:] == [-DAY, -2 * DAY]


async def test_no_data_is_an_answer_and_is_not_asked_for_again(bench):
    bench.gateway.script.append([])
    job = await bench.run(days=2)
    assert job.state is State.DONE
    assert bench.outcomes()[-1][2] == "empty"
    assert len(bench.gateway.asked) == 2


async def test_a_refused_request_is_tried_again_after_growing_pauses(bench):
    bench.gateway.script.append(RequestRefusedError(162, "HMDS server busy"))
    job = await bench.run(days=1)
    assert (job.state, job.rows, job.problem) == (State.DONE, 1440, "")
    assert len(bench.gateway.asked) == 2
    assert bench.sleeps[0] == 2.0


@pytest.mark.parametrize(
    ("trouble", "outcome"),
    [(RequestRefusedError(162, "HMDS query failed"), "error"), (RequestTimeoutError("no answer in 60 s"), "missing")],
)
async def test_what_stays_without_an_answer_is_recorded_and_the_job_goes_on(bench, trouble, outcome):
    bench.gateway.script.extend([trouble] * TRIES)
    job = await bench.run()
    assert (job.state, job.done, job.rows) == (State.DONE, 3, 2 * 1440)
    assert job.problem.startswith("1 of 3 requests failed: ")
    assert (-DAY, 0, outcome) in bench.outcomes()
    again = await bench.run()
    assert (again.rows, again.problem) == (1440, "")


async def test_a_contract_that_is_always_refused_is_given_up(bench):
    bench.gateway.script.extend([RequestRefusedError(200, "No security definition")] * TRIES * GIVE_UP_AFTER)
    job = await bench.run(days=30)
    assert job.state is State.FAILED
    assert "No security definition" in job.problem
    assert len(bench.gateway.asked) == TRIES * GIVE_UP_AFTER


async def test_after_a_pacing_violation_ibs_ten_minutes_are_kept(bench):
    bench.gateway.script.append(RequestRefusedError(162, "Historical data request pacing violation"))
    job = await bench.run(days=1)
    assert job.state is State.DONE
    assert sum(bench.sleeps) >= 600


async def test_small_bars_are_asked_for_at_ibs_pace(bench):
    before = bench.time
    job = bench.runner.start(EURUSD, SECOND, "full", "MIDPOINT", False, START - 70 * 1800)
    await bench.runner.finished(job)
    assert job.total == 70
    assert 600 <= bench.time - before < 660


async def test_a_lost_link_makes_a_job_wait_and_go_on_without_losing_a_chunk(bench):
    seen = []
    bench.runner.on_change.append(lambda job: seen.append((job.state, job.problem)))
    bench.gateway.script.extend([LinkDownError("the gateway closed the connection")] * 3)
    job = await bench.run(days=2)
    assert (job.state, job.rows, job.unsettled) == (State.DONE, 2 * 1440, 0)
    assert (State.WAITING, "the gateway closed the connection") in seen


async def test_before_the_first_connection_a_job_waits_for_the_markets_time(bench):
    unknown = MarketClock(bench.clock)
    bench.runner._market_clock = unknown
    job = bench.runner.start(EURUSD, MINUTE, "full", "MIDPOINT", False, START - DAY)
    await until(lambda: job.state is State.WAITING)
    unknown.measured(START * NS, speed=0.0)
    assert (await bench.runner.finished(job)).rows == 1440


async def test_one_job_runs_at_a_time_and_the_others_queue(bench):
    gate = asyncio.Event()
    bench.gateway.script.append(gate)
    first = bench.runner.start(EURUSD, MINUTE, "full", "MIDPOINT", False, START - DAY)
    second = bench.runner.start(EURUSD, MINUTE, "full", "BID", False, START - DAY)
    await until(lambda: bench.gateway.asked)
    assert (first.state, second.state) == (State.RUNNING, State.QUEUED)
    gate.set()
    await bench.runner.finished(second)
    assert (first.state, second.state) == (State.DONE, State.DONE)


async def test_the_same_series_is_not_queued_twice(bench):
    first = bench.runner.start(EURUSD, MINUTE, "tail")
    assert bench.runner.start(EURUSD, MINUTE, "tail") is first
    await bench.runner.finished(first)
    assert bench.runner.start(EURUSD, MINUTE, "tail") is not first


async def test_a_queued_job_can_be_cancelled(bench):
    bench.gateway.script.append(asyncio.Event())
    bench.runner.start(EURUSD, MINUTE, "full", "MIDPOINT", False, START - DAY)
    second = bench.runner.start(EURUSD, MINUTE, "full", "BID", False, START - DAY)
    assert bench.runner.cancel(second.id)
    assert (await bench.runner.finished(second)).state is State.CANCELLED
    assert not bench.runner.cancel(second.id)


async def test_progress_and_the_time_left_are_told(bench):
    seen = []
    bench.runner.on_change.append(lambda job: seen.append((job.done, job.total, job.eta_s)))
    await bench.run()
    assert [(done, total) for done, total, eta in seen if eta is not None] == [(1, 3), (2, 3), (3, 3)]


async def test_jobs_and_requests_are_kept(bench):
    bench.gateway.script.extend([RequestTimeoutError("silence")] * TRIES)
    job = await bench.run(days=2)
    await bench.writer.history()
    (row,) = queries.backfill_jobs(bench.directory)
    assert (row["job_id"], row["state"], row["done"], row["total"], row["rows"]) == (job.id, "done", 2, 2, 1440)
    assert "silence" in row["problem"]


async def test_backfill_begins_where_ib_says_that_history_begins(bench):
    bench.gateway.head = START - 2 * DAY
    job = bench.runner.start(EURUSD, MINUTE, "backfill", "MIDPOINT", False)
    await bench.runner.finished(job)
    assert job.total == 2


async def test_a_listener_that_fails_does_not_fail_the_job(bench):
    def broken(job):
        raise ZeroDivisionError

    bench.runner.on_change.append(broken)
    assert (await bench.run(days=1)).state is State.DONE


async def test_a_file_that_cannot_be_written_fails_the_job_and_says_so(bench, monkeypatch):
    async def full(*_):
        raise StorageError("history.db can't be written: the disk is full")

    monkeypatch.setattr(bench.writer, "history", full)
    job = await bench.run(days=1)
    assert (job.state, job.problem) == (State.FAILED, "history.db can't be written: the disk is full")


async def test_an_end_before_the_start_is_refused(bench):
    with pytest.raises(UsageError):
        bench.runner.start(EURUSD, MINUTE, "full", "MIDPOINT", False, START, START)


async def test_closing_ends_what_runs_and_what_waits(bench):
    bench.gateway.script.append(asyncio.Event())
    jobs = [bench.runner.start(EURUSD, MINUTE, "full", what, False, START - DAY) for what in ("BID", "ASK")]
    await until(lambda: bench.gateway.asked)
    await asyncio.wait_for(bench.runner.stop(), 5)
    assert [job.state for job in jobs] == [State.CANCELLED, State.CANCELLED]
