"""Top of book to one client, tick by tick as a real feed sends it: a price frame, then its size frame."""

from collections.abc import Sequence

from ibtui.clock import NS
from ibtui.market.kinds import KINDS
from ibtui.sim import messages
from ibtui.sim.client import Client
from ibtui.sim.events import DayChanged, HaltChanged, MarketEvent, Top, TopChanged, Traded
from ibtui.sim.feeds import Taker
from ibtui.sim.generic_ticks import numbers
from ibtui.sim.stats import Subscription
from ibtui.sim.universe import Listing

TICK_SIZE = messages.TICK_SIZE.number
NONE = -1.0
"""IB's price for "there is none"."""

TOP_KINDS = {"bid": (1, 0, 1), "ask": (2, 3, 1), "last": (4, 5, 0)}
"""Field to IB's price kind, size kind, and attributes: a bid or ask can be executed against."""
DAY_KINDS = {"high": 6, "low": 7, "close": 9, "open": 14}
VOLUME, LAST_TIME, REAL_TIME_VOLUME, HALTED = 8, 45, 48, 49
AVERAGE_VOLUME, MARK_PRICE, SHORTABLE, SHORTABLE_SHARES, REAL_TIME_VOLATILITY = 21, 37, 46, 89, 58
HISTORICAL_VOLATILITY, IMPLIED_VOLATILITY = 23, 24
REAL_TIME_VOLUME_REQUEST, TRADE_VOLUME_REQUEST, MARK_PRICE_REQUEST = "233", "375", "221"
REAL_TIME_TRADE_VOLUME = 77
"""As real-time volume, without the prints that don't count for a price."""
WEEKS = (15, 17, 19)
"""Kinds of the lowest price of 13, 26 and 52 weeks; the highest price's is the next."""
DELAYED_TYPES = (3, 4)
DELAYED_KINDS = {kind.live_number: kind.number for kind in KINDS.values() if kind.delayed}
"""Tick type of live data to its delayed twin."""
_EASY_TO_BORROW, _SHARES_TO_BORROW = 3.0, 10_000_000


