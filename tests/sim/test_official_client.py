"""The official client, an independent reading of the protocol, through everything it can ask for."""

import asyncio
import threading
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from ibtui.sim.server import RunningGateway
from tests.sim.protocol_rig import control, gateway

pytest.importorskip("ibapi", reason="the official client is not installed (it is part of the extra 'dev')")

from ibapi.client import EClient  # type: ignore[import-untyped]
from ibapi.contract import Contract  # type: ignore[import-untyped]
from ibapi.execution import ExecutionFilter  # type: ignore[import-untyped]
from ibapi.order import Order  # type: ignore[import-untyped]
from ibapi.scanner import ScannerSubscription  # type: ignore[import-untyped]
from ibapi.wrapper import EWrapper  # type: ignore[import-untyped]

ACCOUNT = "DUSIM0001"
KINDS = (
    ("ES", "FUT", "CME"),
    ("SPX", "IND", "CBOE"),
    ("EUR", "CASH", "IDEALPRO"),
    ("BTC", "CRYPTO", "PAXOS"),
    ("SPY", "OPT", "SMART"),
)


class Official(EWrapper, EClient):  # type: ignore[misc]
    """The official client with a list of what came, by the name of the callback."""

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, self)
        self.came: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
        self.more = threading.Condition()

    def logAnswer(self, name: str, values: dict[str, Any]) -> None:  # noqa: N802 - the library's name
        """Every callback of the library that is not overridden ends here."""
        with self.more:
            self.came[name].append(tuple(value for key, value in values.items() if key != "self"))
            self.more.notify_all()

    def error(self, *values: Any) -> None:
        self.logAnswer("error", dict(enumerate(values)))  # type: ignore[arg-type]

    async def hear(self, name: str, count: int = 1) -> list[tuple[Any, ...]]:
        """Waits until a callback has come so often, and returns what it brought."""

        def wait() -> list[tuple[Any, ...]]:
            with self.more:
                assert self.more.wait_for(lambda: len(self.came[name]) >= count, 10), (name, self.came["error"])
                return self.came[name]

        return await asyncio.to_thread(wait)

    async def ask(self, request: Callable[..., None], *arguments: Any, answer: str, count: int = 1) -> Any:
        """Asks for something, and returns what the last callback of the answer brought."""
        self.came[answer].clear()
        await asyncio.to_thread(request, *arguments)
        return (await self.hear(answer, count))[-1]


@asynccontextmanager
async def official(server: RunningGateway, client_id: int = 9) -> AsyncIterator[Official]:
    app = Official()
    await asyncio.to_thread(app.connect, server.host, server.port, client_id)
    reading = threading.Thread(target=app.run, name="official client")
    reading.start()
    try:
        await app.hear("nextValidId")
        yield app
    finally:
        app.done = True
        await asyncio.to_thread(app.disconnect)
        await asyncio.to_thread(reading.join, 10)
        assert not reading.is_alive()


def contract(symbol: str = "SPY", sec_type: str = "STK", exchange: str = "SMART", currency: str = "USD") -> Contract:
    wanted = Contract()
    wanted.symbol, wanted.secType, wanted.exchange, wanted.currency = symbol, sec_type, exchange, currency
    return wanted


def problems(app: Official) -> list[tuple[Any, ...]]:
    """Errors that answer a request."""
    return [each for each in app.came["error"] if each[0] != -1]


async def test_the_session_and_the_account() -> None:
    async with gateway() as server, official(server) as app:
        assert app.serverVersion() == 157
        assert app.came["managedAccounts"][0] == (ACCOUNT,)
        await app.ask(app.reqCurrentTime, answer="currentTime")
        await app.ask(app.reqIds, 1, answer="nextValidId")
        await app.ask(app.reqManagedAccts, answer="managedAccounts")
        await app.ask(app.reqFamilyCodes, answer="familyCodes")
        await app.ask(app.reqAccountUpdates, True, ACCOUNT, answer="accountDownloadEnd")
        assert len(app.came["updateAccountValue"]) > 100
        await app.ask(app.reqAccountSummary, 1, "All", "NetLiquidation,BuyingPower", answer="accountSummaryEnd")
        assert {each[2] for each in app.came["accountSummary"]} == {"NetLiquidation", "BuyingPower"}
        await app.ask(app.reqAccountUpdatesMulti, 2, ACCOUNT, "", False, answer="accountUpdateMultiEnd")
        await app.ask(app.reqPositions, answer="positionEnd")
        await app.ask(app.reqPositionsMulti, 3, ACCOUNT, "", answer="positionMultiEnd")
        await app.ask(app.reqPnL, 4, ACCOUNT, "", answer="pnl")
        await app.ask(app.reqNewsProviders, answer="newsProviders")
        await app.ask(app.reqSoftDollarTiers, 5, answer="softDollarTiers")
        assert problems(app) == []


