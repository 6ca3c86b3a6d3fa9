"""What a request for historical bars means: the time it ends, how far it goes back, how times are written."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ibtui.clock import NS
from ibtui.market.nyse import sessions
from ibtui.sim.simclock import NEW_YORK

WHAT = frozenset({"TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST"})
"""Kinds of history on offer."""

DAY_SECONDS = 86_400
LONGEST = {"S": DAY_SECONDS, "D": 365, "W": 52, "M": 12, "Y": 100}
"""IB takes seconds up to one day, days up to a year, and so on; longer ones want the next unit."""

_END = re.compile(r"(\d{8})([ -]+)(\d{2}:\d{2}:\d{2})(?: ?(\S+))?")
_DURATION = re.compile(r"(\d{1,6}) ?([SDWMY])")


class BadHistoryError(ValueError):
    """A part of the request makes no sense; the message is what IB would say."""


def parse_time(text: str | None, now_ns: int) -> int:
    """A time as clients write it, UTC nanoseconds. Empty means now; ``-`` before the clock time means UTC.

    Raises:
        BadHistoryError: It is no time, or its zone is unknown.
    """
    if not text:
        return now_ns
    match = _END.fullmatch(text.strip())
    if match is None:
        raise BadHistoryError(f"'{text}' is no date and time")
    day, separator, clock, zone = match.groups()
    try:
        place = ZoneInfo(zone) if zone else UTC if separator == "-" else NEW_YORK
        moment = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=place)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise BadHistoryError(f"'{text}' is no date and time") from None
    return int(moment.timestamp()) * NS


def start_of(end_ns: int, duration: str | None) -> int:
    """Where a request that ends at ``end_ns`` begins, UTC nanoseconds.

    Days are at least that many trading days: two days that end on a Sunday reach back to Thursday.

    Raises:
        BadHistoryError: The duration is none of IB's.
    """
    match = _DURATION.fullmatch((duration or "").strip().upper())
    if match is None:
        raise BadHistoryError(f"'{duration}' is no duration; it must be a number and S, D, W, M or Y")
    count, unit = int(match[1]), match[2]
    if not 0 < count <= LONGEST[unit]:
        raise BadHistoryError(
            f"Historical data requests for durations longer than {LONGEST[unit]} {unit} are not valid"
        )
    end = datetime.fromtimestamp(end_ns / NS, NEW_YORK)
    if unit == "S":
        return end_ns - count * NS
    if unit == "D":
        return min(end_ns - count * DAY_SECONDS * NS, _trading_days_before(end, count))
    if unit == "W":
        return end_ns - count * 7 * DAY_SECONDS * NS
    months = count if unit == "M" else 12 * count
    return int(_months_before(end, months).timestamp()) * NS


def bar_time(start: int, *, daily: bool, format_date: int | None) -> str:
    """When a bar starts, as text: a date for daily bars, else zoned text (format 1) or UTC seconds (format 2)."""
    if daily:
        return datetime.fromtimestamp(start, UTC).strftime("%Y%m%d")
    if format_date == 2:
        return str(start)
    return zoned(start * NS)


def zoned(at_ns: int) -> str:
    """A time with the exchange's zone, as answers carry it."""
    return f"{datetime.fromtimestamp(at_ns / NS, NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def _trading_days_before(end: datetime, count: int) -> int:
    days = sessions(end.date() - timedelta(days=2 * count + 10), end.date())
    begun = [day for day in days if day.open_ns < end.timestamp() * NS]
    first: date = begun[-count:][0].date if begun else end.date()
    return int(datetime(first.year, first.month, first.day, tzinfo=NEW_YORK).timestamp()) * NS


def _months_before(end: datetime, months: int) -> datetime:
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    for day in (end.day, 30, 29, 28):
        try:
            return end.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
