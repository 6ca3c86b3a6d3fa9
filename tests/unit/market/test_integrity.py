"""When a book is believed: faults that last, and none that pass."""

import pytest

from ibtui.market.book import ASK, BID, CLEAR, DELETE, INSERT, UPDATE
from ibtui.market.integrity import DISAGREES_FOR, PATIENCE
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState


def depth(side, operation, position, price=None, size=1.0):
    return (1, 0, 0, side, operation, position, price, size, "", 13)


class Market:
    """One contract's book and quote, and the time."""

    def __init__(self):
        self.state, self.now = MarketState(), 0.0
        self.take(depth=[depth(ASK, CLEAR, 0), depth(BID, INSERT, 0, 10.0), depth(ASK, INSERT, 0, 10.1)])
        self.quote(10.0, 10.1)

    def take(self, after=0.0, **rows):
        self.now += after
        self.state.apply(Batch(0, self.now, **rows), 1)

    def quote(self, bid, ask, after=0.0):
        self.take(after, ticks=[(1, 0, 0, 1, bid, 1.0), (1, 0, 0, 2, ask, 1.0)])

    def trouble(self, after=0.0):
        self.now += after
        return self.state.trouble(1, self.now)


def test_a_book_that_agrees_is_believed_however_quiet_it_is():
    market = Market()
    assert market.trouble() == market.trouble(after=3600) == ""
    assert market.state.trouble(2, 0.0) == ""


def test_a_row_that_does_not_fit_is_told_at_once():
    market = Market()
    market.take(depth=[depth(BID, UPDATE, 7, 9.9)])
    assert market.trouble() == "update at row 7 of 1 bids"
    market.take(depth=[depth(ASK, CLEAR, 0)])
    assert market.trouble() == ""


def test_a_crossed_book_is_disbelieved_only_when_it_stays_so():
    market = Market()
    market.trouble()
    market.take(depth=[depth(BID, UPDATE, 0, 10.2)])
    assert market.trouble(after=PATIENCE / 2) == ""
    market.take(depth=[depth(BID, UPDATE, 0, 10.0)])
    assert market.trouble() == ""
    market.take(depth=[depth(BID, UPDATE, 0, 10.2)])
    assert market.trouble(after=PATIENCE) == "crossed: bid 10.2 over ask 10.1"


def test_a_best_price_that_differs_from_the_quote_for_long_is_told():
    market = Market()
    market.quote(10.0, 10.2)
    assert market.trouble(after=DISAGREES_FOR / 2) == ""
    assert market.trouble(after=DISAGREES_FOR / 2) == "best ask 10.1 differs from the quote's 10.2"


def test_a_difference_counts_from_when_it_began_however_long_nobody_looked():
    market = Market()
    market.quote(10.0, 10.2, after=3600)
    assert market.trouble(after=DISAGREES_FOR / 2) == ""
    market.take(after=DISAGREES_FOR / 2, ticks=[(2, 0, 0, 1, 5.0, 1.0)])  # another contract's read changes nothing
    assert market.trouble() == "best ask 10.1 differs from the quote's 10.2"


def test_a_market_in_which_book_and_quote_follow_each_other_is_believed():
    market = Market()
    for number in range(20):  # never equal when somebody looks, and equal in between
        price = 10.0 - number / 100
        market.quote(price, price + 0.1, after=DISAGREES_FOR / 4)
        market.take(depth=[depth(BID, UPDATE, 0, price), depth(ASK, UPDATE, 0, price + 0.1)])
        market.quote(price - 0.01, price + 0.09)
        assert market.trouble() == ""


@pytest.mark.parametrize("how", ["delayed", "unconfirmed", "halted"])
def test_a_quote_that_is_not_live_says_nothing_about_the_book(how):
    market = Market()
    market.quote(9.0, 9.1)
    quote = market.state.board.quote(1)
    if how == "delayed":
        quote.data_type = 3
    elif how == "unconfirmed":
        market.state.board.unconfirm(1)
    else:
        quote.halted = True
    assert market.trouble() == market.trouble(after=60) == ""


def test_a_book_that_stopped_while_the_quote_goes_on_is_told():
    market = Market()
    for _ in range(15):
        market.quote(10.0, 10.1, after=1.0)
    assert market.trouble().startswith("no row for 15 s, while the quote had")
    market.take(depth=[depth(BID, UPDATE, 0, 10.0)])
    assert market.trouble() == ""


def test_a_book_that_stopped_in_a_fast_market_is_told_soon_though_the_quote_comes_by_its_prices():
    market = Market()
    for step in range(55):
        market.quote(10.0 if step % 10 == 0 else 9.9, 10.1 if step % 10 == 5 else 10.2, after=0.05)
        assert market.trouble() == "", step
    market.quote(10.0, 10.1, after=0.5)
    assert market.trouble().startswith("no row for 3 s, while the quote had")


def test_after_a_stall_of_ours_the_quote_may_come_before_the_book():
    market = Market()
    market.now += 5.0
    for _ in range(60):
        market.quote(10.0, 10.1, after=0.001)
    assert market.trouble() == ""
    market.take(depth=[depth(BID, UPDATE, 0, 10.0)])
    assert market.trouble() == ""


def test_an_empty_book_is_no_broken_one():
    market = Market()
    market.take(depth=[depth(BID, DELETE, 0), depth(ASK, DELETE, 0)])
    market.quote(9.0, 9.1)
    assert market.trouble(after=60) == ""
