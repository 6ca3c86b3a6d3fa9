"""Clocks. Durations are monotonic seconds, stamps are UTC nanoseconds, market time is the gateway's clock."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

NS = 1_000_000_000
"""Nanoseconds in a second."""


@dataclass(frozen=True, slots=True)
class Clock:
    """The machine's two clocks, passed to whoever needs time, so that tests own it.

    Attributes:
        monotonic: Seconds from an arbitrary start; only differences mean anything.
        utc_ns: Nanoseconds since 1970-01-01 UTC.
    """

    monotonic: Callable[[], float]
    utc_ns: Callable[[], int]


def system_clock() -> Clock:
    """The clocks of this machine.

    Linux stops its usual monotonic clock while the machine sleeps; a quote would then be seconds old after a night. So
    the one that goes on is used where there is one.
    """
    through_sleep = getattr(time, "CLOCK_BOOTTIME", None)
    if through_sleep is None:
        return Clock(time.monotonic, time.time_ns)
    return Clock(partial(time.clock_gettime, through_sleep), time.time_ns)


class MarketClock:
    """What time it is in the market: the gateway's clock, carried forward between its answers.

    The simulated gateway may stand at another day and run at another speed than this machine, so market time is never
    read from the machine. Until the first :meth:`measured` it is unknown.

    Args:
        clock: The machine's clocks.
        on_reading: Gets each reading, market time in nanoseconds and speed, to keep it.
    """

    def __init__(self, clock: Clock, on_reading: Callable[[int, float], None] = lambda market_ns, speed: None) -> None:
        self._clock = clock
        self._on_reading = on_reading
        self._market_ns: int | None = None
        self._at = 0.0
        self.speed = 1.0

    def measured(self, market_ns: int, speed: float = 1.0) -> None:
        """Takes a reading of the gateway's clock, made now."""
        self._market_ns = market_ns
        self._at = self._clock.monotonic()
        self.speed = speed
        self._on_reading(market_ns, speed)

    def now_ns(self) -> int | None:
        """Market time in UTC nanoseconds, or None before the first reading."""
        if self._market_ns is None:
            return None
        return self._market_ns + int((self._clock.monotonic() - self._at) * self.speed * NS)
