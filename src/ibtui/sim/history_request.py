"""What a request for historical bars means: the time it ends, how far it goes back, how times are written."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.bars import BAR_SIZES, DAY, Bar, BarSize, bar_size
from ibtui.market.nyse import FIRST, session_on
from ibtui.sim.schema import Values
from ibtui.sim.simclock import NEW_YORK
from ibtui.sim.trading_days import MINUTE_NS, SHARES, Calendar, Phase, TradingDay
from ibtui.sim.universe import Listing

WHAT = frozenset({"TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK", "ADJUSTED_LAST"})
"""Kinds of history on offer."""

AGGREGATED = "AGGTRADES"
"""How IB calls the trades of crypto currencies."""

LONGEST = {"S": DAY, "D": 365, "W": 52, "M": 12, "Y": 100}
"""IB takes seconds up to one day, days up to a year, and so on; longer ones want the next unit."""

BAD_VALUE, BAD_END = 321, 10314
LEAST_UPDATED = 5
"""Seconds of the shortest bars that can keep up to date."""
NO_MEANING = -1
"""IB's volume, average and count of bars that are made of quotes."""
SLICE_SECONDS = 5 * DAY
"""A long request is answered in slices of this length, so that computing one holds nobody up."""

_EARLIEST_NS = int(datetime(FIRST.year, FIRST.month, FIRST.day, 12, tzinfo=NEW_YORK).timestamp()) * NS
"""Nothing is known of the time before."""

_END = re.compile(r"(\d{8})([ -]+)(\d{2}:\d{2}:\d{2})(?: ?(\S+))?")
_MONTH = "1M"
"""IB's short word for a month of bars; here ``1m`` is a minute."""
_PERIOD = re.compile(r"(\d{1,3}) ?(sec|second|min|minute|hour|day|week|month|year)s?")
_DURATION = re.compile(r"(\d{1,6}) ?([SDWMY])")


class BadHistoryError(ValueError):
    """A part of the request makes no sense.

    Attributes:
        code: IB's error code; the exception's text is IB's text.
    """

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class HistoryRequest:
    """Bars from ``start_ns`` up to, but not at, ``end_ns``; UTC nanoseconds."""

    size: BarSize
    what: str
    start_ns: int
    end_ns: int
    use_rth: bool
    format_date: int | None
    keeps_up_to_date: bool = False

    def until(self, end_ns: int) -> int:
        """The end of the range of bars' starts for bars up to a time, see :meth:`slices`."""
        return _midnight(_first_not_begun(end_ns)) if self.size.daily else end_ns

    def time_of(self, bar: Bar) -> str:
        """When a bar starts, as the client wants it written."""
        return bar_time(bar.start, daily=self.size.daily, format_date=self.format_date)

    def slices(self) -> Iterator[tuple[int, int]]:
        """The range in pieces that are quick to answer; a bar belongs to the piece that it starts in.

        Daily and longer bars start at midnight UTC of their date, which is neither a session's begin nor its end: for
        them the range is that of the dates whose sessions begin in it.
        """
        yield from slices(self.until(self.start_ns), self.until(self.end_ns), self.size.seconds)


def slices(start_ns: int, end_ns: int, bar_seconds: int) -> Iterator[tuple[int, int]]:
    """A range of time in pieces of whole bars that are quick to answer."""
    step = max(SLICE_SECONDS, bar_seconds) * NS
    for start in range(start_ns, end_ns, step):
        yield start, min(start + step, end_ns)


def parse_request(ask: Values, listing: Listing, now_ns: int) -> HistoryRequest:
    """What a client asks for.

    Raises:
        BadHistoryError: Bar size, data, end or duration make no sense.
    """
    try:
        size = bar_size("1 month" if ask["bar_size"] == _MONTH else ask["bar_size"] or "")
    except UsageError:
        legal = ", ".join(each.text for each in BAR_SIZES)
        raise _invalid(f"Historical data bar size setting is invalid. Legal ones are: {legal}") from None
    what = ask["what"] or ""
    if what == AGGREGATED and listing.instrument.sec_type == "CRYPTO":
        what = "TRADES"
    if what not in WHAT:
        raise _invalid(f"'{what}' is no data to show")
    keeps = bool(ask["keep_up_to_date"])
    if keeps and ask["end"]:
        raise _invalid("An end date and time can't be given for bars that keep up to date")
    if keeps and (size.seconds < LEAST_UPDATED or what == "ADJUSTED_LAST"):
        raise _invalid("Bars of this kind can't keep up to date")
    end_ns = end_of(ask["end"], now_ns)
    start_ns = start_of(end_ns, ask["duration"], listing.calendar)
    return HistoryRequest(size, what, start_ns, end_ns, bool(ask["use_rth"]), ask["format_date"], keeps)


def end_of(text: str | None, now_ns: int) -> int:
    """Where a request ends, UTC nanoseconds: a time to come is now, and none is before all history.

    Raises:
        BadHistoryError: It is no time.
    """
    return max(_EARLIEST_NS, min(parse_time(text, now_ns), now_ns))


