"""What stored daily bars say about a contract today: its 50-day average, its highest and lowest of a year."""

from collections.abc import Sequence
from dataclasses import dataclass

from ibtui.market.bars import DAY, Bar

AVERAGE_DAYS = 50
"""Sessions in the average of closes that breadth is measured against."""

YEAR = 365 * DAY
NEWEST_WITHIN = 7 * DAY
"""A newest bar older than this (a week with a long weekend in it) says nothing of today."""
_YEAR_BEGINS_WITHIN = 10 * DAY


@dataclass(frozen=True, slots=True)
class Daily:
    """Facts of the sessions before today; None where too few of them are stored.

    Attributes:
        average: Mean of the last :data:`AVERAGE_DAYS` closes.
        high: Highest price of the last 365 days.
        low: Lowest price of the same.
    """

    average: float | None = None
    high: float | None = None
    low: float | None = None


UNKNOWN = Daily()
"""Nothing is stored."""


def daily(bars: Sequence[Bar], today: int) -> Daily:
    """The facts of daily bars, oldest first.

    Args:
        bars: As stored, one a session; today's own, if it is among them, does not count.
        today: Midnight UTC of the market's date, in UTC seconds.
    """
    past = [bar for bar in bars if today - YEAR <= bar.start < today]
    if not past or today - past[-1].start > NEWEST_WITHIN:
        return UNKNOWN
    closes = [bar.close for bar in past[-AVERAGE_DAYS:]]
    average = sum(closes) / AVERAGE_DAYS if len(closes) == AVERAGE_DAYS else None
    if past[0].start > today - YEAR + _YEAR_BEGINS_WITHIN:
        return Daily(average)
    return Daily(average, max(bar.high for bar in past), min(bar.low for bar in past))
