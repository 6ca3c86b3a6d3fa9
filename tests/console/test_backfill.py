"""Backfill from the wire to the tables: real gateway process, real session, real files."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibtui.backfill.calendar import trading
from ibtui.backfill.ledger import Coverage, Range, settled
from ibtui.backfill.runner import BackfillRunner, State
from ibtui.broker.contracts import Contracts
from ibtui.broker.history import History
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import NS, MarketClock, system_clock
from ibtui.config import BackfillSettings, GatewaySettings
from ibtui.market.bars import DAY, bar_size
from ibtui.storage import queries
from ibtui.storage.files import open_directory
from ibtui.storage.writer import Writer
from tests.conftest import Gateway, until

ROOT = Path(__file__).resolve().parents[2]
MINUTE, DAILY = bar_size("1 min"), bar_size("1 day")


class Rig:
    """What a backfill needs, joined as the console joins it."""

    def __init__(self, gateway: Gateway, directory, client_id: int) -> None:
        clock = system_clock()
        self.directory = directory
        self.market_clock = MarketClock(clock)
        self.writer = Writer(directory, clock)
        self.writer.open()
        self.history = History()
        self.contracts = Contracts(directory, self.writer, clock)
        settings = GatewaySettings(
            host=gateway.host, port=gateway.port, client_id=client_id, retry_first=0.05, retry_max=0.2
        )
        self.supervisor = Supervisor(
            settings,
            clock,
            self.market_clock,
            [self.contracts, self.history],
            on_event=lambda event: None,
            on_change=lambda status: None,
            jitter=lambda: 0.0,
        )
        self.runner = BackfillRunner(self.history, self.writer, BackfillSettings(), clock, self.market_clock)

    def bars(self, con_id, bar=MINUTE):
        return queries.bars(self.directory, con_id, bar.text, "TRADES", True, 0, 2**62)

    def settled(self, con_id, bar=MINUTE):
        rows = queries.coverage(self.directory, con_id, bar.text, "TRADES", True, 0, 2**62)
        return settled(Coverage(row["start"], row["end"], row["outcome"]) for row in rows)

    @property
    def now(self) -> int:
        now_ns = self.market_clock.now_ns()
        assert now_ns is not None
        return now_ns // NS


@asynccontextmanager
async def rig(gateway: Gateway, path, client_id: int = 10) -> AsyncIterator[Rig]:
    with open_directory(path) as directory:
        rig = Rig(gateway, directory, client_id)
        tasks = [asyncio.create_task(rig.writer.run()), asyncio.create_task(rig.supervisor.run())]
        try:
            await until(lambda: rig.supervisor.status.state == "READY", what="READY")
            yield rig
        finally:
            await rig.runner.stop()
            await rig.supervisor.stop()
            await rig.writer.close()
            await asyncio.gather(*tasks)


async def test_the_tail_of_a_symbol_is_in_the_tables_and_every_trading_minute_is_accounted_for(gateway, tmp_path):
    async with rig(gateway, tmp_path / "data") as it:
        spy = await it.contracts.resolve("SPY")
        now = it.now
        job = await it.runner.finished(it.runner.start(spy, MINUTE, "tail"))
        assert (job.state, job.problem) == (State.DONE, "")
        bars = it.bars(spy.con_id)
        assert job.rows == len(bars) > 390
        hours = trading(spy, MINUTE, True, Range(bars[0].start, now))
        assert all(any(each.start <= bar.start < each.end for each in hours) for bar in bars)
        assert all(bar.start % 60 == 0 and bar.start + 60 <= it.now for bar in bars)
        assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)
        assert it.settled(spy.con_id)[-1].end >= now - now % 60 - 180


async def test_a_second_tail_asks_only_for_what_is_new(gateway, tmp_path):
    async with rig(gateway, tmp_path / "data") as it:
        spy = await it.contracts.resolve("SPY")
        await it.runner.finished(it.runner.start(spy, MINUTE, "tail"))
        again = await it.runner.finished(it.runner.start(spy, MINUTE, "tail"))
        assert again.state is State.DONE
        assert again.total <= 1
        assert again.rows <= 3


async def test_a_backfill_goes_back_from_there_without_a_hole(gateway, tmp_path):
    async with rig(gateway, tmp_path / "data") as it:
        spy = await it.contracts.resolve("SPY")
        await it.runner.finished(it.runner.start(spy, MINUTE, "tail"))
        first = it.settled(spy.con_id)[0].start
        start = first - 7 * DAY
        job = await it.runner.finished(it.runner.start(spy, MINUTE, "backfill", start=start))
        assert job.state is State.DONE
        assert job.total == len(trading(spy, MINUTE, True, Range(start, first)) or ())
        assert await it.runner.plan(job.series, "full", start) == [] or it.now % 60 < 2


async def test_daily_bars_end_with_yesterday(gateway, tmp_path):
    async with rig(gateway, tmp_path / "data") as it:
        spy = await it.contracts.resolve("SPY")
        job = await it.runner.finished(it.runner.start(spy, DAILY, "full", start=it.now - 60 * DAY))
        bars = it.bars(spy.con_id, DAILY)
        assert (job.state, len(bars)) == (State.DONE, job.rows)
        assert 38 <= len(bars) <= 44
        assert all(bar.start % DAY == 0 for bar in bars)
        assert bars[-1].start < it.now - it.now % DAY


async def test_a_job_survives_a_lost_link_and_misses_nothing(gateway, tmp_path):
    async with rig(gateway, tmp_path / "cut") as cut, rig(gateway, tmp_path / "whole", 11) as whole:
        spy = await cut.contracts.resolve("SPY")
        end = cut.now - cut.now % DAY
        job = cut.runner.start(spy, MINUTE, "full", start=end - 12 * DAY, end=end)
        states = []
        cut.runner.on_change.append(lambda each: states.append(each.state))
        await until(lambda: job.done >= 2, what="two requests answered")
        await gateway.control("drop", how="rst", client_id=10)
        await cut.runner.finished(job)
        assert job.state is State.DONE
        assert State.WAITING in states
        await whole.runner.finished(whole.runner.start(spy, MINUTE, "full", start=end - 12 * DAY, end=end))
        assert cut.bars(spy.con_id) == whole.bars(spy.con_id)
        assert cut.settled(spy.con_id) == whole.settled(spy.con_id)


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.conftest import Gateway, until
from tests.console.test_backfill import DAY, MINUTE, rig

async def main():
    host, port, end, path = sys.argv[1:]
    async with rig(Gateway(None, host, int(port), 0), Path(path)) as it:
        spy = await it.contracts.resolve("SPY")
        job = it.runner.start(spy, MINUTE, "full", start=int(end) - 12 * DAY, end=int(end))
        await until(lambda: job.done >= 3)
        print("three of", job.total, flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_job_killed_in_the_middle_is_finished_by_asking_for_it_again(gateway, tmp_path):
    async with rig(gateway, tmp_path / "whole", 11) as whole:
        spy = await whole.contracts.resolve("SPY")
        end = whole.now - whole.now % DAY
        await whole.runner.finished(whole.runner.start(spy, MINUTE, "full", start=end - 12 * DAY, end=end))
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KILLED, gateway.host, str(gateway.port), str(end), str(tmp_path / "cut")),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        assert child.stdout is not None
        assert (await child.stdout.readline()).startswith(b"three of ")
        child.kill()
        await child.wait()
        async with rig(gateway, tmp_path / "cut") as again:
            stored = len(again.bars(spy.con_id))
            job = await again.runner.finished(again.runner.start(spy, MINUTE, "full", start=end - 12 * DAY, end=end))
            assert stored >= 3 * 390
            assert 0 < job.rows <= len(whole.bars(spy.con_id)) - 3 * 390
            assert again.bars(spy.con_id) == whole.bars(spy.con_id)
