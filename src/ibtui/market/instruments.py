"""What can be traded: the contract facts that every room shares."""

from dataclasses import dataclass

QUOTED_ONLY = frozenset({"CASH", "CMDTY", "CFD"})
"""Kinds of contract that have no trades at IB: no last price, no volume, and bars that are made of quotes."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """One contract as IB describes it, known by its ``con_id``.

    Attributes:
        min_tick: Smallest price increment, in the contract's currency.
        multiplier: Units of the underlying in one contract; 1 for stocks.
        time_zone: IB's name of the exchange's zone, such as ``US/Eastern``.
        trading_hours: IB's own string of sessions, extended hours included.
        liquid_hours: IB's own string of regular sessions.
        size_increment: What quantities are multiples of.
    """

    con_id: int
    symbol: str
    sec_type: str = "STK"
    exchange: str = "SMART"
    primary_exchange: str = ""
    currency: str = "USD"
    local_symbol: str = ""
    trading_class: str = ""
    multiplier: float = 1.0
    min_tick: float = 0.01
    time_zone: str = ""
    trading_hours: str = ""
    liquid_hours: str = ""
    long_name: str = ""
    last_trade_date: str = ""
    strike: float | None = None
    right: str = ""
    size_increment: float = 1.0


def what_of(instrument: Instrument) -> str:
    """What bars are made of: trades, or the quote's middle where IB knows no trades."""
    return "MIDPOINT" if instrument.sec_type in QUOTED_ONLY else "TRADES"