def parse_time(text: str | None, now_ns: int) -> int:
    """A time as clients write it, UTC nanoseconds. Empty means now; ``-`` before the clock time means UTC.

    Raises:
        BadHistoryError: It is no time, or its zone is unknown.
    """
    if not text:
        return now_ns
    refusal = BadHistoryError(BAD_END, f"End Date/Time: The date, time, or time-zone entered is invalid: '{text}'")
    match = _END.fullmatch(text.strip())
    if match is None:
        raise refusal
    day, separator, clock, zone = match.groups()
    try:
        place = ZoneInfo(zone) if zone else UTC if separator == "-" else NEW_YORK
        moment = datetime.strptime(f"{day} {clock}", "%Y%m%d %H:%M:%S").replace(tzinfo=place)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise refusal from None
    return int(moment.timestamp()) * NS


def start_of(end_ns: int, duration: str | None, calendar: Calendar = SHARES) -> int:
    """Where a request that ends at ``end_ns`` begins, UTC nanoseconds.

    Days are at least that many trading days of the contract: two days of a share that end on a Sunday reach back to
    Thursday, those of a market without weekends to Friday.

    Raises:
        BadHistoryError: The duration is none of IB's.
    """
    match = _DURATION.fullmatch((duration or "").strip().upper())
    if match is None:
        raise _invalid(f"'{duration}' is no duration; it must be a number and S, D, W, M or Y")
    count, unit = int(match[1]), match[2]
    if not 0 < count <= LONGEST[unit]:
        raise _invalid(f"Historical data requests for durations longer than {LONGEST[unit]} {unit} are not valid")
    if unit == "S":
        return end_ns - count * NS
    if unit == "D":
        return min(end_ns - count * DAY * NS, _trading_days_before(end_ns, count, calendar))
    if unit == "W":
        return end_ns - count * 7 * DAY * NS
    end = datetime.fromtimestamp(end_ns / NS, NEW_YORK)
    return int(_months_before(end, count if unit == "M" else 12 * count).timestamp()) * NS


def histogram_range(period: str | None, now_ns: int, calendar: Calendar) -> tuple[int, int]:
    """Begin and end of the time that a histogram is asked for, such as ``3 days``; UTC nanoseconds.

    Raises:
        BadHistoryError: It is no period.
    """
    match = _PERIOD.fullmatch((period or "").strip().lower())
    if match is None:
        raise _invalid(f"'{period}' is no period; it must be a number and secs, mins, hours, days, weeks or months")
    count, unit = int(match[1]), match[2]
    if unit in ("sec", "second", "min", "minute", "hour"):
        seconds = count * {"s": 1, "m": 60, "h": 3600}[unit[0]]
        return now_ns - seconds * NS, now_ns
    return start_of(now_ns, f"{count} {unit[0].upper()}", calendar), now_ns


def bar_time(start: int, *, daily: bool, format_date: int | None) -> str:
    """When a bar starts, as text: a date for daily bars, else zoned text (format 1) or UTC seconds (format 2)."""
    if daily:
        return datetime.fromtimestamp(start, UTC).strftime("%Y%m%d")
    return str(start) if format_date == 2 else zoned(start * NS)


def bar_values(bar: Bar, time: str) -> Values:
    """A bar by the names that messages have for its fields."""
    return {
        "time": time,
        "open": bar.open,
        "high": bar.high,
        "low": bar.low,
        "close": bar.close,
        "volume": NO_MEANING if bar.volume is None else bar.volume,
        "wap": NO_MEANING if bar.wap is None else bar.wap,
        "count": NO_MEANING if bar.count is None else bar.count,
    }


def zoned(at_ns: int) -> str:
    """A time with the exchange's zone, as answers carry it."""
    return f"{datetime.fromtimestamp(at_ns / NS, NEW_YORK):%Y%m%d %H:%M:%S} US/Eastern"


def _invalid(cause: str) -> BadHistoryError:
    return BadHistoryError(BAD_VALUE, f"Error validating request.-'bd' : cause - {cause}")


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS


def _first_not_begun(at_ns: int) -> date:
    """The first date whose regular session has not begun."""
    day = datetime.fromtimestamp(at_ns / NS, NEW_YORK).date()
    session = session_on(day)
    return day + timedelta(days=1) if session is not None and session.open_ns < at_ns else day


def _trading_days_before(end_ns: int, count: int, calendar: Calendar) -> int:
    """Where the last so many days begin that have begun: at midnight, or the evening before with trading all night."""
    end = datetime.fromtimestamp(end_ns / NS, NEW_YORK).date()
    found = calendar.days(max(FIRST, end - timedelta(days=2 * count + 10)), end + timedelta(days=1))
    begun = [day for day in found if _begins_ns(day, calendar) < end_ns]
    first = begun[-count:][0] if begun else None
    if first is not None and calendar.overnight:
        return _begins_ns(first, calendar)
    day = end if first is None else first.date
    return int(datetime(day.year, day.month, day.day, tzinfo=NEW_YORK).timestamp()) * NS


def _begins_ns(day: TradingDay, calendar: Calendar) -> int:
    return day.span(calendar.leads if calendar.overnight else Phase.REGULAR).first * MINUTE_NS


def _months_before(end: datetime, months: int) -> datetime:
    year, month = divmod(end.year * 12 + end.month - 1 - months, 12)
    for day in (end.day, 30, 29, 28):
        try:
            return end.replace(year=year, month=month + 1, day=day)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
