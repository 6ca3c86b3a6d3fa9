"""What the connection screen says: the links with their causes, the session in numbers, what happened, every symbol."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.names import brief
from ibtui.ui.rows.equity import LEVELS
from ibtui.ui.rows.status import light
from ibtui.ui.text import UNKNOWN, Column, Line, Row, Span, age, compact, duration, wall

if TYPE_CHECKING:
    from ibtui.broker.round_trips import Latency
    from ibtui.broker.status import ConnectionEvent, ConnectionStatus

EVENT_COLUMNS = (
    Column("TIME", 8),
    Column("FOR", 4, right=True),
    Column("STATE", 12),
    Column("LINK", 4),
    Column("CODE", 5, right=True),
    Column("CAUSE", 20, stretch=True),
)

SYMBOL_COLUMNS = (
    Column("SYMBOL", 8),
    Column("MARK", 7),
    Column("TICKS 5m", 8, right=True),
    Column("TICKS/s", 7, right=True),
    Column("LAST TICK", 9, right=True),
    Column("WHY", 20, stretch=True),
)

TICKS_SECONDS = 300
"""The stretch over which a symbol's ticks are counted."""

SKEW_SHOWN, SKEW_AMBER = 2.0, 30.0
"""Seconds of drift between the gateway's clock and this machine's from which it is told, and from which it is amber."""

_TONES = {"ok": "plain", "warn": "warn", "down": "bad"}
_FARMS: dict[str, Span] = {
    "ok": ("ok", "plain"),
    "idle": ("idle", "dim"),
    "broken": ("down", "bad"),
    "connecting": ("connecting", "warn"),
}
_CLASSES = ("1ms", "2", "5", "10", "20", "50", "100", "200", "500", "1s", "+")
"""Names of the histogram's classes, each its upper edge."""

_SLOT_NAMES = {"quotes": "data lines", "depth": "depth", "tape": "tick-by-tick"}


@dataclass(frozen=True, slots=True)
class Figures:
    """What the screen tells in numbers beside the supervisor's status; None is unknown.

    Attributes:
        subscribed: Kind of data to what is granted and what is wanted.
        slots: Kind of data to how many subscriptions IB gives at once.
        sent_lately: Messages sent in the last second.
        budget: Messages that one second has room for.
        requests: Messages sent in this run.
        latency: The heartbeats' round trips.
        memory_bytes: Memory that this program takes.
        files: Files that it has open.
        terminal_rate: Bytes a second to the terminal.
        loop_ms: Loop lag, 99th percentile of the last minute.
    """

    endpoint: str
    client_id: int
    subscribed: Mapping[str, tuple[int, int]]
    slots: Mapping[str, int]
    sent_lately: int | None
    budget: int | None
    requests: int
    latency: "Latency"
    memory_bytes: int | None
    files: int | None
    terminal_rate: float | None
    loop_ms: float


def light_lines(status: "ConnectionStatus", now: float) -> list[Line]:
    """One line for each of the three links, and one for the farms by name. ``now`` in monotonic seconds."""
    named = (("GW", "gateway", status.gw), ("IB", "IB's servers", status.ib), ("DATA", "data farms", status.data))
    lines: list[Line] = []
    for name, about, state in named:
        since = UNKNOWN if state.since is None else age(now - state.since)
        sign = light(f" {name:<5}", state.state)
        tone = _TONES.get(state.state, "dim")
        lines.append((*sign, (f"  {about:<13}for {since:<5} ", "dim"), (state.cause or state.state, tone)))
    farms: list[Span] = [_head("farms")]
    for farm in status.farms if status.connected_at is not None else ():
        farms += [(f"{farm.name} ", "dim"), _FARMS[farm.state], ("  ", "plain")]
    lines.append(tuple(farms) if len(farms) > 1 else (*farms, (UNKNOWN, "dim")))
    return lines


def fact_lines(status: "ConnectionStatus", figures: Figures, now: float, zone: str) -> list[Line]:
    """The session in numbers.

    Args:
        status: The supervisor's.
        figures: Everything else.
        now: Monotonic seconds.
        zone: Time zone of clock times.
    """
    return [
        _session_line(status, figures, now),
        _tries_line(status, now),
        _heartbeat_line(status, figures, now),
        _restored_line(figures),
        _slots_line(figures),
        _errors_line(status, zone),
        _process_line(figures),
        histogram(figures.latency),
    ]


def _head(text: str) -> Span:
    return f" {text:<11}", "dim"


def _session_line(status: "ConnectionStatus", figures: Figures, now: float) -> Line:
    up = UNKNOWN if status.connected_at is None else duration(now - status.connected_at)
    return (
        _head("session"),
        (f"{figures.endpoint}  client {figures.client_id}  server version {status.server_version or UNKNOWN}", "plain"),
        (f"  up {up}  {', '.join(status.accounts) or UNKNOWN}", "plain"),
    )


def _tries_line(status: "ConnectionStatus", now: float) -> Line:
    tries: Span = (f"try {status.attempt} of this outage" if status.attempt else "no outage", "plain")
    wait: Span = ("", "plain")
    if status.next_try_at is not None:
        wait = f", next in {duration(status.next_try_at - now)}", "warn"
    missing: Span = ("  missing: " + ", ".join(status.missing), "warn") if status.missing else ("", "plain")
    return _head("tries"), tries, wait, (f"  reconnects {status.reconnects}", "plain"), missing


