"""Where prices go: daily levels of the index and of every contract, each a function of seed, contract and day alone.

A level is the logarithm of a price over the contract's anchor price. A contract's level is its beta times the index's
plus a walk of its own, which is what makes funds move together.
"""

import math
import random
from dataclasses import dataclass, field
from datetime import date

from ibtui.sim.trading_days import Phase, TradingDay, weekday_index

ANCHOR = weekday_index(date(2026, 1, 2))
"""The day on which every contract has its catalogue price."""

INDEX_VOLATILITY = 0.14
TRADING_DAYS_A_YEAR = 252
_DRIFT = 0.00028
"""Of the index, a day: seven percent a year."""
_PULL = 0.0006
"""How much of a walk's distance from zero a day takes back, so that twenty years don't lead anywhere absurd."""

_DAY_SHARE = {Phase.AFTER: 0.03, Phase.PRE: 0.07, Phase.REGULAR: 0.72}
"""Which part of a day's variance falls into each phase; the rest is the night's gap."""


@dataclass(slots=True)
class Walk:
    """A seeded walk over whole days, zero at the anchor, extended only as far as somebody asks."""

    name: str
    step: float
    drift: float = 0.0
    _sides: dict[int, tuple[random.Random, list[float]]] = field(default_factory=dict)

    def level(self, index: int) -> float:
        """The level at the close of the day with this index."""
        side = 1 if index >= ANCHOR else -1
        generator, levels = self._sides.setdefault(side, (random.Random(f"{self.name}/{side}"), [0.0]))
        while len(levels) <= abs(index - ANCHOR):
            levels.append(levels[-1] * (1 - _PULL) + self.step * generator.gauss(0.0, 1.0))
        return levels[abs(index - ANCHOR)] + self.drift * (index - ANCHOR)


def index_walk(seed: int) -> Walk:
    """The walk that all contracts share by their betas."""
    return Walk(f"{seed}/index", INDEX_VOLATILITY / math.sqrt(TRADING_DAYS_A_YEAR), _DRIFT)


def minute_shares(day: TradingDay) -> list[float]:
    """Each minute's share of the day's variance, phases in order; the night stands at the end of AFTER.

    Within the regular session it has the U-shape of real ones: high after the open, low at noon, higher at the close.
    """
    shares: list[float] = []
    for phase in Phase:
        span = day.span(phase)
        length = span.last - span.first
        weights = [activity(phase, (k + 0.5) / length) for k in range(length)] if length else []
        total = sum(weights)
        shares += [_DAY_SHARE[phase] * weight / total for weight in weights]
        if phase is Phase.AFTER:
            shares.append(1.0 - sum(_DAY_SHARE.values()))
    return shares


def activity(phase: Phase, position: float) -> float:
    """How busy trading is at a position (0 to 1) within a phase, over the phase's own mean or so."""
    if phase is Phase.REGULAR:
        return 0.6 + 2.6 * math.exp(-14 * position) + 1.1 * math.exp(-16 * (1 - position))
    return 0.4 + 2.0 * (math.exp(-6 * position) if phase is Phase.AFTER else math.exp(-5 * (1 - position)))


def bridge(name: str, shares: list[float], start: float, end: float, volatility: float) -> list[float]:
    """A path from ``start`` to ``end`` over the day's steps, one level more than there are shares.

    Args:
        name: Seeds the path.
        shares: Each step's share of the day's variance.
        start: Level at the beginning.
        end: Level at the end.
        volatility: Standard deviation of a whole day, in log price.
    """
    gauss = random.Random(name).gauss
    wander, levels, passed = 0.0, [0.0], 0.0
    for share in shares:
        wander += gauss(0.0, 1.0) * math.sqrt(share)
        levels.append(wander)
    slope = end - start - volatility * wander
    path = [start]
    for share, level in zip(shares, levels[1:], strict=True):
        passed += share
        path.append(start + slope * passed + volatility * level)
    return path
