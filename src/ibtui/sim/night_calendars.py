"""Days of markets that are no share market: regular hours only, through the night, or without an end."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from ibtui.market.nyse import ZONE
from ibtui.sim.trading_days import SHARES, Calendar, Phase, Span, TradingDay, weekday_index

_ANCHOR = date(2026, 1, 2)


def _regular_only(year: int) -> list[TradingDay]:
    days = SHARES.days(date(year, 1, 1), date(year, 12, 31))
    return [day._replace(after=_none(day.regular.first), pre=_none(day.regular.first)) for day in days]


def _none(minute: int) -> Span:
    return Span(minute, minute)


def _through_the_night(year: int) -> list[TradingDay]:
    """Days of share markets, from 18:00 the evening before."""
    return [
        day._replace(after=Span(_minute(day.date - timedelta(days=1), time(18)), day.pre.first))
        for day in SHARES.days(date(year, 1, 1), date(year, 12, 31))
    ]


def _all_dates(opens: time, weekend: bool) -> Callable[[int], list[TradingDay]]:
    """Days from a time the evening before until 17:00; three in the morning and eight begin busier phases."""

    def year(number: int) -> list[TradingDay]:
        first = date(number, 1, 1)
        dates = [first + timedelta(days=offset) for offset in range((date(number + 1, 1, 1) - first).days)]
        return [_day(each, opens, weekend) for each in dates if weekend or each.weekday() < 5]

    return year


def _day(day: date, opens: time, weekend: bool) -> TradingDay:
    begins, early, busy = _minute(day - timedelta(days=1), opens), _minute(day, time(3)), _minute(day, time(8))
    # Weekdays are numbered as everywhere; where weekends count, days are, from the same anchor.
    ordinal = weekday_index(_ANCHOR) + (day - _ANCHOR).days if weekend else weekday_index(day)
    return TradingDay(ordinal, day, Span(begins, early), Span(early, busy), Span(busy, _minute(day, time(17))))


def _minute(day: date, clock: time) -> int:
    return int(datetime.combine(day, clock, ZONE).timestamp()) // 60


REGULAR_ONLY = Calendar("regular hours", _regular_only, Phase.REGULAR)
"""US indices and options."""
FUTURES = Calendar("futures", _through_the_night, Phase.AFTER)
"""US futures: from 18:00 New York time to the close of shares; 9:30 begins the regular session."""
FOREX = Calendar("forex", _all_dates(time(17, 15), weekend=False), Phase.AFTER, always_regular=True)
"""Sunday 17:15 to Friday 17:00, with a quarter of an hour's break each day."""
CRYPTO = Calendar("crypto", _all_dates(time(17), weekend=True), Phase.AFTER, always_regular=True)
"""All the time."""
