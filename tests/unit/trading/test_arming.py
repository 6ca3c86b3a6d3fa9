"""A key never trades on what its user did not see, and an armed console disarms itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.arming import (
    IDLE_SECONDS,
    MOST_LAG_MS,
    PAINTED_SECONDS,
    Footing,
    Touch,
    why_disarm,
    why_not_instant,
)

FIRM = Footing(ready=True, live=True, loop_lag_ms=1.0, idle_s=1.0)


def test_it_stays_armed_while_everything_holds():
    assert why_disarm(10.0, 9.9, FIRM) == ""
    assert why_disarm(10.0, 9.9, replace(FIRM, live=None)) == ""


@pytest.mark.parametrize(
    ("footing", "words"),
    [
        (replace(FIRM, ready=False), "READY"),
        (replace(FIRM, live=False), "LIVE"),
        (replace(FIRM, loop_lag_ms=MOST_LAG_MS + 1), "lags"),
        (replace(FIRM, idle_s=IDLE_SECONDS), "no key"),
    ],
)
def test_it_is_disarmed_by_whatever_gives_way(footing, words):
    assert words in why_disarm(10.0, 0.0, footing)


def test_it_is_disarmed_when_its_time_is_over():
    assert "time" in why_disarm(10.0, 10.0, FIRM)


def test_a_touch_just_painted_may_be_traded():
    assert why_not_instant(Touch(450.0, 450.01, 10.0), 450.01, 450.02, 0.01, 10.5) == ""


@pytest.mark.parametrize(
    ("painted", "now"),
    [
        (None, 10.0),
        (Touch(None, 450.01, 10.0), 10.0),
        (Touch(450.0, 450.01, 10.0), 10.0 + PAINTED_SECONDS + 0.1),
        (Touch(449.9, 450.01, 10.0), 10.0),
    ],
)
def test_what_was_not_seen_or_has_moved_is_not_traded(painted, now):
    assert why_not_instant(painted, 450.0, 450.01, 0.01, now)


@given(st.one_of(st.none(), st.sampled_from([0.0, -1.0])), st.booleans())
def test_without_both_sides_nothing_is_traded(side, other):
    bid, ask = (side, 450.0) if other else (450.0, side)
    assert why_not_instant(Touch(450.0, 450.0, 0.0), bid, ask, 0.01, 0.0)
