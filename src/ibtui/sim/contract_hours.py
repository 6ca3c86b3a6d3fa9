"""IB's strings of hours for the days that begin with a date."""

from datetime import date, timedelta
from functools import lru_cache

from ibtui.market.hours import Session, ib_hours
from ibtui.market.nyse import extended, session_on, sessions
from ibtui.sim.universe import TIME_ZONE, Listing

DAYS = 6


@lru_cache(maxsize=16)
def hours_from(first: date) -> tuple[str, str]:
    """Trading and liquid hours, as contract details have them."""
    trading: dict[date, list[Session]] = {}
    liquid: dict[date, list[Session]] = {}
    for offset in range(DAYS):
        day = first + timedelta(days=offset)
        session = session_on(day)
        trading[day] = [extended(session)] if session else []
        liquid[day] = [Session(session.open_ns, session.close_ns)] if session else []
    return ib_hours(trading, TIME_ZONE), ib_hours(liquid, TIME_ZONE)


def sessions_between(_: Listing, first: date, last: date, *, use_rth: bool) -> list[tuple[date, Session]]:
    """The contract's sessions with their dates, ``last`` included."""
    return [
        (session.date, Session(session.open_ns, session.close_ns) if use_rth else extended(session))
        for session in sessions(first, last)
    ]
