"""Tick by tick to one client: every print, or every change of the best bid and ask."""

from ibtui.clock import NS
from ibtui.sim import messages
from ibtui.sim.client import Client
from ibtui.sim.events import MarketEvent, Top, TopChanged, Traded
from ibtui.sim.feeds import Taker
from ibtui.sim.stats import Subscription

KINDS = {"Last": 1, "AllLast": 2, "BidAsk": 3, "MidPoint": 4}
"""IB's names of the tick-by-tick types and their numbers on the wire."""
PRINTS = frozenset({1, 2})

UNREPORTED = 2
"""Attribute of prints that don't go to the tape's last price, such as odd lots."""


class TapeFeed:
    """One ``reqTickByTickData``.

    Args:
        kind: One of :data:`KINDS`' numbers.
        top: The quote it starts from.
        ignore_size: Only changes of price count.
    """

    def __init__(
        self, client: Client, subscription: Subscription, top: Top, now_ns: int, *, kind: int, ignore_size: bool
    ) -> None:
        self.client = client
        self.subscription = subscription
        self._kind = kind
        self._ignore_size = ignore_size
        self._now_ns = now_ns
        self._prices: dict[str, float | None] = {"bid": top.bid, "ask": top.ask}
        self._sizes: dict[str, int] = {"bid": top.bid_size, "ask": top.ask_size}
        self._frame = client.template(messages.TICK_BY_TICK, kind)
        self.takes: dict[type[MarketEvent], Taker] = (
            {Traded: self._trade} if kind in PRINTS else {TopChanged: self._quote}
        )

    def open(self) -> None:
        """Sends the quote as it is; a tape begins with its next print."""
        if self._kind not in PRINTS:
            self._send_quote(self._now_ns)

    def _trade(self, event: MarketEvent) -> None:
        assert isinstance(event, Traded)
        mask = UNREPORTED if "I" in event.conditions else 0
        self._send(event.time_ns, event.price, event.size, mask, event.venue, event.conditions)

    def _quote(self, event: MarketEvent) -> None:
        assert isinstance(event, TopChanged)
        if event.field == "last":
            return
        moved = self._prices[event.field] != event.price
        resized = self._sizes[event.field] != event.size
        self._prices[event.field], self._sizes[event.field] = event.price, event.size
        if moved or (resized and self._kind == KINDS["BidAsk"] and not self._ignore_size):
            self._send_quote(event.time_ns)

    def _send_quote(self, time_ns: int) -> None:
        bid, ask = self._prices["bid"], self._prices["ask"]
        if bid is None or ask is None:
            return
        if self._kind == KINDS["MidPoint"]:
            self._send(time_ns, (bid + ask) / 2)
        else:
            self._send(time_ns, bid, ask, self._sizes["bid"], self._sizes["ask"], 0)

    def _send(self, time_ns: int, *values: float | str) -> None:
        frame = self._frame((self.subscription.req_id, self._kind, time_ns // NS, *values))
        self.client.push(frame, messages.TICK_BY_TICK.number, self.subscription)
