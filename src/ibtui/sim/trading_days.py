"""The market's days as its seeded paths see them: from one regular close to the next."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import date, timedelta
from enum import IntEnum
from functools import lru_cache, partial
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


class Calendar:
    """The days of one kind of market, each cut into phases; a phase may be empty.

    Args:
        name: Tells calendars apart.
        year: Finds the days whose session has its date in a year.
        leads: The first phase of a session's date: pre-market, or with trading through the night the evening before.
        always_regular: All phases belong to the regular session.

    Attributes:
        day_of: The day, close to close, that a minute lies in, open or not; ValueError outside the years that are
            known.
    """

    def __init__(
        self,
        name: str,
        year: Callable[[int], list[TradingDay]],
        leads: Phase = Phase.PRE,
        *,
        always_regular: bool = False,
    ) -> None:
        self.name = name
        self.leads = leads
        self.always_regular = always_regular
        self._year = lru_cache(maxsize=8)(partial(_indexed, year))
        self.day_of: Callable[[int], TradingDay] = lru_cache(maxsize=4096)(self._day_of)

    @property
    def overnight(self) -> bool:
        """Whether a session begins the evening before its date."""
        return self.leads is Phase.AFTER

    def days(self, first: date, last: date) -> list[TradingDay]:
        """The days with dates in a range, ``last`` included."""
        years = range(max(first.year, FIRST.year), min(last.year, LAST.year) + 1)
        return [day for year in years for day in self._year(year)[1] if first <= day.date <= last]

    def before(self, day: TradingDay) -> TradingDay:
        """The day before a day."""
        closes, days = self._year(day.date.year)
        position = bisect_left(closes, day.regular.last) - 1
        return days[position] if position >= 0 else self._year(day.date.year - 1)[1][-1]

    def moment_of(self, minute: int) -> Moment | None:
        """The day and phase of a minute, or None while the market is closed."""
        day = self.day_of(minute)
        for phase in Phase:
            span = day.span(phase)
            if span.first <= minute < span.last:
                return Moment(day, phase)
        return None

    def next_open_minute(self, minute: int) -> int:
        """The first minute from ``minute`` on in which the market is open, extended hours included."""
        day = self.day_of(minute)
        for span in (day.after, day.pre, day.regular):
            if minute < span.last and span.first < span.last:
                return max(minute, span.first)
        return self.next_open_minute(day.regular.last)  # not reached: a day ends with its regular session

    def last_open_minute(self, minute: int) -> int:
        """The last minute up to and with ``minute`` in which the market is open, extended hours included."""
        day = self.day_of(minute)
        begun = [span for span in (day.after, day.pre, day.regular) if span.first <= minute and span.first < span.last]
        return min(minute, (begun[-1] if begun else self.before(day).regular).last - 1)

    def session_of(self, minute: int) -> TradingDay:
        """The day whose regular session is the one that a minute belongs to, leads up to or follows.

        It changes when the leading phase begins; nights and weekends follow the session before them.
        """
        day = self.day_of(minute)
        return day if minute >= day.span(self.leads).first else self.before(day)

    def phases(self, session: TradingDay, *, use_rth: bool) -> list[tuple[TradingDay, Phase]]:
        """The stretches of trading on a session's date, in order."""
        if self.leads is Phase.PRE and not use_rth:
            return [(session, Phase.PRE), (session, Phase.REGULAR), (self.day_of(session.regular.last), Phase.AFTER)]
        if use_rth and not self.always_regular:
            return [(session, Phase.REGULAR)]
        return [(session, phase) for phase in Phase]

    def counts(self, phase: Phase) -> bool:
        """Whether a phase belongs to the regular session."""
        return self.always_regular or phase is Phase.REGULAR

    def _day_of(self, minute: int) -> TradingDay:
        year = date.fromordinal(719163 + minute // 1440).year
        for each in (year, year + 1):
            closes, days = self._year(each) if FIRST.year <= each <= LAST.year else ([], [])
            position = bisect_right(closes, minute)
            if position < len(days):
                return days[position]
        raise ValueError(f"the simulated market knows the years {FIRST.year} to {LAST.year} only")


def _indexed(year: Callable[[int], list[TradingDay]], number: int) -> tuple[list[int], list[TradingDay]]:
    days = year(number)
    return [day.regular.last for day in days], days


def _shares_year(year: int) -> list[TradingDay]:
    """The days of a year, found from the sessions that ship."""
    first, last = max(FIRST, date(year, 1, 1) - timedelta(days=10)), min(LAST, date(year, 12, 31))
    days = [_day(before, session) for before, session in pairwise(sessions(first, last))]
    return [day for day in days if day.date.year == year]


def _day(before: NyseSession, session: NyseSession) -> TradingDay:
    opens = extended(session).open_ns // MINUTE_NS
    regular = Span(session.open_ns // MINUTE_NS, session.close_ns // MINUTE_NS)
    after = Span(before.close_ns // MINUTE_NS, extended(before).close_ns // MINUTE_NS)
    return TradingDay(weekday_index(session.date), session.date, after, Span(opens, regular.first), regular)


SHARES = Calendar("shares", _shares_year)
"""US shares and funds: pre-market, the regular session, after hours."""

day_of = SHARES.day_of
moment_of = SHARES.moment_of
next_open_minute = SHARES.next_open_minute
last_open_minute = SHARES.last_open_minute
session_of = SHARES.session_of


def next_day_ns(calendar: Calendar, now_ns: int) -> int:
    """The next beginning of a trading day, when its leading phase begins."""
    session = calendar.session_of(now_ns // MINUTE_NS)
    return calendar.day_of(session.regular.last).span(calendar.leads).first * MINUTE_NS


def next_end_ns(calendar: Calendar, now_ns: int) -> int:
    """The next end of a regular session."""
    return calendar.day_of(now_ns // MINUTE_NS).regular.last * MINUTE_NS
