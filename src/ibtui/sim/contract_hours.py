"""IB's strings of hours for the days that begin with a date."""

from datetime import date, timedelta
from functools import lru_cache

from ibtui.market.hours import Session, ib_hours
from ibtui.market.nyse import extended, session_on
from ibtui.sim.universe import TIME_ZONE

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
