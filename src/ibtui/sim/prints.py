"""The prints of one minute, drawn so that they keep the minute's plan (see :mod:`ibtui.sim.minutes`) exactly."""

import random
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.sim.minutes import Minute

LOT = 100


class PlannedPrint(NamedTuple):
    """One print of the seeded flow: UTC nanoseconds, price in increments, shares."""

    time_ns: int
    price: int
    size: int


def prints_of(seed: int, con_id: int, minute: Minute) -> list[PlannedPrint]:
    """The minute's prints in time order."""
    if not minute.trades:
        return []
    draw = random.Random(f"{seed}/{con_id}/prints/{minute.number}")
    prices = [minute.open]
    sizes = [minute.sizes[0]]
    if minute.trades > 2:
        floor, ceiling = minute.low, minute.high
        for leg in range(3):
            start, end = minute.corners[leg], minute.corners[leg + 1]
            prices += _leg(draw, start, end, minute.pairs[leg], floor, ceiling)
            half = _sizes(draw, minute.halves[leg], minute.pairs[leg])
            sizes += half + half[::-1]
            prices.append(end)
            sizes.append(minute.sizes[leg + 1])
    elif minute.trades == 2:
        prices.append(minute.close)
        sizes.append(minute.sizes[1])
    start_ns = minute.number * 60 * NS
    times = _times(draw, start_ns, minute.trades)
    if minute.opening_auction:
        times[0] = start_ns + 1
    if minute.closing_auction:
        times[-1] = start_ns + 60 * NS - 1
    return list(map(PlannedPrint, times, prices, sizes))


def _leg(draw: random.Random, start: int, end: int, pairs: int, floor: int, ceiling: int) -> list[int]:
    """Prices on the way from ``start`` to ``end``, the second half the first one turned about the leg's middle."""
    if not pairs:
        return []
    total = start + end
    lowest, highest = max(floor, total - ceiling), min(ceiling, total - floor)
    step = (end - start) / (2 * pairs + 1)
    swing = max(3.2, 0.35 * (highest - lowest))
    wander, half = 0.0, []
    for k in range(1, pairs + 1):
        wander = 0.72 * wander + (draw.random() - 0.5) * swing
        half.append(min(highest, max(lowest, round(start + step * k + wander))))
    return half + [total - price for price in reversed(half)]


def _sizes(draw: random.Random, shares: int, count: int) -> list[int]:
    """Splits shares among prints: many small, few large, whole lots where they are large enough."""
    if not count:
        return []
    weights = [(1.001 - draw.random()) ** -0.8 for _ in range(count)]
    unit = (shares - count) / sum(weights)
    sizes = [1 + int(weight * unit) for weight in weights]
    sizes = [size if size < LOT else size // LOT * LOT for size in sizes]
    rest = shares - sum(sizes)
    lots, odd = divmod(rest, LOT)
    for k in range(lots):  # back in whole lots, round and round
        sizes[k % count] += LOT
    sizes[-1] += odd
    return sizes


def _times(draw: random.Random, start_ns: int, count: int) -> list[int]:
    """Times within the minute, in bursts as trades come."""
    gaps = [(1.02 - draw.random()) ** -0.8 - 0.96 for _ in range(count + 1)]
    scale = (60 * NS - count - 2) / sum(gaps)
    times, passed = [], 0.0
    for k, gap in enumerate(gaps[:-1]):
        passed += gap
        times.append(start_ns + int(passed * scale) + k)
    return times
