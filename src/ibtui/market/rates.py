"""How many frames came in the last seconds: a ring of one-second counts, moved on only when someone counts or asks."""

import math

WINDOW = 300
"""How far back counts reach, in seconds."""


class SecondCounts:
    """Counts by whole second of the monotonic clock; costs the same for one frame as for a thousand in one batch."""

    __slots__ = ("_counts", "_second")

    def __init__(self) -> None:
        self._counts: list[int] | None = None
        self._second = 0

    def add(self, count: int, now: float) -> None:
        """Counts frames that arrived at ``now``, seconds; a clock that stepped back counts into its last second."""
        counts = self._advance(int(now))
        counts[self._second % WINDOW] += count

    def within(self, seconds: float, now: float) -> int:
        """Frames in the last ``seconds`` (at most :data:`WINDOW`), the current second among them."""
        if self._counts is None:
            return 0
        counts = self._advance(int(now))
        span = min(WINDOW, math.ceil(seconds))
        return sum(counts[second % WINDOW] for second in range(self._second - span + 1, self._second + 1))

    def _advance(self, second: int) -> list[int]:
        counts = self._counts
        if counts is None:
            counts = self._counts = [0] * WINDOW
            self._second = second
        elif second > self._second:
            for skipped in range(max(self._second + 1, second - WINDOW + 1), second + 1):
                counts[skipped % WINDOW] = 0
            self._second = second
        return counts
