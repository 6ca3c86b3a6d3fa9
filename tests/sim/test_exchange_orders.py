"""Orders from placement to commission, with IB's words, codes and sequence."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.sim.events import (
    ADDED_LIQUIDITY,
    REMOVED_LIQUIDITY,
    CancelRefused,
    Charged,
    Event,
    Executed,
    OrderChanged,
    OrderMessage,
    OrderRejected,
    TopChanged,
    Traded,
)
from ibtui.sim.exchange import Exchange
from tests.sim.exchange_rig import TUESDAY, Onlooker, at, check_balance, con_id, exchange, only, order, run


def quote(market: Exchange, contract: int) -> tuple[float, float]:
    top = market.top(contract)
    assert top.bid is not None
    assert top.ask is not None
    return top.bid, top.ask


def story(events: list[Event]) -> list[tuple[str, int]]:
    return [(event.state.status, event.state.filled) for event in only(events, OrderChanged)]


@pytest.fixture
def market() -> Exchange:
    """Standing still, with SPY watched."""
    found = exchange()
    found.watch(con_id(found, "SPY"))
    found.running = False
    return found


@pytest.fixture
def spy(market: Exchange) -> int:
    return con_id(market, "SPY")


def test_a_marketable_limit_fills_at_once_at_the_book_s_prices(market: Exchange, spy: int) -> None:
    _, asks = market.book(spy, 2)
    events = market.place(order(spy, 1, "BUY", asks[0].size, asks[0].price))
    assert story(events) == [("PreSubmitted", 0), ("Submitted", 0), ("Filled", asks[0].size)]
    (fill,) = only(events, Executed)
    assert (fill.price, fill.size, fill.venue, fill.liquidity) == (*asks[0], REMOVED_LIQUIDITY)
    assert market.top(spy).ask == asks[1].price
    assert market.position(spy).quantity == asks[0].size


def test_a_market_order_walks_the_book(market: Exchange, spy: int) -> None:
    _, asks = market.book(spy, 10)
    wanted = sum(row.size for row in asks[:4])
    events = market.place(order(spy, 1, "BUY", wanted))
    assert [(fill.price, fill.size) for fill in only(events, Executed)] == [row[:2] for row in asks[:4]]
    final = only(events, OrderChanged)[-1].state
    assert (final.status, final.filled, final.remaining) == ("Filled", wanted, 0)
    assert final.average_price == pytest.approx(sum(row.price * row.size for row in asks[:4]) / wanted)
    assert [(each.price, each.size) for each in only(events, Traded)] == [row[:2] for row in asks[:4]]


def test_a_limit_between_fills_in_part_and_rests_with_the_remainder(market: Exchange, spy: int) -> None:
    _, asks = market.book(spy, 2)
    events = market.place(order(spy, 1, "BUY", asks[0].size + 300, asks[0].price))
    assert story(events)[-1] == ("Submitted", asks[0].size)
    top = market.top(spy)
    assert (top.bid, top.bid_size, top.ask) == (asks[0].price, 300, asks[1].price)
    assert [state.remaining for _, state in market.open_orders()] == [300]


def test_commission_comes_a_moment_later_and_counts_its_least_once_an_order(market: Exchange, spy: int) -> None:
    _, asks = market.book(spy, 3)
    shares = asks[0].size + asks[1].size
    market.place(order(spy, 1, "BUY", shares))
    assert [charged for _, charged in market.executions()] == [None, None]
    charged = only(run(market, 0.5), Charged)
    assert sum(each.commission for each in charged) == pytest.approx(max(1.0, 0.005 * shares))
    assert {each.exec_id for each in charged} == {fill.exec_id for fill, _ in market.executions()}
    assert all(0.05 * NS < each.time_ns - TUESDAY < 0.3 * NS for each in charged)
    assert all(each.realized_pnl is None for each in charged)


def test_an_order_that_has_ended_is_told_once_more_with_what_it_cost(market: Exchange, spy: int) -> None:
    _, asks = market.book(spy, 2)
    market.place(order(spy, 1, "BUY", asks[0].size + asks[1].size))
    told = only(run(market, 0.5), OrderChanged)
    assert [(each.state.status, each.state.commission) for each in told] == [
        ("Filled", sum(charged.commission for _, charged in market.executions() if charged))
    ]


def test_a_closing_fill_tells_what_it_realized(market: Exchange, spy: int) -> None:
    bid, ask = quote(market, spy)
    market.place(order(spy, 1, "BUY", 100))
    run(market, 1)
    cost = market.position(spy).average_cost
    market.place(order(spy, 2, "SELL", 100))
    (charged,) = only(run(market, 1), Charged)
    assert charged.realized_pnl == pytest.approx(100 * (bid - cost) - charged.commission)
    assert market.pnl().realized == pytest.approx(charged.realized_pnl)
    assert market.pnl().daily == pytest.approx(100 * (bid - ask) - 2)


def test_a_resting_order_waits_behind_what_was_shown_and_then_trades() -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    _, ask = quote(market, spy)
    shown = market.top(spy).ask_size
    market.place(order(spy, 1, "SELL", 100, ask))
    assert market.top(spy).ask_size == shown + 100
    events: list[Event] = []
    while market.open_orders() and market.now_ns < TUESDAY + 600 * NS:
        events += run(market, 1)
    fills = only(events, Executed)
    assert sum(fill.size for fill in fills) == 100
    assert {(fill.price, fill.liquidity) for fill in fills} == {(ask, ADDED_LIQUIDITY)}
    prints = [(each.time_ns, each.price, each.size) for each in only(events, Traded)]
    assert all((fill.time_ns, fill.price, fill.size) in prints for fill in fills)
    assert story(events)[-1] == ("Filled", 100)
    assert market.position(spy).quantity == -100


def test_nobody_is_shown_an_order_that_has_traded_across_the_shares_it_met() -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    met = 0
    for number in range(1, 13):
        bid, ask = quote(market, spy)
        action, limit = ("BUY", ask) if number % 2 else ("SELL", bid)
        market.place(order(spy, number, action, 900, limit))
        top = market.top(spy)
        shown = {"bid": top.bid, "ask": top.ask}
        events = [*run(market, 2, step=0.01), None]
        for event, following in pairwise(events):
            if isinstance(event, Executed):
                met += event.liquidity == ADDED_LIQUIDITY
            if isinstance(event, TopChanged):
                shown[event.field] = event.price
            if following is None or following.time_ns > event.time_ns:
                assert shown["bid"] < shown["ask"]
        for working, _ in market.open_orders():
            market.cancel(working.order_key)
    assert met > 3


def test_what_clients_trade_is_in_the_bars() -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    events = run(market, 5)
    events += market.place(order(spy, 1, "BUY", 2000))
    events += run(market, 100)
    first = [each for each in only(events, Traded) if each.time_ns < TUESDAY + 60 * NS]
    (bar,) = market.bars(spy, 60, TUESDAY, TUESDAY + 60 * NS)
    assert bar.volume == sum(each.size for each in first)
    assert bar.high == max(each.price for each in first)
    assert bar.count == len(first)
    assert market.top(spy).volume == only(events, Traded)[-1].volume


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"limit_price": 600.005}, 110),
        ({"limit_price": None, "order_type": "LMT"}, 110),
        ({"order_type": "STP", "aux_price": None}, 110),
        ({"quantity": 0}, 434),
        ({"order_type": "PEG MID"}, 387),
        ({"tif": "SOON"}, 201),
        ({"con_id": 1}, 200),
        ({"parent_id": 99}, 135),
        ({"quantity": 100_000}, 201),
    ],
)
def test_refusals_carry_ib_s_codes(market: Exchange, spy: int, change: dict[str, object], code: int) -> None:
    events = market.place(replace(order(spy, 1, "BUY", 10, 600.0), **change))  # type: ignore[arg-type]
    assert [each.code for each in only(events, OrderRejected)] == [code]
    assert market.open_orders() == []
    assert only(events, Executed) == []


def test_an_order_id_is_used_once(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 10, 600.0))
    (again,) = market.place(order(spy, 1, "BUY", 10, 600.0))
    assert isinstance(again, OrderRejected)
    assert again.code == 103
    assert market.place(order(spy, 1, "BUY", 10, 600.0, client_id=2)) != []


def test_buying_power_counts_what_works_already(market: Exchange, spy: int) -> None:
    bid, _ = quote(market, spy)
    price = round(bid - 10, 2)
    half = int(2_200_000 / price)
    assert only(market.place(order(spy, 1, "BUY", half, price)), OrderRejected) == []
    (refused,) = only(market.place(order(spy, 2, "BUY", half, price)), OrderRejected)
    assert refused.code == 201
    assert "EQUITY WITH LOAN VALUE" in refused.text


def test_cancels_end_an_order_once(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 10, 600.0))
    key = market.key_of(1, 1)
    assert key is not None
    events = market.cancel(key)
    assert [each.code for each in only(events, OrderMessage)] == [202]
    assert story(events) == [("PendingCancel", 0), ("Cancelled", 0)]
    assert [each.code for each in only(market.cancel(key), CancelRefused)] == [10148]
    assert [each.code for each in only(market.cancel(5), CancelRefused)] == [10147]
    market.place(order(spy, 2, "BUY", 10))
    assert [each.code for each in only(market.cancel(market.key_of(1, 2) or 0), CancelRefused)] == [161]


def test_a_cancelled_order_leaves_the_book(market: Exchange, spy: int) -> None:
    before = market.book(spy, 10)
    onlooker = Onlooker(spy, before)
    bid, ask = quote(market, spy)
    onlooker.see(market.place(order(spy, 1, "BUY", 10, round(bid - 0.05, 2))))
    assert (onlooker.sides["bid"], onlooker.sides["ask"]) == market.book(spy, 10) != before
    onlooker.see(market.cancel(market.key_of(1, 1) or 0))
    assert (onlooker.sides["bid"], onlooker.sides["ask"]) == before
    assert quote(market, spy) == (bid, ask)


def test_modifying_the_price_re_enters_and_fewer_shares_keep_their_place(market: Exchange, spy: int) -> None:
    bid, ask = quote(market, spy)
    market.place(order(spy, 1, "BUY", 100, bid))
    key = market.key_of(1, 1) or 0
    shown = market.top(spy).bid_size
    events = market.modify(key, order(spy, 1, "BUY", 60, bid))
    assert market.top(spy).bid_size == shown - 40
    assert only(events, OrderChanged)[-1].state.remaining == 60
    events = market.modify(key, order(spy, 1, "BUY", 60, ask))
    assert story(events)[-1] == ("Filled", 60)
    assert [each.code for each in only(market.modify(key, order(spy, 1, "BUY", 70, ask)), OrderRejected)] == [104]


def test_a_refused_modification_leaves_the_order_as_it_was(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 100, 600.0))
    key = market.key_of(1, 1) or 0
    for changed, code in ((order(spy, 1, "SELL", 100, 600.0), 105), (order(spy, 1, "BUY", 100, 600.001), 110)):
        events = market.modify(key, changed)
        assert [each.code for each in only(events, OrderRejected)] == [code]
        assert story(events) == [("Submitted", 0)]
    ((kept, state),) = market.open_orders()
    assert (kept.action, kept.limit_price, state.status) == ("BUY", 600.0, "Submitted")


@pytest.mark.parametrize(("tif", "filled"), [("IOC", True), ("FOK", False)])
def test_ioc_takes_what_there_is_and_fok_all_or_nothing(market: Exchange, spy: int, tif: str, filled: bool) -> None:
    _, asks = market.book(spy, 1)
    events = market.place(order(spy, 1, "BUY", asks[0].size + 1, asks[0].price, tif=tif))
    assert story(events)[-1] == ("Cancelled", asks[0].size if filled else 0)
    assert market.open_orders() == []


def test_a_stop_waits_until_a_trade_touches_it(market: Exchange, spy: int) -> None:
    bid, ask = quote(market, spy)
    stop = round(bid - 1, 2)
    events = market.place(order(spy, 1, "SELL", 100, order_type="STP", aux_price=stop))
    assert story(events) == [("PreSubmitted", 0)]
    assert only(market.steer(spy, bid=round(stop + 0.5, 2)), Executed) == []
    events = market.steer(spy, bid=round(stop - 0.2, 2), last=round(stop - 0.1, 2))
    assert story(events)[-1] == ("Filled", 100)
    assert ask > stop


def test_a_triggered_stop_limit_rests_at_its_limit(market: Exchange, spy: int) -> None:
    _, ask = quote(market, spy)
    stop = round(ask + 1, 2)
    market.place(order(spy, 1, "BUY", 100, limit=stop, order_type="STP LMT", aux_price=stop))
    events = market.steer(spy, bid=round(stop + 1, 2), last=round(stop + 1.0, 2))
    assert story(events) == [("Submitted", 0)]
    assert only(market.steer(spy, ask=round(stop - 0.05, 2)), Executed)[0].price <= stop


def test_a_steered_quote_fills_what_it_comes_through_at_the_resting_price(market: Exchange, spy: int) -> None:
    bid, _ = quote(market, spy)
    mine = round(bid - 0.5, 2)
    market.place(order(spy, 1, "BUY", 200, mine))
    events = market.steer(spy, bid=round(mine - 2, 2), ask=round(mine - 1.9, 2), ask_size=5000)
    assert [(fill.price, fill.size) for fill in only(events, Executed)] == [(mine, 200)]


def test_bracket_children_wait_for_their_parent_and_one_cancels_the_other(market: Exchange, spy: int) -> None:
    bid, ask = quote(market, spy)
    events = market.place(order(spy, 1, "BUY", 100, ask, transmit=False))
    events += market.place(order(spy, 2, "SELL", 100, round(ask + 1, 2), parent_id=1, oca_group="b", transmit=False))
    assert {status for status, _ in story(events)} == {"PendingSubmit"}
    last = order(spy, 3, "SELL", 100, order_type="STP", aux_price=round(bid - 1, 2), parent_id=1, oca_group="b")
    market.place(last)
    states = {each.order_id: state.status for each, state in market.open_orders()}
    assert states == {2: "Submitted", 3: "PreSubmitted"}
    assert market.position(spy).quantity == 100
    market.steer(spy, bid=round(ask + 1.5, 2))
    assert {each.order_id: state.status for each, state in market.completed_orders()} == {
        1: "Filled", 2: "Filled", 3: "Cancelled"
    }  # fmt: skip
    assert market.position(spy).quantity == 0


def test_children_go_with_their_parent(market: Exchange, spy: int) -> None:
    market.place(order(spy, 1, "BUY", 100, 600.0, transmit=False))
    market.place(order(spy, 2, "SELL", 100, 700.0, parent_id=1))
    market.cancel(market.key_of(1, 1) or 0)
    assert market.open_orders() == []
    assert [state.status for _, state in market.completed_orders()] == ["Cancelled", "Cancelled"]


def test_day_orders_end_with_the_session_and_others_stay() -> None:
    market = exchange(at("2026-03-10T15:59:58"))
    spy = con_id(market, "SPY")
    market.place(order(spy, 1, "BUY", 10, 500.0))
    market.place(order(spy, 2, "BUY", 10, 500.0, tif="GTC"))
    market.place(order(spy, 3, "BUY", 10, 500.0, outside_rth=True))
    assert only(run(market, 1), OrderChanged) == []
    ended = [(each.order.order_id, each.state.status) for each in only(run(market, 3), OrderChanged)]
    assert ended == [(1, "Cancelled")]
    market.advance(at("2026-03-11T04:01:00"))
    assert [each.order_id for each, _ in market.open_orders()] == [2]


def test_an_order_out_of_hours_is_held_until_the_open_and_then_trades() -> None:
    market = exchange(at("2026-03-11T09:29:50"))
    spy = con_id(market, "SPY")
    market.watch(spy)
    events = market.place(order(spy, 1, "BUY", 100))
    assert story(events) == [("PreSubmitted", 0)]
    (warning,) = only(events, OrderMessage)
    assert warning.code == 399
    assert "2026-03-11 09:30:00 US/Eastern" in warning.text
    later = run(market, 15)
    (fill,) = only(later, Executed)
    (opening,) = [each for each in only(later, Traded) if each.conditions == "O"]
    assert (fill.time_ns, fill.price, fill.venue) == (opening.time_ns, opening.price, "ARCA")
    (bar,) = market.bars(spy, 60, at("2026-03-11T09:30:00"), fill.time_ns + 1)
    assert bar.open == fill.price == market.top(spy).open
    early = market.place(order(spy, 2, "BUY", 100, outside_rth=True))
    assert story(early)[-1] == ("Filled", 100)


def test_after_hours_trade_only_what_may() -> None:
    market = exchange(at("2026-03-10T17:00:00"))
    spy = con_id(market, "SPY")
    assert story(market.place(order(spy, 1, "BUY", 10, 900.0, outside_rth=True)))[-1] == ("Filled", 10)
    assert story(market.place(order(spy, 2, "BUY", 10, 900.0))) == [("PreSubmitted", 0)]


def test_halted_contracts_hold_their_orders() -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.halt(spy)
    assert story(market.place(order(spy, 1, "BUY", 100))) == [("PreSubmitted", 0)]
    assert market.open_orders()
    assert story(market.halt(spy, False))[-1] == ("Filled", 100)


def test_orders_live_through_a_leap_of_time() -> None:
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    bid, _ = quote(market, spy)
    market.place(order(spy, 1, "BUY", 10, round(bid - 0.01, 2), tif="GTC"))
    market.place(order(spy, 2, "BUY", 10, round(bid - 100, 2), tif="GTC"))
    market.place(order(spy, 3, "BUY", 10, round(bid - 100, 2)))
    market.advance(at("2026-03-12T11:00:00"))
    assert 2 in [each.order_id for each, _ in market.open_orders()]
    ended = {each.order_id: state.status for each, state in market.completed_orders()}
    assert ended[3] == "Cancelled"
    assert market.top(spy).bid is not None


def test_a_minute_cut_by_a_leap_keeps_what_clients_traded_in_it() -> None:
    market, other = exchange(), exchange(TUESDAY + 3600 * NS)
    spy = con_id(market, "SPY")
    market.watch(spy)
    market.place(order(spy, 1, "BUY", 100))
    market.advance(other.now_ns)
    (ours,), (seeded,) = (each.bars(spy, 60, TUESDAY, TUESDAY + 1) for each in (market, other))
    assert ours.volume == (seeded.volume or 0) + 100
    assert market.bars(spy, 60, TUESDAY + 1, other.now_ns) == other.bars(spy, 60, TUESDAY + 1, other.now_ns)


def test_a_what_if_tells_and_places_nothing(market: Exchange, spy: int) -> None:
    state, needs = market.what_if(order(spy, 1, "BUY", 100, 600.0))
    assert state.status == "PreSubmitted"
    assert needs["initial_margin_change"] == pytest.approx(15_000)
    assert needs["commission"] == 1.0
    assert market.open_orders() == []


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("place"), st.sampled_from(["BUY", "SELL"]), st.integers(1, 900), st.integers(-15, 15),
            st.sampled_from(["DAY", "IOC", "GTC"]),
        ),
        st.tuples(st.just("market"), st.sampled_from(["BUY", "SELL"]), st.integers(1, 900)),
        st.tuples(st.just("wait"), st.integers(1, 4000)),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("steer"), st.integers(-60, 60)),
    ),
    max_size=14,
)  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(ACTIONS)
def test_whatever_clients_do_the_books_balance(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    market = exchange()
    spy = con_id(market, "SPY")
    market.watch(spy)
    onlooker = Onlooker(spy, market.book(spy, 10))
    events: list[Event] = []
    for number, action in enumerate(actions, 1):
        bid, ask = quote(market, spy)
        new: list[Event] = []
        if action[0] == "place":
            price = round((bid if action[1] == "BUY" else ask) + action[3] / 100, 2)
            new = market.place(order(spy, number, action[1], action[2], price, tif=action[4]))
        elif action[0] == "market":
            new = market.place(order(spy, number, action[1], action[2]))
        elif action[0] == "wait":
            new = market.advance(market.now_ns + action[1] * 1_000_000)
        elif action[0] == "cancel":
            working = [each.order_key for each, _ in market.open_orders()]
            new = market.cancel(working[action[1] % len(working)]) if working else []
        else:
            new = market.steer(spy, bid=round(bid + action[1] / 100, 2))
        events += new
        onlooker.see(new)
        bids, asks = market.book(spy, 10)
        assert (onlooker.sides["bid"], onlooker.sides["ask"]) == (bids, asks)
        assert bids[0].price < asks[0].price
        assert min(row.size for row in bids + asks) > 0
    events += market.advance(market.now_ns + NS)
    check_balance(market, events, spy)