class QuoteFeed:
    """One ``reqMktData``.

    Args:
        top: The quote it starts from.
        facts: What is known of the contract besides its quote.
        data_type: IB's market data type that the client is told, 1 to 4; delayed data has tick types of its own.
        generic: The generic tick types the client asked for.
        weeks: Lowest and highest price of the last 13, 26 and 52 weeks, where that is known.
        last_ns: When the last trade was, if that is known.
    """

    def __init__(
        self,
        client: Client,
        subscription: Subscription,
        top: Top,
        facts: Listing,
        *,
        data_type: int,
        generic: str,
        last_ns: int | None = None,
        weeks: Sequence[tuple[float, float]] = (),
    ) -> None:
        self.client = client
        self.subscription = subscription
        self.takes: dict[type[MarketEvent], Taker] = {
            TopChanged: self._top,
            DayChanged: self._day,
            HaltChanged: self._halt,
            Traded: self._trade,
        }
        self._image = top
        self._data_type = data_type
        self._facts = facts
        self._last_ns = last_ns
        self._weeks = weeks
        self._number = DELAYED_KINDS if data_type in DELAYED_TYPES else {}
        self._asked = frozenset(numbers(generic))
        self._prices: dict[str, float] = {}
        self._last_second = 0
        self._wants_volume = REAL_TIME_VOLUME_REQUEST in self._asked
        self._wants_trade_volume = TRADE_VOLUME_REQUEST in self._asked
        self._wants_mark = MARK_PRICE_REQUEST in self._asked
        self._price = client.template(messages.TICK_PRICE)
        self._size = client.template(messages.TICK_SIZE)
        self._text = client.template(messages.TICK_STRING)
        self._generic = client.template(messages.TICK_GENERIC)
        self._req_id = subscription.req_id
        self._tops = {
            field: (price_kind, self._number.get(size_kind, size_kind), attributes)
            for field, (price_kind, size_kind, attributes) in TOP_KINDS.items()
            if (facts.traded if field == "last" else facts.quoted)
        }
        self._sized = facts.quoted

    def open(self) -> None:
        """Sends the request's parameters and the image of the quote."""
        client, top = self.client, self._image
        client.send(
            messages.TICK_PARAMETERS,
            req_id=self._req_id,
            min_tick=self._facts.instrument.min_tick,
            bbo_exchange="a60001" if self._facts.instrument.sec_type == "STK" else "",
            snapshot_permissions=3 if self._facts.instrument.sec_type == "STK" else 0,
        )
        client.send(messages.MARKET_DATA_TYPE, req_id=self._req_id, data_type=self._data_type)
        if self._facts.quoted:
            self._send_top("bid", top.bid, top.bid_size)
            self._send_top("ask", top.ask, top.ask_size)
        if top.last is not None and self._facts.traded:
            self._send_top("last", top.last, top.last_size)
            if self._last_ns is not None:
                self._last_second = self._last_ns // NS
                self._send_text(LAST_TIME, str(self._last_second))
        if self._facts.quoted and self._facts.traded:
            self._send_volume(top.volume)
        for name, value in (("high", top.high), ("low", top.low), ("close", top.previous_close), ("open", top.open)):
            if value is not None:
                self._send_price(DAY_KINDS[name], value, 0, 0)
        self._send_halted(top.halted)
        self._send_asked(top)

    def refresh(self, top: Top) -> None:
        """Sends the quote as it is, after a time in which the client was not told of its changes."""
        self._prices.clear()
        if self._facts.quoted:
            self._send_top("bid", top.bid, top.bid_size)
            self._send_top("ask", top.ask, top.ask_size)
        self._send_halted(top.halted)

    def _send_asked(self, top: Top) -> None:
        """Sends what generic tick types ask for and what stays as it is."""
        volatility = self._facts.volatility
        if "104" in self._asked:
            self._send_generic(HISTORICAL_VOLATILITY, volatility)
        if "106" in self._asked:
            self._send_generic(IMPLIED_VOLATILITY, volatility)
        if "165" in self._asked:
            self._send_size(AVERAGE_VOLUME, int(self._facts.daily_volume))
            for kind, extremes in zip(WEEKS, self._weeks, strict=False):
                for place, value in enumerate(extremes):
                    self._send_price(kind + place, value, 0, 0)
        if self._wants_mark and top.last is not None:
            self._send_price(MARK_PRICE, top.last, 0, 0)
        if "236" in self._asked:
            self._send_generic(SHORTABLE, _EASY_TO_BORROW)
            self._send_size(SHORTABLE_SHARES, _SHARES_TO_BORROW)
        if "411" in self._asked:
            self._send_generic(REAL_TIME_VOLATILITY, volatility)

    def _top(self, event: MarketEvent) -> None:
        assert isinstance(event, TopChanged)
        _, _, field, price, size = event
        if field in self._tops:
            self._send_top(field, price, size)

    def _day(self, event: MarketEvent) -> None:
        assert isinstance(event, DayChanged)
        if event.field == "volume" and not (self._facts.quoted and self._facts.traded):
            return
        if event.field == "volume":
            self._send_volume(int(event.value or 0))
        else:
            self._send_price(DAY_KINDS[event.field], NONE if event.value is None else event.value, 0, 0)

    def _halt(self, event: MarketEvent) -> None:
        assert isinstance(event, HaltChanged)
        self._send_halted(event.halted)

    def _trade(self, event: MarketEvent) -> None:
        assert isinstance(event, Traded)
        if not self._facts.traded:
            return
        second = event.time_ns // NS
        if second != self._last_second:
            self._last_second = second
            self._send_text(LAST_TIME, str(second))
        if self._wants_mark:
            self._send_price(MARK_PRICE, event.price, 0, 0)
        if self._wants_volume or self._wants_trade_volume:
            milliseconds = event.time_ns // 1_000_000
            fields = (event.price, event.size, milliseconds, event.volume, round(event.vwap, 8), "true")
            if self._wants_volume:
                self._send_text(REAL_TIME_VOLUME, ";".join(map(str, fields)))
            if self._wants_trade_volume and "I" not in event.conditions:
                self._send_text(REAL_TIME_TRADE_VOLUME, ";".join(map(str, fields)))

    def _send_top(self, field: str, price: float | None, size: int) -> None:
        price_kind, size_number, attributes = self._tops[field]
        known = NONE if price is None else price
        size = size if self._sized else 0
        if self._prices.get(field) != known or field == "last":
            self._prices[field] = known
            self._send_price(price_kind, known, size, attributes)
        self.client.push(self._size((self._req_id, size_number, size)), TICK_SIZE, self.subscription)

    def _send_price(self, kind: int, price: float, size: int, attributes: int) -> None:
        frame = self._price((self._req_id, self._number.get(kind, kind), price, size, attributes))
        self.client.push(frame, messages.TICK_PRICE.number, self.subscription)

    def _send_volume(self, volume: int) -> None:
        self._send_size(VOLUME, volume)

    def _send_halted(self, halted: bool) -> None:
        self._send_generic(HALTED, 1 if halted else 0)

    def _send_size(self, kind: int, size: int) -> None:
        frame = self._size((self._req_id, self._number.get(kind, kind), size))
        self.client.push(frame, TICK_SIZE, self.subscription)

    def _send_generic(self, kind: int, value: float) -> None:
        frame = self._generic((self._req_id, self._number.get(kind, kind), value))
        self.client.push(frame, messages.TICK_GENERIC.number, self.subscription)

    def _send_text(self, kind: int, text: str) -> None:
        frame = self._text((self._req_id, self._number.get(kind, kind), text))
        self.client.push(frame, messages.TICK_STRING.number, self.subscription)
