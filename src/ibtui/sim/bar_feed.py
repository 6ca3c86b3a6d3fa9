"""Bars to one client as they form: real-time bars of five seconds, and history that keeps up to date."""

from collections.abc import Callable
from typing import Protocol

from ibtui.clock import NS
from ibtui.market.bars import Bar
from ibtui.sim import data_messages
from ibtui.sim.client import Client
from ibtui.sim.events import MarketEvent, Top
from ibtui.sim.feeds import Taker
from ibtui.sim.history_request import HistoryRequest, bar_values
from ibtui.sim.stats import Subscription

SECONDS = 5
"""Length of a real-time bar, and time between two updates of a historical one."""
_STEP_NS = SECONDS * NS
_LEAP_NS = 1800 * NS
"""After a longer step of the clock a feed goes on from there instead of making up for what was left out."""


class BarSource(Protocol):
    """Where bars come from: the exchange."""

    def bars(
        self, con_id: int, bar_seconds: int, start_ns: int, end_ns: int, what: str = "TRADES", use_rth: bool = True
    ) -> list[Bar]:
        """Bars that start in the range."""
        ...

    def top(self, con_id: int) -> Top:
        """Quote and day of a contract."""
        ...


class _Steps:
    """The ends of five-second steps as market time passes them, each told once."""

    def __init__(self, now_ns: int, tell: Callable[[int], None]) -> None:
        self._next_ns = (now_ns // _STEP_NS + 1) * _STEP_NS
        self._tell = tell

    def pass_time(self, now_ns: int) -> None:
        """Tells every step that has ended by now."""
        if now_ns - self._next_ns > _LEAP_NS:
            self._next_ns = now_ns // _STEP_NS * _STEP_NS
        while self._next_ns <= now_ns:
            self._tell(self._next_ns)
            self._next_ns += _STEP_NS


class RealTimeBars:
    """One ``reqRealTimeBars``: a bar every five seconds while the contract trades, without trades too.

    Args:
        what: ``TRADES``, ``MIDPOINT``, ``BID`` or ``ASK``.
    """

    def __init__(
        self, client: Client, subscription: Subscription, exchange: BarSource, now_ns: int, what: str, use_rth: bool
    ) -> None:
        self.client = client
        self.subscription = subscription
        self.takes: dict[type[MarketEvent], Taker] = {}
        self._exchange = exchange
        self._what = what
        self._use_rth = use_rth
        self._close: float | None = None
        self.pass_time = _Steps(now_ns, self._ended).pass_time

    def open(self) -> None:
        """Nothing: the first bar comes when it has ended."""

    def _ended(self, end_ns: int) -> None:
        found = self._bars(end_ns, self._what)
        if not found and self._what == "TRADES":
            # Nobody traded. Where there was a quote the contract is open, and its bar stands still at the last price.
            price = self._close or self._exchange.top(self.subscription.con_id).last
            found = [
                Bar(quote.start, price, price, price, price, 0.0, price, 0)
                for quote in self._bars(end_ns, "MIDPOINT")
                if price is not None
            ]
        for bar in found:
            self._close = bar.close
            frame = data_messages.REAL_TIME_BAR.encode(
                self.client.version, {**bar_values(bar, str(bar.start)), "req_id": self.subscription.req_id}
            )
            self.client.push(frame, data_messages.REAL_TIME_BAR.number, self.subscription)

    def _bars(self, end_ns: int, what: str) -> list[Bar]:
        return self._exchange.bars(
            self.subscription.con_id, SECONDS, end_ns - _STEP_NS, end_ns, what, self._use_rth
        )  # fmt: skip


class UpdatedBars:
    """The part of a ``reqHistoricalData`` that keeps up to date: the running bar, and each one's last state.

    Args:
        request: What was asked for; its end is where the updates begin.
    """

    def __init__(
        self, client: Client, subscription: Subscription, exchange: BarSource, request: HistoryRequest, last: Bar
    ) -> None:
        self.client = client
        self.subscription = subscription
        self.takes: dict[type[MarketEvent], Taker] = {}
        self._exchange = exchange
        self._request = request
        self._last = last
        self.pass_time = _Steps(request.end_ns, self._update).pass_time

    def open(self) -> None:
        """Nothing: the bars so far were the answer."""

    def _update(self, at_ns: int) -> None:
        request = self._request
        # The last bar that was sent may have gone on until it ended, and others may have begun since.
        bars = self._exchange.bars(
            self.subscription.con_id,
            request.size.seconds,
            self._last.start * NS,
            request.until(at_ns),
            request.what,
            request.use_rth,
        )
        for bar in bars:
            if bar == self._last:
                continue
            self._last = bar
            values = {**bar_values(bar, request.time_of(bar)), "req_id": self.subscription.req_id}
            message = data_messages.HISTORICAL_BAR_UPDATE
            self.client.push(message.encode(self.client.version, values), message.number, self.subscription)
