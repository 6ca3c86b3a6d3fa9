"""What headless commands say on standard error about the connection: losses, each try with its number, returns."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibtui.clock import NS, Clock

if TYPE_CHECKING:
    from ibtui.broker.status import ConnectionStatus

UP = ("READY", "DEGRADED")


class ConnectionNotices:
    """Turns changes of the connection's status into lines, each once, stamped in UTC.

    Args:
        clock: For the stamps and the countdown.
        say: Takes a line.
    """

    def __init__(self, clock: Clock, say: Callable[[str], None]) -> None:
        self._clock = clock
        self._say = say
        self._told = ""

    def __call__(self, status: "ConnectionStatus") -> None:
        """Looks at a status; says what is new in it."""
        text = self._line(status)
        if text and text != self._told:
            self._told = text
            now = datetime.fromtimestamp(self._clock.utc_ns() / NS, UTC)
            self._say(f"{now:%Y-%m-%dT%H:%M:%S}Z {text}")

    def _line(self, status: "ConnectionStatus") -> str:
        if status.state in UP:
            missing = f", missing: {', '.join(status.missing)}" if status.missing else ""
            return f"{status.state}: {status.cause}{missing}"
        if status.state == "DISCONNECTED" and status.next_try_at is not None:
            wait = max(0.0, status.next_try_at - self._clock.monotonic())
            return f"{status.state}: {status.cause} (try {status.attempt}; next in {wait:.0f} s)"
        if status.state in ("NO ANSWER", "IB LOST"):
            return f"{status.state}: {status.cause}"
        return ""
