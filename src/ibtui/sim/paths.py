"""Where prices go: daily levels of the index and of every contract, each a function of seed, contract and day alone.

A level is the logarithm of a price over the contract's anchor price. A contract's level is its beta times the index's
plus a walk of its own, which is what makes funds move together.
"""

import math
import random
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import accumulate

from ibtui.sim.trading_days import Phase, weekday_index

ANCHOR = weekday_index(date(2026, 1, 2))
"""The day on which every contract has its catalogue price."""

INDEX_VOLATILITY = 0.14
TRADING_DAYS_A_YEAR = 252
_DRIFT = 0.00028
"""Of the index, a day: seven percent a year."""
_PULL = 0.0006
"""How much of a walk's distance from zero a day takes back, so that twenty years don't lead anywhere absurd."""

DAY_SHARES = (0.03, 0.18, 0.07, 0.72)
"""Parts of a day's variance: after hours, the night's gap, pre-market, the regular session."""

PHASE_SHARE = {Phase.AFTER: DAY_SHARES[0], Phase.PRE: DAY_SHARES[2], Phase.REGULAR: DAY_SHARES[3]}


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


def activity(phase: Phase, position: float) -> float:
    """How busy trading is at a position (0 to 1) within a phase, over the phase's own mean or so.

    The regular session has the U-shape of real ones: high after the open, low at noon, higher at the close.
    """
    if phase is Phase.REGULAR:
        return 0.6 + 2.6 * math.exp(-14 * position) + 1.1 * math.exp(-16 * (1 - position))
    return 0.4 + 2.0 * (math.exp(-6 * position) if phase is Phase.AFTER else math.exp(-5 * (1 - position)))


@lru_cache(maxsize=16)
def minute_shares(phase: Phase, length: int) -> tuple[float, ...]:
    """Each minute's share of the variance of a phase of so many minutes; they add up to one."""
    weights = [activity(phase, (k + 0.5) / length) for k in range(length)]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def phase_levels(name: str, before: float, close: float, step: float) -> dict[Phase, tuple[float, float]]:
    """Levels at which each phase of a day begins and ends, on the way from the close before to the close.

    Args:
        name: Seeds them.
        before: Level at the close before.
        close: Level at the close.
        step: Standard deviation of a whole day, in log price.
    """
    after, night, pre, regular = bridge(name, DAY_SHARES, before, close, step)[1:]
    return {Phase.AFTER: (before, after), Phase.PRE: (night, pre), Phase.REGULAR: (pre, regular)}


def bridge(name: str, shares: tuple[float, ...], start: float, end: float, deviation: float) -> list[float]:
    """A path from ``start`` to ``end``, one level more than there are shares.

    Args:
        name: Seeds the path.
        shares: Each step's share of the whole variance.
        start: First level.
        end: Last level.
        deviation: Standard deviation of the free path's end.
    """
    draw = random.Random(name).random
    # Three uniform draws make a step that is normal enough, at a quarter of the cost of a normal one.
    wander = list(accumulate([(draw() + draw() + draw() - 1.5) * root for root in _roots(shares)], initial=0.0))
    slope = end - start - deviation * wander[-1]
    return [start + deviation * level + slope * part for level, part in zip(wander, _passed(shares), strict=True)]


@lru_cache(maxsize=32)
def _roots(shares: tuple[float, ...]) -> list[float]:
    return [2 * math.sqrt(share) for share in shares]


@lru_cache(maxsize=32)
def _passed(shares: tuple[float, ...]) -> list[float]:
    return list(accumulate(shares, initial=0.0))
