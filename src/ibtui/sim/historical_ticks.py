"""Ticks of the past, as many as were asked for, found minute by minute from one end of the time that was asked for."""

import asyncio
from dataclasses import dataclass
from itertools import takewhile

from ibtui.clock import NS
from ibtui.sim.events import MarketEvent, TopChanged, Traded
from ibtui.sim.exchange import Exchange
from ibtui.sim.history import first_session_ns
from ibtui.sim.history_request import BAD_VALUE, BadHistoryError, parse_time
from ibtui.sim.replay import replayed
from ibtui.sim.schema import Values
from ibtui.sim.tape_feed import UNREPORTED
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.universe import Listing

MOST = 1000
"""Ticks in one answer; it has more only where the last of them share their second with others."""
WHAT = frozenset({"TRADES", "BID_ASK", "MIDPOINT"})


@dataclass(frozen=True, slots=True)
class TicksRequest:
    """What a client asks for: ticks from a time on, or, without a start, those before the end. UTC nanoseconds."""

    what: str
    count: int
    start_ns: int | None
    end_ns: int
    use_rth: bool
    ignore_size: bool


def parse_ticks_request(ask: Values, now_ns: int) -> TicksRequest:
    """Reads the request.

    Raises:
        BadHistoryError: Data, number or times make no sense.
    """
    what, count = (ask["what"] or "").upper(), ask["count"] or 0
    if what not in WHAT:
        raise _invalid(f"'{what}' is no data to show")
    if not 0 < count <= MOST:
        raise _invalid(f"The number of ticks must be 1 to {MOST}")
    if not ask["start"] and not ask["end"]:
        raise _invalid("Either start or end time must be specified")
    start_ns = parse_time(ask["start"], now_ns) if ask["start"] else None
    end_ns = min(parse_time(ask["end"], now_ns), now_ns)
    return TicksRequest(what, count, start_ns, end_ns, bool(ask["use_rth"]), bool(ask["ignore_size"]))


async def find_ticks(exchange: Exchange, listing: Listing, request: TicksRequest) -> list[Values]:
    """The ticks by the names of their message's fields; lets everybody else go on between two minutes.

    The seconds at the ends are whole: where the last tick that was asked for shares its second with others, these come
    too, so that the next request can go on from the next second.
    """
    found: list[Values] = []
    calendar = listing.calendar
    forward = request.start_ns is not None
    begins_ns = max(first_session_ns(listing), request.start_ns or 0)
    first, last = begins_ns // MINUTE_NS, (request.end_ns - 1) // MINUTE_NS
    number = calendar.next_open_minute(first) if forward else calendar.last_open_minute(last)
    while len(found) < request.count and begins_ns < request.end_ns:
        if number * MINUTE_NS >= request.end_ns or (number + 1) * MINUTE_NS <= begins_ns:
            break
        if not request.use_rth or _is_regular(listing, number):
            ticks = [
                values
                for time_ns, values in _ticks(exchange, listing, number, request)
                if begins_ns <= time_ns < request.end_ns
            ]
            found = found + ticks if forward else ticks + found
            await asyncio.sleep(0)
        number = calendar.next_open_minute(number + 1) if forward else calendar.last_open_minute(number - 1)
    return _whole_seconds(found, request.count, forward)


def _whole_seconds(ticks: list[Values], count: int, forward: bool) -> list[Values]:
    ordered = ticks if forward else ticks[::-1]
    chosen = ordered[:count]
    if chosen:
        chosen += takewhile(lambda tick: tick["time"] == chosen[-1]["time"], ordered[count:])
    return chosen if forward else chosen[::-1]


def _is_regular(listing: Listing, number: int) -> bool:
    moment = listing.calendar.moment_of(number)
    return moment is not None and listing.calendar.counts(moment.phase)


def _ticks(exchange: Exchange, listing: Listing, number: int, request: TicksRequest) -> list[tuple[int, Values]]:
    bid, ask, events = replayed(exchange, listing, number)
    if request.what == "TRADES":
        return [(event.time_ns, _trade(event)) for event in events if isinstance(event, Traded)]
    return _quotes(bid, ask, events, midpoint=request.what == "MIDPOINT", ignore_size=request.ignore_size)


def _trade(event: Traded) -> Values:
    return {
        "time": event.time_ns // NS,
        "mask": UNREPORTED if "I" in event.conditions else 0,
        "price": event.price,
        "size": event.size,
        "venue": event.venue,
        "conditions": event.conditions,
    }


def _quotes(
    bid: TopChanged, ask: TopChanged, events: list[MarketEvent], *, midpoint: bool, ignore_size: bool
) -> list[tuple[int, Values]]:
    """A tick for each change of the quote, or of its middle."""
    sides = {"bid": bid, "ask": ask}
    ticks: list[tuple[int, Values]] = []
    for event in events:
        if not isinstance(event, TopChanged) or event.field == "last":
            continue
        moved = sides[event.field].price != event.price
        sides[event.field] = event
        low, high = sides["bid"], sides["ask"]
        if low.price is None or high.price is None or not (moved or not (midpoint or ignore_size)):
            continue
        values: Values = {"time": event.time_ns // NS}
        if midpoint:
            values |= {"price": (low.price + high.price) / 2, "size": 0}
        else:
            values |= {"bid": low.price, "ask": high.price, "bid_size": low.size, "ask_size": high.size}
        ticks.append((event.time_ns, values))
    return ticks


def _invalid(cause: str) -> BadHistoryError:
    return BadHistoryError(BAD_VALUE, f"Error validating request.-'bd' : cause - {cause}")
