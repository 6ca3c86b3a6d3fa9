"""Market time starts where it is told to, runs at its own speed, and never goes back."""

from datetime import UTC, date, datetime

import pytest

from ibtui.clock import NS, Clock
from ibtui.errors import UsageError
from ibtui.market.nyse import sessions
from ibtui.sim.simclock import NEW_YORK, SimClock, describe, parse_start


def utc_ns(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * NS  # type: ignore[misc, arg-type]


class Machine:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.clock = Clock(lambda: self.seconds, lambda: 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-09", utc_ns(2026, 3, 9, 14, 0)),  # the first Monday of daylight saving time
        ("2026-03-06", utc_ns(2026, 3, 6, 15, 0)),
        ("2026-03-09T09:30:00", utc_ns(2026, 3, 9, 13, 30)),
        ("2026-03-09 09:30", utc_ns(2026, 3, 9, 13, 30)),
        ("2026-03-09T09:30:00+00:00", utc_ns(2026, 3, 9, 9, 30)),
    ],
)
def test_the_start_is_new_yorks_unless_it_names_an_offset(text: str, expected: int) -> None:
    assert parse_start(text, 0) == expected


@pytest.mark.parametrize("text", ["", "yesterday", "2026-13-01", "2026-03-09T25:00"])
def test_a_start_that_is_no_time_is_refused_in_plain_words(text: str) -> None:
    with pytest.raises(UsageError, match="no date or time"):
        parse_start(text, 0)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (utc_ns(2026, 3, 9, 14, 0), date(2026, 3, 9)),  # Monday, just ten
        (utc_ns(2026, 3, 9, 13, 59), date(2026, 3, 6)),  # Monday, before ten
        (utc_ns(2026, 3, 8, 20, 0), date(2026, 3, 6)),  # Sunday
        (utc_ns(2026, 1, 1, 20, 0), date(2025, 12, 31)),  # New Year's Day
    ],
)
def test_without_a_start_it_is_ten_on_the_last_trading_day(now: int, day: date) -> None:
    start = datetime.fromtimestamp(parse_start(None, now) / NS, NEW_YORK)
    assert (start.date(), start.hour, start.minute) == (day, 10, 0)
    assert sessions(day, day)


def test_market_time_runs_at_its_speed_from_its_start() -> None:
    machine = Machine()
    market = SimClock(machine.clock, 1000 * NS, speed=10)
    machine.seconds += 2
    assert market.now_ns() == 1020 * NS
    market.steer(speed=0)
    machine.seconds += 5
    assert market.now_ns() == 1020 * NS
    market.steer(at_ns=2000 * NS, speed=1)
    machine.seconds += 1
    assert market.now_ns() == 2001 * NS


def test_market_time_never_goes_back() -> None:
    machine = Machine()
    market = SimClock(machine.clock, utc_ns(2026, 3, 9, 14, 0))
    with pytest.raises(UsageError, match=r"can't go back from 2026-03-09 10:00:00 EDT"):
        market.steer(at_ns=utc_ns(2026, 3, 9, 13, 0))
    with pytest.raises(UsageError, match="speed"):
        market.steer(speed=-1)
    assert describe(market.now_ns()) == "2026-03-09 10:00:00 EDT"


def test_market_time_waits_for_a_market_that_cannot_keep_up() -> None:
    machine = Machine()
    market = SimClock(machine.clock, 1000 * NS, speed=10)
    machine.seconds += 0.5
    market.wait_for(1004 * NS, 0.1)
    assert market.now_ns() == 1005 * NS, "a tenth of a second behind is no reason to wait"
    machine.seconds += 1
    market.wait_for(1005 * NS, 0.1)
    assert market.now_ns() == 1005 * NS
    machine.seconds += 1
    assert market.now_ns() == 1015 * NS
