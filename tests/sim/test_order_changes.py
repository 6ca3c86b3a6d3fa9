"""What a modification costs in the queue, what it may change, and the place in the queue over a restart."""

from dataclasses import replace
from pathlib import Path

import pytest
from ib_insync import LimitOrder

from ibtui.sim import saved
from ibtui.sim.events import OrderChanged
from ibtui.sim.exchange import Exchange
from ibtui.sim.saved import SavedDesk
from tests.conftest import until
from tests.sim.exchange_rig import ACCOUNT, at, con_id, exchange, only, order
from tests.sim.protocol_rig import SPY, client, control, gateway


def standing_still(start: str = "2026-03-10T10:30:00") -> tuple[Exchange, int]:
    """A market that stands still, at 599.99 to 600.01, and SPY."""
    market = exchange(at(start))
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.running = False
    market.steer(spy, bid=599.99, ask=600.01, last=600.0, bid_size=500, ask_size=500)
    return market, spy


def key(market: Exchange, order_id: int = 1) -> int:
    found = market.key_of(1, order_id)
    assert found is not None
    return found


def filled(market: Exchange) -> list[int]:
    """What was filled of each order, by order id."""
    states = [*market.open_orders(), *market.completed_orders()]
    return [state.filled for _, state in sorted(states, key=lambda each: each[0].order_id)]


@pytest.mark.parametrize(
    ("change", "first"),
    [({"quantity": 60}, True), ({"quantity": 140}, False), ({"limit_price": 599.98}, False), ({"tif": "GTC"}, True)],
)
def test_only_what_an_exchange_would_punish_costs_the_place_in_the_queue(
    change: dict[str, object], first: bool
) -> None:
    market, spy = standing_still()
    mine = order(spy, 1, "BUY", 100, 599.99)
    market.place(mine)
    market.place(order(spy, 2, "BUY", 100, 599.99))
    market.modify(key(market), replace(mine, **change))  # type: ignore[arg-type]
    if "limit_price" in change:  # there and back again
        market.modify(key(market), mine)
    market.print_trade(spy, 599.99, 500 + 50)
    assert filled(market) == ([50, 0] if first else [0, 50])


def test_a_changed_stop_is_the_one_that_counts() -> None:
    market, spy = standing_still()
    stop = order(spy, 1, "SELL", 100, order_type="STP", aux_price=599.0)
    market.place(stop)
    market.modify(key(market), replace(stop, aux_price=599.5))
    market.print_trade(spy, 599.4, 100)
    assert filled(market) == [100]


def test_a_day_order_that_becomes_good_till_cancelled_outlives_the_day() -> None:
    market, spy = standing_still("2026-03-10T15:59:58")
    for order_id, tif in ((1, "DAY"), (2, "GTC")):
        market.place(order(spy, order_id, "BUY", 100, 500.0, tif=tif))
    market.modify(key(market, 1), order(spy, 1, "BUY", 100, 500.0, tif="GTC"))
    market.modify(key(market, 2), order(spy, 2, "BUY", 100, 500.0, tif="DAY"))
    market.advance(at("2026-03-10T16:00:01"))
    assert [each.order_id for each, _ in market.open_orders()] == [1]


def test_an_order_that_may_no_longer_trade_outside_the_regular_session_leaves_the_book() -> None:
    market, spy = standing_still("2026-03-10T08:00:00")
    market.place(order(spy, 1, "BUY", 100, 599.98, outside_rth=True))
    assert market.book(spy, 2)[0][1].size >= 100
    before = market.book(spy, 2)[0][1].size
    told = only(market.modify(key(market), order(spy, 1, "BUY", 100, 599.98)), OrderChanged)
    assert [each.state.status for each in told] == ["PreSubmitted"]
    assert [row.size for row in market.book(spy, 5)[0] if row.price == 599.98] in ([], [before - 100])
    market.modify(key(market), order(spy, 1, "BUY", 100, 599.98, outside_rth=True))
    assert market.open_orders()[0][1].status == "Submitted"
    assert market.book(spy, 2)[0][1].size == before


def restarted(market: Exchange, file: Path) -> Exchange:
    """Another exchange that goes on from what this one leaves in a file."""
    saved.write(file, saved.Saved(market.seed, ACCOUNT, [], market.saved(), SavedDesk()))
    found = saved.read(file)
    assert found is not None
    after = exchange(found.exchange.market_ns)
    after.running = False
    after.restore(found.exchange)
    return after


def test_a_restart_leaves_orders_their_place_in_the_queue(tmp_path: Path) -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.running = False
    bid, shown = market.top(spy).bid, market.top(spy).bid_size
    assert bid is not None
    for order_id in (1, 2, 3):
        market.place(order(spy, order_id, "BUY", 100, bid, tif="GTC"))
    market.modify(key(market, 1), order(spy, 1, "BUY", 200, bid, tif="GTC"))  # behind the others now
    market.print_trade(spy, bid, shown - 10)  # all but ten of the shares that were there before
    after = restarted(market, tmp_path / "state.json")
    after.print_trade(spy, bid, 10 + 100 + 30)
    assert filled(after) == [0, 100, 30]


async def test_a_client_that_asks_for_less_is_filled_before_who_came_later() -> None:
    async with gateway() as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        await control(server, "market", running=False)
        await control(server, "price", symbol="SPY", bid=599.99, ask=600.01, bid_size=200, ask_size=200)
        orders = [LimitOrder("BUY", 100, 599.99, tif="DAY") for _ in range(2)]
        trades = [ib.placeOrder(contract, each) for each in orders]
        await until(lambda: all(trade.orderStatus.status == "Submitted" for trade in trades))
        orders[0].totalQuantity = 80
        ib.placeOrder(contract, orders[0])
        await until(lambda: trades[0].orderStatus.remaining == 80)
        await control(server, "print", symbol="SPY", price=599.99, size=280)
        await until(lambda: trades[0].orderStatus.status == "Filled")
        assert trades[1].orderStatus.filled == 0
