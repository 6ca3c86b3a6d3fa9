"""How many frames came in the last seconds: where their count stood when each of those seconds began."""

import math

WINDOW = 300
"""How far back counts reach, in seconds."""


class SecondCounts:
    """Where a count that only grows stood, by whole second of the monotonic clock; costs nothing for each that counts.

    Attributes:
        begun: The second that began last.
    """

    __slots__ = ("_first", "_stood", "begun")

    def __init__(self) -> None:
        self._stood: list[int] = []
        self._first = self.begun = -1

    def begin(self, second: int, count: int) -> None:
        """A later second begins, and until it the count had come to ``count``."""
        if not self._stood:
            self._stood = [count] * WINDOW
            self._first = second
        for passed in range(max(self.begun, second - WINDOW) + 1, second + 1):
            self._stood[passed % WINDOW] = count
        self.begun = second

    def within(self, seconds: float, now: float, count: int) -> int:
        """By how much it grew in the last ``seconds`` (at most :data:`WINDOW`), the current one among them.

        Args:
            seconds: How far to look back.
            now: The monotonic clock; one that stepped back counts into the second that began last.
            count: What it has come to by now.
        """
        first = max(int(now), self.begun) - min(WINDOW, math.ceil(seconds)) + 1
        return 0 if first > self.begun or not self._stood else count - self._stood[first % WINDOW]

    def rate(self, seconds: float, now: float, count: int) -> float:
        """By how much it grew a second in the last ``seconds`` (at most :data:`WINDOW`), or since it began if later."""
        counted = max(int(now), self.begun) - self._first + 1
        return self.within(seconds, now, count) / min(WINDOW, math.ceil(seconds), counted) if self._stood else 0.0
