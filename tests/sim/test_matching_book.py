"""Price-time matching: whatever comes, shares are neither made nor lost and the book never crosses."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.sim.book import Book, Match, Resting
from ibtui.sim.events import Side
from ibtui.sim.prints import LOT
from ibtui.sim.sizes import SeededSizes
from ibtui.sim.universe import default_universe

SPY = default_universe().by_symbol("SPY")
assert SPY is not None


def book(bid: int = 1000, ask: int = 1002) -> Book:
    found = Book(SeededSizes(1, SPY))
    found.quote(bid, ask)
    return found


def rest(found: Book, key: int, side: Side, price: int, size: int) -> tuple[list[Match], Resting | None]:
    """What an incoming limit order does: takes what it reaches and leaves the rest."""
    matches = found.take("ask" if side == "bid" else "bid", price, size)
    size -= sum(match.size for match in matches)
    if not size:
        return matches, None
    order = Resting(key, side, price, size, 0, "X")
    found.add(order)
    return matches, order


PRICES = st.integers(990, 1012)
SIZES = st.integers(1, 3000)
ACTIONS = st.one_of(
    st.tuples(st.just("rest"), st.sampled_from(["bid", "ask"]), PRICES, SIZES),
    st.tuples(st.just("quote"), PRICES, st.integers(1, 8)),
    st.tuples(st.just("beat"), st.integers(1, 300)),
    st.tuples(st.just("print"), st.sampled_from([-1, 0, 1]), SIZES),
    st.tuples(st.just("take"), st.sampled_from(["bid", "ask"]), SIZES),
    st.tuples(st.just("cancel"), st.integers(1, 30)),
    st.tuples(st.just("show"), st.sampled_from(["bid", "ask"]), SIZES),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_nothing_crosses_the_book_and_every_share_is_accounted_for(actions: list[tuple]) -> None:  # type: ignore[type-arg]
    found, placed, filled, left = book(), {}, {}, {}

    def booked(matches: list[Match]) -> None:
        for match in matches:
            assert match.size > 0
            if match.resting is not None:
                filled[match.resting.key] = filled.get(match.resting.key, 0) + match.size
                assert match.price == match.resting.price

    for number, action in enumerate(actions, 1):
        kind = action[0]
        if kind == "rest":
            side, price, size = action[1:]
            matches, order = rest(found, number, side, price, size)
            booked(matches)
            taken = sum(match.size for match in matches)
            placed[number] = size
            filled[number] = filled.get(number, 0) + taken
            assert taken + (order.size if order else 0) == size
            assert all((match.price <= price) if side == "bid" else (match.price >= price) for match in matches)
        elif kind == "quote":
            found.quote(action[1], action[1] + action[2])
        elif kind == "beat":
            found.renew(found.beat + action[1])
        elif kind == "print":
            price = found.ask if action[1] > 0 else found.bid if action[1] < 0 else (found.bid + found.ask) // 2
            matches = found.meet(price, action[2], action[1])
            booked(matches)
            assert sum(match.size for match in matches) == action[2]
        elif kind == "take":
            matches = found.take(action[1], None, action[2])
            booked(matches)
            prices = [match.price for match in matches]
            assert prices == sorted(prices, reverse=action[1] == "bid")
        elif kind == "cancel":
            gone = found.remove(action[1])
            if gone is not None:
                left[gone.key] = gone.size
        else:
            found.show(action[1], action[2])
        for _, match in found.cross():
            booked([match])
        check(found)
    resting = {order.key: order.size for orders in found.resting.values() for order in orders}
    for key, size in placed.items():
        assert filled.get(key, 0) + resting.get(key, 0) + left.get(key, 0) == size


def check(found: Book) -> None:
    bids, asks = found.rows("bid", 10), found.rows("ask", 10)
    assert all(better.price > worse.price for better, worse in pairwise(bids))
    assert all(better.price < worse.price for better, worse in pairwise(asks))
    assert all(row.size > 0 and row.price > 0 and row.maker for row in bids + asks)
    assert not (bids and asks) or bids[0].price < asks[0].price
    for orders in found.resting.values():
        assert all(order.size > 0 and order.ahead >= 0 for order in orders)


def test_better_prices_come_first_and_partial_fills_are_told_level_by_level() -> None:
    found = book()
    rows = found.rows("ask", 3)
    matches = found.take("ask", None, rows[0].size + rows[1].size + 10)
    assert [(match.price, match.size) for match in matches] == [
        (rows[0].price, rows[0].size), (rows[1].price, rows[1].size), (rows[2].price, 10)
    ]  # fmt: skip
    assert found.rows("ask", 1)[0] == rows[2]._replace(size=rows[2].size - 10)


def test_who_came_before_trades_before() -> None:
    found = book()
    shown = found.rows("bid", 1)[0].size
    _, first = rest(found, 1, "bid", 1000, 200)
    _, second = rest(found, 2, "bid", 1000, 200)
    assert first is not None
    assert second is not None
    assert first.ahead == shown
    assert all(match.resting is None for match in found.meet(1000, shown, -1))
    assert [(match.resting, match.size) for match in found.meet(1000, 300, -1)] == [(first, 200), (second, 100)]


def test_a_better_own_price_trades_before_the_quote() -> None:
    found = book()
    _, order = rest(found, 1, "bid", 1001, 100)
    matches = found.meet(1000, 250, -1)
    assert [(match.price, match.size, match.resting) for match in matches] == [(1001, 100, order), (1000, 150, None)]


def test_a_quote_that_comes_through_fills_at_the_resting_price() -> None:
    found = book()
    _, order = rest(found, 1, "ask", 1003, 150)
    found.quote(1010, 1012)
    matches = [match for _, match in found.cross()]
    assert all((match.price, match.resting) == (1003, order) for match in matches)
    assert sum(match.size for match in matches) == 150


def test_taken_shares_are_gone_until_the_row_gets_its_next_size() -> None:
    found = book()
    best = found.rows("ask", 1)[0]
    found.take("ask", None, best.size)
    assert found.rows("ask", 1)[0].price > best.price
    for beat in range(1, 9):
        found.renew(found.beat + beat)
    assert found.rows("ask", 1)[0].price == best.price


def test_prints_of_the_flow_leave_a_lot_for_more_stands_behind_than_is_shown() -> None:
    found = book()
    found.meet(1002, 100_000, 1)
    assert found.rows("ask", 1)[0][:2] == (1002, LOT)


def test_what_take_finds_is_what_was_available() -> None:
    found = book()
    rest(found, 1, "ask", 1004, 777)
    for limit in (1001, 1002, 1004, None):
        here = book()
        rest(here, 1, "ask", 1004, 777)
        wanted = 50_000
        assert found.available("ask", limit, wanted) == sum(each.size for each in here.take("ask", limit, wanted))
