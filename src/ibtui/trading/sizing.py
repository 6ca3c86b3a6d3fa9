"""How many: by count, by cash, or by what may be lost down to the stop. And how far: in the currency or in percent."""

import math
from collections.abc import Mapping
from decimal import Decimal

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.prices import exact, format_price, round_to_tick
from ibtui.trading.entry import read_price, read_quantity

WAYS = "a quantity such as 100 or 10k, $5000 for its worth, or r200 for what the stop may cost"
"""The ways to write a size, in words."""

STEPS: Mapping[str, float] = {"CASH": 1000.0, "CRYPTO": 0.01}
"""How far a key moves a quantity, by kind of contract; one of anything else."""

PERCENT_STEP = 0.1
"""How far a key moves a distance that is in percent."""

_NOISE = 1e-9


def read_size(text: str, price: float | None, stop: float | None, multiplier: float, increment: float = 1.0) -> float:
    """A quantity out of what was typed: never more than the cash buys, never more than the risk allows.

    Args:
        text: As typed.
        price: What one unit will cost; None while it is not known.
        stop: Where the loss is cut; None for nowhere.
        multiplier: Of the contract.
        increment: What quantities are multiples of; what was typed as one is left to the checks.

    Raises:
        UsageError: It is none, or what it needs is missing; says why.
    """
    plain = text.strip()
    if plain[:1] == "$":
        return _whole(_money(plain), price, text, "price", multiplier, increment)
    if plain[:1] in ("r", "R"):
        distance = None if price is None or stop is None else abs(price - stop)
        return _whole(_money(plain), distance, text, "stop, and a price away from it", multiplier, increment)
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
        raise UsageError(f"{exact(distance)} is no distance from {exact(price)}; did you mean a price?")
    return distance, False


def _money(plain: str) -> float:
    return read_quantity(plain[1:])


def _whole(money: float, each: float | None, text: str, needs: str, multiplier: float, increment: float) -> float:
    if each is None or not each > 0 or not multiplier > 0:
        raise UsageError(f"'{text}' needs a {needs}")
    steps = math.floor(money / (each * multiplier * increment) + _NOISE)
    if steps < 1:
        raise UsageError(f"'{text}' is less than {'one' if increment == 1 else format(increment, 'g')}")
    return _multiple(steps, increment)


def step_size(text: str, instrument: Instrument, steps: int) -> float:
    """The quantity some steps away from what is typed, on the contract's increments and never below the first step.

    Args:
        text: As typed; what is no quantity counts as none.
        instrument: Its kind says how far a step is, its increment what it is rounded to.
        steps: Of :data:`STEPS`; negative ones go down.
    """
    increment = instrument.size_increment
    step = max(increment, STEPS.get(instrument.sec_type, 1.0))
    try:
        before = read_quantity(text)
    except UsageError:
        before = 0.0
    least = math.ceil(step / increment - _NOISE)
    return _multiple(max(least, round((before + steps * step) / increment)), increment)


def step_price(text: str, near: float | None, min_tick: float, steps: int) -> str:
    """The price, or percentage, some increments away from what is typed; the text itself where there is none.

    Args:
        text: As typed.
        near: Where a price begins while nothing, or no price, is typed; None while unknown.
        min_tick: Increment of the contract.
        steps: Increments, or tenths of a percent; negative ones go down.
    """
    plain = text.strip()
    try:
        if plain.endswith("%"):
            percent = round(read_quantity(plain[:-1]) + steps * PERCENT_STEP, 1)
            return f"{percent:g}%" if 0 < percent < 100 else text
        price: float | None = read_price(plain, 0) + steps * min_tick
    except UsageError:
        price = near
    if price is None or price < min_tick * (1 - _NOISE):
        return text
    return format_price(round_to_tick(price, min_tick), min_tick)


def _multiple(count: int, increment: float) -> float:
    return float(count * Decimal(repr(increment)))
