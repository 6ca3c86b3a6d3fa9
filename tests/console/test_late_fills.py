"""Fills that come when nobody expects them any more: after a part, after a cancel was asked for, after it was done."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibtui.trading.holdings import Held
from ibtui.trading.orders import Order, Status
from tests.conftest import Gateway, until
from tests.console.agreement import books
from tests.console.trader import Trader, trading

STATUS, OPEN_ORDER, EXECUTION, COMMISSION = 3, 5, 11, 59


@pytest.fixture
async def trader(gateway: Gateway, tmp_path: Path) -> AsyncIterator[Trader]:
    """In a market that moves only when it is told to."""
    async with trading(gateway, tmp_path) as ready:
        await gateway.control("market", running=False)
        yield ready


async def partly_filled(trader: Trader, ref: str, size: int = 4) -> Order:
    """Has so many of an order that rests traded at its price."""
    limit = trader.order(ref).intent.limit_price
    await trader.gateway.control("price", symbol="SPY", bid=round(limit - 0.01, 2), ask=limit, ask_size=size)
    return trader.order(ref)


async def agreed(trader: Trader) -> None:
    """Journal and gateway tell the same, order by order."""
    await trader.rig.writer.durable()
    assert (await books(trader.rig.directory.path, trader.gateway)).problems() == []


async def test_a_part_is_partial_and_its_rest_may_fill_until_the_cancel_is_confirmed(trader: Trader) -> None:
    ref = await trader.working()
    await partly_filled(trader, ref)
    order = await trader.until(ref, Status.PARTIAL)
    assert 0 < order.filled < 10
    await trader.gateway.control("freeze")
    await trader.rig.desk.cancel(ref)
    await partly_filled(trader, ref, 500)
    await trader.gateway.control("freeze", seconds=0)
    order = await trader.until(ref, Status.FILLED)
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(10, 10), 5, "the position")
    await agreed(trader)


async def test_of_a_part_the_rest_is_cancelled_and_what_filled_stays(trader: Trader) -> None:
    ref = await trader.working()
    await partly_filled(trader, ref)
    filled = (await trader.until(ref, Status.PARTIAL)).filled
    await trader.rig.desk.cancel(ref)
    order = await trader.until(ref, Status.CANCELLED)
    assert (order.filled, order.remaining) == (filled, 0)
    await agreed(trader)


async def test_a_fill_that_comes_after_the_cancel_is_counted_held_and_kept(trader: Trader) -> None:
    ref = await trader.working()
    await trader.gateway.control("delay", message=EXECUTION, ms=400, count=1)
    await trader.gateway.control("alter", message=STATUS, values={"filled": 0}, count=2)
    await partly_filled(trader, ref)
    await trader.rig.desk.cancel(ref)
    order = await trader.until(ref, Status.CANCELLED)
    assert order.filled == 0
    await until(lambda: trader.order(ref).filled, 5, "the late fill")
    order = trader.order(ref)
    assert order.status is Status.CANCELLED
    assert order.executions
    await until(lambda: trader.rig.account.held(trader.spy.con_id) == Held(order.filled, order.filled), 5, "a position")
    await agreed(trader)


async def test_lists_of_before_prove_nothing_when_the_broker_is_asked_anew(trader: Trader) -> None:
    ref = await trader.working()
    unheard = (STATUS, OPEN_ORDER, EXECUTION, COMMISSION)
    for message in unheard:
        await trader.gateway.control("mute", message=message)
    await partly_filled(trader, ref, 500)
    async with asyncio.timeout(10):
        # The gateway was told to say nothing of it: it is asked until it filled.
        while (await trader.at_gateway(ref))[0]["status"] != "Filled":  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    session = trader.rig.session
    (_, ask_open_orders), *others = trader.rig.desk.steps(session)
    await ask_open_orders()
    assert trader.order(ref).status is Status.WORKING, "nobody said that it filled, and one list proves nothing"
    for message in unheard:
        await trader.gateway.control("mute", message=message, count=0)
    for _, ask in others:
        await ask()
    await trader.until(ref, Status.FILLED)
    assert ("not found",) not in trader.rig.rows("SELECT kind FROM order_events WHERE order_ref = ?", ref)
    await agreed(trader)
