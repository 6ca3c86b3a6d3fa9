"""How many: by count, by cash, or by what may be lost down to the stop. And how far: in the currency or in percent."""

import math

from ibtui.errors import UsageError
from ibtui.trading.entry import read_price, read_quantity

WAYS = "a quantity such as 100 or 10k, $5000 for its worth, or r200 for what the stop may cost"
"""The ways to write a size, in words."""

_NOISE = 1e-9


def read_size(text: str, price: float | None, stop: float | None, multiplier: float) -> float:
    """A quantity out of what was typed: never more than the cash buys, never more than the risk allows.

    Args:
        text: As typed.
        price: What one unit will cost; None while it is not known.
        stop: Where the loss is cut; None for nowhere.
        multiplier: Of the contract.

    Raises:
        UsageError: It is none, or what it needs is missing; says why.
    """
    plain = text.strip()
    if plain[:1] == "$":
        return _whole(_money(plain), price, text, "price", multiplier)
    if plain[:1] in ("r", "R"):
        distance = None if price is None or stop is None else abs(price - stop)
        return _whole(_money(plain), distance, text, "stop, and a price away from it", multiplier)
    return read_quantity(plain)


def read_distance(text: str, price: float | None) -> tuple[float, bool]:
    """A distance, and whether it is in percent: ``0.50`` or ``1%``.

    Raises:
        UsageError: It is none; says why.
    """
    plain = text.strip()
    if plain.endswith("%"):
        percent = read_quantity(plain[:-1])
        if percent >= 100:
            raise UsageError(f"{percent:g} % is no distance of a stop")
        return percent, True
    distance = read_price(plain, 0)
    if price is not None and distance >= price:
        raise UsageError(f"{distance:g} is no distance from {price:g}; did you mean a price?")
    return distance, False


def _money(plain: str) -> float:
    return read_quantity(plain[1:])


def _whole(money: float, each: float | None, text: str, needs: str, multiplier: float) -> float:
    if each is None or not each > 0 or not multiplier > 0:
        raise UsageError(f"'{text}' needs a {needs}")
    quantity = math.floor(money / (each * multiplier) + _NOISE)
    if quantity < 1:
        raise UsageError(f"'{text}' is less than one")
    return float(quantity)