def _heartbeat_line(status: "ConnectionStatus", figures: Figures, now: float) -> Line:
    beat = UNKNOWN if status.heartbeat_s is None else f"{status.heartbeat_s * 1000:.1f} ms"
    last = UNKNOWN if status.heartbeat_at is None else f"{age(now - status.heartbeat_at)} ago"
    skew = status.skew_s
    drifted = skew is not None and abs(skew) > SKEW_SHOWN
    tone = "warn" if skew is not None and abs(skew) > SKEW_AMBER else "plain"
    said = UNKNOWN if skew is None else f"{skew:+.1f} s" if drifted else "none"
    return (
        _head("heartbeat"),
        (f"{beat}, last {last}", "plain"),
        (f"  clock skew {said}", tone),
        (f"  requests sent {compact(figures.requests)}", "plain"),
    )


def _restored_line(figures: Figures) -> Line:
    have = sum(granted for granted, _ in figures.subscribed.values())
    want = sum(wanted for _, wanted in figures.subscribed.values())
    spans: list[Span] = [_head("restored"), (f"{have} of {want} subscriptions", "plain" if have == want else "warn")]
    for kind, (granted, wanted) in figures.subscribed.items():
        spans.append((f"  {kind} {granted} of {wanted}", "plain" if granted == wanted else "warn"))
    return tuple(spans)


def _slots_line(figures: Figures) -> Line:
    spans: list[Span] = [_head("slots")]
    for kind, (granted, _) in figures.subscribed.items():
        most = figures.slots.get(kind)
        full = most is not None and granted >= most
        name = _SLOT_NAMES.get(kind, kind)
        spans.append((f"{name} {granted}/{UNKNOWN if most is None else most}  ", "warn" if full else "plain"))
    sent = UNKNOWN if figures.sent_lately is None else figures.sent_lately
    return (*spans, (f"messages/s {sent}/{UNKNOWN if figures.budget is None else figures.budget}", "plain"))


def _errors_line(status: "ConnectionStatus", zone: str) -> Line:
    trouble = status.last_error
    last = "" if trouble is None else f", last {trouble.code} at {wall(trouble.ts_ns, zone)}: {trouble.text}"
    senseless: Span = (f"  not understood {status.not_understood}", "warn") if status.not_understood else ("", "plain")
    return _head("errors"), (f"{status.errors}", "plain"), senseless, (last, "plain")


def _process_line(figures: Figures) -> Line:
    memory = UNKNOWN if figures.memory_bytes is None else f"{figures.memory_bytes / 1e6:.0f} MB"
    files = UNKNOWN if figures.files is None else str(figures.files)
    rate = UNKNOWN if figures.terminal_rate is None else f"{figures.terminal_rate / 1000:.1f} KB/s"
    words = f"memory {memory}  open files {files}  to the terminal {rate}  loop {figures.loop_ms:.0f} ms"
    return _head("process"), (words, "plain")


def histogram(latency: "Latency") -> Line:
    """The round trips as bars, one for each class that its upper edge names; a class without any is a dot."""
    most = max(latency.counts, default=0)
    spans: list[Span] = [_head("round trip")]
    for name, count in zip(_CLASSES, latency.counts, strict=True):
        bar = LEVELS[(count * len(LEVELS) - 1) // most] if count else "·"
        spans += [(f"{name}", "dim"), (bar, "accent" if count else "dim"), (" ", "plain")]
    if latency.median_ms is not None and latency.worst_ms is not None:
        spans.append((f"p50 {latency.median_ms:.1f} max {latency.worst_ms:.0f} ms", "plain"))
    return tuple(spans)


def lasting(events: "Sequence[ConnectionEvent]", now: float) -> "list[tuple[ConnectionEvent, float]]":
    """Each event, newest first, with the seconds until the next event of the same link, or until now."""
    until: dict[str, float] = {}
    found = []
    for event in reversed(events):
        found.append((event, max(0.0, until.get(event.link, now) - event.at)))
        until[event.link] = event.at
    return found


def event_row(event: "ConnectionEvent", lasted: float, zone: str) -> Row:
    """One event of the timeline and the seconds for which it was the last word on its link."""
    words = " ".join(each for each in (event.cause, event.detail) if each)
    return (
        (wall(event.ts_ns, zone), "dim"),
        (age(lasted), "dim"),
        (event.state, "plain"),
        (event.link, "plain"),
        ("" if event.code is None else str(event.code), "dim"),
        (words, "plain"),
    )


def symbol_row(
    instrument: Instrument, mark: Mark, ticks: int, rate: float, since_tick: float | None, reason: str
) -> Row:
    """One symbol's flow.

    Args:
        instrument: Which.
        mark: What its quote may be called.
        ticks: Ticks in the last five minutes.
        rate: Ticks a second of that time, or since the first.
        since_tick: Seconds since the last one; None if there was none.
        reason: Why there is no data, or not what was wanted.
    """
    return (
        (brief(instrument), "title"),
        (str(mark), "plain"),
        (compact(ticks), "plain" if ticks else "warn"),
        (f"{rate:.2f}", "plain"),
        (age(since_tick), "dim"),
        (reason, "warn"),
    )
