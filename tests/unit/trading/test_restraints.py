"""A bad day can't get worse unnoticed, and nothing stays held back that shouldn't."""

import math
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.trading_day import day_began_ns, next_day_ns
from ibtui.trading.restraints import (
    SETTLE_SECONDS,
    Restraint,
    blind_restraint,
    day_profit,
    is_over,
    loss_restraint,
    most_severe,
)
from ibtui.trading.states import TradingState

NEW_YORK = ZoneInfo("America/New_York")


def at(text):
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * NS


def restraint(state, source="user"):
    return Restraint(source, state, "because", at("2026-11-20T10:00"))


def test_the_most_severe_restraint_holds():
    assert most_severe([]) is TradingState.ACTIVE
    assert most_severe([restraint(TradingState.REDUCING)]) is TradingState.REDUCING
    both = [restraint(TradingState.HALTED), restraint(TradingState.REDUCING, "daily loss")]
    assert most_severe(both) is most_severe(reversed(both)) is TradingState.HALTED


@pytest.mark.parametrize(("wanted", "state"), [("reducing", TradingState.REDUCING), ("halt", TradingState.HALTED)])
def test_a_loss_at_its_limit_latches_what_the_settings_say(wanted, state):
    latched = loss_restraint(-500.0, 500.0, wanted, 1)
    assert latched is not None
    assert latched.state is state
    assert "500.00" in latched.reason


@given(st.one_of(st.none(), st.floats(-499.99, 1e9)))
def test_without_a_known_loss_of_that_size_nothing_latches(profit):
    assert loss_restraint(profit, 500.0, "halt", 1) is None


@pytest.mark.parametrize("reported", [None, math.nan, 1.7976931348623157e308])
def test_only_who_is_flat_and_has_not_traded_has_a_known_zero(reported):
    assert day_profit(reported, flat=True, traded=False) == 0.0
    assert day_profit(reported, flat=True, traded=True) is None
    assert day_profit(reported, flat=False, traded=False) is None


def test_a_reported_profit_is_believed():
    assert day_profit(-12.5, flat=True, traded=False) == -12.5


def test_an_unknown_profit_holds_back_once_ib_had_time_to_report_it():
    assert blind_restraint(None, None, 1) is None
    assert blind_restraint(None, SETTLE_SECONDS - 0.1, 1) is None
    held_back = blind_restraint(None, SETTLE_SECONDS, 1)
    assert held_back is not None
    assert held_back.state is TradingState.REDUCING
    assert blind_restraint(0.0, SETTLE_SECONDS, 1) is None


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("2026-11-20T10:00", "2026-11-20T17:00"),
        ("2026-11-20T17:00", "2026-11-21T17:00"),
        ("2026-11-20T23:59", "2026-11-21T17:00"),
        ("2026-10-31T18:00", "2026-11-01T17:00"),  # the clocks go back in between
    ],
)
def test_a_days_latch_ends_with_its_trading_day(since, until):
    assert next_day_ns(at(since)) == at(until)
    assert day_began_ns(at(until)) == at(until)
    assert day_began_ns(at(until) - 1) <= at(since)
    latched = Restraint("daily loss", TradingState.REDUCING, "", at(since))
    assert not is_over(latched, at(until) - 1)
    assert is_over(latched, at(until))


def test_what_the_user_halted_no_day_releases():
    assert not is_over(restraint(TradingState.HALTED), at("2027-11-20T10:00"))
