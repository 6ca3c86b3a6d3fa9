import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.prices import UNKNOWN, decimals, exact, format_price, on_tick, round_to_tick

ticks = st.sampled_from([0.01, 0.05, 0.25, 0.0001, 0.00005, 1.0, 5.0, 0.03125, 0.0078125, 1e-8])
prices = st.floats(-100_000, 100_000).map(lambda value: round(value, 6))
BAD = [math.nan, math.inf, 1.7976931348623157e308]


@given(prices, ticks, st.sampled_from(["nearest", "down", "up"]))
def test_a_rounded_price_is_on_the_grid_and_on_the_right_side(price, tick, mode):
    rounded = round_to_tick(price, tick, mode)
    noise = tick * 1e-5 + 1e-9
    assert on_tick(rounded, tick)
    assert round_to_tick(rounded, tick, mode) == rounded
    if mode == "nearest":
        assert abs(rounded - price) <= tick / 2 + noise
    if mode == "down":
        assert -noise <= price - rounded < tick + noise
    if mode == "up":
        assert -noise <= rounded - price < tick + noise


@given(st.integers(-(10**14), 10**14), st.integers(0, 8), st.integers(0, 5))
def test_an_exact_number_keeps_every_digit_and_has_its_places_and_no_exponent(digits, places, least):
    value = digits / 10**places
    text = exact(value, least)
    assert float(text.replace(",", "")) == pytest.approx(value, abs=1e-8, rel=1e-12)
    assert "e" not in text
    assert len(text.partition(".")[2]) >= least
    assert least or not text.endswith((".", "0")) or value == int(value)


@given(st.integers(-1_000_000, 1_000_000), ticks)
def test_noise_of_floating_point_moves_nothing(steps, tick):
    price = steps * tick
    assert on_tick(price, tick)
    assert round_to_tick(price, tick, "up") == round_to_tick(price, tick, "down")


def test_off_the_grid_is_off():
    assert not on_tick(450.005, 0.01)
    assert on_tick(450.01, 0.01)
    assert not on_tick(450.1, 0.25)


@pytest.mark.parametrize("bad", [*BAD, 0.0, -0.01])
def test_without_an_increment_no_price_is_right(bad):
    assert not on_tick(450.0, bad)
    assert decimals(bad) == 2
    with pytest.raises(ValueError, match="grid"):
        round_to_tick(450.0, bad)


@pytest.mark.parametrize("bad", BAD)
def test_without_a_price_nothing_is_on_the_grid(bad):
    assert not on_tick(bad, 0.01)
    assert format_price(bad, 0.01) == UNKNOWN
    with pytest.raises(ValueError, match="grid"):
        round_to_tick(bad, 0.01)


def test_a_price_beyond_what_floats_hold_is_refused():
    assert not on_tick(1e12, 1e-8)


@pytest.mark.parametrize(
    ("tick", "places"), [(0.01, 2), (0.25, 2), (0.00005, 5), (1.0, 0), (5.0, 0), (10.0, 0), (0.1, 1), (1e-12, 8)]
)
def test_places_are_those_of_the_increment(tick, places):
    assert decimals(tick) == places


def test_prices_are_written_with_the_places_of_their_increment():
    assert format_price(450.1, 0.01) == "450.10"
    assert format_price(1.08125, 0.00005) == "1.08125"
    assert format_price(4500.0, 0.25) == "4500.00"
    assert format_price(None, 0.01) == UNKNOWN
    assert format_price(0.0, 0.01) == "0.00"
