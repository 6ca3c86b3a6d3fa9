"""Why less than everything may be sent: what the user, a day's loss or an unknown profit holds back, until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ibtui.market.trading_day import next_day_ns
from ibtui.market.values import known
from ibtui.trading.states import TradingState

Source = Literal["user", "daily loss", "unknown profit"]

SETTLE_SECONDS = 5.0
"""Seconds after READY that IB may take to report the day's profit; unknown after that holds back."""

_SEVERITY = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


@dataclass(frozen=True, slots=True)
class Restraint:
    """One reason to send less.

    Attributes:
        source: Whose it is; each source has one at most.
        reason: In plain words.
        since_ns: UTC nanoseconds of market time.
    """

    source: Source
    state: TradingState
    reason: str
    since_ns: int


def most_severe(restraints: Iterable[Restraint]) -> TradingState:
    """What may be sent under all of them together."""
    states = (each.state for each in restraints)
    return max(states, key=_SEVERITY.__getitem__, default=TradingState.ACTIVE)


def day_profit(reported: float | None, *, flat: bool, traded: bool) -> float | None:
    """The profit of the day to judge by, in base currency; None while it is unknown.

    Args:
        reported: IB's own figure.
        flat: Whether the account is known to hold nothing.
        traded: Whether there were executions today.
    """
    profit = known(reported)
    return 0.0 if profit is None and flat and not traded else profit


def loss_restraint(profit: float | None, limit: float, wanted: str, now_ns: int) -> Restraint | None:
    """The latch of a day's loss that reached its limit; None while it has not.

    Args:
        profit: Of the day, base currency.
        limit: ``[risk] daily_loss``.
        wanted: ``[risk] on_daily_loss``.
        now_ns: Market time.
    """
    if profit is None or not profit <= -limit:
        return None
    state = TradingState.HALTED if wanted == "halt" else TradingState.REDUCING
    return Restraint("daily loss", state, f"the day's loss of {-profit:,.2f} reached its limit of {limit:,.2f}", now_ns)


def blind_restraint(profit: float | None, ready_for: float | None, now_ns: int) -> Restraint | None:
    """What an unknown profit holds back; it releases itself.

    Args:
        profit: Of the day, base currency.
        ready_for: Seconds since the connection became READY; None while it is not, where other guards hold.
        now_ns: Market time.
    """
    if profit is not None or ready_for is None or ready_for < SETTLE_SECONDS:
        return None
    return Restraint("unknown profit", TradingState.REDUCING, "IB has not reported the profit of the day", now_ns)


def is_over(restraint: Restraint, now_ns: int) -> bool:
    """Whether a day's latch has ended with its trading day; others don't end by time."""
    return restraint.source == "daily loss" and now_ns >= next_day_ns(restraint.since_ns)
