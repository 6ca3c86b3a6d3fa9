"""A key moves a price by the increment and a quantity by its step, never off the grid and never to nothing."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.prices import on_tick
from ibtui.trading.entry import read_price
from ibtui.trading.sizing import read_size, step_price, step_size

SHARE = Instrument(1, "SPY")
FUTURE = Instrument(2, "ES", sec_type="FUT", min_tick=0.25, multiplier=50.0)
EURO = Instrument(3, "EUR", sec_type="CASH", min_tick=0.00005)
COIN = Instrument(4, "BTC", sec_type="CRYPTO", min_tick=0.25, size_increment=1e-8)
WHOLE_COIN = replace(COIN, size_increment=1.0)
KINDS = [SHARE, FUTURE, EURO, COIN, WHOLE_COIN]


@pytest.mark.parametrize(
    ("instrument", "text", "steps", "price"),
    [
        (SHARE, "450.10", 1, "450.11"),
        (FUTURE, "6600.00", 1, "6600.25"),
        (FUTURE, "6,600.25", -1, "6600.00"),
        (FUTURE, "6600.10", 1, "6600.25"),
        (EURO, "1.08500", 10, "1.08550"),
        (COIN, "90000", -10, "89997.50"),
        (SHARE, "0.01", -1, "0.01"),
        (SHARE, "", 1, "449.00"),
        (SHARE, "x", -1, "449.00"),
        (SHARE, "2%", 1, "2.1%"),
        (SHARE, "0.1%", -1, "0.1%"),
    ],
)
def test_a_price_moves_by_increments_and_a_percentage_by_tenths(instrument, text, steps, price):
    assert step_price(text, 449.0, instrument.min_tick, steps) == price


def test_without_a_quote_an_empty_price_stays_empty():
    assert step_price("", None, 0.01, 1) == ""


@pytest.mark.parametrize(
    ("instrument", "text", "steps", "quantity"),
    [
        (SHARE, "10", 1, 11),
        (SHARE, "1", -1, 1),
        (SHARE, "10k", 10, 10_010),
        (SHARE, "", 1, 1),
        (FUTURE, "1", 1, 2),
        (EURO, "20,000", 1, 21_000),
        (EURO, "500", -1, 1000),
        (COIN, "0.05", 1, 0.06),
        (COIN, "0.01", -1, 0.01),
        (WHOLE_COIN, "1", 1, 2),
    ],
)
def test_a_quantity_moves_by_the_step_of_its_kind(instrument, text, steps, quantity):
    assert step_size(text, instrument, steps) == quantity


@given(st.sampled_from(KINDS), st.floats(0.0001, 1e6), st.sampled_from([-10, -1, 1, 10]))
def test_no_step_leaves_the_grid(instrument, start, steps):
    quantity = step_size(f"{start:.8f}", instrument, steps)
    assert quantity > 0
    assert on_tick(quantity, instrument.size_increment)
    price = step_price(f"{start:.8f}", None, instrument.min_tick, steps)
    if price != f"{start:.8f}":
        assert read_price(price, instrument.min_tick) > 0


def test_cash_buys_parts_of_what_has_parts_and_whole_ones_of_the_rest():
    assert read_size("$5000", 90_000.0, None, 1.0, 1e-8) == 0.05555555
    with pytest.raises(UsageError, match="less than one"):
        read_size("$5000", 90_000.0, None, 1.0)
