"""The market's days as its seeded paths see them: from one regular close to the next."""

from bisect import bisect_right
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.market.nyse import FIRST, LAST, NyseSession, extended, sessions

MINUTE_NS = 60 * NS


class Phase(IntEnum):
    """Part of a day, in the order in which a day from close to close has them."""

    AFTER = 0
    PRE = 1
    REGULAR = 2


class Span(NamedTuple):
    """Minutes of one phase: numbers of minutes since 1970, ``last`` excluded."""

    first: int
    last: int


class TradingDay(NamedTuple):
    """One day from the close before to the close, which is the stretch that one step of a daily path covers.

    Attributes:
        ordinal: Weekdays since 1 January of year 1; consecutive days differ by one but for holidays.
        date: The date of the regular session that ends the day.
        after: After hours of the date before.
        pre: Pre-market.
        regular: The regular session.
    """

    ordinal: int
    date: date
    after: Span
    pre: Span
    regular: Span

    def span(self, phase: Phase) -> Span:
        """The minutes of a phase."""
        return (self.after, self.pre, self.regular)[phase]


class Moment(NamedTuple):
    """A minute that is open, placed in its day."""

    day: TradingDay
    phase: Phase


def weekday_index(day: date) -> int:
    """Weekdays from 1 January of year 1 to ``day``; a weekend counts as its Friday."""
    weeks, weekday = divmod(day.toordinal() - 1, 7)
    return weeks * 5 + min(weekday, 4)


@lru_cache(maxsize=8)
def _days(year: int) -> tuple[list[int], list[TradingDay]]:
    """Closing minutes and days of the year, found from the sessions that ship."""
    first, last = max(FIRST, date(year, 1, 1) - timedelta(days=10)), min(LAST, date(year, 12, 31))
    found = sessions(first, last)
    days = [_day(before, session) for before, session in pairwise(found)]
    days = [day for day in days if day.date.year == year]
    return [day.regular.last for day in days], days


def _day(before: NyseSession, session: NyseSession) -> TradingDay:
    opens = extended(session).open_ns // MINUTE_NS
    regular = Span(session.open_ns // MINUTE_NS, session.close_ns // MINUTE_NS)
    after = Span(before.close_ns // MINUTE_NS, extended(before).close_ns // MINUTE_NS)
    return TradingDay(weekday_index(session.date), session.date, after, Span(opens, regular.first), regular)


@lru_cache(maxsize=4096)
def day_of(minute: int) -> TradingDay:
    """The day, close to close, that a minute lies in, open or not.

    Raises:
        ValueError: The minute lies outside the years whose sessions are known.
    """
    year = date.fromordinal(719163 + minute // 1440).year
    for each in (year, year + 1):
        closes, days = _days(each) if FIRST.year <= each <= LAST.year else ([], [])
        position = bisect_right(closes, minute)
        if position < len(days):
            return days[position]
    raise ValueError(f"the simulated market knows the years {FIRST.year} to {LAST.year} only")


def moment_of(minute: int) -> Moment | None:
    """The day and phase of a minute, or None while the market is closed."""
    day = day_of(minute)
    for phase in Phase:
        span = day.span(phase)
        if span.first <= minute < span.last:
            return Moment(day, phase)
    return None


def next_open_minute(minute: int) -> int:
    """The first minute from ``minute`` on in which the market is open, extended hours included."""
    day = day_of(minute)
    for span in (day.after, day.pre, day.regular):
        if minute < span.last:
            return max(minute, span.first)
    return next_open_minute(day.regular.last)  # not reached: a day ends with its regular session


def last_open_minute(minute: int) -> int:
    """The last minute up to and with ``minute`` in which the market is open, extended hours included."""
    day = day_of(minute)
    begun = [span for span in (day.after, day.pre, day.regular) if span.first <= minute]
    return min(minute, begun[-1].last - 1)


def session_of(minute: int) -> TradingDay:
    """The day whose regular session is the one that a minute belongs to, leads up to or follows.

    It changes when pre-market opens; nights and weekends follow the session before them.
    """
    day = day_of(minute)
    return day if minute >= day.pre.first else day_of(day.after.first - 1)


def next_day_ns(now_ns: int) -> int:
    """The next beginning of a trading day, when pre-market opens, UTC nanoseconds."""
    return day_of(session_of(now_ns // MINUTE_NS).regular.last).pre.first * MINUTE_NS
