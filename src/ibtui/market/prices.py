"""Prices on their grid of increments, and how prices and sizes are written."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Literal

from ibtui.market.values import known, positive

UNKNOWN = "—"
"""What stands where a number is not known."""

Mode = Literal["nearest", "down", "up"]
_ROUNDING = {"nearest": ROUND_HALF_EVEN, "down": ROUND_FLOOR, "up": ROUND_CEILING}
_NOISE = Decimal("1e-6")
_MOST_DECIMALS = 8


def round_to_tick(price: float, min_tick: float, mode: Mode = "nearest") -> float:
    """The price on the grid of increments: the nearest, the next below or the next above.

    A price within a millionth of an increment of the grid is on it, so that floating-point noise moves nothing.

    Raises:
        ValueError: The price is not a finite number or the increment not above zero.
    """
    steps = _steps(price, min_tick)
    if steps is None:
        raise ValueError(f"no price {price!r} on a grid of {min_tick!r}")
    nearest = steps.quantize(Decimal(1), ROUND_HALF_EVEN)
    if abs(steps - nearest) > _NOISE:
        nearest = steps.quantize(Decimal(1), _ROUNDING[mode])
    return float(nearest * Decimal(repr(min_tick)))


def on_tick(price: float, min_tick: float) -> bool:
    """Whether a price lies on the grid, within a millionth of an increment; False where either is unknown."""
    steps = _steps(price, min_tick)
    return steps is not None and abs(steps - steps.quantize(Decimal(1), ROUND_HALF_EVEN)) <= _NOISE


@lru_cache(maxsize=256)
def decimals(min_tick: float) -> int:
    """Decimal places that an increment needs, 2 where it is unknown: 0.01 → 2, 0.25 → 2, 0.00005 → 5, 5 → 0."""
    tick = positive(min_tick)
    if tick is None:
        return 2
    exponent = Decimal(repr(tick)).normalize().as_tuple().exponent
    return min(_MOST_DECIMALS, max(0, -exponent)) if isinstance(exponent, int) else 2


def format_price(price: float | None, min_tick: float) -> str:
    """The price with the places of its increment, ``—`` when unknown."""
    value = known(price)
    return UNKNOWN if value is None else f"{value:.{decimals(min_tick)}f}"


def exact(value: float, least: int = 0, most: int = _MOST_DECIMALS) -> str:
    """A number with thousands separated, at least so many decimal places, and as many more as it has, up to ``most``.

    Never with an exponent, and with none of its digits left out, as Python's ``g`` does from a million on.
    """
    whole, _, places = f"{value:,.{max(most, least)}f}".partition(".")
    places = places.rstrip("0").ljust(least, "0")
    return f"{whole}.{places}" if places else whole


def _steps(price: float, min_tick: float) -> Decimal | None:
    tick, value = positive(min_tick), known(price)
    if tick is None or value is None or not math.isfinite(value) or abs(value / tick) > 1e15:
        return None
    return Decimal(repr(value)) / Decimal(repr(tick))
