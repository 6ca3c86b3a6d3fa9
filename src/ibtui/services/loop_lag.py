"""How late the event loop wakes what it should: the first sign of a handler that takes too long."""

import asyncio
from collections import deque
from collections.abc import Callable
from itertools import islice

from ibtui.clock import Clock

INTERVAL_SECONDS = 0.05
WINDOW_SECONDS = 60.0

STALL_SECONDS = 5.0
"""Seconds of lag beyond which a gateway may have dropped what we did not read."""


class LoopLag:
    """A gauge over the last minute. :meth:`run` is a task of the loop that is measured.

    Args:
        clock: The machine's.
        on_stall: Gets the seconds of each lag over :data:`STALL_SECONDS`.
    """

    def __init__(self, clock: Clock, on_stall: Callable[[float], None] = lambda seconds: None) -> None:
        self._clock = clock
        self._on_stall = on_stall
        self._lags: deque[float] = deque(maxlen=round(WINDOW_SECONDS / INTERVAL_SECONDS))
        self.worst_ever_ms = 0.0

    async def run(self) -> None:
        """Sleeps and looks how much too long it slept, until cancelled."""
        while True:
            before = self._clock.monotonic()
            await asyncio.sleep(INTERVAL_SECONDS)
            self.add(self._clock.monotonic() - before - INTERVAL_SECONDS)

    def add(self, seconds: float) -> None:
        """Takes one reading: seconds by which a wake-up was late."""
        lag = max(0.0, seconds)
        self._lags.append(lag)
        if lag > STALL_SECONDS:
            self._on_stall(lag)
        self.worst_ever_ms = max(self.worst_ever_ms, lag * 1000)

    @property
    def p99_ms(self) -> float:
        """The lag that one wake-up in a hundred exceeds, in milliseconds; 0 before the first reading."""
        if not self._lags:
            return 0.0
        return sorted(self._lags)[int(len(self._lags) * 0.99)] * 1000

    @property
    def recent_ms(self) -> float:
        """The worst of the last second, in milliseconds."""
        return max(islice(reversed(self._lags), round(1 / INTERVAL_SECONDS)), default=0.0) * 1000

    @property
    def worst_ms(self) -> float:
        """The worst of the last minute, in milliseconds."""
        return max(self._lags, default=0.0) * 1000
