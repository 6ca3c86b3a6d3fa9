import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market import values
from ibtui.market.kinds import KINDS

NOTHING = [None, math.nan, math.inf, -math.inf, 1.7976931348623157e308, -1.7976931348623157e308, 2**31 - 1, 2**63 - 1]


@pytest.mark.parametrize("value", NOTHING)
def test_each_way_to_say_nothing_is_none(value):
    assert values.known(value) is None
    assert values.price(value) is None
    assert values.positive(value) is None or value in (2**31 - 1, 2**63 - 1)


def test_minus_one_is_no_price_but_a_number():
    assert values.known(-1) == -1
    assert values.price(-1) is None
    assert values.price(-1.0) is None
    assert values.positive(-1) is None


@given(st.floats(min_value=-1e12, max_value=1e12).filter(lambda value: value not in (-1, 2**31 - 1)))
def test_every_ordinary_number_is_kept(value):
    assert values.known(value) == value
    assert values.price(value) == value
    assert values.positive(value) == (value if value > 0 else None)


@given(st.floats(allow_nan=True, allow_infinity=True))
def test_what_is_known_is_finite(value):
    kept = values.known(value)
    assert kept is None or math.isfinite(kept)


def test_every_delayed_kind_has_a_live_twin_of_its_group():
    delayed = [kind for kind in KINDS.values() if kind.delayed]
    assert {kind.number for kind in delayed} >= set(range(66, 77))
    for kind in delayed:
        twin = KINDS[kind.live_number]
        assert not twin.delayed
        assert twin.group == kind.group
        assert kind.name == f"delayed {twin.name}"


def test_every_live_kind_is_its_own_twin():
    assert all(kind.live_number == number for number, kind in KINDS.items() if not kind.delayed)
    assert all(kind.number == number for number, kind in KINDS.items())
    assert set(KINDS) == set(range(105))
