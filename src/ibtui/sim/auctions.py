"""Auctions: the one crossing that opens a share's regular session and the one that closes it.

The seeded flow has a print for each, the session's first and its last. Orders for an auction wait apart from the book
and trade in that print, all at its price.
"""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from ibtui.clock import NS
from ibtui.sim.book import Match, Resting
from ibtui.sim.events import Side, SimOrder
from ibtui.sim.trading_days import MINUTE_NS, TradingDay
from ibtui.sim.universe import Listing

Auction = Literal["open", "close"]

AT_CLOSE = frozenset({"MOC", "LOC"})
AT_OPEN = "OPG"
"""Time in force of orders for the opening auction, MKT or LMT."""

CONDITIONS: dict[Auction, str] = {"open": "O", "close": "6"}
"""Sale conditions of the consolidated tape: market center opening trade, market center closing trade."""

LAST_MINUTES = {"NYSE": 10, "NASDAQ": 5, "BATS": 5, "ARCA": 1}
"""How long before the close an exchange takes no more orders for it: 15:50 (NYSE rule 7.35B), 15:55 (Nasdaq rule 4702,
Cboe BZX rule 11.23), a minute (NYSE Arca rule 7.35-E)."""
LAST_MINUTES_BEFORE_OPEN = 2
"""Nasdaq, NYSE Arca and Cboe BZX take orders for the open until 9:28."""

_PRINTED_AS = {"NASDAQ": "NSDQ"}


def auction_of(order: SimOrder) -> Auction | None:
    """The auction that an order is for; None for one of the continuous market."""
    if order.tif == AT_OPEN:
        return "open"
    return "close" if order.order_type in AT_CLOSE else None


def has_auctions(listing: Listing) -> bool:
    """Whether a contract's sessions open and close by auction: shares and funds do."""
    return bool(listing.stock_type)


def auction_times(listing: Listing, day: TradingDay) -> dict[int, Auction]:
    """When a day's auctions print, UTC nanoseconds: just inside the session, which is open for them."""
    if not has_auctions(listing):
        return {}
    return {day.regular.first * MINUTE_NS + 1: "open", day.regular.last * MINUTE_NS - 1: "close"}


def ends_ns(order: SimOrder, day: TradingDay) -> int:
    """When an order for an auction ends if it hasn't traded in it, UTC nanoseconds."""
    return day.regular.first * MINUTE_NS + 2 if auction_of(order) == "open" else day.regular.last * MINUTE_NS


def day_of_auction(order: SimOrder, listing: Listing, now_ns: int) -> TradingDay:
    """The day in whose auction an order that comes now takes part."""
    day = listing.calendar.day_of(now_ns // MINUTE_NS)
    if now_ns < ends_ns(order, day) - 1:
        return day
    return listing.calendar.day_of(day.regular.last)


def too_late(order: SimOrder, listing: Listing, now_ns: int) -> bool:
    """Whether the exchange takes no more orders for the coming auction."""
    auction = auction_of(order)
    if auction is None:
        return False
    minutes = LAST_MINUTES_BEFORE_OPEN
    if auction == "close":
        minutes = LAST_MINUTES.get(listing.instrument.primary_exchange, max(LAST_MINUTES.values()))
    return 0 < ends_ns(order, day_of_auction(order, listing, now_ns)) - now_ns < minutes * 60 * NS


def venue_of_auction(listing: Listing) -> str:
    """The venue of an auction's print: the exchange where the share is listed."""
    exchange = listing.instrument.primary_exchange
    return _PRINTED_AS.get(exchange, exchange)


class AuctionOrder(NamedTuple):
    """A client's order for an auction. ``limit`` in increments, None for any price."""

    key: int
    auction: Auction
    side: Side
    limit: int | None
    size: int


@dataclass(slots=True)
class AuctionOrders:
    """Clients' orders in one contract that wait for its auctions."""

    orders: dict[int, AuctionOrder] = field(default_factory=dict)

    def shrink(self, key: int, size: int) -> None:
        """Leaves an order with fewer shares."""
        if key in self.orders:
            self.orders[key] = self.orders[key]._replace(size=size)

    def cross(self, auction: Auction, price: int, venue: str) -> list[Match]:
        """Takes out the orders that trade in an auction at its price."""
        crossed = [
            each
            for each in self.orders.values()
            if each.auction == auction
            and (each.limit is None or (each.limit >= price if each.side == "bid" else each.limit <= price))
        ]
        for each in crossed:
            del self.orders[each.key]
        return [Match(price, each.size, venue, Resting(each.key, each.side, price, 0, 0, venue)) for each in crossed]
