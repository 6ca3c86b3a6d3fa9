"""When a contract trades: IB's strings of hours for the days that begin with a date, and sessions of any dates."""

from datetime import date, timedelta
from functools import lru_cache

from ibtui.market.hours import Session, ib_hours
from ibtui.sim.trading_days import MINUTE_NS, Calendar
from ibtui.sim.universe import Listing

DAYS = 6


def hours_from(listing: Listing, first: date) -> tuple[str, str]:
    """Trading and liquid hours, as contract details have them."""
    return _hours(listing.calendar, listing.instrument.time_zone, first)


@lru_cache(maxsize=64)
def _hours(calendar: Calendar, zone: str, first: date) -> tuple[str, str]:
    dates = [first + timedelta(days=offset) for offset in range(DAYS)]
    texts = []
    for use_rth in (False, True):
        found: dict[date, list[Session]] = {day: [] for day in dates}
        for day, session in _sessions(calendar, dates[0], dates[-1], use_rth=use_rth):
            found[day].append(session)
        texts.append(ib_hours(found, zone))
    return texts[0], texts[1]


def sessions_between(listing: Listing, first: date, last: date, *, use_rth: bool) -> list[tuple[date, Session]]:
    """The contract's sessions with their dates, ``last`` included."""
    return _sessions(listing.calendar, first, last, use_rth=use_rth)


def _sessions(calendar: Calendar, first: date, last: date, *, use_rth: bool) -> list[tuple[date, Session]]:
    found: list[tuple[date, Session]] = []
    for day in calendar.days(first, last):
        spans = [of.span(phase) for of, phase in calendar.phases(day, use_rth=use_rth)]
        spans = [span for span in spans if span.first < span.last]
        # Phases follow each other without a break.
        found.append((day.date, Session(spans[0].first * MINUTE_NS, spans[-1].last * MINUTE_NS)))
    return found