async def test_cancels_and_what_is_answered_with_silence() -> None:
    async with gateway() as server, official(server) as app:
        app.reqNewsBulletins(True)
        app.cancelNewsBulletins()
        app.setServerLogLevel(5)
        app.reqAutoOpenOrders(False)
        app.cancelPositions()
        app.cancelHeadTimeStamp(1)
        app.cancelHistogramData(2)
        app.reqAccountSummary(3, "All", "NetLiquidation")
        app.cancelAccountSummary(3)
        app.reqPnL(4, ACCOUNT, "")
        app.cancelPnL(4)
        app.reqPositionsMulti(6, ACCOUNT, "")
        app.cancelPositionsMulti(6)
        app.reqAccountUpdatesMulti(7, ACCOUNT, "", False)
        app.cancelAccountUpdatesMulti(7)
        await app.ask(app.reqCurrentTime, answer="currentTime")
        assert problems(app) == []
        assert app.came["updateNewsBulletin"] == []
        app.cancelScannerSubscription(8)
        app.cancelRealTimeBars(9)
        app.cancelMktData(10)
        app.cancelMktDepth(11, False)
        app.cancelTickByTickData(12)
        await app.ask(app.reqCurrentTime, answer="currentTime")
        assert {each[1] for each in problems(app)} <= {162, 300, 310, 322, 366}
        app.came["error"].clear()
        app.calculateImpliedVolatility(13, contract(), 1.0, 600.0, [])
        await app.hear("error")
        await app.ask(app.reqCurrentTime, answer="currentTime")


async def test_contracts_and_scans() -> None:
    async with gateway() as server, official(server) as app:
        await app.ask(app.reqContractDetails, 1, contract(), answer="contractDetailsEnd")
        (found,) = app.came["contractDetails"]
        assert found[1].contract.symbol == "SPY"
        assert found[1].minTick == 0.01
        _, samples = await app.ask(app.reqMatchingSymbols, 2, "SP", answer="symbolSamples")
        assert "SPY" in [each.contract.symbol for each in samples]
        rule_id = int(found[1].marketRuleIds.split(",")[0])
        _, increments = await app.ask(app.reqMarketRule, rule_id, answer="marketRule")
        assert increments[0].increment == 0.01
        assert await app.ask(app.reqMktDepthExchanges, answer="mktDepthExchanges")
        await app.ask(app.reqSmartComponents, 3, "a60001", answer="smartComponents")
        con_id = found[1].contract.conId
        await app.ask(
            app.reqSecDefOptParams, 4, "SPY", "", "STK", con_id, answer="securityDefinitionOptionParameterEnd"
        )
        assert {each[1] for each in app.came["securityDefinitionOptionParameter"]} >= {"SMART", "CBOE"}
        for req_id, kind in enumerate(KINDS, start=10):
            app.came["contractDetails"].clear()
            await app.ask(app.reqContractDetails, req_id, contract(*kind), answer="contractDetailsEnd")
            assert {each[1].contract.secType for each in app.came["contractDetails"]} == {kind[1]}
        wanted = ScannerSubscription()
        wanted.instrument, wanted.locationCode, wanted.scanCode = "STK", "STK.US.MAJOR", "MOST_ACTIVE"
        wanted.numberOfRows = 5
        await app.ask(app.reqScannerSubscription, 5, wanted, [], [], answer="scannerDataEnd")
        assert len(app.came["scannerData"]) == 5
        await app.ask(app.reqScannerParameters, answer="scannerParameters")
        assert problems(app) == []


async def test_streams_of_market_data() -> None:
    async with gateway() as server, official(server) as app:
        spy = contract()
        app.reqMarketDataType(1)
        await app.ask(app.reqMktData, 1, spy, "165,233,411", False, False, [], answer="tickPrice", count=8)
        await app.hear("tickSize", 8)
        await app.hear("tickGeneric", 2)
        await app.hear("tickString")
        assert (await app.hear("tickReqParams"))[0][1] == 0.01
        assert (await app.hear("marketDataType"))[0][1] == 1
        await app.ask(app.reqMktData, 2, spy, "", True, False, [], answer="tickSnapshotEnd")
        await app.ask(app.reqMktDepth, 3, spy, 5, True, [], answer="updateMktDepthL2", count=10)
        for req_id, kind, answer in (
            (4, "Last", "tickByTickAllLast"),
            (5, "AllLast", "tickByTickAllLast"),
            (6, "BidAsk", "tickByTickBidAsk"),
            (7, "MidPoint", "tickByTickMidPoint"),
        ):
            await app.ask(app.reqTickByTickData, req_id, spy, kind, 0, False, answer=answer)
            app.cancelTickByTickData(req_id)
        app.reqRealTimeBars(8, spy, 5, "TRADES", True, [])
        await app.ask(app.reqCurrentTime, answer="currentTime")
        await control(server, "clock", at="2026-03-10T10:30:30")
        bar = (await app.hear("realtimeBar", 4))[-1]
        assert bar[0] == 8
        assert bar[4] <= bar[2] <= bar[3]
        app.cancelRealTimeBars(8)
        app.cancelMktData(1)
        app.cancelMktDepth(3, True)
        await app.ask(app.reqCurrentTime, answer="currentTime")
        assert problems(app) == []


