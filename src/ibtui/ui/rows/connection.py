"""What the connection screen says: three lights with their causes, what is subscribed, counters, what happened."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ibtui.ui.rows.status import light
from ibtui.ui.text import UNKNOWN, Column, Line, Row, age, duration, wall

if TYPE_CHECKING:
    from ibtui.broker.supervisor import ConnectionEvent, ConnectionStatus

EVENT_COLUMNS = (
    Column("TIME", 8),
    Column("STATE", 12),
    Column("LINK", 4),
    Column("CODE", 5, right=True),
    Column("CAUSE", 20, stretch=True),
)


def light_lines(status: "ConnectionStatus", now_ns: int) -> list[Line]:
    """One line for each of the three links."""
    named = (("GW", "gateway", status.gw), ("IB", "IB's servers", status.ib), ("DATA", "data farms", status.data))
    lines: list[Line] = []
    for name, about, state in named:
        since = "" if state.since_ns is None else f"  for {age((now_ns - state.since_ns) / 1e9)}"
        tone = {"ok": "plain", "warn": "warn", "down": "bad"}.get(state.state, "dim")
        sign = light(f" {name:<5}", state.state)
        lines.append((*sign, (f"  {about:<13}", "dim"), (state.cause or state.state, tone), (since, "dim")))
    return lines


def fact_lines(
    status: "ConnectionStatus", slots: Mapping[str, tuple[int, int]], endpoint: str, client_id: int, now: float
) -> list[Line]:
    """Tries, versions, times, and what is subscribed of what is wanted.

    Args:
        status: The supervisor's.
        slots: Kind of data to what is granted and what is wanted.
        endpoint: Host and port.
        client_id: Our API client id.
        now: Monotonic seconds.
    """
    wait = None if status.next_try_at is None else status.next_try_at - now
    tries = f"try {status.attempt}" + (f", next in {duration(wait)}" if wait is not None else "")
    beat = UNKNOWN if status.heartbeat_s is None else f"{status.heartbeat_s * 1000:.1f} ms"
    skew = UNKNOWN if status.skew_s is None else f"{status.skew_s:+.1f} s"
    first = (
        f" {endpoint}  client {client_id}  server version {status.server_version or UNKNOWN}"
        f"  accounts {', '.join(status.accounts) or UNKNOWN}"
    )
    lines: list[Line] = [
        ((first, "plain"),),
        ((f" {tries}  reconnects {status.reconnects}  heartbeat {beat}  clock drift {skew}", "plain"),),
    ]
    granted: list[tuple[str, str]] = [(" subscribed", "plain")]
    for kind, (have, want) in slots.items():
        granted.append((f"  {kind} {have} of {want}", "plain" if have == want else "warn"))
    lines.append(tuple(granted))
    if status.missing:
        lines.append(((" missing: " + ", ".join(status.missing), "warn"),))
    return lines


def event_row(event: "ConnectionEvent", zone: str) -> Row:
    """One event of the timeline."""
    words = " ".join(each for each in (event.cause, event.detail) if each)
    return (
        (wall(event.ts_ns, zone), "dim"),
        (event.state, "plain"),
        (event.link, "plain"),
        ("" if event.code is None else str(event.code), "dim"),
        (words, "plain"),
    )
