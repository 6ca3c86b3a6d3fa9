"""Everything about contracts and market data that ib_insync can ask for, at the versions at which layouts change."""

import asyncio
from typing import Any

import pytest
from ib_insync import Contract, Crypto, Forex, Future, Index, Option, ScannerSubscription, Stock

from tests.conftest import until
from tests.sim.protocol_rig import client, control, gateway

END = "20260310 10:00:00 US/Eastern"
KINDS = (
    Future("ES", exchange="CME", currency="USD"),
    Index("SPX", "CBOE", "USD"),
    Forex("EURUSD"),
    Crypto("BTC", "PAXOS", "USD"),
    Option("SPY", "", 0, "", "SMART", currency="USD"),
)


@pytest.mark.parametrize("version", [157, 163, 164, 166, 176])
async def test_a_client_of_any_version_reads_everything_it_asks_for(version: int) -> None:
    async with gateway() as server, client(server, version=version) as ib:
        problems: list[tuple[int, str]] = []
        ib.errorEvent += lambda _, code, text, __: problems.append((code, text))
        unread: list[Any] = []

        def checking(fields: list[str]) -> None:
            handler = ib.client.decoder.handlers.get(int(fields[0]))
            try:
                assert handler is not None
                handler(fields)
            except Exception as error:
                unread.append((fields[:3], error))

        ib.client.decoder.interpret = checking  # type: ignore[method-assign]
        spy = Stock("SPY", "SMART", "USD")
        await ib.qualifyContractsAsync(spy)
        for kind in KINDS:
            assert {each.contract.secType for each in await ib.reqContractDetailsAsync(kind)} == {kind.secType}
        assert await ib.reqMatchingSymbolsAsync("spy")
        assert await ib.reqMktDepthExchangesAsync()
        assert await ib.reqMarketRuleAsync(26)
        assert await ib.reqSmartComponentsAsync("a60001")
        assert await ib.reqSecDefOptParamsAsync("SPY", "", "STK", spy.conId)
        assert ib.client.serverVersion() == version

        ib.reqMktData(spy, "104,106,165,221,233,236,375,411")
        ib.reqMktDepth(spy, numRows=5, isSmartDepth=True)
        arca = Contract(conId=spy.conId, exchange="ARCA")
        ib.reqMktDepth(arca, numRows=5, isSmartDepth=False)
        for each in ("Last", "AllLast", "BidAsk", "MidPoint"):
            ib.reqTickByTickData(spy, each)
        bars = ib.reqRealTimeBars(spy, 5, "TRADES", True)
        wanted = ScannerSubscription(
            numberOfRows=3, instrument="STK", locationCode="STK.US.MAJOR", scanCode="MOST_ACTIVE"
        )
        rows, history, *others = await asyncio.gather(
            ib.reqScannerDataAsync(wanted),
            ib.reqHistoricalDataAsync(spy, "", "1800 S", "1 min", "TRADES", True, 2, keepUpToDate=True),
            ib.reqHeadTimeStampAsync(spy, "TRADES", True, 2),
            ib.reqHistogramDataAsync(spy, True, "1 day"),
            *(ib.reqHistoricalTicksAsync(spy, "", END, 20, what, True) for what in ("TRADES", "BID_ASK", "MIDPOINT")),
        )
        assert len(rows) == 3
        assert len(history) in (29, 30), "the minute that runs may have no print yet"
        assert all(others)
        if version >= 170:
            assert (await ib.reqHistoricalScheduleAsync(spy, 2, END, True)).sessions
        await control(server, "clock", at="2026-03-10T10:30:40")
        await until(lambda: len(bars) >= 7)
        assert (await ib.reqCurrentTimeAsync()).second >= 40
        assert unread == []
        assert [text.rpartition(":")[0].rpartition(":")[2] for _, text in problems] == [
            "API scanner subscription cancelled"
        ]
