"""What the console may send at all."""

from enum import StrEnum


class TradingState(StrEnum):
    """The words of the status bar and of the ``trading_state`` table."""

    ACTIVE = "ACTIVE"
    """Everything that passes the checks."""
    REDUCING = "REDUCING"
    """Only what makes a position smaller."""
    HALTED = "HALTED"
    """Nothing but cancels and confirmed flattening."""
