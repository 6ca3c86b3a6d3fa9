"""Orders that wait to be touched, and orders that are good till a time, as ib_insync sees them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from ib_insync import IB, Contract, Order, Trade

from ibtui.sim.server import RunningGateway
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, control, gateway


@asynccontextmanager
async def trading() -> AsyncIterator[tuple[RunningGateway, IB, Contract, float]]:
    """A session, SPY and its bid; the market stands still."""
    async with gateway() as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        (contract,) = await ib.qualifyContractsAsync(SPY)
        await control(server, "market", running=False)
        bid = server.gateway.exchange.top(contract.conId).bid
        assert bid is not None
        yield server, ib, contract, bid


async def waiting(ib: IB, contract: Contract, order: Order) -> Trade:
    trade = ib.placeOrder(contract, order)
    await until(lambda: trade.orderStatus.status == "PreSubmitted")
    return trade


@pytest.mark.parametrize(("action", "sign"), [("BUY", -1), ("SELL", 1)])
async def test_a_market_if_touched_order_waits_for_the_better_price(action: str, sign: int) -> None:
    async with trading() as (server, ib, contract, bid):
        trigger = round(bid + sign, 2)
        order = Order(action=action, totalQuantity=10, orderType="MIT", auxPrice=trigger)
        trade = await waiting(ib, contract, order)
        await control(server, "print", symbol="SPY", price=round(trigger - sign * 0.01, 2))
        await ib.reqCurrentTimeAsync()
        assert trade.orderStatus.status == "PreSubmitted"
        await control(server, "print", symbol="SPY", price=trigger)
        await until(lambda: trade.orderStatus.status == "Filled")


async def test_a_limit_if_touched_order_then_stands_at_its_limit() -> None:
    async with trading() as (server, ib, contract, bid):
        order = Order(
            action="BUY", totalQuantity=10, orderType="LIT", auxPrice=round(bid - 1, 2), lmtPrice=round(bid - 2, 2)
        )
        trade = await waiting(ib, contract, order)
        await control(server, "print", symbol="SPY", price=order.auxPrice)
        await until(lambda: trade.orderStatus.status == "Submitted")


async def test_an_order_good_till_a_time_ends_then() -> None:
    async with trading() as (server, ib, contract, _):
        order = Order(
            action="BUY", totalQuantity=1, orderType="LMT", lmtPrice=1.0, tif="GTD",
            goodTillDate="20260310 10:45:00 US/Eastern",
        )  # fmt: skip
        trade = ib.placeOrder(contract, order)
        await until(lambda: trade.orderStatus.status == "Submitted")
        await control(server, "clock", at="2026-03-10T10:44:00")
        await ib.reqCurrentTimeAsync()
        assert trade.orderStatus.status == "Submitted"
        await control(server, "clock", at="2026-03-10T10:45:01")
        await until(lambda: trade.orderStatus.status == "Cancelled")


async def test_a_good_till_date_that_is_no_time_is_refused() -> None:
    async with trading() as (_, ib, contract, __):
        told: list[int] = []
        ib.errorEvent += lambda _id, code, *_: told.append(code)
        order = Order(action="BUY", totalQuantity=1, orderType="LMT", lmtPrice=1.0, tif="GTD", goodTillDate="tomorrow")
        ib.placeOrder(contract, order)
        await until(lambda: told == [391])
