"""The day's result from our own fills is what they paid and earned, what they cost, and what is left at the market."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.instruments import Instrument
from ibtui.trading.day_result import (
    ALLOWED,
    ALLOWED_OF_OPEN,
    allowed_difference,
    began_flat,
    by_currency,
    day_results,
    fills_since,
    in_base,
    mark_price,
)
from ibtui.trading.orders import Commission, Execution, Status
from tests.unit.trading.makers import order

CONTRACTS = {
    1: Instrument(1, "SPY"),
    2: Instrument(2, "ES", "FUT", multiplier=50.0),
    3: Instrument(3, "SAP", currency="EUR"),
}
RATES = {"EUR": 1.25}


def fill(number, con_id, side, quantity, price, fee=0.0, currency="USD", realized=None):
    execution = Execution(f"e{number}.01", "REF", number, con_id, side, quantity, price)
    return execution, None if fee is None else Commission(f"e{number}.01", fee, currency, realized)


def results(fills, marks):
    return day_results(fills, CONTRACTS.get, marks.get)


fills_drawn = st.lists(
    st.tuples(
        st.sampled_from([1, 2, 3]),
        st.sampled_from(["BUY", "SELL"]),
        st.integers(1, 500),
        st.integers(1, 100_000).map(lambda cents: cents / 100),
        st.integers(0, 500).map(lambda cents: cents / 100),
    ),
    max_size=20,
)
marks_drawn = st.fixed_dictionaries(
    {each: st.integers(1, 100_000).map(lambda cents: cents / 100) for each in (1, 2, 3)}
)


@given(fills_drawn, marks_drawn, st.randoms())
def test_each_fill_gains_from_its_price_to_the_mark_whatever_the_order_of_the_fills(drawn, marks, random):
    fills = [fill(number, *each) for number, each in enumerate(drawn)]
    random.shuffle(fills)
    expected: dict[str, float] = {}
    for con_id, side, quantity, price, fee in drawn:
        contract = CONTRACTS[con_id]
        gain = (marks[con_id] - price) * quantity * contract.multiplier * (1 if side == "BUY" else -1)
        expected[contract.currency] = expected.get(contract.currency, 0.0) + gain
        expected["USD"] = expected.get("USD", 0.0) - fee
    found = by_currency(results(fills, marks).values())
    assert found.keys() == expected.keys()
    for currency, value in expected.items():
        assert found[currency] == pytest.approx(value, abs=0.01)
    total = sum(value * RATES.get(currency, 1.0) for currency, value in expected.items())
    assert in_base(found, "USD", RATES.get) == pytest.approx(total, abs=0.01)


@given(fills_drawn, marks_drawn, marks_drawn)
def test_what_is_closed_does_not_hang_on_the_mark(drawn, marks, others):
    fills = [fill(number, *each) for number, each in enumerate(drawn)]
    opposite = {"BUY": "SELL", "SELL": "BUY"}
    fills += [fill(100 + at, each[0], opposite[each[1]], each[2], 7.0, 0.0) for at, each in enumerate(drawn)]
    closed, elsewhere, unpriced = (by_currency(results(fills, each).values()) for each in (marks, others, {}))
    assert closed == elsewhere == unpriced
    assert None not in closed.values()


def test_an_open_position_without_a_price_and_a_fill_without_a_commission_make_the_result_unknown():
    assert by_currency(results([fill(1, 1, "BUY", 10, 100.0)], {}).values()) == {"USD": None}
    assert by_currency(results([fill(1, 1, "BUY", 10, 100.0, None)], {1: 101.0}).values()) == {"USD": None}
    assert in_base({"USD": None}, "USD", RATES.get) is None
    assert in_base({"CHF": 1.0}, "USD", RATES.get) is None, "no rate"
    unknown = day_results([fill(1, 9, "BUY", 10, 100.0)], CONTRACTS.get, {9: 101.0}.get)
    assert unknown[9].traded is None, "a contract of unknown multiplier"


def test_a_day_without_fills_is_a_known_zero():
    assert in_base(by_currency([]), "USD", RATES.get) == 0.0


def test_the_result_after_commissions_is_one_number_only_in_one_currency():
    paid_in_dollars = results([fill(1, 3, "BUY", 10, 100.0, 2.0)], {3: 101.0})[3]
    assert (paid_in_dollars.traded, paid_in_dollars.net, paid_in_dollars.fees) == (10.0, None, {"USD": 2.0})
    assert results([fill(1, 3, "BUY", 10, 100.0, 2.0, "EUR")], {3: 101.0})[3].net == 8.0


def test_what_ib_says_was_realised_is_summed_and_unknown_without_any():
    opening, closing = fill(1, 1, "BUY", 10, 100.0), fill(2, 1, "SELL", 10, 101.0, 1.0, "USD", 9.0)
    assert results([opening], {1: 101.0})[1].realized is None
    assert results([opening, closing], {})[1].realized == 9.0


def test_the_days_fills_explain_what_is_held_only_where_nothing_was_held_before():
    bought = results([fill(1, 1, "BUY", 10, 100.0), fill(2, 2, "SELL", 1, 100.0), fill(3, 2, "BUY", 1, 99.0)], {})
    assert began_flat(bought, {1: 10.0})
    assert not began_flat(bought, {1: 15.0})
    assert not began_flat(bought, {1: 10.0, 7: 1.0})
    assert not began_flat(bought, {})
    assert began_flat({}, {})


def test_figures_may_differ_by_rounding_and_by_the_mark_of_what_is_open():
    open_worth = results([fill(1, 1, "BUY", 10, 100.0), fill(2, 3, "SELL", 10, 80.0)], {1: 100.0, 3: 80.0})
    allowed = allowed_difference(open_worth.values(), "USD", RATES.get)
    assert allowed == pytest.approx(ALLOWED + ALLOWED_OF_OPEN * (1000 + 800 * 1.25))
    assert allowed_difference([], "USD", RATES.get) == ALLOWED
    assert allowed_difference(results([fill(1, 1, "BUY", 10, 100.0)], {}).values(), "USD", RATES.get) == math.inf


def test_only_the_days_fills_count_each_with_the_commission_of_its_last_correction():
    early, late = (Execution(f"{at}.02", "REF", at, 1, "BUY", 5, 100.0) for at in (10, 20))
    cost = Commission("20.01", 1.0, "USD")
    traded = replace(order(Status.FILLED), executions=(early, late), commissions=(cost,))
    assert fills_since([traded], 20) == [(late, cost)]


@pytest.mark.parametrize(
    ("bid", "ask", "last", "mark"),
    [
        (10, 12, 11, 11),
        (10, 12, 9, 10),
        (10, 12, 13, 12),
        (10, 12, None, 11),
        (None, 12, 9, 9),
        (None, None, None, None),
    ],
)
def test_a_position_is_marked_at_the_last_price_held_between_bid_and_ask(bid, ask, last, mark):
    assert mark_price(bid, ask, last) == mark
