"""How many frames came in the last seconds: a ring of one-second counts, moved on only when someone counts or asks."""

import math

WINDOW = 300
"""How far back counts reach, in seconds."""


class SecondCounts:
    """Counts by whole second of the monotonic clock; costs the same for one frame as for a thousand in one batch."""

    __slots__ = ("_counts", "_second")

    def __init__(self) -> None:
        self._counts: list[int] = []
        self._second = -1

    def add(self, count: int, second: int) -> None:
        """Counts frames that arrived in a whole ``second``; a clock that stepped back counts into its last one."""
        if second > self._second:
            self._advance(second)
        self._counts[self._second % WINDOW] += count

    def within(self, seconds: float, now: float) -> int:
        """Frames in the last ``seconds`` (at most :data:`WINDOW`), the current second among them."""
        if not self._counts:
            return 0
        self._advance(int(now))
        span = min(WINDOW, math.ceil(seconds))
        return sum(self._counts[second % WINDOW] for second in range(self._second - span + 1, self._second + 1))

    def _advance(self, second: int) -> None:
        if not self._counts:
            self._counts = [0] * WINDOW
            self._second = second
        for passed in range(max(self._second, second - WINDOW) + 1, second + 1):
            self._counts[passed % WINDOW] = 0
        self._second = max(self._second, second)
