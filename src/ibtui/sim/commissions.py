"""What orders cost: Interactive Brokers' fixed schedules of 2025 for private clients, first tier."""

from typing import NamedTuple

from ibtui.market.instruments import Instrument

_NO_LIMIT = float("inf")


class Schedule(NamedTuple):
    """One kind's schedule, USD: for each share or contract, as part of the value, at least and, of the value, at most.

    Third parties' fees are in it where they are charged with it (futures), and left out elsewhere.
    """

    each: float
    part: float
    least: float
    most: float = _NO_LIMIT


SHARES = Schedule(0.005, 0.0, 1.0, 0.01)
"""interactivebrokers.com, commissions, stocks, United States, fixed: 0.005 a share, 1.00 at least, 1 % at most."""
FOREX = Schedule(0.0, 0.00002, 2.0)
"""Spot currencies: 0.20 basis points of the value, 2.00 at least."""
CRYPTO = Schedule(0.0, 0.0018, 1.75, 0.01)
"""Crypto currencies by Paxos: 0.18 %, 1.75 at least but never more than 1 %."""
FUTURES = {
    "ES": Schedule(2.25, 0.0, 0.0),
    "NQ": Schedule(2.25, 0.0, 0.0),
    "ZN": Schedule(1.67, 0.0, 0.0),
    "GC": Schedule(2.47, 0.0, 0.0),
    "CL": Schedule(2.37, 0.0, 0.0),
}
"""US futures, fixed: 0.85 a contract, the exchange's fee (CME 1.38, CBOT 0.80, COMEX 1.60, NYMEX 1.50), and the NFA's
0.02. That an E-mini costs 2.25 also stands in a recorded position's average cost."""
OTHER_FUTURES = Schedule(2.25, 0.0, 0.0)
OPTIONS = ((0.10, Schedule(0.65, 0.0, 1.0)), (0.05, Schedule(0.50, 0.0, 1.0)), (0.0, Schedule(0.25, 0.0, 1.0)))
"""US options, fixed, by the premium from which a row holds."""


def commission(instrument: Instrument, quantity: float, value: float) -> float:
    """What an order costs, USD.

    Args:
        instrument: What is traded.
        quantity: Filled so far.
        value: What that was traded for, multiplier included, USD.
    """
    if not quantity:
        return 0.0
    schedule = _schedule(instrument, value / quantity / instrument.multiplier)
    fee = max(schedule.each * quantity + schedule.part * value, schedule.least)
    return round(min(fee, schedule.most * value), 6)


def _schedule(instrument: Instrument, price: float) -> Schedule:
    if instrument.sec_type == "FUT":
        return FUTURES.get(instrument.symbol, OTHER_FUTURES)
    if instrument.sec_type == "OPT":
        return next(schedule for premium, schedule in OPTIONS if price >= premium)
    return {"CASH": FOREX, "CRYPTO": CRYPTO}.get(instrument.sec_type, SHARES)
