"""The tape: a contract's latest prints, what they add up to by side, and how fast they come."""

from collections import deque
from typing import NamedTuple

from ibtui.market.delta import Delta
from ibtui.market.pace import Pace
from ibtui.market.rows import PrintRow
from ibtui.market.sale_conditions import ODD_LOT
from ibtui.market.trading_day import next_day_ns

KEPT = 5000
"""Prints kept in memory; the data files hold all of them."""

UNREPORTED = 2
"""Of IB's attributes of a trade: it does not go to the tape's last price."""


def is_reported(conditions: str, flags: int | None) -> bool:
    """Whether a trade goes to the tape's last price: no odd lot, and not one that IB calls unreported."""
    return not (flags or 0) & UNREPORTED and ODD_LOT not in conditions


class Print(NamedTuple):
    """One trade report, in the order of :data:`ibtui.market.rows.PrintRow`, which says what each field means.

    Attributes:
        ts_ns: When it was received, UTC nanoseconds.
        exchange_ns: When it was reported, UTC nanoseconds of the market's clock, as IB sends them in whole seconds;
            None when unknown.
        side: Inferred, for IB doesn't send it: 1 buyer, -1 seller, 0 between, None not classified.
        extreme: 1 the highest price that the day's tape has had, -1 the lowest, else 0. Odd lots and whatever else is
            not reported to the tape set neither.
    """

    con_id: int
    ts_ns: int
    seq: int
    exchange_ns: int | None
    price: float
    size: float | None
    venue: str
    conditions: str
    side: int | None
    feed: int | None = None
    bucket: int | None = None
    flags: int | None = None
    quote_ms: int | None = None
    extreme: int = 0


_new = tuple.__new__


class Tape:
    """One contract's prints, newest last.

    Attributes:
        total: Prints ever taken.
        delta: Bought and sold since :meth:`restart`, the trading day's begin, or the first print.
        pace: How fast they come.
        high: The highest reported price since then; low likewise; None before the first.
    """

    __slots__ = ("_day_ends_ns", "con_id", "delta", "high", "low", "pace", "prints", "total")

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.prints: deque[Print] = deque(maxlen=KEPT)
        self.total = 0
        self.pace = Pace()
        self._day_ends_ns: int | None = None
        self.restart()

    def restart(self) -> None:
        """Counts delta and extremes from now on."""
        self.delta = Delta()
        self.high: float | None = None
        self.low: float | None = None

    def turn(self, market_ns: int) -> None:
        """Counts anew where a trading day has begun; never for what is late and of the day before."""
        ends_ns = self._day_ends_ns
        if ends_ns is None or market_ns >= ends_ns:
            self._day_ends_ns = next_day_ns(market_ns)
            if ends_ns is not None:
                self.restart()

    def append(self, row: PrintRow, second: int) -> None:
        """Takes one print, received in that whole second of the monotonic clock."""
        exchange_ns, price, size = row[3], row[4], row[5]
        if exchange_ns is not None and (self._day_ends_ns is None or exchange_ns >= self._day_ends_ns):
            self.turn(exchange_ns)
        extreme = 0
        if is_reported(row[7], row[11]):
            if self.high is None or self.low is None:
                self.high = self.low = price  # the first one is no news
            elif price > self.high:
                self.high, extreme = price, 1
            elif price < self.low:
                self.low, extreme = price, -1
        # Straight to the tuple: the generated constructor takes twice as long, and this runs once a print.
        self.prints.append(_new(Print, (*row, extreme)))
        self.total += 1
        self.delta.add(exchange_ns or row[1], row[8], size)
        self.pace.add(second, size)
