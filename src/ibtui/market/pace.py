"""How fast a tape runs, and how fast it usually does: traders read the change more than the prints."""

from collections import deque
from typing import NamedTuple

STRETCH = 5
"""Seconds over which the speed is taken."""
NORM = 20 * 60
"""Seconds whose median stretch is the norm."""
LEAST = 12
"""Stretches that there must be before one speaks of a norm."""


class Rate(NamedTuple):
    """Prints and size a second."""

    prints: float
    volume: float


class Pace:
    """Prints and size by whole second of the monotonic clock; a second without any takes no room."""

    __slots__ = ("_began", "_seconds")

    def __init__(self) -> None:
        self._began: int | None = None
        self._seconds: deque[list[float]] = deque()

    def add(self, second: int, size: float | None) -> None:
        """Takes one print of that second; a clock that stepped back counts into its last one."""
        seconds = self._seconds
        if seconds and second <= seconds[-1][0]:
            last = seconds[-1]
            last[1] += 1
            last[2] += size or 0.0
            return
        if self._began is None:
            self._began = second
        seconds.append([second, 1, size or 0.0])
        while seconds[0][0] < second - NORM - STRETCH:
            seconds.popleft()

    def now(self, now: float) -> Rate:
        """The speed of the last stretch, the second that is not over included."""
        prints = volume = 0.0
        first = int(now) - STRETCH + 1
        for second, count, size in reversed(self._seconds):
            if second < first:
                break
            prints += count
            volume += size
        span = max(1.0, now - first)
        return Rate(prints / span, volume / span)

    def norm(self, now: float) -> Rate | None:
        """The median stretch of the last twenty minutes, quiet ones included; None before there are enough."""
        if self._began is None:
            return None
        current = int(now)
        stretches = min(NORM, current - self._began) // STRETCH
        if stretches < LEAST:
            return None
        prints, volumes = [0.0] * stretches, [0.0] * stretches
        for second, count, size in self._seconds:
            back = (current - 1 - int(second)) // STRETCH
            if 0 <= back < stretches:
                prints[back] += count
                volumes[back] += size
        return Rate(_median(prints) / STRETCH, _median(volumes) / STRETCH)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
