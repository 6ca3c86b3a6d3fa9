"""What a number from the wire means. IB has four ways to say "nothing"; none may reach a screen or a sum."""

import math

UNSET_DOUBLE = 1.7976931348623157e308
"""IB's "unset" for floats (``Double.MAX_VALUE``); older servers round it, so anything near it counts."""
UNSET_INTEGER = 2**31 - 1
"""IB's "unset" for integers (``Integer.MAX_VALUE``)."""
UNSET_LONG = 2**63 - 1
"""IB's "unset" for long integers, as which sizes travel in some messages."""

_HUGE = 1e300


def known(value: float | None) -> float | None:
    """The value, or None where it is absent, not a finite number or one of IB's huge "unset" values.

    -1 is left alone: it is a valid P&L, position or quantity change. For prices see :func:`price`.
    """
    if value is None or not -_HUGE < value < _HUGE or value == UNSET_INTEGER or value >= UNSET_LONG:
        return None
    return value


def price(value: float | None) -> float | None:
    """A quoted price, or None where IB sent "no quote" (-1) or nothing known."""
    return None if value == -1 else known(value)


def positive(value: float | None) -> float | None:
    """The value when it is a known number above zero, else None: what may be divided by or multiplied into money."""
    return value if value is not None and math.isfinite(value) and 0 < value < _HUGE else None
