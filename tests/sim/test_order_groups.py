"""Orders that depend on each other: one cancels all, brackets, and what a partial fill does to the rest."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_insync import LimitOrder, Order

from ibtui.clock import NS
from ibtui.sim.events import Executed
from ibtui.sim.exchange import Exchange
from tests.conftest import until
from tests.sim.exchange_rig import con_id, exchange, only, order, run
from tests.sim.protocol_rig import SPY, client, control, gateway


@pytest.fixture
def market() -> Exchange:
    """Standing still, with SPY and QQQ watched."""
    found = exchange()
    found.watch(con_id(found, "SPY"))
    found.watch(con_id(found, "QQQ"))
    found.running = False
    found.steer(con_id(found, "SPY"), bid=599.99, ask=600.01, last=600.0, bid_size=5000, ask_size=5000)
    return found


@pytest.fixture
def spy(market: Exchange) -> int:
    return con_id(market, "SPY")


def seen(market: Exchange) -> dict[int, tuple[str, int, int]]:
    """Status, filled and remaining by order id."""
    orders = [*market.open_orders(), *market.completed_orders()]
    return {each.order_id: (state.status, state.filled, state.remaining) for each, state in orders}


@pytest.mark.parametrize(
    ("oca_type", "other"), [(1, ("Cancelled", 0, 200)), (2, ("Submitted", 0, 140)), (3, ("Submitted", 0, 140))]
)
def test_a_partial_fill_cancels_or_reduces_the_group_as_its_type_says(
    market: Exchange, spy: int, oca_type: int, other: tuple[str, int, int]
) -> None:
    qqq = con_id(market, "QQQ")
    market.place(order(qqq, 1, "BUY", 200, 500.0, oca_group="g", oca_type=oca_type))
    market.place(order(spy, 2, "BUY", 100, 600.0, oca_group="g", oca_type=oca_type))
    market.print_trade(spy, 600.0, 30)
    assert seen(market) == {2: ("Submitted", 30, 70), 1: other}
    market.print_trade(spy, 600.0, 70)
    assert seen(market)[2] == ("Filled", 100, 0)
    assert seen(market)[1][0] == "Cancelled"


@pytest.mark.parametrize("oca_type", [1, 2, 3])
def test_a_market_that_runs_through_a_whole_group_at_once_does_not_overfill_it(
    market: Exchange, spy: int, oca_type: int
) -> None:
    for order_id, limit in enumerate((599.5, 599.0, 598.5), 1):
        market.place(order(spy, order_id, "BUY", 100, limit, oca_group="g", oca_type=oca_type))
    market.steer(spy, bid=597.0, ask=597.02, ask_size=60)
    assert market.position(spy).quantity <= 100
    assert seen(market)[1] == ("Filled", 100, 0)
    assert [seen(market)[each][:2] for each in (2, 3)] == [("Cancelled", 0)] * 2


def test_the_children_of_one_parent_are_a_group_without_being_told(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 100, 600.01, transmit=False))
    market.place(order(spy, 2, "SELL", 100, 600.99, parent_id=1, transmit=False))
    market.place(order(spy, 3, "SELL", 100, order_type="STP", aux_price=599.0, parent_id=1))
    assert seen(market) == {1: ("Filled", 100, 0), 2: ("Submitted", 0, 100), 3: ("PreSubmitted", 0, 100)}
    market.print_trade(spy, 601.0, 40)
    assert seen(market) == {1: ("Filled", 100, 0), 2: ("Submitted", 40, 60), 3: ("PreSubmitted", 0, 60)}
    market.print_trade(spy, 599.0, 1)
    market.advance(market.now_ns + NS)
    assert seen(market) == {1: ("Filled", 100, 0), 2: ("Cancelled", 40, 60), 3: ("Filled", 60, 0)}
    assert market.position(spy).quantity == 0


def test_children_guard_what_their_parent_got_before_it_was_cancelled(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 100, 600.0, transmit=False))
    market.place(order(spy, 2, "SELL", 100, 700.0, parent_id=1))
    market.print_trade(spy, 600.0, 30)
    market.cancel(market.key_of(1, 1) or 0)
    assert seen(market) == {2: ("Submitted", 0, 30), 1: ("Cancelled", 30, 70)}


STEPS = st.lists(st.tuples(st.sampled_from(["SPY", "QQQ"]), st.integers(-120, 120), st.integers(1, 400)), max_size=12)


@settings(max_examples=6, deadline=None)
@given(st.sampled_from([1, 2, 3]), st.lists(st.integers(1, 300), min_size=2, max_size=4), STEPS)
def test_no_group_of_equal_orders_ever_trades_more_than_one_of_them(
    oca_type: int, offsets: list[int], steps: list[tuple[str, int, int]]
) -> None:
    market = exchange()
    names = ["SPY", "QQQ"]
    for number, offset in enumerate(offsets, 1):
        contract = con_id(market, names[number % 2])
        bid = market.top(contract).bid
        assert bid is not None
        limit = round(bid - offset / 100, 2)
        market.place(order(contract, number, "BUY", 500, limit, oca_group="g", oca_type=oca_type))
    events = run(market, 1)
    for symbol, move, size in steps:
        contract = con_id(market, symbol)
        bid = market.top(contract).bid
        assert bid is not None
        events += market.steer(contract, bid=round(bid + move / 100, 2), ask_size=size, bid_size=size)
        events += run(market, 0.5)
        filled = sum(each.size for each in only(events, Executed))
        assert filled <= 500
        states = [state for _, state in (*market.open_orders(), *market.completed_orders())]
        assert all(state.remaining >= 0 and state.filled >= 0 for state in states)
        assert filled < 500 or not market.open_orders()


async def test_clients_see_a_group_reduced_and_cancelled() -> None:
    async with gateway() as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        await control(server, "market", running=False)
        await control(server, "price", symbol="SPY", bid=599.99, ask=600.01, bid_size=100, ask_size=100)
        parent = LimitOrder("BUY", 100, 600.01, orderId=ib.client.getReqId(), transmit=False)
        target = LimitOrder("SELL", 100, 600.99, orderId=ib.client.getReqId(), parentId=parent.orderId, transmit=False)
        stop = Order(action="SELL", totalQuantity=100, orderType="STP", auxPrice=599.0, orderId=ib.client.getReqId(),
                     parentId=parent.orderId)  # fmt: skip
        trades = [ib.placeOrder(contract, each) for each in (parent, target, stop)]
        await until(lambda: trades[1].orderStatus.status == "Submitted")
        await control(server, "print", symbol="SPY", price=601.0, size=40)
        await until(lambda: trades[2].orderStatus.remaining == 60)
        async with client(server, client_id=7) as other:
            orders = {each.order.parentId: each.order for each in await other.reqAllOpenOrdersAsync()}
            assert orders[parent.orderId].ocaGroup == str(trades[0].order.permId)
            assert orders[parent.orderId].ocaType == 3
        await control(server, "print", symbol="SPY", price=601.0, size=60)
        await until(lambda: trades[2].orderStatus.status == "Cancelled")
