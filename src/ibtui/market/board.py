"""The quote board: the last known value of everything that is quoted, and what changed since it was last drawn."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from ibtui.market.kinds import KINDS
from ibtui.market.rates import SecondCounts
from ibtui.market.rows import TickRow

LIVE, FROZEN, DELAYED, DELAYED_FROZEN = 1, 2, 3, 4
"""IB's market data types."""

_PRICE_FIELDS = {1: "bid", 2: "ask", 4: "last", 6: "high", 7: "low", 9: "close", 14: "open", 48: "vwap", 77: "vwap"}
_SIZE_FIELDS = {0: "bid_size", 3: "ask_size", 5: "last_size", 8: "volume", 1: "bid_size", 2: "ask_size", 4: "last_size"}
_HALTED = 49

_TARGETS: dict[int, tuple[str | None, str | None, bool]] = {
    kind.number: (_PRICE_FIELDS.get(kind.live_number), _SIZE_FIELDS.get(kind.live_number), kind.delayed)
    for kind in KINDS.values()
    if kind.live_number in _PRICE_FIELDS.keys() | _SIZE_FIELDS.keys()
}
"""Tick type -> the quote's fields that a row's price and size go to, and whether the value is a delayed one."""

_OTHERS = {kind.number: kind.live_number for kind in KINDS.values() if kind.number not in _TARGETS}
"""Tick type -> the key in a quote's ``others``."""

_HALTED_KINDS = frozenset(kind.number for kind in KINDS.values() if kind.live_number == _HALTED)


@dataclass(slots=True, eq=False)
class Quote:
    """What is known of one contract's market; None means unknown. All values come from one and the same session.

    Attributes:
        data_type: IB's market data type: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen.
        session: Number of the gateway session that last confirmed the values; 0 means they are only from storage.
        updated: Monotonic seconds of the last frame; minus infinity when none ever came.
        updated_ns: The same instant in UTC nanoseconds; 0 when unknown.
        ticks: Frames since the start.
        previous_last: The last price before the current, different one.
        others: What any other tick type said last, by its live number: see :data:`ibtui.market.kinds.KINDS`.
        by_second: Where :attr:`ticks` stood when each of the last seconds began.
    """

    con_id: int
    bid: float | None = None
    ask: float | None = None
    last: float | None = None
    bid_size: float | None = None
    ask_size: float | None = None
    last_size: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    close: float | None = None
    volume: float | None = None
    vwap: float | None = None
    halted: bool | None = None
    data_type: int = LIVE
    session: int = 0
    updated: float = -math.inf
    updated_ns: int = 0
    ticks: int = 0
    previous_last: float | None = None
    others: dict[int, float | None] = field(default_factory=dict, repr=False)
    by_second: SecondCounts = field(default_factory=SecondCounts, repr=False)

    def ticks_in(self, seconds: float, now: float) -> int:
        """Frames in the last ``seconds`` (at most 300), by whole seconds of the monotonic clock."""
        return self.by_second.within(seconds, now, self.ticks)

    def forget(self) -> None:
        """Makes every market value unknown."""
        self.bid = self.ask = self.last = self.bid_size = self.ask_size = self.last_size = None
        self.open = self.high = self.low = self.close = self.volume = self.vwap = None
        self.halted = self.previous_last = None
        self.others.clear()


class QuoteBoard:
    """All quotes by contract id.

    Attributes:
        quotes: Contract id to its quote; a quote object lives as long as the board.
        dirty: Contract ids that changed since the reader cleared it.
    """

    def __init__(self) -> None:
        self.quotes: dict[int, Quote] = {}
        self.dirty: set[int] = set()

    def quote(self, con_id: int) -> Quote:
        """The quote of a contract, empty when nothing is known of it yet."""
        quote = self.quotes.get(con_id)
        if quote is None:
            quote = self.quotes[con_id] = Quote(con_id)
        return quote

    def apply(self, ticks: list[TickRow], monotonic: float, session: int) -> Mapping[int, Quote]:
        """Takes the rows of one network read, in order.

        A price row sets the price and, for bid, ask and last, the size that came with it. For IB's real-time volume
        (48, 77) the row's price is the volume-weighted average price. The first row of a new session makes unknown
        what older sessions left: a value is never called confirmed because a different one was.

        Args:
            ticks: Rows with IB's "none" values already None.
            monotonic: When they were received, seconds.
            session: Number of the gateway session that they came through, 1 or more.

        Returns:
            The quotes that they are about, by contract id.
        """
        quotes, targets, second = self.quotes, _TARGETS, int(monotonic)
        seen: dict[int, Quote] = {}
        for con_id, ts_ns, _, kind, price, size in ticks:
            quote = seen.get(con_id)
            if quote is None:
                quote = seen[con_id] = quotes.get(con_id) or self.quote(con_id)
                if second > quote.by_second.begun:
                    quote.by_second.begin(second, quote.ticks)
                if quote.session != session:
                    quote.forget()
                    quote.session = session
                quote.updated = monotonic
                quote.updated_ns = ts_ns
            quote.ticks += 1
            target = targets.get(kind)
            if target is None:
                if kind in _HALTED_KINDS:
                    quote.halted = None if price is None else price > 0
                elif kind in _OTHERS:
                    quote.others[_OTHERS[kind]] = size if price is None else price
                continue
            price_field, size_field, delayed = target
            if price_field is not None:
                if price_field == "last" and price != quote.last and quote.last is not None:
                    quote.previous_last = quote.last
                setattr(quote, price_field, price)
            if size_field is not None:
                setattr(quote, size_field, size)
            if delayed and quote.data_type < DELAYED:
                quote.data_type = DELAYED
        self.dirty.update(seen)
        return seen

    def set_data_type(self, con_id: int, data_type: int) -> None:
        """Takes IB's word on what kind of data follows for a contract."""
        quote = self.quote(con_id)
        if quote.data_type != data_type:
            quote.data_type = data_type
            self.dirty.add(con_id)

    def unconfirm(self, con_id: int) -> None:
        """Says that the values are no longer vouched for, as after "data lost": they stay to be seen, as session 0."""
        self.quote(con_id).session = 0
        self.dirty.add(con_id)

    def restore(
        self,
        con_id: int,
        *,
        bid: float | None,
        ask: float | None,
        last: float | None,
        close: float | None,
        volume: float | None,
        ts_ns: int,
    ) -> None:
        """Shows the last stored values until the market speaks; a quote that it already spoke of is left alone."""
        quote = self.quote(con_id)
        if quote.ticks:
            return
        quote.bid, quote.ask, quote.last, quote.close, quote.volume = bid, ask, last, close, volume
        quote.updated_ns = ts_ns
        self.dirty.add(con_id)

    def ticks_in(self, con_id: int, seconds: float, now: float) -> int:
        """Frames of a contract in the last ``seconds``, see :meth:`Quote.ticks_in`."""
        quote = self.quotes.get(con_id)
        return 0 if quote is None else quote.ticks_in(seconds, now)

    def tick_rate(self, con_id: int, seconds: float, now: float) -> float:
        """Frames a second of a contract in the last ``seconds`` (at most 300), or since its first if that is less."""
        quote = self.quotes.get(con_id)
        return 0.0 if quote is None else quote.by_second.rate(seconds, now, quote.ticks)
