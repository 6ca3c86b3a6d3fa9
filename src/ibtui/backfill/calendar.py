"""When a contract can have bars, as far as that is known without asking."""

from datetime import UTC, date, datetime

from ibtui.backfill.ledger import Range, within
from ibtui.clock import NS
from ibtui.market import nyse
from ibtui.market.bars import DAY, BarSize
from ibtui.market.instruments import Instrument

NEW_YORK_ZONES = frozenset({"US/Eastern", "America/New_York", "EST5EDT", "EST"})
"""The names under which IB has been seen to send New York's zone."""


def trading(instrument: Instrument, bar: BarSize, use_rth: bool, span: Range) -> tuple[Range, ...] | None:
    """When there can be bars within ``span``, in order; None where nothing is known and all of it must be asked for.

    United States stocks follow the table of NYSE sessions, from 04:00 to 20:00 New York time unless ``use_rth``.
    Daily bars stand at midnight UTC of their session's date. Before and after the table everything counts as open.
    """
    if instrument.sec_type != "STK" or instrument.currency != "USD" or instrument.time_zone not in NEW_YORK_ZONES:
        return None
    if bar.seconds > DAY:
        return None
    # New York's evening is the next day in UTC, so the session before may reach into the span.
    first, last = max(_date(span.start - DAY), nyse.FIRST), min(_date(span.end), nyse.LAST)
    known = Range(_midnight(nyse.FIRST), _midnight(nyse.LAST) + DAY)
    ranges = [Range(span.start, min(span.end, known.start)), Range(max(span.start, known.end), span.end)]
    for session in nyse.sessions(first, last) if first <= last else ():
        if bar.daily:
            ranges.append(Range(_midnight(session.date), _midnight(session.date) + DAY))
        else:
            hours = session if use_rth else nyse.extended(session)
            ranges.append(Range(hours.open_ns // NS, hours.close_ns // NS))
    return within(ranges, span)


def _date(seconds: int) -> date:
    return datetime.fromtimestamp(max(0, seconds), UTC).date()


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
