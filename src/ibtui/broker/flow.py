"""Whether data really came back: a decision without I/O, and what reminds of it.

After 1102 ("data maintained") and 2104 ("farm is OK") gateways were seen that sent nothing for hours for some of the
symbols. So a while after such a message each subscription is looked at on its own.
"""

from collections.abc import Iterable
from dataclasses import dataclass

FLOW_WAIT = 30.0
"""Seconds within which a subscription must have brought something after its link came back."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One subscription, as the check sees it.

    Attributes:
        request_id: Under which it goes.
        asked_at: Monotonic seconds of the request.
        last: Monotonic seconds of what it brought last; minus infinity when that was nothing.
        trading: Whether the contract trades now, by its own hours and not halted; None where that is unknown.
    """

    request_id: int
    asked_at: float
    last: float
    trading: bool | None


def silent(flows: Iterable[Flow], since: float) -> list[int]:
    """Request ids that brought nothing since the link came back, though their market trades or may trade.

    Args:
        flows: What is granted.
        since: When the link came back, monotonic seconds; what was asked for later is not judged.
    """
    return [
        each.request_id for each in flows if each.trading is not False and each.asked_at <= since and each.last < since
    ]


class Reminder:
    """Remembers each return of a link until its subscriptions had their time."""

    def __init__(self, wait: float = FLOW_WAIT) -> None:
        self._wait = wait
        self._returns: list[float] = []

    def returned(self, now: float) -> None:
        """A link is back, monotonic seconds."""
        self._returns.append(now)

    def due(self, now: float) -> list[float]:
        """The returns whose time has come, each once; monotonic seconds."""
        due = [since for since in self._returns if now - since >= self._wait]
        self._returns = [since for since in self._returns if now - since < self._wait]
        return due

    def forget(self) -> None:
        """The session is over."""
        self._returns.clear()
