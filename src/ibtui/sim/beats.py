"""The beats of one contract's market: each gives one row of the book a new size. Seeded ones are a grid with jitter.

Which row and which size follows from a beat's number (see :mod:`ibtui.sim.sizes`), so that the state of the book at any
time can be known without what came before the minute.
"""

from collections.abc import Iterator

from ibtui.clock import NS
from ibtui.sim.sizes import mixed
from ibtui.sim.trading_days import MINUTE_NS, Phase

BEATS_A_SECOND = 22.0
_THIN_BEATS = 0.08
"""Beats outside the regular session, over those within."""
NEVER = 1 << 62
_GOLDEN, _MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


class Beats:
    """The beats of a minute, one after the other. Without a grid there are none: they come with the flow.

    Attributes:
        number: Of the next beat.
        time_ns: When it comes; :data:`NEVER` if not in this minute.
    """

    __slots__ = ("_end_ns", "_grid", "_period", "_salt", "number", "time_ns")

    def __init__(self, con_id: int, *, grid: bool = True) -> None:
        self._grid = grid
        self._salt = mixed(con_id, 0, 7)
        self._period = self._end_ns = self.number = 0
        self.time_ns = NEVER

    def begin(self, start_ns: int, phase: Phase, rate: float) -> None:
        """A minute begins: there is one beat somewhere in each stretch of the grid."""
        if not self._grid:
            return
        self._period = beat_period(phase, rate)
        self._end_ns = start_ns + MINUTE_NS
        self._go_to(-(-start_ns // self._period))

    @property
    def last(self) -> int | None:
        """The beat before the next; None without a grid."""
        return self.number - 1 if self._grid else None

    def due(self, until_ns: int) -> Iterator[tuple[int, int]]:
        """Times and numbers of the beats up to a time; each has come when it is told."""
        period, salt, end_ns = self._period, self._salt, self._end_ns
        time_ns, number = self.time_ns, self.number
        while time_ns <= until_ns:
            self.number = following = number + 1
            next_ns = following * period + (((following * _GOLDEN ^ salt) & _MASK) * period >> 64)
            self.time_ns = next_ns = next_ns if next_ns < end_ns else NEVER
            yield time_ns, number
            time_ns, number = next_ns, following

    def skip(self, time_ns: int) -> None:
        """Leaves out what comes up to a time."""
        if self.time_ns <= time_ns:
            self._go_to(max(self.number, min(time_ns, self._end_ns - 1) // self._period))
            if self.time_ns <= time_ns:
                self._go_to(self.number + 1)

    def _go_to(self, number: int) -> None:
        # Multiples of the golden ratio spread evenly and look as if drawn.
        jitter = ((number * _GOLDEN ^ self._salt) & _MASK) * self._period >> 64
        time_ns = number * self._period + jitter
        self.number, self.time_ns = number, time_ns if time_ns < self._end_ns else NEVER


def beat_period(phase: Phase, rate: float) -> int:
    """Nanoseconds between two beats; a rate of 0 leaves one in a century."""
    if not rate:
        return 100 * 365 * 86400 * NS
    return int(NS / (BEATS_A_SECOND * rate * (1.0 if phase is Phase.REGULAR else _THIN_BEATS)))
