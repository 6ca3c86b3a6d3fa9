from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.increments import increments

PENNY = increments([], 0.01)
SUB_PENNY = increments([(0.0, 0.0001), (1.0, 0.01)], 0.0001)
OPTION = increments([(0.0, 0.01), (3.0, 0.05)], 0.01)


@pytest.mark.parametrize("grid", [PENNY, SUB_PENNY, OPTION, increments([(0, 0.25)], 0.25)])
@given(row=st.integers(0, 2_000_000))
def test_a_row_is_its_price_and_back_and_the_next_one_is_an_increment_above(grid, row):
    price = grid.price(row)
    assert {grid.row(price, rounding) for rounding in ("nearest", "down", "up")} == {row}
    assert grid.price(row + 1) - price == pytest.approx(grid.step(row), rel=1e-6)


@given(st.decimals("0.0001", "10", places=4))
def test_the_rows_below_a_price_are_counted_as_by_hand(price):
    model, at = 0, Decimal(0)
    while at + (step := Decimal("0.0001") if at < 1 else Decimal("0.01")) <= price:
        model, at = model + 1, at + step
    assert SUB_PENNY.row(float(price), "down") == model
    assert SUB_PENNY.row(float(price), "up") == model + (at != price)


def test_a_price_between_two_rows_goes_where_it_is_told():
    assert [OPTION.price(OPTION.row(3.07, each)) for each in ("down", "nearest", "up")] == [3.05, 3.05, 3.10]
    assert OPTION.price(OPTION.row(2.999, "up")) == 3.0


def test_the_grid_changes_at_the_edge_of_a_band():
    edge = OPTION.row(3.0)
    assert [OPTION.price(edge + each) for each in (-2, -1, 0, 1, 2)] == [2.98, 2.99, 3.0, 3.05, 3.1]
    assert (OPTION.step(edge - 1), OPTION.step(edge)) == (0.01, 0.05)


def test_prices_below_zero_go_on_with_the_lowest_increment():
    assert PENNY.price(PENNY.row(-37.63)) == -37.63


@pytest.mark.parametrize("bands", [[], [(0.0, 0.0)], [(float("nan"), 0.01)], [(0.0, float("nan"))], [(0.0, -1.0)]])
def test_a_rule_that_says_nothing_leaves_the_contracts_own_increment(bands):
    assert increments(bands, 0.25) == increments([(0.0, 0.25)], 0.25)
