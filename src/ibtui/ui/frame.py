"""One turn of painting: what changed since the last one."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Frame:
    """Handed to the screens that are visible.

    Attributes:
        now: Monotonic seconds.
        now_ns: UTC nanoseconds.
        quotes: Contract ids whose quote changed.
        books: Contract ids whose book changed.
        tapes: Contract ids whose tape grew.
        full: Look at everything: once a second, for ages and marks change without a tick, and on a fresh screen.
    """

    now: float
    now_ns: int
    quotes: frozenset[int]
    books: frozenset[int]
    tapes: frozenset[int]
    full: bool
