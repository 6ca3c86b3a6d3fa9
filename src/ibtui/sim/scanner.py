"""A small market scanner: the shares and funds that trade most, or have moved most since the last close."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ibtui.sim.source import Source
from ibtui.sim.trading_days import SHARES
from ibtui.sim.universe import Listing, Universe

MOST_ROWS = 50
"""IB never sends more."""
_SLICE = 20
"""Contracts looked at before everybody else may go on."""


class Candidate(NamedTuple):
    """One contract as the scanner sees it: price now, part moved since the last close, shares expected today."""

    listing: Listing
    price: float
    change: float
    volume: float


SCANS: Mapping[str, Callable[[Candidate], float]] = {
    "MOST_ACTIVE": lambda each: -each.volume,
    "TOP_PERC_GAIN": lambda each: -each.change,
    "TOP_PERC_LOSE": lambda each: each.change,
}
"""Scan code to what it sorts by."""

LOCATIONS = frozenset({"STK.US", "STK.US.MAJOR", "STK.NYSE", "STK.NASDAQ", "STK.ARCA", "ETF.EQ.US", "ETF.EQ.US.MAJOR"})
"""Where it can look."""

PARAMETERS = """<?xml version="1.0" encoding="UTF-8"?>
<ScanParameterResponse>
<InstrumentList varName="instrumentList">
<Instrument><name>US Stocks</name><type>STK</type></Instrument>
<Instrument><name>US Equity ETFs</name><type>ETF.EQ.US</type></Instrument>
</InstrumentList>
<LocationTree varName="locationTree">
{locations}
</LocationTree>
<ScanTypeList varName="scanTypeList">
{scans}
</ScanTypeList>
</ScanParameterResponse>
"""
_NAMES = {"MOST_ACTIVE": "Most Active", "TOP_PERC_GAIN": "Top % Gainers", "TOP_PERC_LOSE": "Top % Losers"}


def parameters() -> str:
    """What can be scanned for, as the XML that IB sends."""
    locations = [
        f"<Location><locationCode>{each}</locationCode><type>{each.partition('.')[0]}</type></Location>"
        for each in sorted(LOCATIONS)
    ]
    scans = [
        f"<ScanType><displayName>{name}</displayName><scanCode>{code}</scanCode></ScanType>"
        for code, name in _NAMES.items()
    ]
    return PARAMETERS.format(locations="\n".join(locations), scans="\n".join(scans))


async def scan(
    universe: Universe, source: Source, now_minute: int, code: str, location: str, above: float, below: float
) -> list[Listing]:
    """The listings at a location whose price lies in a range, best first.

    Args:
        universe: What is listed.
        source: Knows where prices are.
        now_minute: Market time, minutes since 1970.
        code: One of :data:`SCANS`.
        location: One of :data:`LOCATIONS`.
        above: Least price, USD.
        below: Highest price.
    """
    found: list[Candidate] = []
    minute = SHARES.last_open_minute(now_minute)
    for number, listing in enumerate(universe):
        if number % _SLICE == 0:
            await asyncio.sleep(0)
        if _is_at(listing, location):
            found.append(_candidate(listing, source, minute))
    kept = [each for each in found if above <= each.price <= below]
    return [each.listing for each in sorted(kept, key=SCANS[code])][:MOST_ROWS]


def _candidate(listing: Listing, source: Source, minute: int) -> Candidate:
    price, change = source.change(listing, minute)
    return Candidate(listing, price * listing.instrument.min_tick, change, source.day_volume(listing, minute))


def _is_at(listing: Listing, location: str) -> bool:
    if listing.instrument.sec_type != "STK":
        return False
    kind, _, rest = location.partition(".")
    if kind == "ETF":
        return listing.stock_type == "ETF"
    return rest.startswith("US") or listing.instrument.primary_exchange == rest
