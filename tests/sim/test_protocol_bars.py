"""Bars as they form: real-time bars and history that keeps up to date, with the clock moved by hand."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from ib_insync import IB, Contract

from ibtui.sim.server import RunningGateway
from tests.sim.protocol_rig import SPY, bare, client, control, gateway

SPY_FIELDS = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""]


async def spy(ib: IB) -> Contract:
    (contract,) = await ib.qualifyContractsAsync(SPY)
    return contract


async def move(server: RunningGateway, time: str) -> None:
    await control(server, "clock", at=f"2026-03-10T{time}")


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - the library tells it by no event
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("what", ["TRADES", "MIDPOINT", "BID", "ASK"])
async def test_real_time_bars_are_the_history_of_their_seconds(what: str) -> None:
    async with gateway(speed=0) as server, client(server) as ib:
        contract = await spy(ib)
        live = ib.reqRealTimeBars(contract, 5, what, True)
        await ib.reqCurrentTimeAsync()
        await move(server, "10:30:40")
        await until(lambda: len(live) == 8)
        assert [bar.time for bar in live] == [datetime(2026, 3, 10, 14, 30, 5 * k, tzinfo=UTC) for k in range(8)]
        past = await ib.reqHistoricalDataAsync(contract, "", "40 S", "5 secs", what, True, 2)
        known = {bar.date: bar for bar in past}
        for bar in live:
            if bar.time in known:
                kept = known[bar.time]
                assert (bar.open_, bar.high, bar.low, bar.close) == (kept.open, kept.high, kept.low, kept.close)
                assert (bar.volume, bar.wap, bar.count) == (kept.volume, kept.average, kept.barCount)
            else:
                assert bar.volume == bar.count == 0
        assert known


async def test_a_real_time_bar_comes_without_trades_and_none_while_the_market_is_closed() -> None:
    async with gateway(speed=0, start="2026-03-10T19:59:30") as server, client(server) as ib:
        contract = await spy(ib)
        live = ib.reqRealTimeBars(contract, 5, "TRADES", False)
        regular = ib.reqRealTimeBars(contract, 5, "TRADES", True)
        await ib.reqCurrentTimeAsync()
        await move(server, "20:05:00")
        await until(lambda: len(live) >= 6)
        await ib.reqCurrentTimeAsync()
        assert len(live) == 6
        assert any(bar.volume == 0 and bar.open_ == bar.close > 0 for bar in live)
        assert not regular


async def test_real_time_bars_end_with_their_cancel() -> None:
    async with gateway(speed=0) as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("50", "3", "7", *SPY_FIELDS, "5", "TRADES", "1", "")
        raw.ask("50", "3", "7", *SPY_FIELDS, "5", "TRADES", "1", "")
        assert (await raw.read())[2:4] == ["7", "322"]
        await move(server, "10:30:05")
        assert (await raw.read())[:3] == ["50", "3", "7"]
        raw.ask("51", "1", "7")
        raw.ask("51", "1", "7")
        assert (await raw.read())[2:4] == ["7", "300"]
        await move(server, "10:30:30")
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"
        raw.ask("50", "3", "7", *SPY_FIELDS, "5", "GOSSIP", "1", "")
        assert (await raw.read())[2:4] == ["7", "321"]


@pytest.mark.parametrize("size", ["30 secs", "1 min", "1 day"])
async def test_bars_that_keep_up_end_as_history_has_them(size: str) -> None:
    async with gateway(speed=0) as server, client(server) as ib:
        contract = await spy(ib)
        duration = "3 D" if size == "1 day" else "600 S"
        kept = await ib.reqHistoricalDataAsync(contract, "", duration, size, "TRADES", True, 2, keepUpToDate=True)
        first, came = kept[-1].date, []
        kept.updateEvent += lambda bars, new: came.append(bars[-1].date)
        for time in ("10:30:07", "10:31:02", "10:32:02"):
            await move(server, time)
        await ib.reqCurrentTimeAsync()
        again = await ib.reqHistoricalDataAsync(
            contract, "20260310 10:32:00 US/Eastern", duration, size, "TRADES", True, 2
        )
        assert came
        since = [bar for bar in kept if bar.date >= first]
        theirs = {bar.date: bar for bar in again}
        if size == "1 day":
            assert since[-1].volume >= theirs[since[-1].date].volume > 0
        else:
            ended = [bar for bar in since if bar.date < datetime(2026, 3, 10, 14, 32, tzinfo=UTC)]
            assert len(ended) > 2
            assert all(theirs[bar.date] == bar for bar in ended)


async def test_bars_that_keep_up_end_with_their_cancel() -> None:
    async with gateway(speed=0) as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("20", "7", *SPY_FIELDS, "0", "", "1 min", "600 S", "1", "TRADES", "2", "1", "")
        assert (await raw.read())[0] == "17"
        raw.ask("20", "7", *SPY_FIELDS, "0", "", "1 min", "600 S", "1", "TRADES", "2", "1", "")
        assert (await raw.read())[2:4] == ["7", "322"]
        await move(server, "10:30:05")
        assert (await raw.read())[:2] == ["90", "7"]
        raw.ask("25", "1", "7")
        assert (await raw.read())[2:4] == ["7", "162"]
        await move(server, "10:30:30")
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"
