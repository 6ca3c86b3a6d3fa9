"""The status document: what ``ibtui status --json`` prints, of a running console or of what its last run left.

Pure: plain values in, a JSON document and a verdict out. :mod:`ibtui.services.status` gathers the values. The HTTP
endpoint tells a part of the same document, so that the two can't disagree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from ibtui import __version__
from ibtui.clock import NS

TICKS_SECONDS = 300
"""The stretch that ``ticks_5m`` and ``rate`` look back over."""

HEALTH = (
    *("status", "version", "problems", "ibkr_status", "ibkr_connected_at", "last_disconnected_at"),
    *("reconnection_attempts", "reconnects", "symbols_subscribed", "last_tick_age", "writer_lag", "links"),
)
"""Keys of the document that ``/health`` answers."""

WRITER_LAG_LIMIT_S = 5.0
LOOP_LAG_LIMIT_MS = 250.0


@dataclass(frozen=True, slots=True)
class Link:
    """One link: ``ok``, ``warn``, ``down`` or ``unknown``, and why."""

    state: str = "unknown"
    cause: str = ""
    since_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Connection:
    """How the console and the market are joined. The words are those of the status bar; None means unknown.

    Attributes:
        connected_ns: Since when this session's socket is usable; None without a session.
        lost_ns: When the last session ended.
        attempt: Tries of this outage; 0 while connected.
    """

    state: str
    cause: str = ""
    since_ns: int | None = None
    links: Mapping[str, Link] = field(default_factory=dict)
    connected_ns: int | None = None
    lost_ns: int | None = None
    attempt: int | None = None
    missing: Sequence[str] = ()
    reconnects: int | None = None
    accounts: Sequence[str] = ()
    server_version: int | None = None
    heartbeat_ms: float | None = None
    skew_s: float | None = None
    next_try_s: float | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """One quoted instrument. ``ticks_5m`` counts frames, ``rate`` those a second, ``mark`` is the quote's word."""

    con_id: int
    symbol: str
    ticks_5m: int
    rate: float
    last_tick_ns: int | None
    bid: float | None
    ask: float | None
    last: float | None
    mark: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Writing:
    """How the writer keeps up."""

    queued: int
    written: int
    lag_s: float
    shed: int
    problem: str | None


@dataclass(frozen=True, slots=True)
class LoopGauge:
    """How late the event loop is, over the last minute."""

    p99: float
    worst: float


@dataclass(frozen=True, slots=True)
class Errors:
    """What went wrong: log lines of level ERROR, frames not understood, the last message from IB, the last alert."""

    logged: int = 0
    not_understood: int = 0
    last_message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the console. ``clean`` is None while it runs."""

    run_id: int
    version: str
    started_ns: int
    ended_ns: int | None = None
    clean: bool | None = None


def status_document(
    *,
    running: bool,
    as_of_ns: int,
    run: Run | None,
    connection: Connection,
    symbols: Sequence[Symbol],
    counts: Mapping[str, int],
    orders: Mapping[str, int],
    subscriptions: Mapping[str, tuple[int, int]] | None = None,
    writer: Writing | None = None,
    loop_lag_ms: LoopGauge | None = None,
    errors: Errors | None = None,
) -> dict[str, Any]:
    """The document, the same whether a console or the data files answer; what only a console knows is null without one.

    Args:
        running: Whether a console answers; otherwise everything is its last known state.
        as_of_ns: When this was true, UTC nanoseconds.
        run: The run it tells of; None before the first.
        connection: The links.
        symbols: Everything quoted.
        counts: Rows by table.
        orders: Orders by status.
        subscriptions: Kind of data to granted and wanted.
        writer: The writer.
        loop_lag_ms: The event loop.
        errors: What went wrong in this run.
    """
    document = {
        "running": running,
        "as_of_ns": as_of_ns,
        "run": None if run is None else asdict(run),
        **asdict(connection),
        "subscriptions": None if subscriptions is None else _slots(subscriptions),
        "symbols": _by_symbol(symbols),
        "counts": dict(counts),
        "orders": dict(orders),
        "writer": None if writer is None else asdict(writer),
        "loop_lag_ms": None if loop_lag_ms is None else asdict(loop_lag_ms),
        "errors": None if errors is None else asdict(errors),
    }
    problems = problems_of(document)
    verdict = {"healthy": not problems, "status": "degraded" if problems else "healthy", "problems": problems}
    return {**document, **_for_machines(document), **verdict}


def _for_machines(document: Mapping[str, Any]) -> dict[str, Any]:
    """What monitoring asks for, under names of its own; times are ISO 8601, ages and lags seconds."""
    subscriptions, writer = document["subscriptions"], document["writer"]
    ticks = [each["last_tick_ns"] for each in document["symbols"].values() if each["last_tick_ns"]]
    return {
        "version": __version__,
        "ibkr_status": document["state"],
        "ibkr_connected_at": _iso(document["connected_ns"]),
        "last_disconnected_at": _iso(document["lost_ns"]),
        "reconnection_attempts": document["attempt"],
        "symbols_subscribed": None if subscriptions is None else subscriptions["quotes"]["granted"],
        "last_tick_age": round(max(0, document["as_of_ns"] - max(ticks)) / NS, 3) if ticks else None,
        "writer_lag": None if writer is None else round(writer["lag_s"], 3),
    }


def _iso(ns: int | None) -> str | None:
    return None if ns is None else datetime.fromtimestamp(ns / NS, UTC).isoformat(timespec="milliseconds")


def problems_of(document: Mapping[str, Any]) -> list[str]:
    """Why this is not healthy, in plain words; empty when it is."""
    problems = []
    if not document["running"]:
        problems.append("no console is running")
    elif document["state"] != "READY":
        problems.append(f"{document['state']}: {document['cause'] or 'no cause known'}")
    for name, link in document["links"].items():
        if document["running"] and link["state"] != "ok":
            problems.append(f"link {name} is {link['state']}: {link['cause'] or 'no cause known'}")
    writer, loop = document["writer"], document["loop_lag_ms"]
    if writer is not None:
        if writer["problem"]:
            problems.append(f"the writer: {writer['problem']}")
        if writer["lag_s"] > WRITER_LAG_LIMIT_S:
            problems.append(f"the writer is {writer['lag_s']:.1f} s behind")
        if writer["shed"]:
            problems.append(f"{writer['shed']} rows were shed")
    if loop is not None and loop["p99"] > LOOP_LAG_LIMIT_MS:
        problems.append(f"the event loop is {loop['p99']:.0f} ms late")
    if unknown := document["orders"].get("UNKNOWN"):
        problems.append(f"{unknown} orders are UNKNOWN")
    return problems


def _slots(subscriptions: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, int]]:
    return {kind: {"granted": granted, "wanted": wanted} for kind, (granted, wanted) in subscriptions.items()}


def _by_symbol(symbols: Sequence[Symbol]) -> dict[str, dict[str, Any]]:
    """By symbol; a second contract of the same symbol stands under its number too."""
    table: dict[str, dict[str, Any]] = {}
    for each in symbols:
        key = each.symbol if each.symbol not in table else f"{each.symbol}#{each.con_id}"
        table[key] = {**asdict(each), "rate": round(each.rate, 3)}
    return table
