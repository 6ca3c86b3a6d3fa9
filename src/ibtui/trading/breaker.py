"""The breaker: stops orders while their path keeps failing, and lets one try whether it works again."""

from typing import Literal

State = Literal["closed", "open", "probe"]

FAILURES = 3
"""Causes that open it."""
WINDOW = 60.0
"""Seconds within which they count together."""
PAUSE = 30.0
"""Seconds it stays open; also how long a probe may take before it counts as failed."""


class Breaker:
    """Counts failures of the order path (timeout, lost link, unknown outcome); never gates cancels.

    A rejection is an answer, so it is a success of the path. A failure is counted once per cause: the orders that one
    lost link took with it are one failure. All times are monotonic seconds.

    Attributes:
        state: ``closed`` lets orders through; ``open`` none; ``probe`` one, whose outcome decides.
    """

    def __init__(self) -> None:
        self.state: State = "closed"
        self._causes: dict[str, float] = {}
        self._until = 0.0
        self._probing = False

    def failure(self, cause: str, now: float) -> None:
        """Counts a failure, such as ``link lost in session 3``."""
        self._advance(now)
        self._causes.setdefault(cause, now)
        if self.state == "probe":
            self._open(now)
        if self.state == "closed" and len(self._causes) >= FAILURES:
            self._open(now)

    def success(self, now: float) -> None:
        """Counts an answered order: forgets failures while closed, and closes after a probe."""
        self._advance(now)
        if self.state == "closed" or self._probing:
            self.state = "closed"
            self._causes.clear()
            self._probing = False

    def allows(self, now: float) -> bool:
        """Whether an order may go now. Asking takes nothing: the order that goes calls :meth:`take`."""
        self._advance(now)
        return self.state == "closed" or (self.state == "probe" and not self._probing)

    def take(self, now: float) -> bool:
        """As :meth:`allows`, for the order whose frame goes out next: in ``probe`` it becomes the one that probes."""
        allowed = self.allows(now)
        if allowed and self.state == "probe":
            self._probing = True
            self._until = now + PAUSE
        return allowed

    def remaining(self, now: float) -> float:
        """Seconds until it lets a probe through; 0 when closed or probing."""
        self._advance(now)
        return max(0.0, self._until - now) if self.state == "open" else 0.0

    def causes(self, now: float) -> tuple[str, ...]:
        """The failures that count now; while it is not closed, those that opened it and all since."""
        self._advance(now)
        return tuple(self._causes)

    def _advance(self, now: float) -> None:
        if self.state == "closed":
            self._causes = {cause: at for cause, at in self._causes.items() if now - at < WINDOW}
        elif self.state == "open" and now >= self._until:
            self.state = "probe"
            self._probing = False
        elif self._probing and now >= self._until:
            self._open(now)

    def _open(self, now: float) -> None:
        self.state = "open"
        self._until = now + PAUSE
        self._probing = False
