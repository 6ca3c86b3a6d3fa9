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
        notice: Whether it is worth a desktop notice (OSC 9).
        merges: Whether a repeat is counted; fills are events of their own, however alike.
        ends: A kind whose next alert is news again after this one.
        setting: The switch in ``[alerts]`` that silences the whole kind.
    """

    severity: Severity
    bell: bool = False
    notice: bool = False
    merges: bool = True
    ends: str = ""
    setting: str = ""


KINDS: Mapping[str, Kind] = {
    "link lost": Kind("error", bell=True, notice=True, ends="link restored"),
    "link restored": Kind("information", notice=True, ends="link lost"),
    "degraded": Kind("warning", notice=True),
    "fill": Kind("information", bell=True, notice=True, merges=False, setting="fills"),
    "rejected": Kind("error", bell=True, merges=False),
    "refused": Kind("warning"),
    "unknown order": Kind("error", bell=True, notice=True),
    "position": Kind("warning", bell=True, notice=True),
    "unprotected": Kind("error", bell=True, notice=True),
    "trading state": Kind("warning", bell=True, notice=True),
    "shed": Kind("warning"),
    "journal": Kind("error", bell=True, notice=True),
    "backfill": Kind("information"),
    "message": Kind("warning"),
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
        self.write = write
        self.toast = toast
        self._record = record
        self._clock = clock
        self._bell_alone = "TMUX" in environment
        self._state = self._title = ""
        self._lost = False
        self._told: dict[tuple[str, str], tuple[Alert, float]] = {}

    def tell(self, kind: str, text: str) -> Alert | None:
        """Tells one alert of a kind in :data:`KINDS`; None when the settings silence the kind."""
        rules = KINDS[kind]
        if rules.setting and not getattr(self._settings, rules.setting):
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

    def connection(self, state: str, cause: str) -> None:
        """Tells that the state word of the status bar changed; may be called as often as one likes.

        A loss is told at once, in each of its words; a return only after a loss.
        """
        if state == self._state:
            return
        before, self._state = self._state, state
        self.title(f"ibtui {state}")
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
