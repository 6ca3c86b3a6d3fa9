"""The crossings that open and close a share's session, and the orders for them."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_insync import Order

from ibtui.clock import NS
from ibtui.sim.events import CancelRefused, Event, Executed, OrderChanged, OrderMessage, OrderRejected, Traded
from ibtui.sim.exchange import Exchange
from ibtui.sim.minutes import CLOSING_SHARE
from ibtui.sim.planner import Planner
from ibtui.sim.prints import prints_of
from ibtui.sim.replay import replayed
from ibtui.sim.trading_days import MINUTE_NS, Phase
from ibtui.sim.universe import default_universe
from tests.conftest import until
from tests.sim.exchange_rig import at, con_id, exchange, only, order, run
from tests.sim.protocol_rig import SPY, client, control, gateway

CLOSE = "2026-03-10T16:00:00"
EARLY_CLOSE = "2026-11-27T13:00:00"


def before_close(seconds: float = 3, close: str = CLOSE) -> tuple[Exchange, int]:
    """A market so long before its close, with SPY watched."""
    market = exchange(at(close) - int(seconds * NS))
    spy = con_id(market, "SPY")
    market.watch(spy)
    return market, spy


def crossing(events: list[Event], conditions: str) -> Traded:
    (found,) = [each for each in only(events, Traded) if each.conditions == conditions]
    return found


def early(action: str, kind: str, limit: float | None = None, close: str = CLOSE, **more: object) -> Exchange:
    """A market where an order for the close came in time and the close is near."""
    market = exchange(at(close) - 62 * NS)
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.place(order(spy, 1, action, 100, limit, order_type=kind, **more))
    market.advance(at(close) - 2 * NS)
    return market


def ended(market: Exchange) -> list[str]:
    return [state.status for _, state in market.completed_orders()]


@pytest.mark.parametrize("close", [CLOSE, EARLY_CLOSE])
def test_a_session_ends_with_one_large_print_at_the_closing_price(close: str) -> None:
    market, spy = before_close(close=close)
    events = run(market, 5)
    closing = crossing(events, "6")
    regular = [each for each in only(events, Traded) if each.time_ns < at(close)]
    assert closing == regular[-1]
    assert (closing.time_ns, closing.venue, closing.aggressor) == (at(close) - 1, "ARCA", 0)
    assert closing.size > 0.5 * CLOSING_SHARE * closing.volume
    (bar,) = market.bars(spy, 60, at(close) - MINUTE_NS, at(close))
    assert bar.close == closing.price
    assert bar.volume is not None
    assert bar.volume > closing.size


def test_a_session_begins_with_one_large_print_at_the_opening_price() -> None:
    market = exchange(at("2026-03-11T09:29:58"))
    spy = con_id(market, "SPY")
    market.watch(spy)
    events = run(market, 4)
    opening = crossing(events, "O")
    regular = [each for each in only(events, Traded) if each.time_ns >= at("2026-03-11T09:30:00")]
    assert opening == regular[0]
    assert market.top(spy).open == opening.price


def test_auctions_are_in_the_history_as_they_were_on_the_tape() -> None:
    market, spy = before_close()
    closing = crossing(run(market, 5), "6")
    listing = market.universe.by_con_id(spy)
    assert listing is not None
    told = replayed(market, listing, at(CLOSE) // MINUTE_NS - 1)[2]
    seen = crossing(told, "6")
    assert (seen.time_ns, seen.price, seen.size, seen.venue) == (closing.time_ns, closing.price, closing.size, "ARCA")


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 300), st.integers(0, 120))
def test_every_share_opens_and_closes_by_auction_every_day(days: int, which: int) -> None:
    planner = Planner(1)
    shares = [each for each in default_universe() if each.stock_type]
    listing = shares[which % len(shares)]
    day = listing.calendar.day_of(at("2025-01-06T12:00:00") // MINUTE_NS + days * 1440)
    minutes = planner.phase(listing, day, Phase.REGULAR)
    first, last = (prints_of(1, listing.con_id, minutes[k]) for k in (0, -1))
    assert first[0].time_ns == day.regular.first * MINUTE_NS + 1
    assert last[-1].time_ns == day.regular.last * MINUTE_NS - 1
    assert min(first[0].size, last[-1].size) >= 100
    assert last[-1].price == planner.close(listing, day)


@pytest.mark.parametrize("close", [CLOSE, EARLY_CLOSE])
@pytest.mark.parametrize("action", ["BUY", "SELL"])
def test_a_market_on_close_order_trades_in_the_auction_at_its_price(action: str, close: str) -> None:
    market = early(action, "MOC", close=close)
    ((_, state),) = market.open_orders()
    assert (state.status, state.filled) == ("Submitted", 0)
    events = run(market, 6)
    (fill,) = only(events, Executed)
    closing = crossing(events, "6")
    assert (fill.time_ns, fill.price, fill.venue, fill.size) == (closing.time_ns, closing.price, "ARCA", 100)
    assert ended(market) == ["Filled"]


def test_an_order_that_fits_into_the_auction_leaves_it_as_it_was() -> None:
    undisturbed, _ = before_close()
    seeded = crossing(run(undisturbed, 5), "6")
    ours = crossing(run(early("BUY", "MOC"), 6), "6")
    assert ours == seeded


def test_a_larger_order_makes_the_auction_larger() -> None:
    market = exchange(at(CLOSE) - 62 * NS)
    uso = con_id(market, "USO")
    market.account.cash["USD"] = 1e9
    for order_id in (1, 2):
        market.place(order(uso, order_id, "BUY", 4_000_000, order_type="MOC"))
    closing = crossing(market.advance(at(CLOSE)), "6")
    assert closing.size == 8_000_000 == market.position(uso).quantity


@pytest.mark.parametrize(("offset", "status"), [(-0.01, "Cancelled"), (0.0, "Filled"), (5.0, "Filled")])
def test_a_limit_on_close_order_trades_if_its_limit_allows_and_ends_with_the_session(
    offset: float, status: str
) -> None:
    undisturbed, _ = before_close()
    price = crossing(run(undisturbed, 5), "6").price
    market = early("BUY", "LOC", round(price + offset, 2))
    events = run(market, 6)
    assert ended(market) == [status]
    assert [fill.price for fill in only(events, Executed)] == ([price] if status == "Filled" else [])


def test_an_order_for_the_close_that_comes_before_the_open_waits_as_presubmitted() -> None:
    market = exchange(at("2026-03-10T09:29:00"))
    spy = con_id(market, "SPY")
    events = market.place(order(spy, 1, "BUY", 10, order_type="MOC"))
    assert [each.state.status for each in only(events, OrderChanged)] == ["PreSubmitted"]
    assert [each.code for each in only(events, OrderMessage)] == [399]
    told = only(run(market, 62, step=31), OrderChanged)
    assert [each.state.status for each in told] == ["Submitted"]


@pytest.mark.parametrize(
    ("symbol", "close", "minutes"),
    [("RBLX", CLOSE, 10), ("AAPL", CLOSE, 5), ("SPY", CLOSE, 1), ("RBLX", EARLY_CLOSE, 10)],
)
def test_an_exchange_takes_no_orders_for_the_close_after_its_cut_off(symbol: str, close: str, minutes: int) -> None:
    for seconds, refused in ((1, []), (-1, [201])):
        market = exchange(at(close) - minutes * MINUTE_NS - seconds * NS)
        events = market.place(order(con_id(market, symbol), 1, "BUY", 10, order_type="MOC"))
        assert [each.code for each in only(events, OrderRejected)] == refused


def test_an_order_for_the_close_that_comes_after_it_is_for_the_next_one() -> None:
    market = exchange(at("2026-03-10T16:00:01"))
    spy = con_id(market, "SPY")
    market.place(order(spy, 1, "BUY", 10, order_type="MOC"))
    market.advance(at("2026-03-10T16:20:00"))
    assert [state.status for _, state in market.open_orders()] == ["PreSubmitted"]


def test_a_halt_at_the_close_leaves_orders_for_it_unfilled() -> None:
    market = early("BUY", "MOC")
    spy = con_id(market, "SPY")
    market.halt(spy)
    assert only(run(market, 6), Executed) == []
    assert ended(market) == ["Cancelled"]


def test_an_order_for_the_close_is_for_shares_and_the_day_only() -> None:
    market, spy = before_close(3600)
    future = next(each.con_id for each in market.universe if each.instrument.sec_type == "FUT")
    for wrong, code in (({"tif": "GTC"}, 201), ({"con_id": future}, 387), ({"order_type": "LOC"}, 110)):
        mine = replace(order(spy, 1, "BUY", 10, order_type="MOC"), **wrong)  # type: ignore[arg-type]
        events = market.place(replace(mine, order_id=code))
        assert [each.code for each in only(events, OrderRejected)] == [code]


@pytest.mark.parametrize(("limit", "status"), [(None, "Filled"), (9000.0, "Filled"), (1.0, "Cancelled")])
def test_an_order_for_the_open_trades_in_its_auction_or_not_at_all(limit: float | None, status: str) -> None:
    market = exchange(at("2026-03-11T09:27:00"))
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.place(order(spy, 1, "BUY", 100, limit, tif="OPG"))
    events = run(market, 190, step=30)
    assert ended(market) == [status]
    opening = crossing(events, "O")
    assert [fill.price for fill in only(events, Executed)] == ([opening.price] if status == "Filled" else [])


def test_no_orders_for_the_open_are_taken_in_the_last_two_minutes_before_it() -> None:
    market = exchange(at("2026-03-11T09:28:30"))
    (refused,) = only(market.place(order(con_id(market, "SPY"), 1, "BUY", 1, tif="OPG")), OrderRejected)
    assert refused.code == 201


def test_a_held_limit_order_that_the_opening_does_not_reach_goes_into_the_book() -> None:
    market = exchange(at("2026-03-11T09:29:50"))
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.place(order(spy, 1, "BUY", 100, 500.0))
    run(market, 15)
    ((_, state),) = market.open_orders()
    assert state.status == "Submitted"
    assert 500.0 in [row.price for row in market.book(spy, 20_000)[0]]


def test_an_order_for_the_close_can_be_changed_and_withdrawn() -> None:
    market, spy = before_close(62)
    market.place(order(spy, 1, "BUY", 100, order_type="MOC"))
    key = market.key_of(1, 1) or 0
    market.modify(key, order(spy, 1, "BUY", 40, order_type="MOC"))
    market.place(order(spy, 2, "BUY", 7, order_type="MOC"))
    market.cancel(market.key_of(1, 2) or 0)
    assert sum(fill.size for fill in only(market.advance(at(CLOSE)), Executed)) == 40


@pytest.mark.parametrize(("offset", "status"), [(0.0, "Filled"), (-0.01, "Cancelled")])
def test_a_leap_over_the_auctions_fills_the_orders_for_them_at_their_prices(offset: float, status: str) -> None:
    market = exchange(at("2026-03-11T09:20:00"))
    spy = con_id(market, "SPY")
    bars = exchange(at("2026-03-11T17:00:00")).bars(spy, 86400, at("2026-03-10T00:00:00"), at("2026-03-12T00:00:00"))
    market.place(order(spy, 1, "BUY", 10, round(bars[-1].open + offset, 2), tif="OPG"))
    market.place(order(spy, 2, "BUY", 10, round(bars[-1].close + offset, 2), order_type="LOC"))
    events = market.advance(at("2026-03-11T17:00:00"))
    assert ended(market) == [status] * 2
    assert [fill.price for fill in only(events, Executed)] == [
        price for price in (bars[-1].open, bars[-1].close) if status == "Filled"
    ]


def test_an_order_for_the_close_is_not_withdrawn_after_the_cut_off() -> None:
    market = early("BUY", "MOC")
    (refused,) = market.cancel(market.key_of(1, 1) or 0)
    assert isinstance(refused, CancelRefused)
    assert refused.code == 10148
    run(market, 4)
    assert ended(market) == ["Filled"]


async def test_a_client_s_order_for_the_close_fills_in_the_auction() -> None:
    async with gateway(start="2026-03-10T15:58:50") as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        trade = ib.placeOrder(contract, Order(action="BUY", totalQuantity=10, orderType="MOC"))
        await until(lambda: trade.orderStatus.status == "Submitted")
        await control(server, "clock", at="2026-03-10T15:59:59")
        await until(lambda: trade.orderStatus.status == "Filled")
        assert trade.fills[0].execution.exchange == "ARCA"
