"""Top of book of an option with what its prices imply: volatility and greeks at bid, ask and last, and by the model."""

from collections.abc import Callable

from ibtui.clock import NS
from ibtui.sim import messages
from ibtui.sim.events import Top
from ibtui.sim.option_values import Greeks, expiry_minute, greeks, implied_volatility
from ibtui.sim.quote_feed import QuoteFeed
from ibtui.sim.universe import Listing

BID, ASK, LAST, MODEL = 10, 11, 12, 13
"""IB's tick types of option computations."""
_STEP_NS = NS
NO_DIVIDEND = 0.0


class OptionQuotes:
    """One ``reqMktData`` of an option.

    Args:
        feed: What sends the quote itself.
        listing: The option.
        top: Tells the option's quote.
        underlying: Tells the underlying's price.
        now_ns: Market time.
    """

    def __init__(
        self,
        feed: QuoteFeed,
        listing: Listing,
        top: Callable[[], Top],
        underlying: Callable[[], float],
        now_ns: int,
    ) -> None:
        self.client = feed.client
        self.subscription = feed.subscription
        self.takes = feed.takes
        self._feed = feed
        self._listing = listing
        self._top = top
        self._underlying = underlying
        self._now_ns = now_ns
        self._next_ns = now_ns + _STEP_NS
        self._sent: dict[int, Greeks | None] = {}
        self._expires = expiry_minute(listing.instrument.last_trade_date)

    def open(self) -> None:
        """Sends the quote and what it implies."""
        self._feed.open()
        self._compute()

    def refresh(self, top: Top) -> None:
        """Sends the quote anew, after a time in which the client was not told of its changes."""
        self._feed.refresh(top)
        self._sent.clear()
        self._compute()

    def pass_time(self, now_ns: int) -> None:
        """Sends what changed, once in a second."""
        self._now_ns = now_ns
        if now_ns >= self._next_ns:
            self._next_ns = now_ns + _STEP_NS
            self._compute()

    def _compute(self) -> None:
        top, price = self._top(), self._underlying()
        for kind, each in ((BID, top.bid), (ASK, top.ask), (LAST, top.last)):
            if each is not None:
                self._send(kind, self._implied(each, price), each, price)
        instrument, volatility = self._listing.instrument, self._listing.volatility
        assert instrument.strike is not None
        model = greeks(price, instrument.strike, self._minutes, volatility, instrument.right)
        self._send(MODEL, model, model.price, price)

    @property
    def _minutes(self) -> int:
        return max(1, self._expires - self._now_ns // (60 * NS))

    def _implied(self, worth: float, price: float) -> Greeks | None:
        instrument = self._listing.instrument
        assert instrument.strike is not None
        terms = price, instrument.strike, self._minutes
        volatility = implied_volatility(worth, *terms, instrument.right)
        return None if volatility is None else greeks(*terms, volatility, instrument.right)

    def _send(self, kind: int, found: Greeks | None, worth: float, price: float) -> None:
        if kind in self._sent and self._sent[kind] == found:
            return
        self._sent[kind] = found
        values = {} if found is None else found._asdict()
        values |= {"req_id": self.subscription.req_id, "kind": kind, "price": worth, "underlying": price}
        frame = messages.OPTION_COMPUTATION.encode(self.client.version, {**values, "dividend": NO_DIVIDEND})
        self.client.push(frame, messages.OPTION_COMPUTATION.number, self.subscription)
