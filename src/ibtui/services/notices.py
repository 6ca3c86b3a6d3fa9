"""What headless commands say on standard error: losses, each try with its number, returns, and other alerts.

A command that handed its job to a running console says what that console says: it follows the same lines.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ibtui.clock import NS, Clock
from ibtui.errors import RequestTimeoutError
from ibtui.services.alerts import KINDS, Alert

if TYPE_CHECKING:
    from ibtui.broker.status import ConnectionStatus

UP = ("READY", "DEGRADED")

KEPT = 200
"""Lines that a console keeps for commands that follow it."""

FOLLOW_EVERY = 0.5
"""Seconds between two looks at a running console's lines."""


class NoticeBoard:
    """A console's lines, each with its number, stamped in UTC."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lines: deque[tuple[int, str]] = deque(maxlen=KEPT)
        self._last = 0
        self._followers: list[Callable[[str], None]] = []

    def add(self, text: str) -> None:
        """Takes a line."""
        now = datetime.fromtimestamp(self._clock.utc_ns() / NS, UTC)
        line = f"{now:%Y-%m-%dT%H:%M:%S}Z {text}"
        self._last += 1
        self._lines.append((self._last, line))
        for say in self._followers:
            say(line)

    def alert(self, alert: Alert) -> None:
        """Takes an alert; those of the connection have lines of their own."""
        if alert.count == 1 and KINDS[alert.kind].topic != "connection":
            self.add(f"{alert.kind}: {alert.text}")

    def follow(self, say: Callable[[str], None], *, before: bool) -> None:
        """Says each line from now on; with ``before`` those that were there already first."""
        for _, line in [*self._lines] if before else []:
            say(line)
        self._followers.append(say)

    async def after(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers the ``lines`` after number ``after``, and the ``last`` number; without one, the last line alone."""
        after = request.get("after", self._last - 1)
        return {"lines": [line for number, line in self._lines if number > after], "last": self._last}


async def follow_running(
    ask: Callable[[dict[str, Any]], Awaitable[dict[str, Any]]], say: Callable[[str], None]
) -> None:
    """Says what a running console says, until cancelled or until it does not answer as it should.

    Raises:
        LinkDownError: The console is gone.
    """
    seen: dict[str, Any] = {}
    with suppress(RequestTimeoutError):
        while True:
            answer = await ask({"do": "notices", **seen})
            for line in answer["lines"]:
                say(line)
            seen = {"after": answer["last"]}
            await asyncio.sleep(FOLLOW_EVERY)


class ConnectionNotices:
    """Turns changes of the connection's status into lines, each once.

    Args:
        clock: For the countdown.
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
            self._say(text)

    def _line(self, status: "ConnectionStatus") -> str:
        if status.state in UP:
            missing = f", missing: {', '.join(status.missing)}" if status.missing else ""
            return f"{status.state}: {status.cause}{missing}"
        if status.state == "DISCONNECTED" and status.next_try_at is not None:
            wait = max(0.0, status.next_try_at - self._clock.monotonic())
            tries = f"try {status.attempt}; next" if status.attempt else "first try"
            return f"{status.state}: {status.cause} ({tries} in {wait:.0f} s)"
        if status.asked or status.state in ("NO ANSWER", "IB LOST"):
            return f"{status.state}: {status.cause}"
        return ""
