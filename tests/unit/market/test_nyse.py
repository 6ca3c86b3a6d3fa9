import subprocess
import sys
from datetime import date, timedelta

import pytest

from ibtui.errors import UsageError
from ibtui.market import nyse

LIBRARY = """
import sys
from exchange_calendars import get_calendar
schedule = get_calendar("XNYS", start=sys.argv[1], end=sys.argv[2]).schedule
for day, opens, closes in zip(schedule.index, schedule["open"], schedule["close"]):
    print(day.date(), opens.value, closes.value)
"""


def test_every_session_is_the_librarys():
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LIBRARY, str(nyse.FIRST), str(nyse.LAST)],
        capture_output=True,
        text=True,
        check=True,
    )
    ours = [f"{each.date} {each.open_ns} {each.close_ns}" for each in nyse.sessions(nyse.FIRST, nyse.LAST)]
    assert ours == answer.stdout.splitlines()
    assert len(ours) > 5500


def test_the_day_after_thanksgiving_closes_early_its_extended_hours_too():
    session = nyse.session_on(date(2026, 11, 27))
    assert session is not None
    assert session.early
    assert (session.close_ns - session.open_ns) / 3600e9 == 3.5
    hours = nyse.extended(session)
    assert (hours.close_ns - hours.open_ns) / 3600e9 == 13


def test_an_ordinary_days_extended_hours_run_from_four_to_eight():
    session = nyse.session_on(date(2026, 11, 25))
    assert session is not None
    hours = nyse.extended(session)
    assert (session.open_ns - hours.open_ns, hours.close_ns - session.close_ns) == (5.5 * 3600e9, 4 * 3600e9)


@pytest.mark.parametrize("day", [nyse.FIRST - timedelta(days=1), nyse.LAST + timedelta(days=1)])
def test_days_outside_the_table_are_refused_not_guessed(day):
    with pytest.raises(UsageError, match="known from 2006-01-01"):
        nyse.is_trading_day(day)
    with pytest.raises(UsageError):
        nyse.sessions(day, day)


def test_an_empty_range_has_no_sessions():
    assert nyse.sessions(date(2026, 11, 27), date(2026, 11, 26)) == []
