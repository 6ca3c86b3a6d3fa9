from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.board import Quote
from ibtui.market.book import Level
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Order, OrderIntent, Status
from ibtui.ui.rows import ladder
from ibtui.ui.text import length

SPY = Instrument(756733, "SPY")
BIDS = ladder.side_of([Level(100.01, 200, "A"), Level(100.01, 100, "B"), Level(99.99, 400, "A")], 0.01)
ASKS = ladder.side_of([Level(100.03, 500, "A"), Level(100.04, 50, "A")], 0.01)


def lines(centre: int = 10_002, height: int = 9, width: int = 80, mine=None) -> list[str]:
    rows = ladder.ladder_rows(BIDS, ASKS, centre, height, width, SPY, 100.02, mine or {})
    return ["".join(text for text, _ in row) for row in rows]


def test_makers_of_one_price_are_summed_and_sizes_add_up_outwards():
    assert BIDS.sizes == {10_001: 300, 9_999: 400}
    assert BIDS.sums == {10_001: 300, 9_999: 700}


def test_each_row_is_one_tick_and_empty_prices_are_shown():
    prices = [next(word.strip("›‹•") for word in line.split() if "." in word) for line in lines()]
    assert prices == ["100.06", "100.05", "100.04", "100.03", "100.02", "100.01", "100.00", "99.99", "99.98"]


def test_bids_stand_left_of_the_price_and_asks_right():
    bid, ask = lines()[5], lines()[3]
    assert bid.index("300") < bid.index("100.01")
    assert ask.index("500") > ask.index("100.03")
    assert "›100.01" in bid
    assert "100.03‹" in ask
    assert "•" in lines()[4]


@given(st.integers(80, 240), st.integers(1, 60), st.integers(9_900, 10_100))
def test_every_row_fills_the_width_but_for_an_odd_cell(width, height, centre):
    rows = ladder.ladder_rows(BIDS, ASKS, centre, height, width, SPY, None, {})
    assert len(rows) == height
    assert {length(row) for row in rows} <= {width, width - 1}


def test_our_working_orders_are_marked_at_their_price():
    intent = OrderIntent("R1", 0, SPY.con_id, "SPY", "DU1", "BUY", "LMT", 10, limit_price=99.99)
    orders = [Order(intent, Status.PARTIAL, filled=4), Order(intent, Status.CANCELLED)]
    mine = ladder.own_orders(orders, SPY.con_id, 0.01)
    assert mine == {("BUY", 9_999): 6}
    assert lines(mine=mine)[7].startswith("B 6")


def test_the_ladder_moves_only_when_the_market_nears_its_edge():
    assert not ladder.needs_centring(10_002, 20, BIDS, ASKS)
    assert not ladder.needs_centring(10_008, 20, BIDS, ASKS)
    assert ladder.needs_centring(10_012, 20, BIDS, ASKS)


def test_without_a_book_the_touch_or_the_last_price_is_the_centre():
    bids, asks = ladder.touch_only(Quote(1, bid=100.0, ask=100.1, bid_size=5), 0.01)
    assert ladder.centre_of(bids, asks, Quote(1), 0.01) == 10_005
    empty = ladder.Side()
    assert ladder.centre_of(empty, empty, Quote(1, last=99.5), 0.01) == 9_950
    assert ladder.centre_of(empty, empty, Quote(1), 0.01) is None
