"""What happened in one minute of a contract's market, event by event: the seeded market is run once more."""

from collections.abc import Iterable

from ibtui.sim.auctions import CONDITIONS, auction_times, venue_of_auction
from ibtui.sim.day import Day
from ibtui.sim.events import MarketEvent, TopChanged, Traded
from ibtui.sim.exchange import Exchange
from ibtui.sim.live import LiveMarket
from ibtui.sim.prints import PlannedPrint
from ibtui.sim.sizes import conditions_of, venue_of
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.universe import Listing


def replayed(exchange: Exchange, listing: Listing, number: int) -> tuple[TopChanged, TopChanged, list[MarketEvent]]:
    """Bid and ask at the beginning of an open minute, and its events up to now.

    They are the events that the live market told. In a minute in which clients traded or which was steered, the prints
    are those that happened, and the quote is the seeded one.
    """
    con_id, start_ns = listing.con_id, number * MINUTE_NS
    end_ns = min(exchange.now_ns + 1, start_ns + MINUTE_NS)
    offset = exchange.history.offset(con_id, start_ns)
    market = LiveMarket(exchange.source, listing, start_ns, Day(previous_close=1), offset, exchange.rate)
    top = market.top()
    events: list[MarketEvent] = []
    while market.next_ns < end_ns:
        events += market.step()
    happened = _remembered(exchange, con_id, number)
    if happened is not None:
        seeded = [event for event in events if not isinstance(event, Traded)]
        events = sorted([*seeded, *_trades(listing, number, happened)], key=lambda event: event.time_ns)
    bid = TopChanged(con_id, start_ns, "bid", top.bid, top.bid_size)
    ask = TopChanged(con_id, start_ns, "ask", top.ask, top.ask_size)
    return bid, ask, events


def _remembered(exchange: Exchange, con_id: int, number: int) -> Iterable[PlannedPrint] | None:
    running = exchange.running_minute(con_id)
    if running is not None and running.minute == number and running.altered:
        return running.prints
    return exchange.history.remembered.get(con_id, {}).get(number)


def _trades(listing: Listing, number: int, prints: Iterable[PlannedPrint]) -> list[MarketEvent]:
    scale = round(1 / listing.instrument.min_tick)
    moment = listing.calendar.moment_of(number)
    phase = moment.phase if moment is not None else None
    auctions = auction_times(listing, moment.day) if moment is not None else {}
    trades: list[MarketEvent] = []
    for each in prints:
        auction = auctions.get(each.time_ns)
        venue = venue_of_auction(listing) if auction else venue_of(listing, each.time_ns)
        conditions = CONDITIONS[auction] if auction else conditions_of(listing, phase, each.size)
        price = each.price / scale
        trades.append(Traded(listing.con_id, each.time_ns, price, each.size, venue, conditions, 0, 0, price))
    return trades
