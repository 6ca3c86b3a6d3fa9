"""Conditions on prices: met when they say, and not before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.board import Quote
from ibtui.trading.price_alerts import Condition, Relation, is_met, judged_price, parse_condition

PRICES = st.integers(1, 5).map(float)


@given(st.sampled_from(list(Relation)), PRICES, st.lists(PRICES, min_size=1))
def test_a_condition_is_met_at_the_first_price_that_fulfils_its_words(relation, wanted, prices):
    condition = Condition("SPY", relation, wanted)
    met = [is_met(condition, before, now) for before, now in zip([None, *prices], prices, strict=False)]
    words = {
        ">": lambda seen: seen[-1] > wanted,
        ">=": lambda seen: seen[-1] >= wanted,
        "<": lambda seen: seen[-1] < wanted,
        "<=": lambda seen: seen[-1] <= wanted,
        # Since it was set, there were prices on both sides, or one was the user's.
        "crosses": lambda seen: min(seen) <= wanted <= max(seen),
    }
    should = [words[relation](prices[: count + 1]) for count in range(len(prices))]
    first = met.index(True) if True in met else None
    assert first == (should.index(True) if True in should else None)


@given(st.sampled_from(list(Relation)), st.integers(1, 10**6).map(lambda cents: cents / 100))
def test_what_is_shown_can_be_written_again(relation, price):
    condition = Condition("EUR.USD", relation, price)
    assert parse_condition(str(condition)) == condition


@pytest.mark.parametrize(("sec_type", "price"), [("STK", 450.0), ("IND", 450.0), ("CASH", 451.0)])
def test_trades_decide_and_where_nobody_reports_any_the_middle(sec_type, price):
    assert judged_price(Quote(1, bid=450.5, ask=451.5, last=450.0), sec_type) == price
    assert judged_price(Quote(1, bid=450.5), sec_type) is None
