from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ibtui.backfill.calendar import trading
from ibtui.backfill.ledger import Range
from ibtui.backfill.planner import plan
from ibtui.market.bars import DAY, bar_size
from ibtui.market.instruments import Instrument

SPY = Instrument(756733, "SPY", time_zone="US/Eastern")
MINUTE, DAILY = bar_size("1 min"), bar_size("1 day")


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def test_a_week_with_a_holiday_and_an_early_close_has_four_sessions():
    week = Range(at("2026-11-23"), at("2026-11-30"))
    assert trading(SPY, MINUTE, True, week) == (
        Range(at("2026-11-23T14:30"), at("2026-11-23T21:00")),
        Range(at("2026-11-24T14:30"), at("2026-11-24T21:00")),
        Range(at("2026-11-25T14:30"), at("2026-11-25T21:00")),
        Range(at("2026-11-27T14:30"), at("2026-11-27T18:00")),
    )


def test_extended_hours_reach_from_four_to_eight():
    day = Range(at("2026-11-23"), at("2026-11-24T02:00"))
    assert trading(SPY, MINUTE, False, day) == (Range(at("2026-11-23T09:00"), at("2026-11-24T01:00")),)


def test_the_evening_of_the_day_before_in_utc_is_not_forgotten():
    morning = Range(at("2026-11-24"), at("2026-11-24T08:00"))
    assert trading(SPY, MINUTE, False, morning) == (Range(at("2026-11-24"), at("2026-11-24T01:00")),)


def test_daily_bars_stand_at_midnight_of_their_date():
    week = Range(at("2026-11-23"), at("2026-11-30"))
    assert trading(SPY, DAILY, True, week) == (
        Range(at("2026-11-23"), at("2026-11-26")),
        Range(at("2026-11-27"), at("2026-11-28")),
    )


@pytest.mark.parametrize(
    "other",
    [
        replace(SPY, sec_type="CASH", symbol="EUR"),
        replace(SPY, currency="GBP", time_zone="GB-Eire"),
        replace(SPY, sec_type="FUT", time_zone="US/Central"),
        replace(SPY, time_zone=""),
    ],
)
def test_of_other_contracts_nothing_is_known(other):
    assert trading(other, MINUTE, True, Range(0, DAY)) is None


def test_before_the_table_everything_counts_as_open():
    span = Range(at("2005-12-30"), at("2006-01-04"))
    first, second = trading(SPY, MINUTE, True, span)
    assert first == Range(at("2005-12-30"), at("2006-01-01"))
    assert second == Range(at("2006-01-03T14:30"), at("2006-01-03T21:00"))


def test_two_years_of_minutes_are_one_request_a_session():
    now = at("2026-11-20T22:00")
    span = Range(now - 730 * DAY, now)
    sessions = trading(SPY, MINUTE, True, span)
    requests = plan(span, [], MINUTE, now, trading=sessions)
    assert len(requests) == len(sessions) == 501
    assert requests[0].end == at("2026-11-20T21:00")
