"""Tells time that passed without us, a laptop's sleep or a stall of our own loop, from a gateway that is late."""

from ibtui.clock import NS, Clock

STALL = 1.0
"""Seconds by which a wait may overrun before the overrun is our own doing, and nobody else's."""

JUMP = 5.0
"""Seconds by which the wall clock may part from the monotonic one before the machine slept, or was set."""


class OwnTime:
    """Watches one wait from its begin.

    The monotonic clock shows a stall, and where it counts through it a sleep; the wall clock shows a sleep everywhere.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._began_ns = clock.utc_ns()

    def lost(self, expected: float) -> float:
        """Seconds that went by without us in a wait of ``expected`` seconds; 0 when it went as it should."""
        passed = self._clock.monotonic() - self._began
        overrun = passed - expected
        jump = abs((self._clock.utc_ns() - self._began_ns) / NS - passed)
        return max(overrun if overrun > STALL else 0.0, jump if jump > JUMP else 0.0)
