"""Top of book a quarter of an hour late, for who has no live data: the market of then, run beside the live one."""

from collections.abc import Callable

from ibtui.clock import NS
from ibtui.sim.events import MarketEvent, Top
from ibtui.sim.feeds import Taker
from ibtui.sim.live import LiveMarket
from ibtui.sim.quote_feed import QuoteFeed

LATE_NS = 15 * 60 * NS
_LEAP_NS = 1800 * NS
"""After a longer step of the clock the market is begun anew instead of being lived through."""


class DelayedQuotes:
    """One ``reqMktData`` that is late.

    Args:
        feed: What sends; it begins with the market's top of then.
        market: Makes the contract's market as it was at a time.
    """

    def __init__(self, feed: QuoteFeed, market: Callable[[int], LiveMarket], now_ns: int) -> None:
        self.client = feed.client
        self.subscription = feed.subscription
        self.takes: dict[type[MarketEvent], Taker] = {}
        self.open = feed.open
        self._feed = feed
        self._make = market
        self._market = market(now_ns - LATE_NS)
        self._at_ns = now_ns

    def refresh(self, top: Top) -> None:
        """Sends the quote of then anew, after a time in which the client was not told of its changes."""
        self._feed.refresh(self._market.top())

    def pass_time(self, now_ns: int) -> None:
        """Sends what happened up to a quarter of an hour ago."""
        leaps, self._at_ns = now_ns - self._at_ns > _LEAP_NS, now_ns
        if leaps:
            self._market = self._make(now_ns - LATE_NS)
            self._feed.refresh(self._market.top())
        while self._market.next_ns <= now_ns - LATE_NS:
            for event in self._market.step():
                take = self._feed.takes.get(type(event))
                if take is not None:
                    take(event)
