"""Trades and changes by price against a slow, obvious model: every event kept, everything summed again."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.book import DepthBook, Level
from ibtui.market.flow import MOST_PRICES, SETTLE, SLOT, WINDOWS, Flow
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState

PRICES = (9.8, 9.9, 10.0, 10.1, 10.2)
moments = st.integers(0, 60).map(lambda quarter: quarter / 4)
trades = st.lists(
    st.tuples(
        moments,
        st.sampled_from(PRICES),
        st.none() | st.integers(0, 500).map(float),
        st.sampled_from([1, -1, 0, None]),
    ),
    max_size=40,
).map(lambda each: sorted(each, key=lambda trade: trade[0]))
sides = st.lists(st.tuples(st.sampled_from(PRICES), st.integers(1, 9).map(float)), max_size=6)

books = st.lists(st.tuples(moments, sides, sides), max_size=12)


def lately(moment, seconds, now):
    return int(moment / SLOT) > int(now / SLOT) - seconds / SLOT


def non_zero(sizes):
    return {price: size for price, size in sizes.items() if size}


@given(trades, st.sampled_from(WINDOWS), st.integers(0, 8))
def test_traded_lately_is_the_sum_of_the_prints_of_a_known_side(events, seconds, later):
    flow, now = Flow(1), 0.0
    for now, price, size, side in events:
        flow.printed(price, size, side, now)
    now += later
    for at, side in zip(flow.traded(seconds, now), (-1, 1), strict=True):
        model = {
            price: sum(
                s or 0 for when, p, s, whose in events if (p, whose) == (price, side) and lately(when, seconds, now)
            )
            for price in PRICES
        }
        assert non_zero(at) == non_zero(model)


@given(trades)
def test_the_profile_is_all_that_traded_and_its_control_the_price_with_most(events):
    flow = Flow(1)
    for now, price, size, side in events:
        flow.printed(price, size, side, now)
    model = {price: sum(size or 0 for _, p, size, _ in events if p == price) for price in PRICES}
    assert non_zero(flow.profile) == non_zero(model)
    assert (flow.control is None) == (not any(model.values()))
    if flow.control is not None:
        assert flow.profile[flow.control] == max(model.values())


def book_of(book, bids, asks):
    book.bids = [Level(price, size, "") for price, size in sorted(bids, reverse=True)]
    book.asks = [Level(price, size, "") for price, size in sorted(asks)]
    return book


def total(levels, price):
    return sum(size for p, size in levels if p == price)


@given(books, trades, st.sampled_from(WINDOWS))
def test_pulled_and_stacked_are_the_changes_better_than_where_the_book_ends_less_trades(books, events, seconds):
    book, flow = DepthBook(1), Flow(1)
    books.sort(key=lambda each: each[0])
    flow.book_changed(book, -SETTLE)
    for when, *what in sorted([*books, *events], key=lambda each: each[0]):
        if isinstance(what[0], list):
            flow.book_changed(book_of(book, *what), when)
        else:
            flow.printed(*what, when)
    now = max([0.0, *(when for when, *_ in books), *(when for when, *_ in events)])
    traded = [(when, p, s or 0, side) for when, p, s, side in events]
    model: list[dict[float, float]] = []
    for number, side in ((1, -1), (2, 1)):
        found = {}
        for price in PRICES:
            change = 0.0
            for before, after in zip([(0, [], []), *books], books, strict=False):
                old, new = before[number], after[number]
                if old and new and lately(after[0], seconds, now):
                    ends = [max(p for p, _ in each) if side > 0 else min(p for p, _ in each) for each in (old, new)]
                    if price < min(ends) if side > 0 else price > max(ends):
                        change += total(new, price) - total(old, price)
            took = sum(s for when, p, s, whose in traded if (p, whose) == (price, side) and lately(when, seconds, now))
            found[price] = min(0.0, change + took) if change < 0 else change
        model.append(found)
    assert [non_zero(each) for each in flow.changes(seconds, now)] == [non_zero(each) for each in model]


def test_a_book_that_comes_in_anew_stacks_nothing():
    book, flow = DepthBook(1), Flow(1)
    flow.book_changed(book_of(book, [(10.0, 5.0), (9.9, 5.0), (9.8, 5.0)], []), 0.0)
    flow.book_changed(book_of(book, [(10.0, 9.0), (9.9, 5.0), (9.8, 5.0)], []), SETTLE + 1)
    assert flow.changes(10.0, SETTLE + 1) == ({10.0: 4.0}, {})
    book.clear()
    flow.book_changed(book_of(book, [(10.0, 70.0), (9.9, 5.0), (9.8, 5.0)], []), SETTLE + 2)
    flow.book_changed(book_of(book, [(10.0, 90.0), (9.9, 5.0), (9.8, 5.0)], []), SETTLE + 2.5)
    assert flow.changes(10.0, SETTLE + 2.5) == ({10.0: 4.0}, {})
    flow.forget_lately(lambda price: True, lambda price: True)
    assert flow.changes(10.0, SETTLE + 2.5) == ({}, {})


@given(books, trades, st.sampled_from(PRICES), st.sampled_from(PRICES))
def test_what_is_forgotten_is_gone_at_those_prices_of_those_sides_and_nothing_else_is(books, events, bid_to, ask_from):
    flow, book = Flow(1), DepthBook(1)
    flow.book_changed(book, -SETTLE)
    now = 0.0
    for now, *what in sorted([*books, *events], key=lambda each: each[0]):
        if isinstance(what[0], list):
            flow.book_changed(book_of(book, *what), now)
        else:
            flow.printed(*what, now)
    seconds, profile = WINDOWS[-1], dict(flow.profile)
    before = [*flow.traded(seconds, now), *flow.changes(seconds, now)]
    flow.forget_lately(lambda price: price <= bid_to, lambda price: price >= ask_from)
    kept = (lambda price: price > bid_to, lambda price: price < ask_from)
    model = [{price: size for price, size in each.items() if kept[at % 2](price)} for at, each in enumerate(before)]
    assert [*flow.traded(seconds, now), *flow.changes(seconds, now)] == model
    assert flow.profile == profile
    flow.printed(bid_to, 5.0, -1, now)
    assert flow.traded(seconds, now)[0][bid_to] == 5.0


def test_what_is_kept_is_bounded():
    flow = Flow(1)
    for second in range(200):
        flow.printed(10.0, 5.0, 1, float(second))
    assert len(flow._slots) <= WINDOWS[-1] / SLOT
    for number in range(MOST_PRICES + 10):
        flow.add_volume(number / 100, 1.0)
    assert len(flow.profile) <= MOST_PRICES
    assert flow.control == 10.0


def test_only_what_a_ladder_asked_for_is_counted():
    market = MarketState()
    market.flow(1)
    trade = (0, 1, None, 10.0, 5.0, "", "", 1, 1, 1, None, 0)
    market.apply(Batch(0, 1.0, prints=[(1, *trade), (2, *trade)]), 1)  # type: ignore[list-item]
    assert (set(market.flows), market.flow(1).profile) == ({1}, {10.0: 5.0})
