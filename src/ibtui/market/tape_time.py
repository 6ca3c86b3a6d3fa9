"""A time of day as it is typed, as an instant of the market's clock."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ibtui.clock import NS
from ibtui.errors import UsageError

USAGE = "write a time as 10:31 or 10:31:05, after a date if it was another day: 2026-11-20 10:31"


def instant(text: str, zone: ZoneInfo, now_ns: int) -> tuple[int, int]:
    """The begin of the day that is meant, and the time on it, UTC nanoseconds.

    Args:
        text: Hours and minutes, perhaps seconds, perhaps a date before them.
        zone: Whose time of day it is.
        now_ns: Market time now: without a date, today is meant.

    Raises:
        UsageError: It is no time, or one that has not come.
    """
    *day, clock = text.split() or [""]
    now = datetime.fromtimestamp(now_ns / NS, zone)
    try:
        at = time.fromisoformat(clock.zfill(5) if clock.count(":") == 1 else clock.zfill(8))
        on = date.fromisoformat(day[0]) if day else now.date()
    except (ValueError, IndexError):
        raise UsageError(USAGE) from None
    if len(day) > 1 or ":" not in clock or at.tzinfo is not None:
        raise UsageError(USAGE)
    meant = datetime.combine(on, at, zone)
    if meant > now:
        raise UsageError(f"{meant:%Y-%m-%d %H:%M:%S %Z} has not come yet; the market's clock says {now:%Y-%m-%d %H:%M}")
    return int(datetime.combine(on, time(), zone).timestamp()) * NS, int(meant.timestamp()) * NS
