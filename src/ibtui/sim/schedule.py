"""The sessions of a contract as ``reqHistoricalData`` tells them for the data ``SCHEDULE``."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ibtui.clock import NS
from ibtui.sim.contract_hours import sessions_between
from ibtui.sim.history_request import BAD_VALUE, BadHistoryError, end_of, start_of
from ibtui.sim.schema import Values
from ibtui.sim.universe import Listing

SCHEDULE = "SCHEDULE"


def parse_schedule(ask: Values, listing: Listing, now_ns: int) -> Values:
    """The answer: sessions that began before the end, as far back as the duration goes; days count sessions.

    Raises:
        BadHistoryError: The end, the duration or the bar size make no sense.
    """
    if ask["bar_size"] != "1 day":
        raise BadHistoryError(
            BAD_VALUE, "Error validating request.-'bd' : cause - Schedules are for a bar size of 1 day"
        )
    zone = ZoneInfo(listing.instrument.time_zone)
    end_ns = end_of(ask["end"], now_ns)
    start_ns = start_of(end_ns, ask["duration"], listing.calendar)
    count, _, unit = ask["duration"].strip().upper().partition(" ")
    first = datetime.fromtimestamp(start_ns / NS, zone).date() - timedelta(days=7 if unit == "D" else 0)
    last = datetime.fromtimestamp(end_ns / NS, zone).date() + timedelta(days=1)
    found = [
        (day, session)
        for day, session in sessions_between(listing, first, last, use_rth=bool(ask["use_rth"]))
        if session.open_ns < end_ns and (unit == "D" or session.open_ns >= start_ns)
    ]
    if unit == "D":
        dates = sorted({day for day, _ in found})[-int(count) :]
        found = [(day, session) for day, session in found if day in dates]

    def text(at_ns: int) -> str:
        return f"{datetime.fromtimestamp(at_ns / NS, zone):%Y%m%d-%H:%M:%S}"

    return {
        "start": text(found[0][1].open_ns) if found else "",
        "end": text(found[-1][1].close_ns) if found else "",
        "time_zone": listing.instrument.time_zone,
        "sessions": [
            {"start": text(session.open_ns), "end": text(session.close_ns), "date": f"{day:%Y%m%d}"}
            for day, session in found
        ],
    }
