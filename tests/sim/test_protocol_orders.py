"""Orders from placement to commission, and the account that follows from them, as ib_insync sees them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from ib_insync import IB, Contract, ExecutionFilter, LimitOrder, MarketOrder, Order, Stock, Trade

from ibtui.sim.server import RunningGateway
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, control, gateway


@asynccontextmanager
async def trading(version: int = 176) -> AsyncIterator[tuple[RunningGateway, IB, Contract, float, float]]:
    """A session, SPY, and its bid and ask; the market stands still."""
    async with gateway() as server, client(server, version=version) as ib:
        ib.RaiseRequestErrors = False
        (contract,) = await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD"))
        ib.reqMktData(contract)
        await until(lambda: len(server.gateway.feeds) == 1)
        await control(server, "market", running=False)
        top = server.gateway.exchange.top(contract.conId)
        assert top.bid is not None
        assert top.ask is not None
        yield server, ib, contract, top.bid, top.ask


async def ended(trade: Trade) -> Trade:
    await until(trade.isDone, what="the order has ended")
    return trade


@pytest.mark.parametrize("version", range(157, 177))
async def test_an_order_at_the_ask_fills_and_is_charged_at_every_version(version: int) -> None:
    async with trading(version) as (_, ib, contract, _bid, ask):
        order = LimitOrder("BUY", 10, ask, orderRef="R1", tif="DAY", account="DUSIM0001")
        trade = await ended(ib.placeOrder(contract, order))
        assert (trade.orderStatus.status, trade.orderStatus.filled, trade.orderStatus.remaining) == ("Filled", 10, 0)
        assert trade.orderStatus.avgFillPrice <= ask
        assert trade.order.permId > 0
        fill = trade.fills[0]
        assert (fill.execution.side, fill.execution.orderRef, fill.contract.conId) == ("BOT", "R1", contract.conId)
        assert fill.execution.time.tzinfo is not None
        await until(lambda: trade.fills[0].commissionReport.commission == 1.0)
        await until(lambda: [(each.position, each.contract.conId) for each in ib.positions()] == [(10, contract.conId)])


@pytest.mark.parametrize("version", range(157, 177))
async def test_open_and_completed_orders_are_read_whole_at_every_version(version: int) -> None:
    async with trading(version) as (server, ib, contract, bid, _ask):
        order = LimitOrder("BUY", 7, round(bid - 1, 2), orderRef="R2", tif="GTC", outsideRth=True)
        trade = ib.placeOrder(contract, order)
        await until(lambda: trade.orderStatus.status == "Submitted")
        async with client(server, client_id=2, version=version) as other:
            assert other.openTrades() == []
            (seen,) = [each for each in await other.reqAllOpenOrdersAsync() if each.order.orderRef == "R2"]
            assert (seen.order.action, seen.order.totalQuantity, seen.order.lmtPrice) == ("BUY", 7, order.lmtPrice)
            assert (seen.order.tif, seen.order.outsideRth, seen.order.clientId) == ("GTC", True, 1)
            assert seen.orderStatus.status == "Submitted"
            ib.cancelOrder(trade.order)
            await ended(trade)
            (done,) = await other.reqCompletedOrdersAsync(False)
            assert (done.order.orderRef, done.orderStatus.status, done.order.permId) == (
                "R2", "Cancelled", trade.order.permId,
            )  # fmt: skip


async def test_a_resting_order_is_modified_and_cancelled() -> None:
    async with trading() as (server, ib, contract, bid, _ask):
        order = LimitOrder("BUY", 5, round(bid - 1, 2), orderRef="R3")
        trade = ib.placeOrder(contract, order)
        await until(lambda: trade.orderStatus.status == "Submitted")
        order.lmtPrice = round(bid - 0.5, 2)
        order.totalQuantity = 6
        ib.placeOrder(contract, order)
        await until(lambda: server.gateway.orders.as_json()[0]["quantity"] == 6)
        (seen,) = (await control(server, "stats"))["orders"]
        assert (seen["limit_price"], seen["placed_count"], seen["modified_count"]) == (order.lmtPrice, 1, 1)
        ib.cancelOrder(order)
        assert (await ended(trade)).orderStatus.status == "Cancelled"
        (seen,) = (await control(server, "stats"))["orders"]
        expected = {"order_ref": "R3", "client_id": 1, "account": "DUSIM0001", "status": "Cancelled", "filled": 0}
        assert seen.items() >= expected.items()
        assert (seen["order_id"], seen["perm_id"]) == (order.orderId, trade.order.permId)


async def test_a_market_order_that_is_larger_than_the_touch_walks_the_book() -> None:
    async with trading() as (_, ib, contract, _bid, ask):
        trade = await ended(ib.placeOrder(contract, MarketOrder("BUY", 3000)))
        assert trade.orderStatus.status == "Filled"
        assert sum(fill.execution.shares for fill in trade.fills) == 3000
        assert len(trade.fills) > 1
        assert trade.orderStatus.avgFillPrice >= ask


async def test_an_order_lives_on_when_its_client_leaves_and_is_found_again() -> None:
    async with trading() as (server, _ib, contract, bid, _ask):
        async with client(server, client_id=5) as first:
            trade = first.placeOrder(contract, LimitOrder("BUY", 5, round(bid - 1, 2), orderRef="R4"))
            await until(lambda: trade.orderStatus.status == "Submitted")
        async with client(server, client_id=5) as second:
            (found,) = second.openTrades()
            assert (found.order.orderRef, found.order.permId) == ("R4", trade.order.permId)
            assert second.client.getReqId() > trade.order.orderId
            second.cancelOrder(found.order)
            assert (await ended(found)).orderStatus.status == "Cancelled"


async def test_the_next_valid_id_is_above_every_id_that_the_client_used() -> None:
    async with trading() as (server, ib, contract, bid, _ask):
        ib.client.updateReqId(500)
        ib.placeOrder(contract, LimitOrder("BUY", 5, round(bid - 1, 2)))
        await until(lambda: server.gateway.orders.as_json())
        assert server.gateway.orders.next_id(1) == 501
        assert server.gateway.orders.next_id(2) == 1


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lmtPrice": 100.001}, 110),
        ({"totalQuantity": 0}, 434),
        ({"totalQuantity": 1.5}, 10243),
        ({"account": "DU9999999"}, 321),
        ({"action": "HOLD"}, 321),
        ({"orderType": "NONSENSE"}, 387),
        ({"totalQuantity": 10_000_000}, 201),
    ],
)
async def test_a_bad_order_is_refused_with_ibs_code(change: dict[str, object], code: int) -> None:
    async with trading() as (_, ib, contract, bid, _ask):
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        order = LimitOrder("BUY", 5, round(bid - 1, 2))
        for name, value in change.items():
            setattr(order, name, value)
        ib.placeOrder(contract, order)
        await until(lambda: codes == [code])
        assert await ib.reqAllOpenOrdersAsync() == []


async def test_a_refused_order_is_counted_and_its_id_is_used_up() -> None:
    async with trading() as (server, ib, contract, bid, _ask):
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        order = Order(orderId=77, action="BUY", totalQuantity=5, orderType="LMT", lmtPrice=1.001, orderRef="R5")
        ib.client.placeOrder(77, contract, order)
        ib.client.placeOrder(77, contract, LimitOrder("BUY", 5, round(bid - 1, 2)))
        await until(lambda: codes == [110, 103])
        assert {each["status"] for each in (await control(server, "stats"))["orders"]} == {"Inactive"}


async def test_a_cancel_of_an_unknown_or_ended_order_is_refused() -> None:
    async with trading() as (_, ib, contract, _bid, ask):
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        ib.client.cancelOrder(4711)
        await until(lambda: codes == [10147])
        trade = await ended(ib.placeOrder(contract, LimitOrder("BUY", 5, ask)))
        ib.client.cancelOrder(trade.order.orderId)
        await until(lambda: codes == [10147, 161])


async def test_a_global_cancel_ends_every_clients_orders() -> None:
    async with trading() as (server, ib, contract, bid, _ask), client(server, client_id=2) as other:
        trades = [each.placeOrder(contract, LimitOrder("BUY", 5, round(bid - 1, 2))) for each in (ib, other)]
        await until(lambda: [each.orderStatus.status for each in trades] == ["Submitted"] * 2)
        ib.reqGlobalCancel()
        for trade in trades:
            assert (await ended(trade)).orderStatus.status == "Cancelled"


async def test_executions_pass_the_filter_and_bring_their_commissions() -> None:
    async with trading() as (server, ib, contract, bid, ask):
        await ended(ib.placeOrder(contract, LimitOrder("BUY", 5, ask)))
        await ended(ib.placeOrder(contract, LimitOrder("SELL", 5, bid)))
        await until(lambda: all(fill.commissionReport.commission for fill in ib.fills()))
        async with client(server, client_id=3) as other:
            assert len(other.fills()) == 2
            await until(lambda: all(fill.commissionReport.commission == 1.0 for fill in other.fills()))
            sold = await other.reqExecutionsAsync(ExecutionFilter(side="SELL"))
            assert [fill.execution.side for fill in sold] == ["SLD"]
            assert len(await other.reqExecutionsAsync(ExecutionFilter(clientId=1))) == 2
            assert await other.reqExecutionsAsync(ExecutionFilter(clientId=3)) == []
            assert await other.reqExecutionsAsync(ExecutionFilter(symbol="QQQ")) == []
            assert len(await other.reqExecutionsAsync(ExecutionFilter(time="20260310 00:00:00"))) == 2
            assert await other.reqExecutionsAsync(ExecutionFilter(time="20260310 23:00:00")) == []
            realized = [fill.commissionReport.realizedPNL for fill in other.fills() if fill.execution.side == "SLD"]
            assert realized[0] < 0


async def test_a_what_if_order_names_margins_and_places_nothing() -> None:
    async with trading() as (_, ib, contract, _bid, ask):
        state = await ib.whatIfOrderAsync(contract, LimitOrder("BUY", 100, ask))
        assert float(state.initMarginChange) > 0
        assert state.commission == 1.0
        assert await ib.reqAllOpenOrdersAsync() == []


async def test_account_positions_and_pnl_follow_the_fills() -> None:
    async with trading() as (server, ib, contract, _bid, ask):
        pnl = ib.reqPnL("DUSIM0001")
        single = ib.reqPnLSingle("DUSIM0001", "", contract.conId)
        await until(lambda: pnl.dailyPnL == 0 and single.position == 0)
        cash = cash_of(ib)
        trade = await ended(ib.placeOrder(contract, LimitOrder("BUY", 10, ask)))
        await until(lambda: trade.fills[0].commissionReport.commission)
        await until(lambda: single.position == 10 and single.value > 0)
        await until(lambda: ib.portfolio() and ib.portfolio()[0].position == 10)
        await until(lambda: cash_of(ib) == pytest.approx(cash - 10 * trade.orderStatus.avgFillPrice - 1, abs=0.01))
        await control(server, "price", symbol="SPY", bid=ask + 1, ask=ask + 1.02, last=ask + 1)
        worth = 10 * (ask + 1)
        await until(lambda: pnl.unrealizedPnL == pytest.approx(worth - 10 * ib.positions()[0].avgCost, abs=0.01))
        assert pnl.dailyPnL == pytest.approx(pnl.unrealizedPnL, abs=0.01)
        ib.cancelPnL("DUSIM0001")
        ib.cancelPnLSingle("DUSIM0001", "", contract.conId)


def cash_of(ib: IB) -> float:
    return next(
        float(each.value) for each in ib.accountValues() if (each.tag, each.currency) == ("TotalCashValue", "USD")
    )


async def test_an_account_summary_names_what_was_asked_for() -> None:
    async with gateway() as server, client(server) as ib:
        summary = {each.tag: each.value for each in await ib.accountSummaryAsync()}
        assert float(summary["NetLiquidation"]) > 0
        assert "BuyingPower" in summary


async def test_two_clients_hear_only_of_their_own_orders_and_the_master_of_all() -> None:
    async with (
        trading() as (server, ib, contract, bid, _ask),
        client(server, client_id=0) as master,
        client(server, client_id=9) as other,
    ):
        heard: dict[str, list[str]] = {"master": [], "other": []}
        master.openOrderEvent += lambda trade: heard["master"].append(trade.order.orderRef)
        other.openOrderEvent += lambda trade: heard["other"].append(trade.order.orderRef)
        ib.placeOrder(contract, LimitOrder("BUY", 5, round(bid - 1, 2), orderRef="R6"))
        await until(lambda: "R6" in heard["master"])
        await asyncio.wait_for(other.reqCurrentTimeAsync(), 5)
        assert heard["other"] == []


async def test_the_market_trades_through_a_resting_order_and_fills_it() -> None:
    async with trading() as (server, ib, contract, bid, _ask):
        trade = ib.placeOrder(contract, LimitOrder("BUY", 5, round(bid - 0.5, 2)))
        await until(lambda: trade.orderStatus.status == "Submitted")
        await control(server, "price", symbol=SPY.symbol, bid=round(bid - 1, 2), ask=round(bid - 0.9, 2))
        assert (await ended(trade)).orderStatus.status == "Filled"
