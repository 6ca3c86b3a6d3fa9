"""The tape: a contract's latest prints and the signed volume of those whose side could be inferred."""

from collections import deque
from typing import NamedTuple

from ibtui.market.rows import PrintRow

KEPT = 5000
"""Prints kept in memory; the data files hold all of them."""


class Print(NamedTuple):
    """One trade report.

    Attributes:
        seq: Number within the run.
        ts_ns: When it was received, UTC nanoseconds.
        exchange_ns: When it was reported, UTC nanoseconds of the market's clock; None when unknown.
        side: Inferred, for IB doesn't send it: 1 buyer, -1 seller, 0 between, None not classified.
    """

    seq: int
    ts_ns: int
    exchange_ns: int | None
    price: float
    size: float | None
    venue: str
    conditions: str
    side: int | None


_new = tuple.__new__


def classify(price: float | None, bid: float | None, ask: float | None) -> int | None:
    """Infers who was aggressive, by the quote rule (Lee and Ready 1991) without its tick test.

    Returns:
        1 at or above the ask (buyer), -1 at or below the bid (seller), 0 between them, None where the quote is unknown
        or locked or crossed around the price, so that both would hold.
    """
    if price is None or bid is None or ask is None:
        return None
    bought, sold = price >= ask, price <= bid
    if bought and sold:
        return None
    if bought:
        return 1
    if sold:
        return -1
    return 0 if bid < price < ask else None


class Tape:
    """One contract's prints, newest last.

    Attributes:
        total: Prints ever taken.
        delta: Size bought less size sold, of the classified prints.
        classified: Prints whose side is known.
    """

    __slots__ = ("classified", "con_id", "delta", "prints", "total")

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.prints: deque[Print] = deque(maxlen=KEPT)
        self.total = 0
        self.delta = 0.0
        self.classified = 0

    def append(self, row: PrintRow) -> None:
        """Takes one print."""
        _, ts_ns, seq, exchange_ns, price, size, venue, conditions, side, _ = row
        # Straight to the tuple: the generated constructor takes twice as long, and this runs once a print.
        self.prints.append(_new(Print, (seq, ts_ns, exchange_ns, price, size, venue, conditions, side)))
        self.total += 1
        if side is not None:
            self.classified += 1
            if side and size is not None:
                self.delta += side * size
