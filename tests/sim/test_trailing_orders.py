"""Stops that follow the market: as far as it runs, and never back."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import Order

from ibtui.sim.events import OrderChanged, OrderRejected, SimOrder
from ibtui.sim.exchange import Exchange
from ibtui.sim.trailing import limit_of, stop_after
from tests.conftest import until
from tests.sim.exchange_rig import ACCOUNT, con_id, exchange, only, order
from tests.sim.protocol_rig import SPY, client, control, gateway

PRICES = st.integers(100, 100_000).map(lambda ticks: ticks / 100)


@pytest.fixture
def market() -> Exchange:
    """Standing still, with SPY watched and its last trade at 600.00."""
    found = exchange()
    spy = con_id(found, "SPY")
    found.watch(spy)
    found.running = False
    found.steer(spy, bid=599.99, ask=600.01, last=600.0)
    return found


@pytest.fixture
def spy(market: Exchange) -> int:
    return con_id(market, "SPY")


def trailing(contract: int, action: str, **more: object) -> SimOrder:
    return order(contract, 1, action, 100, **{"order_type": "TRAIL", **more})


def shown(market: Exchange) -> tuple[float | None, float | None]:
    """Stop and limit of the one open order."""
    ((_, state),) = market.open_orders()
    return state.stop_price, state.limit_price


@given(st.sampled_from(["BUY", "SELL"]), st.lists(PRICES, min_size=1), st.integers(1, 500), st.booleans())
def test_a_stop_keeps_its_distance_from_the_best_trade_and_never_moves_back(
    action: str, prices: list[float], away: int, percent: bool
) -> None:
    how = {"trailing_percent": away / 100} if percent else {"aux_price": away / 100}
    mine = SimOrder(1, 1, ACCOUNT, 1, action, "TRAIL", 1, **how)  # type: ignore[arg-type]
    stop: float | None = None
    sign = 1 if action == "SELL" else -1
    for price in prices:
        before, stop = stop, stop_after(mine, stop, price, 0.01)
        assert before is None or sign * (stop - before) >= 0
    best = max(prices) if action == "SELL" else min(prices)
    distance = best * away / 10_000 if percent else away / 100
    assert stop is not None
    assert stop == pytest.approx(max(0.01, best - sign * distance), abs=0.0101)
    if stop > 0.01:
        assert sign * (best - stop) >= distance - 1e-9


def test_a_sale_s_stop_follows_the_highest_trade_and_a_trade_at_it_sells(market: Exchange, spy: int) -> None:
    market.place(trailing(spy, "SELL", aux_price=0.5))
    assert shown(market)[0] == 599.5
    told = only(market.steer(spy, bid=600.29, ask=600.31, last=600.3), OrderChanged)
    assert [(each.state.status, each.state.stop_price) for each in told] == [("PreSubmitted", 599.8)]
    assert only(market.print_trade(spy, 599.9, 100), OrderChanged) == []
    assert shown(market)[0] == 599.8
    market.steer(spy, bid=599.7, ask=599.75, last=599.79)
    assert [state.status for _, state in market.completed_orders()] == ["Filled"]


def test_a_purchase_s_stop_follows_the_lowest_trade_by_a_percentage(market: Exchange, spy: int) -> None:
    market.place(trailing(spy, "BUY", trailing_percent=1.0))
    assert shown(market)[0] == 606.0
    market.steer(spy, bid=589.99, ask=590.01, last=590.0)
    assert shown(market)[0] == 595.9
    market.steer(spy, bid=595.89, ask=595.95, last=595.9)
    assert [state.status for _, state in market.completed_orders()] == ["Filled"]


def test_the_first_stop_may_be_given(market: Exchange, spy: int) -> None:
    market.place(trailing(spy, "SELL", aux_price=0.5, trail_stop=590.0))
    assert shown(market)[0] == 590.0
    market.print_trade(spy, 600.0, 100)
    assert shown(market)[0] == 599.5


def test_a_limit_keeps_its_offset_beyond_the_stop_and_holds_once_it_is_touched(market: Exchange, spy: int) -> None:
    market.place(trailing(spy, "SELL", order_type="TRAIL LIMIT", aux_price=0.5, limit_offset=0.1))
    assert shown(market) == (599.5, 599.4)
    market.print_trade(spy, 601.0, 100)
    assert shown(market) == (600.5, 600.4)
    market.print_trade(spy, 600.5, 100)
    market.print_trade(spy, 602.0, 100)
    ((_, state),) = market.open_orders() or market.completed_orders()
    assert (state.stop_price, state.limit_price) == (600.5, 600.4)


def test_a_limit_and_a_first_stop_give_the_offset() -> None:
    mine = SimOrder(1, 1, ACCOUNT, 1, "BUY", "TRAIL LIMIT", 1, 2000.05, 1.0, trail_stop=2000.0)
    assert limit_of(mine, 1990.0) == 1990.05


def test_a_modified_distance_begins_anew_and_anything_else_leaves_the_stop(market: Exchange, spy: int) -> None:
    market.place(trailing(spy, "SELL", aux_price=0.5))
    market.print_trade(spy, 601.0, 100)
    key = market.key_of(1, 1) or 0
    market.modify(key, order(spy, 1, "SELL", 50, order_type="TRAIL", aux_price=0.5))
    assert shown(market)[0] == 600.5
    market.modify(key, order(spy, 1, "SELL", 50, order_type="TRAIL", aux_price=2.0))
    assert shown(market)[0] == pytest.approx(market.top(spy).worth - 2.0)
    market.modify(key, order(spy, 1, "SELL", 50, order_type="TRAIL", aux_price=2.0, trail_stop=590.0))
    assert shown(market)[0] == 590.0


def test_a_child_begins_to_trail_from_the_trade_that_fills_its_parent(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 100, 595.0, transmit=False))
    market.place(order(spy, 2, "SELL", 100, order_type="TRAIL", aux_price=1.0, parent_id=1))
    assert [state.stop_price for _, state in market.open_orders()] == [None, None]
    market.steer(spy, bid=594.5, ask=594.52)
    assert [state.stop_price for _, state in market.open_orders()] == [594.0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"aux_price": None}, 321),
        ({"trailing_percent": 1.0}, 321),
        ({"order_type": "TRAIL LIMIT"}, 321),
        ({"aux_price": 0.005}, 110),
        ({"trail_stop": 600.001}, 110),
    ],
)
def test_a_trailing_order_that_is_not_whole_is_refused(
    market: Exchange, spy: int, change: dict[str, object], code: int
) -> None:
    (refused,) = only(market.place(trailing(spy, "SELL", **{"aux_price": 0.5, **change})), OrderRejected)
    assert refused.code == code


async def test_clients_read_where_the_stop_is_and_find_it_again_after_a_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    async with gateway(state=state) as server, client(server) as ib:
        await control(server, "market", running=False)
        await control(server, "price", symbol="SPY", bid=599.99, ask=600.01, last=600.0)
        (contract,) = await ib.qualifyContractsAsync(SPY)
        plain = Order(action="SELL", totalQuantity=10, orderType="TRAIL LIMIT", auxPrice=1.0, lmtPriceOffset=0.05,
                      tif="GTC", orderRef="TRAILS")  # fmt: skip
        trade = ib.placeOrder(contract, plain)
        await until(lambda: trade.orderStatus.status == "PreSubmitted")
        await control(server, "print", symbol="SPY", price=602.0)
        async with client(server, client_id=2) as other:
            (seen,) = await other.reqAllOpenOrdersAsync()
            assert (seen.order.trailStopPrice, seen.order.lmtPrice, seen.order.auxPrice) == (601.0, 600.95, 1.0)
            assert seen.order.lmtPriceOffset == 0.05
    async with gateway(start=None, state=state) as server, client(server, client_id=2) as other:
        await control(server, "market", running=False)
        (seen,) = await other.reqAllOpenOrdersAsync()
        assert seen.order.trailStopPrice >= 601.0
