from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.axes import price_step, round_prices, scale_of, time_labels
from ibtui.market.prices import on_tick

NEW_YORK = ZoneInfo("America/New_York")
NINE_THIRTY = 1795185000  # 2026-11-20 09:30 in New York
prices = st.floats(0.01, 5000).map(lambda value: round(value, 2))


@given(st.lists(prices, min_size=1, max_size=20), st.integers(2, 120))
def test_a_higher_price_never_stands_lower_and_none_off_the_scale(found, levels):
    scale = scale_of(found, levels, 0.01)
    placed = [scale.level(price) for price in sorted(found)]
    assert placed == sorted(placed)
    assert placed[0] >= 0
    assert placed[-1] < levels
    if max(found) > min(found) + 0.02:
        assert (placed[0], placed[-1]) == (0, levels - 1)


@given(prices, prices, st.integers(2, 20), st.sampled_from([0.01, 0.05, 0.25, 0.00005, 1 / 64, 5]))
def test_the_prices_that_are_named_lie_on_increments_inside_and_are_not_too_many(one, two, most, tick):
    scale = scale_of([one, two], 40, tick)
    named = round_prices(scale, most, tick)
    assert len(named) <= most + 1
    assert all(scale.low - 1e-6 <= price <= scale.high + 1e-6 for price in named)
    assert all(on_tick(round(price, 9), tick) for price in named)


@pytest.mark.parametrize(
    ("span", "most", "tick", "step"),
    [(1.0, 5, 0.01, 0.2), (0.9, 4, 0.01, 0.25), (3, 6, 0.25, 0.5), (0.3, 10, 0.25, 0.25), (900, 5, 0.01, 200)],
)
def test_prices_are_named_at_distances_that_people_find_round(span, most, tick, step):
    assert price_step(span, most, tick) == pytest.approx(step)


@given(st.integers(1, 3), st.integers(1, 200), st.sampled_from([5, 60, 300, 3600, 86400]), st.integers(20, 200))
def test_no_two_times_overlap_or_leave_the_axis(cells, count, seconds, width):
    starts = [NINE_THIRTY + at * seconds for at in range(count)]
    labels = time_labels(starts, 0, cells, seconds, NEW_YORK, width)
    for one, two in pairwise(labels):
        assert one.cell + len(one.text) < two.cell
    assert all(label.cell + len(label.text) <= width for label in labels)


def test_times_are_the_exchanges_and_a_new_date_stands_out():
    starts = [NINE_THIRTY - 86400 + at * 60 for at in range(390)] + [NINE_THIRTY + at * 60 for at in range(60)]
    labels = time_labels(starts, 0, 1, 60, NEW_YORK, 450)
    assert [label.text for label in labels if label.date] == ["Nov 19", "Nov 20"]
    assert {"09:40", "10:00", "15:50"} <= {label.text for label in labels}
    assert "Nov" in [label.text for label in time_labels([1793000000, 1795100000], 0, 20, 86400, NEW_YORK, 80)]
