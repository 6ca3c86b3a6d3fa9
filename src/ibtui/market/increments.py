"""The grid of prices of one contract: increments that may change with the price, and rows counted along it.

IB's "market rules" say from which price on which increment holds: 0.0001 below a dollar and 0.01 above it, for one. A
ladder has a row for each increment, so rows, and not prices, are what it counts.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ibtui.market.values import positive

Rounding = Literal["nearest", "down", "up"]

_NOISE = 1e-6
_DECIMALS = 10


@dataclass(frozen=True, slots=True)
class Increments:
    """Prices as rows: row 0 is price 0, and each row is one increment above the one below it.

    Attributes:
        lows: The price from which each band holds, rising, the first of them 0.
        steps: Each band's increment.
        starts: Each band's first row.
    """

    lows: tuple[float, ...]
    steps: tuple[float, ...]
    starts: tuple[int, ...]

    def row(self, price: float, rounding: Rounding = "nearest") -> int:
        """The row of a price; one between two rows goes to the nearest, the lower or the upper one."""
        band = max(0, bisect_right(self.lows, price + _NOISE * self.steps[0]) - 1)
        steps = (price - self.lows[band]) / self.steps[band]
        whole = round(steps)
        if abs(steps - whole) > _NOISE and rounding != "nearest":
            whole = math.floor(steps) if rounding == "down" else math.ceil(steps)
        row = self.starts[band] + whole
        return row if band + 1 == len(self.starts) else min(row, self.starts[band + 1])

    def ticks(self, price: float) -> float:
        """A price in increments from 0, what lies between two of them as a fraction."""
        band = max(0, bisect_right(self.lows, price) - 1)
        return self.starts[band] + (price - self.lows[band]) / self.steps[band]

    def price(self, row: int) -> float:
        """The price of a row."""
        band = max(0, bisect_right(self.starts, row) - 1)
        return round(self.lows[band] + (row - self.starts[band]) * self.steps[band], _DECIMALS)

    def step_at(self, price: float) -> float:
        """The increment that holds at a price."""
        return self.step(self.row(price, "down"))

    def step(self, row: int) -> float:
        """The increment from a row to the next one above it."""
        return self.steps[max(0, bisect_right(self.starts, row) - 1)]


@dataclass(frozen=True, slots=True)
class Scale:
    """Rows of so many increments each: what a ladder that groups its prices counts."""

    grid: Increments
    group: int = 1

    def row(self, price: float, rounding: Rounding = "nearest") -> int:
        """The row that a price is part of."""
        row = self.grid.row(price, rounding)
        if rounding == "down":
            return row // self.group
        return -(-row // self.group) if rounding == "up" else round(row / self.group)

    def price(self, row: int) -> float:
        """The price of a row."""
        return self.grid.price(row * self.group)

    def ticks(self, low: float, high: float) -> float:
        """Increments from one price to another."""
        return self.grid.ticks(high) - self.grid.ticks(low)


def increments(bands: Iterable[tuple[float, float]], min_tick: float) -> Increments:
    """The grid of a market rule.

    Args:
        bands: ``low edge, increment``; what can't be one is left out, and the lowest band holds down to any price.
        min_tick: The contract's smallest increment, which holds where there is no usable band.
    """
    usable = sorted((low, step) for low, step in bands if math.isfinite(low) and positive(step) is not None)
    if not usable:
        usable = [(0.0, min_tick)]
    lows, steps, starts = [0.0], [usable[0][1]], [0]
    for low, step in usable[1:]:
        if step == steps[-1] or low <= lows[-1]:
            continue
        starts.append(starts[-1] + math.ceil((low - lows[-1]) / steps[-1] - _NOISE))
        lows.append(low)
        steps.append(step)
    return Increments(tuple(lows), tuple(steps), tuple(starts))
