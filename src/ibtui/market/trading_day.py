"""The console's trading day: by it profit, orders, volume by price and the tape's totals begin anew."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ibtui.clock import NS

DAY_BEGINS = time(17, 0)
DAY_ZONE = ZoneInfo("America/New_York")
"""A trading day begins at 17:00 in New York, when futures and forex begin theirs."""


def next_day_ns(at_ns: int) -> int:
    """When the trading day after this instant begins, UTC nanoseconds."""
    begins = _begins_on(_local_date(at_ns))
    return begins if begins > at_ns else _begins_on(_local_date(at_ns) + timedelta(days=1))


def day_began_ns(at_ns: int) -> int:
    """When the trading day of this instant began, UTC nanoseconds."""
    began = _begins_on(_local_date(at_ns))
    return began if began <= at_ns else _begins_on(_local_date(at_ns) - timedelta(days=1))


def _local_date(at_ns: int) -> date:
    return datetime.fromtimestamp(at_ns / NS, DAY_ZONE).date()


def _begins_on(day: date) -> int:
    return int(datetime.combine(day, DAY_BEGINS, DAY_ZONE).timestamp()) * NS
