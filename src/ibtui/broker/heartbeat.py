"""The question that proves the gateway alive, and which answer belongs to which question.

``reqCurrentTime`` carries no number. ib_insync 0.9.86 lets a late answer satisfy the next question, after which every
round trip it measures is that of another beat; so answers are told apart here by the time they name.
"""

import asyncio
from collections.abc import Callable

from ibtui.clock import NS, Clock

BEHIND = 1.5
"""Seconds that an answer's time may lie behind what is expected; IB sends whole seconds."""

NO_TIME = 2**33
"""Seconds since 1970 that no clock will ever tell: they lie in the year 2242."""


class Heartbeat:
    """One question at a time.

    Args:
        clock: Round trips are measured with it.
        send: Sends ``reqCurrentTime``.
    """

    def __init__(self, clock: Clock, send: Callable[[], None]) -> None:
        self._clock = clock
        self._send = send
        self._question: asyncio.Future[int] | None = None
        self._asked = 0.0
        self._owed = 0
        self._last: tuple[float, int] | None = None

    def ask(self) -> "asyncio.Future[int]":
        """Sends the question; the future resolves with the answer. Each is followed by :meth:`end`.

        Raises:
            RuntimeError: The last question has not ended.
        """
        if self._question is not None:
            raise RuntimeError("a heartbeat is already under way")
        self._question = asyncio.get_running_loop().create_future()
        self._asked = self._clock.monotonic()
        self._send()
        return self._question

    def end(self) -> tuple[float, int] | None:
        """Ends the question: round trip in seconds and the gateway's time in UTC nanoseconds, None if unanswered."""
        question, self._question = self._question, None
        if question is None or not question.done():
            self._owed += 1
            return None
        now = self._clock.monotonic()
        self._last = now, question.result()
        self._owed = 0  # answers come in order: none to an older question is still to come
        return now - self._asked, question.result() * NS

    def heard(self, seconds: int) -> None:
        """Takes an answer off the wire: the gateway's time in seconds since 1970 UTC; none other counts."""
        if not 0 < seconds < NO_TIME:
            raise ValueError(f"the gateway says that it is {str(seconds)[:40]} s after 1970")
        if self._question is None or self._question.done():
            return
        if self._owed and self._is_late(seconds):
            self._owed -= 1
            return
        self._question.set_result(seconds)

    def _is_late(self, seconds: int) -> bool:
        """Whether an answer, while an earlier one is still owed, is that earlier one: its time then lies behind."""
        if self._last is None:
            return True
        at, then = self._last
        return seconds < then + self._clock.monotonic() - at - BEHIND
