"""What a ladder's lines say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.board import Quote
from ibtui.market.book import DepthBook, Level
from ibtui.market.increments import Scale, increments
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Order, OrderIntent, Status
from ibtui.ui.rows import ladder_book
from ibtui.ui.rows.ladder import LadderView, columns_of, ladder_header, ladder_rows, places_of
from ibtui.ui.rows.ladder_head import book_parts, cursor_parts, position_part
from ibtui.ui.text import length

SPY = Instrument(756733, "SPY")
CENT = Scale(increments((), 0.01))
BID_LEVELS = [Level(100.01, 200, "ARCA"), Level(100.01, 100, "NSDQ"), Level(99.99, 400, "ARCA")]
ASK_LEVELS = [Level(100.03, 500, "ARCA"), Level(100.04, 50, "IEX")]
BIDS = ladder_book.side_of(BID_LEVELS, CENT, "down")
ASKS = ladder_book.side_of(ASK_LEVELS, CENT, "up")
ROWS = range(10_006, 9_997, -1)


def lines(width: int = 80, rows: range = ROWS, **shown) -> list[str]:
    view = LadderView(**{"scale": CENT, "bids": BIDS, "asks": ASKS, "tick": 0.01, "last": 10_002, **shown})
    return ["".join(text for text, _ in row) for row in ladder_rows(view, rows, width)]


def working(action="BUY", price=99.99, status=Status.WORKING, **more):
    terms = {key: more.pop(key) for key in ("stop_price",) if key in more}
    intent = OrderIntent("R1", 0, SPY.con_id, "SPY", "DU1", action, "LMT", 10, limit_price=price, **terms)
    return Order(intent, status, **more)


def said(spans) -> str:
    return "".join(text for text, _ in spans)


def test_makers_of_one_price_are_summed_and_sizes_add_up_outwards():
    assert BIDS.sizes == {10_001: 300, 9_999: 400}
    assert BIDS.sums == {10_001: 300, 9_999: 700}


def test_each_row_is_one_increment_and_empty_prices_are_shown():
    prices = [next(word.strip("›‹•▸◆") for word in line.split() if "." in word) for line in lines()]
    assert prices == ["100.06", "100.05", "100.04", "100.03", "100.02", "100.01", "100.00", "99.99", "99.98"]


def test_where_the_increment_changes_rows_change_with_it():
    scale = Scale(increments([(0.0, 0.01), (3.0, 0.05)], 0.01))
    edge = scale.row(3.0)
    shown = lines(rows=range(edge + 2, edge - 3, -1), scale=scale)
    assert [next(word for word in line.split() if "." in word) for line in shown] == [
        "3.10",
        "3.05",
        "3.00",
        "2.99",
        "2.98",
    ]


def test_bids_stand_left_of_the_price_and_asks_right():
    bid, ask = lines()[5], lines()[3]
    assert bid.index("300") < bid.index("100.01")
    assert ask.index("500") > ask.index("100.03")
    assert "›100.01" in bid
    assert "100.03‹" in ask
    assert "•" in lines()[4]


@given(st.integers(40, 240), st.integers(1, 60), st.integers(9_900, 10_100), st.booleans())
def test_every_row_fills_the_width(width, height, first, venues):
    view = LadderView(CENT, BIDS, ASKS, 0.01, profile={10_000: 5.0, 10_001: 7.0}, venues=venues)
    rows = ladder_rows(view, range(first, first - height, -1), width)
    assert len(rows) == height
    assert {length(row) for row in [*rows, ladder_header(width, 5.0, venues)]} == {width}


@pytest.mark.parametrize(
    ("width", "gone"),
    [
        (79, {"Σ", "VOLUME"}),
        (72, {"PROFILE", "Σ", "VOLUME"}),
        (52, {"bid bar", "ask bar", "PROFILE", "Σ", "VOLUME", "±BID", "±ASK"}),
        (200, set()),
    ],
)
def test_columns_drop_by_rank_and_touch_price_and_orders_never_do(width, gone):
    titles = [each.title for each in columns_of(venues=False)]
    shown = {titles[each.index] for each in places_of(width, venues=False)}
    assert set(titles) - shown == gone


@given(
    st.lists(st.tuples(st.integers(9_950, 9_999), st.integers(1, 50)), max_size=10),
    st.lists(st.tuples(st.integers(10_000, 10_050), st.integers(1, 50)), max_size=10),
    st.sampled_from([2, 5, 10]),
)
def test_a_grouped_ladder_keeps_every_size_and_is_never_crossed(bids, asks, group):
    scale = Scale(CENT.grid, group)
    low = ladder_book.side_of([Level(at / 100, size, "") for at, size in sorted(bids, reverse=True)], scale, "down")
    high = ladder_book.side_of([Level(at / 100, size, "") for at, size in sorted(asks)], scale, "up")
    assert (low.total, high.total) == (sum(size for _, size in bids), sum(size for _, size in asks))
    best_bid, best_ask = ladder_book.best_rows(low, high)
    if best_bid is not None and best_ask is not None:
        assert best_bid <= best_ask
        assert scale.price(best_bid) <= max(bids)[0] / 100
        assert scale.price(best_ask) >= min(asks)[0] / 100


def test_our_working_orders_are_marked_at_their_price():
    orders = [working(status=Status.PARTIAL, filled=4), working(status=Status.CANCELLED)]
    mine = ladder_book.own_orders(orders, SPY.con_id, CENT)
    assert mine == {9_999: [orders[0]]}
    assert lines(mine=mine)[7].startswith("B6/10")
    assert ladder_book.own_orders(orders, 1, CENT) == {}


@pytest.mark.parametrize(
    ("orders", "words"),
    [
        ([working()], "B10"),
        ([working(status=Status.SENT)], "B10…"),
        ([working(status=Status.UNKNOWN)], "B10?"),
        ([working(cancel_requested=True)], "B10×"),
        ([working(change=working().intent)], "B10~"),
        ([working(), working()], "B20·2"),
        ([working("SELL", None, stop_price=99.0)], "S10s"),
        ([working("SELL"), working()], "B10 S10"),
    ],
)
def test_a_rows_orders_say_how_they_stand(orders, words):
    assert ladder_book.order_words(orders) == words


def test_what_was_pulled_stacked_hit_and_lifted_stands_in_its_row_and_small_changes_are_left_out():
    shown = {"bid_changes": {10_001: -300.0, 9_999: 40.0}, "ask_changes": {10_003: 1_500.0}}
    row = lines(hit={10_001: 700.0}, least=100.0, **shown)
    assert row[5].index("-300") < row[5].index("›100.01") < row[5].index("700")
    assert "+1,500" in row[3]
    assert "+40" not in row[7]
    assert "+40" in lines(**shown)[7]


def test_the_point_of_control_is_marked_besides_its_colour():
    marked = [line for line in lines(profile={10_000: 50.0, 10_001: 900.0}, control=10_001) if "◂" in line]
    assert len(marked) == 1
    assert "100.01" in marked[0]


def test_who_stands_at_a_price_is_told_largest_first():
    assert "ARCA 200 NSDQ 100" in lines(venues=True)[5]


def test_a_book_that_is_not_believed_says_the_same_in_grey():
    view = LadderView(CENT, BIDS, ASKS, 0.01, believed=False, mine={9_999: [working()]})
    assert {tone for row in ladder_rows(view, ROWS, 80) for _, tone in row} == {"dim"}


def test_the_ladder_moves_only_when_the_market_nears_its_edge():
    assert not ladder_book.needs_centring(10_002, 20, BIDS, ASKS)
    assert not ladder_book.needs_centring(10_008, 20, BIDS, ASKS)
    assert ladder_book.needs_centring(10_012, 20, BIDS, ASKS)


def test_without_a_book_the_touch_or_the_last_price_is_the_centre():
    bids, asks = ladder_book.touch_only(Quote(1, bid=100.0, ask=100.1, bid_size=5), CENT)
    assert ladder_book.centre_of(bids, asks, Quote(1), CENT) == 10_005
    empty = ladder_book.Side()
    assert ladder_book.centre_of(empty, empty, Quote(1, last=99.5), CENT) == 9_950
    assert ladder_book.centre_of(empty, empty, Quote(1), CENT) is None


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (9_999, ["99.99", "bid Σ 700 (70.0k USD)", "-2 ticks", "-3.0 bps"]),
        (10_004, ["100.04", "ask Σ 550 (55.0k USD)", "+1 ticks", "+2.0 bps"]),
        (10_002, ["100.02", "inside", " 0.0 bps"]),
    ],
)
def test_the_chosen_row_tells_what_stands_up_to_it_its_worth_and_its_distance(row, words):
    line = " ".join(said(each) for each in cursor_parts(row, BIDS, ASKS, (100.01, 100.03), CENT, SPY))
    assert all(each in line for each in words), line


@pytest.mark.parametrize(
    ("held", "words"),
    [(10, "long 10 @ 99.99 +2.0 ticks +0.20 USD"), (-10, "short 10 @ 99.99 -4.0 ticks -0.40 USD")],
)
def test_a_position_is_valued_at_the_touch_that_would_close_it(held, words):
    assert words in said(position_part(held, 99.99, 100.01, 100.03, CENT, SPY))


def test_what_is_not_known_of_a_position_is_not_called_zero():
    assert "unknown" in said(position_part(10, None, 100.01, 100.03, CENT, SPY))
    assert "unknown" in said(position_part(10, 99.99, None, 100.03, CENT, SPY))


def test_a_book_that_is_crossed_between_two_rows_has_neither_a_spread_nor_a_tick_mark():
    book = DepthBook(SPY.con_id)
    book.bids, book.asks, book.updated = list(BID_LEVELS), list(ASK_LEVELS), 9.8
    sound = " ".join(map(said, book_parts(book, BIDS, ASKS, (100.01, 100.03), CENT, 10.0)))
    assert "spread 2" in sound
    assert "book ✓ 0.2s" in sound
    book.bids[0] = Level(132.0, 200, "ARCA")
    crossed = " ".join(map(said, book_parts(book, BIDS, ASKS, (132.0, 100.03), CENT, 10.0)))
    assert "book ? crossed: bid 132 over ask 100.03 0.2s" in crossed
    assert "✓" not in crossed
    assert "spread" not in crossed