async def test_history() -> None:
    async with gateway() as server, official(server) as app:
        spy, end = contract(), "20260310 10:00:00 US/Eastern"
        await app.ask(
            app.reqHistoricalData, 1, spy, end, "1800 S", "1 min", "TRADES", 1, 1, False, [], answer="historicalDataEnd"
        )
        assert len(app.came["historicalData"]) == 30
        await app.ask(
            app.reqHistoricalData, 2, spy, "", "600 S", "1 min", "TRADES", 1, 2, True, [], answer="historicalDataEnd"
        )
        await control(server, "clock", at="2026-03-10T10:30:20")
        await app.hear("historicalDataUpdate")
        await app.ask(app.cancelHistoricalData, 2, answer="error")
        assert [each[1] for each in problems(app)] == [162]
        app.came["error"].clear()
        await app.ask(app.reqHeadTimeStamp, 3, spy, "TRADES", 1, 1, answer="headTimestamp")
        _, rows = await app.ask(app.reqHistogramData, 4, spy, True, "1 day", answer="histogramData")
        assert sum(row.count for row in rows) > 1e6
        for req_id, what, answer in (
            (5, "TRADES", "historicalTicksLast"),
            (6, "BID_ASK", "historicalTicksBidAsk"),
            (7, "MIDPOINT", "historicalTicks"),
        ):
            _, ticks, done = await app.ask(
                app.reqHistoricalTicks, req_id, spy, "", end, 10, what, 1, False, [], answer=answer
            )
            assert len(ticks) >= 10
            assert done
        assert problems(app) == []


async def test_orders() -> None:
    async with gateway() as server, official(server) as app:
        spy, order = contract(), Order()
        order.action, order.orderType, order.totalQuantity, order.lmtPrice = "BUY", "LMT", 100, 1.0
        order.eTradeOnly = order.firmQuoteOnly = False
        (first,) = app.came["nextValidId"][0]
        await app.ask(app.placeOrder, first, spy, order, answer="openOrder")
        order.lmtPrice = 2.0
        await app.ask(app.placeOrder, first, spy, order, answer="openOrder")
        await app.ask(app.reqOpenOrders, answer="openOrderEnd")
        await app.ask(app.reqAllOpenOrders, answer="openOrderEnd")
        await app.ask(app.cancelOrder, first, answer="error")
        assert [each[1] for each in problems(app)] == [202]
        order.orderType = "MKT"
        await app.ask(app.placeOrder, first + 1, spy, order, answer="execDetails")
        assert (await app.hear("commissionReport"))[0][0].commission > 0
        await app.ask(app.reqExecutions, 7, ExecutionFilter(), answer="execDetailsEnd")
        order.whatIf = True
        found = await app.ask(app.placeOrder, first + 2, spy, order, answer="openOrder")
        assert float(found[3].initMarginAfter) > 0
        await app.ask(app.reqCompletedOrders, False, answer="completedOrdersEnd")
        assert len(app.came["completedOrder"]) == 2
        con_id = app.came["execDetails"][0][1].conId
        await app.ask(app.reqPnLSingle, 8, ACCOUNT, "", con_id, answer="pnlSingle")
        app.reqGlobalCancel()
        await app.ask(app.reqCurrentTime, answer="currentTime")


@pytest.mark.parametrize("kind", [each for each in KINDS if each[1] != "IND"], ids=lambda each: each[1])
async def test_one_of_each_kind_is_bought_and_closed(kind: tuple[str, str, str]) -> None:
    async with gateway() as server, official(server) as app:
        await app.ask(app.reqContractDetails, 1, contract(*kind), answer="contractDetailsEnd")
        wanted = app.came["contractDetails"][0][1].contract
        order = Order()
        order.orderType, order.totalQuantity = "MKT", 25_000 if kind[1] == "CASH" else 1
        order.eTradeOnly = order.firmQuoteOnly = False
        (first,) = app.came["nextValidId"][0]
        await app.ask(app.reqPositions, answer="positionEnd")
        for number, action in enumerate(("BUY", "SELL")):
            order.action = action
            await app.ask(app.placeOrder, first + number, wanted, order, answer="commissionReport")
            _, traded, fill = app.came["execDetails"][-1]
            assert (traded.conId, traded.secType, fill.shares) == (wanted.conId, kind[1], order.totalQuantity)
            held = [each[2] for each in app.came["position"] if each[1].conId == wanted.conId]
            assert held[-1] == (order.totalQuantity if action == "BUY" else 0)
        assert problems(app) == []
