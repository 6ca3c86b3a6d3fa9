"""Verbs that steer the market and its clock."""

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.prices import round_to_tick
from ibtui.sim.depth_feed import DepthFeed
from ibtui.sim.events import Event
from ibtui.sim.simclock import describe, parse_start
from ibtui.sim.verbs.controls import Answer, Controls, listing_of

LIVELIEST = 1000
"""Times the default activity; beyond it beats come closer together than time is counted."""


def price(
    controls: Controls,
    symbol: str,
    bid: float | None = None,
    ask: float | None = None,
    last: float | None = None,
    bid_size: int | None = None,
    ask_size: int | None = None,
    percent: float | None = None,
) -> Answer:
    """Moves one symbol's market there, or by so many percent of where it is."""
    gateway, listing = controls.gateway, listing_of(controls, symbol)
    gateway.advance()
    if percent is not None:
        before = gateway.exchange.top(listing.con_id)
        if before.bid is None:
            raise UsageError(f"{symbol} has no quote to move from")
        bid = round_to_tick(before.bid * (1 + percent / 100), listing.instrument.min_tick)
    gateway.deliver(gateway.exchange.steer(listing.con_id, bid, ask, last, bid_size, ask_size))
    gateway.flush()
    top = gateway.exchange.top(listing.con_id)
    return {"bid": top.bid, "ask": top.ask, "last": top.last, "bid_size": top.bid_size, "ask_size": top.ask_size}


def print_(controls: Controls, symbol: str, price: float, size: int = 100) -> Answer:
    """Has a trade happen, which orders that stand at its price take part in."""
    listing = listing_of(controls, symbol)
    if not price > 0 or not size >= 1:
        raise UsageError("price and size must be above zero")
    controls.gateway.advance()
    _happened(controls, controls.gateway.exchange.print_trade(listing.con_id, float(price), int(size)))
    return {}


def halt(controls: Controls, symbol: str) -> Answer:
    """Halts trading in a symbol."""
    return _halted(controls, symbol, halted=True)


def resume(controls: Controls, symbol: str) -> Answer:
    """Lets trading in a halted symbol go on."""
    return _halted(controls, symbol, halted=False)


def depth_reset(controls: Controls, symbol: str | None = None) -> Answer:
    """Resets the books that clients are shown (317), of one symbol or of all, and sends them anew."""
    gateway = controls.gateway
    con_id = None if symbol is None else listing_of(controls, symbol).con_id
    feeds = [
        feed
        for feed in gateway.feeds.all()
        if isinstance(feed, DepthFeed) and con_id in (None, feed.subscription.con_id)
    ]
    for feed in feeds:
        feed.reset()
    return {"reset": len(feeds)}


def market(controls: Controls, running: bool | None = None, rate: float | None = None) -> Answer:
    """Stops, starts or speeds up the flow of events."""
    exchange = controls.gateway.exchange
    controls.gateway.advance()
    controls.gateway.flush()
    if rate is not None:
        if not 0 <= rate <= LIVELIEST:
            raise UsageError(f"rate must be from 0 to {LIVELIEST}")
        exchange.rate = float(rate)
    if running is not None:
        exchange.running = bool(running)
    return {"running": exchange.running, "rate": exchange.rate}


def clock(controls: Controls, speed: float | None = None, at: str | None = None, skew: float | None = None) -> Answer:
    """Changes the market clock's speed or moves it forward; without arguments just reads it.

    With ``skew`` clients are told a time that is so many seconds off.
    """
    gateway = controls.gateway
    if skew is not None:
        gateway.skew_ns = int(float(skew) * NS)
    now = gateway.clock.now_ns()
    gateway.clock.steer(speed=speed, at_ns=None if at is None else parse_start(str(at), now))
    gateway.advance()
    gateway.flush()
    at_ns = gateway.clock.now_ns()
    return {
        "market_ns": at_ns,
        "market_time": describe(at_ns),
        "speed": gateway.clock.speed,
        "moved_s": (at_ns - now) / NS,
        "skew": gateway.skew_ns / NS,
    }


def _halted(controls: Controls, symbol: str, *, halted: bool) -> Answer:
    listing = listing_of(controls, symbol)
    controls.gateway.advance()
    _happened(controls, controls.gateway.exchange.halt(listing.con_id, halted))
    return {"halted": halted}


def _happened(controls: Controls, events: list[Event]) -> None:
    controls.gateway.deliver(events)
