"""Sessions of the New York Stock Exchange: a table that ships, for the calendar library takes 400 ms and 100 MB.

Made once from exchange_calendars 4.13.2 (``XNYS``); a test compares every session with the library that is installed.
"""

from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.hours import Session

ZONE = ZoneInfo("America/New_York")
"""Time zone of the exchange."""

OPEN, CLOSE, EARLY_CLOSE = time(9, 30), time(16), time(13)
EXTENDED_OPEN, EXTENDED_CLOSE, EXTENDED_EARLY_CLOSE = time(4), time(20), time(17)

_YEARS: tuple[tuple[int, str, str], ...] = (
    (2006, "0102 0116 0220 0414 0529 0704 0904 1123 1225", "0703 1124"),
    (2007, "0101 0102 0115 0219 0406 0528 0704 0903 1122 1225", "0703 1123 1224"),
    (2008, "0101 0121 0218 0321 0526 0704 0901 1127 1225", "0703 1128 1224"),
    (2009, "0101 0119 0216 0410 0525 0703 0907 1126 1225", "1127 1224"),
    (2010, "0101 0118 0215 0402 0531 0705 0906 1125 1224", "1126"),
    (2011, "0117 0221 0422 0530 0704 0905 1124 1226", "1125"),
    (2012, "0102 0116 0220 0406 0528 0704 0903 1029 1030 1122 1225", "0703 1123 1224"),
    (2013, "0101 0121 0218 0329 0527 0704 0902 1128 1225", "0703 1129 1224"),
    (2014, "0101 0120 0217 0418 0526 0704 0901 1127 1225", "0703 1128 1224"),
    (2015, "0101 0119 0216 0403 0525 0703 0907 1126 1225", "1127 1224"),
    (2016, "0101 0118 0215 0325 0530 0704 0905 1124 1226", "1125"),
    (2017, "0102 0116 0220 0414 0529 0704 0904 1123 1225", "0703 1124"),
    (2018, "0101 0115 0219 0330 0528 0704 0903 1122 1205 1225", "0703 1123 1224"),
    (2019, "0101 0121 0218 0419 0527 0704 0902 1128 1225", "0703 1129 1224"),
    (2020, "0101 0120 0217 0410 0525 0703 0907 1126 1225", "1127 1224"),
    (2021, "0101 0118 0215 0402 0531 0705 0906 1125 1224", "1126"),
    (2022, "0117 0221 0415 0530 0620 0704 0905 1124 1226", "1125"),
    (2023, "0102 0116 0220 0407 0529 0619 0704 0904 1123 1225", "0703 1124"),
    (2024, "0101 0115 0219 0329 0527 0619 0704 0902 1128 1225", "0703 1129 1224"),
    (2025, "0101 0109 0120 0217 0418 0526 0619 0704 0901 1127 1225", "0703 1128 1224"),
    (2026, "0101 0119 0216 0403 0525 0619 0703 0907 1126 1225", "1127 1224"),
    (2027, "0101 0118 0215 0326 0531 0618 0705 0906 1125 1224", "1126"),
    (2028, "0117 0221 0414 0529 0619 0704 0904 1123 1225", "0703 1124"),
)
"""Year, weekdays without a session, days that close at 13:00; month and day."""


def _dates(year: int, text: str) -> list[date]:
    return [date(year, int(each[:2]), int(each[2:])) for each in text.split()]


FIRST, LAST = date(_YEARS[0][0], 1, 1), date(_YEARS[-1][0], 12, 31)
"""First and last day that the table speaks for."""
_HOLIDAYS = frozenset(day for year, closed, _ in _YEARS for day in _dates(year, closed))
_EARLY = frozenset(day for year, _, early in _YEARS for day in _dates(year, early))


class NyseSession(NamedTuple):
    """One regular session.

    Attributes:
        date: The exchange's date.
        open_ns: 9:30 in New York, UTC nanoseconds.
        close_ns: 16:00 in New York, or 13:00 when early.
        early: Whether it closes early.
    """

    date: date
    open_ns: int
    close_ns: int
    early: bool


def is_trading_day(day: date) -> bool:
    """Whether there is a session on a day.

    Raises:
        UsageError: The day lies outside :data:`FIRST` to :data:`LAST`.
    """
    if not FIRST <= day <= LAST:
        raise UsageError(f"New York sessions are known from {FIRST} to {LAST}, not for {day}.")
    return day.weekday() < 5 and day not in _HOLIDAYS


def session_on(day: date) -> NyseSession | None:
    """The regular session of a day, or None when there is none. Raises as :func:`is_trading_day` does."""
    if not is_trading_day(day):
        return None
    early = day in _EARLY
    return NyseSession(day, _instant(day, OPEN), _instant(day, EARLY_CLOSE if early else CLOSE), early)


def sessions(first: date, last: date) -> list[NyseSession]:
    """The regular sessions from ``first`` to ``last``, both included. Raises as :func:`is_trading_day` does."""
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [session for session in map(session_on, days) if session is not None]


def extended(session: NyseSession) -> Session:
    """The extended hours around a regular session: 4:00 to 20:00 in New York, to 17:00 on early days."""
    closes = EXTENDED_EARLY_CLOSE if session.early else EXTENDED_CLOSE
    return Session(_instant(session.date, EXTENDED_OPEN), _instant(session.date, closes))


def _instant(day: date, at: time) -> int:
    return int(datetime.combine(day, at, ZONE).timestamp()) * NS
