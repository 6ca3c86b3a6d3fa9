"""The market at a glance: how many of what is watched rise, stand at their highs, lie above their average."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ibtui.market.board import Quote
from ibtui.market.daily import UNKNOWN, Daily

LOW_52, HIGH_52 = 19, 20
"""IB's tick types of the lowest and highest price of 52 weeks."""

SECTORS: Mapping[str, str] = {
    "XLK": "technology",
    "XLV": "health care",
    "XLF": "financials",
    "XLY": "consumer discretionary",
    "XLI": "industrials",
    "XLP": "consumer staples",
    "XLE": "energy",
    "XLB": "materials",
    "XLRE": "real estate",
    "XLU": "utilities",
    "XLC": "communication services",
}
"""The funds that stand for the eleven sectors of the S&P 500."""


@dataclass(slots=True)
class Breadth:
    """Counts of quotes; each question has its own number of quotes that could answer it.

    Attributes:
        total: Quotes that were looked at.
        advancing: Last above the previous close.
        compared: Quotes with both prices.
        at_high: Last at the day's high, where the day has a range.
        ranged: Quotes with last, high and low.
        new_high: The day's high is a high of 52 weeks.
        yearly: Quotes whose 52 weeks are known.
        above: Last above the 50-day average.
        averaged: Quotes whose average is known.
    """

    total: int = 0
    advancing: int = 0
    declining: int = 0
    compared: int = 0
    at_high: int = 0
    at_low: int = 0
    ranged: int = 0
    new_high: int = 0
    new_low: int = 0
    yearly: int = 0
    above: int = 0
    averaged: int = 0


def year_range(quote: Quote, daily: Daily) -> tuple[float | None, float | None]:
    """Lowest and highest price of 52 weeks: IB's own where it sent them, else of stored daily bars."""
    low, high = quote.others.get(LOW_52), quote.others.get(HIGH_52)
    if low is None or high is None:
        return daily.low, daily.high
    return low, high


def breadth(quotes: Iterable[Quote], daily: Mapping[int, Daily]) -> Breadth:
    """Counts them. A price that is not known is counted nowhere.

    Args:
        quotes: Those that can be trusted.
        daily: What stored bars say, by contract id.
    """
    found = Breadth()
    for quote in quotes:
        found.total += 1
        last, high, low, days = quote.last, quote.high, quote.low, daily.get(quote.con_id, UNKNOWN)
        if last is None:
            continue
        if quote.close is not None:
            found.compared += 1
            found.advancing += last > quote.close
            found.declining += last < quote.close
        if days.average is not None:
            found.averaged += 1
            found.above += last > days.average
        if high is None or low is None:
            continue
        found.ranged += 1
        if high > low:
            found.at_high += last >= high
            found.at_low += last <= low
        year_low, year_high = year_range(quote, days)
        if year_low is not None and year_high is not None:
            found.yearly += 1
            found.new_high += high >= year_high
            found.new_low += low <= year_low
    return found
