"""Alerts: what must reach the user now, through every channel that is switched on, and into the journal.

A repeated alert is one alert with a count; it neither rings nor pops up again.
"""

import logging
import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from ibtui.clock import Clock
from ibtui.config import AlertSettings

Severity = Literal["information", "warning", "error"]

REPEAT_SECONDS = 60.0
"""The same alert again within this time since its last one is counted, not told anew."""

RECENT_ALERTS = 200

LOST_STATES = frozenset({"DISCONNECTED", "NO ANSWER", "IB LOST"})
"""State words of the status bar in which there is no way to the market."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a kind of alert is told.

    Attributes:
        topic: One of :data:`ibtui.config.ALERT_TOPICS`; ``[alerts] off`` silences all kinds of a topic.
        notice: Whether it is worth a desktop notice (OSC 9).
        merges: Whether a repeat is counted; fills are events of their own, however alike.
        ends: A kind whose next alert is news again after this one.
        command: Whether the user's own command gets it.
    """

    topic: str
    severity: Severity
    bell: bool = False
    notice: bool = False
    merges: bool = True
    ends: str = ""
    command: bool = True


KINDS: Mapping[str, Kind] = {
    "link lost": Kind("connection", "error", bell=True, notice=True, ends="link restored"),
    "link restored": Kind("connection", "information", notice=True, ends="link lost"),
    "read-only": Kind("connection", "error", bell=True, notice=True),
    "degraded": Kind("connection", "warning", notice=True),
    "feed lost": Kind("feed", "warning", notice=True, ends="feed back"),
    "feed back": Kind("feed", "information", ends="feed lost"),
    "fill": Kind("fill", "information", bell=True, notice=True, merges=False),
    "rejected": Kind("order", "error", bell=True, merges=False),
    "refused": Kind("order", "warning"),
    "unknown order": Kind("order", "error", bell=True, notice=True),
    "unanswered": Kind("order", "warning", bell=True, notice=True, merges=False),
    "identity": Kind("order", "error", bell=True, notice=True),
    "unprotected": Kind("order", "error", bell=True, notice=True),
    "trading state": Kind("order", "warning", bell=True, notice=True),
    "position": Kind("position", "warning", bell=True, notice=True),
    "margin": Kind("margin", "error", bell=True, notice=True, ends="margin back"),
    "margin back": Kind("margin", "information", ends="margin"),
    "breaker open": Kind("breaker", "error", bell=True, notice=True, ends="breaker closed"),
    "breaker closed": Kind("breaker", "information", ends="breaker open"),
    "shed": Kind("writer", "warning", bell=True),
    "writer": Kind("writer", "error", bell=True, notice=True, ends="writer back"),
    "journal": Kind("writer", "error", bell=True, notice=True, ends="writer back"),
    "writer back": Kind("writer", "information", ends="writer"),
    "backfill": Kind("backfill", "information"),
    "price": Kind("price", "warning", bell=True, notice=True, merges=False),
    "loop lag": Kind("system", "warning"),
    "clock skew": Kind("system", "warning"),
    "disk": Kind("system", "error", bell=True, notice=True),
    "system back": Kind("system", "information"),
    "alert command": Kind("system", "warning", command=False),
    "message": Kind("system", "warning"),
}
"""The one table of kinds."""


@dataclass(slots=True)
class Alert:
    """One alert as the screens show it.

    Attributes:
        count: How often it came, this one time and its repeats.
        last_ns: When it last came, UTC nanoseconds.
    """

    kind: str
    text: str
    severity: Severity
    first_ns: int
    last_ns: int
    count: int = 1


class Alerts:
    """Tells alerts. Handed to whoever has something to tell; never raises, never waits.

    Args:
        settings: Which channels are on.
        write: Puts a control string on the terminal, through its one owner; a no-op when there is none.
        toast: Shows ``text`` with a severity on the screen.
        record: Writes the alert's row; of a storm of repeats only for the second, the fourth, the eighth and so on.
        clock: For stamps and repeats.
        environment: Looked up for ``TMUX``, where notices and titles don't get through.
    """

    def __init__(
        self,
        settings: AlertSettings,
        *,
        write: Callable[[str], None],
        toast: Callable[[str, Severity], None],
        record: Callable[[Alert], None],
        clock: Clock,
        environment: Mapping[str, str],
    ) -> None:
        self.recent: deque[Alert] = deque(maxlen=RECENT_ALERTS)
        self.on_change: list[Callable[[Alert], None]] = []
        self._settings = settings
        self._off = {*settings.off, *(() if settings.fills else ("fill",))}
        self.write = write
        self.toast = toast
        self._record = record
        self._clock = clock
        self._bell_alone = "TMUX" in environment
        self._state: tuple[str, bool] = "", False
        self._title = ""
        self._lost = False
        self._told: dict[tuple[str, str], tuple[Alert, float]] = {}

    def tell(self, kind: str, text: str) -> Alert | None:
        """Tells one alert of a kind in :data:`KINDS`; None when the settings silence the kind."""
        rules = KINDS[kind]
        if rules.topic in self._off:
            return None
        text = _CONTROL.sub(" ", text)
        now, now_ns = self._clock.monotonic(), self._clock.utc_ns()
        self._told = {
            key: entry for key, entry in self._told.items() if now - entry[1] <= REPEAT_SECONDS and key[0] != rules.ends
        }
        alert, _ = self._told.get((kind, text), (None, now))
        if alert is not None and rules.merges:
            alert.count += 1
            alert.last_ns = now_ns
        else:
            alert = Alert(kind, text, rules.severity, now_ns, now_ns)
            self.recent.append(alert)
            self._sound(rules, text)
            self._attempt(self.toast, text, rules.severity)
        self._told[kind, text] = alert, now
        if alert.count.bit_count() == 1:
            self._attempt(self._record, alert)
        for hook in self.on_change:
            self._attempt(hook, alert)
        return alert

    def connection(self, state: str, cause: str, *, asked: bool = False) -> None:
        """Tells that the state word of the status bar changed; may be called as often as one likes.

        A loss is told at once, in each of its words, but for one that was asked for; a return only after a loss.
        """
        if (state, asked) == self._state:
            return
        (before, _), self._state = self._state, (state, asked)
        self.title(f"ibtui {state}")
        if asked:
            return
        if state in LOST_STATES:
            self._lost = True
            self.tell("link lost", f"{state}: {cause}")
        elif state == "DEGRADED":
            self.tell("degraded", f"{state}: {cause}")
        elif state == "READY" and (self._lost or before == "DEGRADED"):
            self._lost = False
            self.tell("link restored", state)

    def title(self, text: str) -> None:
        """Puts the console's state into the terminal's title."""
        if text != self._title and self._settings.title and not self._bell_alone:
            self._title = text
            self._attempt(self.write, f"\x1b]0;{_CONTROL.sub(' ', text)}\x07")

    def _sound(self, rules: Kind, text: str) -> None:
        if rules.bell and self._settings.bell:
            self._attempt(self.write, "\x07")
        if rules.notice and self._settings.osc and not self._bell_alone:
            self._attempt(self.write, f"\x1b]9;{text}\x07")

    @staticmethod
    def _attempt(channel: Callable[..., object], *arguments: object) -> None:
        try:
            channel(*arguments)
        except Exception:
            log.exception("an alert could not be told on one of its channels")
