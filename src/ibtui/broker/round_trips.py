"""How long the gateway took to answer: the last heartbeats' round trips, counted by how long they were."""

from collections import Counter, deque
from dataclasses import dataclass

EDGES_MS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
"""Upper edges of the classes in milliseconds; what took longer is in one more class."""

KEPT = 300
"""Beats that are looked back over: ten minutes at the usual pace."""


@dataclass(frozen=True, slots=True)
class Latency:
    """The histogram, a count for each class of :data:`EDGES_MS` and one for the rest; milliseconds, None if unknown."""

    counts: tuple[int, ...]
    median_ms: float | None
    worst_ms: float | None


class RoundTrips:
    """The last round trips, over all sessions."""

    def __init__(self) -> None:
        self._last: deque[float] = deque(maxlen=KEPT)

    def add(self, seconds: float) -> None:
        """Takes one."""
        self._last.append(seconds)

    def latency(self) -> Latency:
        """What they were like."""
        ordered = sorted(1000 * each for each in self._last)
        found = Counter(sum(each > edge for edge in EDGES_MS) for each in ordered)
        return Latency(
            tuple(found[place] for place in range(len(EDGES_MS) + 1)),
            ordered[len(ordered) // 2] if ordered else None,
            ordered[-1] if ordered else None,
        )
