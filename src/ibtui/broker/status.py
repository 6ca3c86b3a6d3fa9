"""What is said about the connection: the state word, three lights, and the events between them."""

from dataclasses import dataclass, field, replace
from typing import Any, Literal

from ibtui.broker.links import Farm, Light, LightState, Links

StateWord = Literal["CONNECTING", "DISCONNECTED", "NO ANSWER", "IB LOST", "SYNCING", "DEGRADED", "READY"]
LinkName = Literal["GW", "IB", "DATA"]


@dataclass(frozen=True, slots=True)
class ConnectionEvent:
    """One transition, as a row of ``connection_events``; ``state`` is the state word after it.

    ``at`` is the moment in monotonic seconds, for durations.
    """

    ts_ns: int
    state: StateWord
    link: LinkName
    cause: str
    code: int | None = None
    detail: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """The last message from the gateway that was more than a notice."""

    code: int
    text: str
    ts_ns: int


@dataclass(frozen=True, slots=True)
class ConnectionStatus:
    """All that screens, status line and machines are told of the connection.

    Attributes:
        state: The first word that is true.
        cause: Why, in words.
        since_ns: When that word became true, UTC nanoseconds.
        since: The same in monotonic seconds.
        attempt: Tries of this outage; 0 once synchronised.
        next_try_at: Monotonic seconds; None while connected or trying.
        reconnects: Sessions after the first.
        missing: Names of the sync steps that did not come through.
        heartbeat_s: Last round trip, seconds.
        heartbeat_at: When the last heartbeat was answered, monotonic seconds; kept over sessions.
        skew_s: How far the gateway's clock has drifted from this machine's since the connect, seconds.
        connected_ns: Since when this session's socket is usable.
        connected_at: The same in monotonic seconds; None while there is no session.
        lost_ns: When the last session ended.
        farms: IB's data servers that reported.
        errors: Messages from the gateway, of the whole run, that were more than notices.
        not_understood: Frames of this session that make no sense.
        asked: There is no session because the user asked for that.
        read_only: The gateway refuses everything about orders: its "Read-Only API" is switched on.
    """

    state: StateWord = "CONNECTING"
    cause: str = ""
    since_ns: int | None = None
    since: float | None = None
    gw: Light = field(default_factory=Light)
    ib: Light = field(default_factory=Light)
    data: Light = field(default_factory=Light)
    attempt: int = 0
    next_try_at: float | None = None
    reconnects: int = 0
    missing: tuple[str, ...] = ()
    server_version: int | None = None
    accounts: tuple[str, ...] = ()
    heartbeat_s: float | None = None
    heartbeat_at: float | None = None
    skew_s: float | None = None
    connected_ns: int | None = None
    connected_at: float | None = None
    lost_ns: int | None = None
    farms: tuple[Farm, ...] = ()
    last_event: ConnectionEvent | None = None
    last_error: Trouble | None = None
    errors: int = 0
    not_understood: int = 0
    asked: bool = False
    read_only: bool = False


@dataclass(slots=True)
class Facts:
    """What the supervisor knows; the status follows from it.

    Attributes:
        cause: Why there is no usable, answering socket; empty before the first try has failed.
        ever_connected: Some session was accepted in this run.
        connected: A session is accepted and its socket stands.
        silent: A heartbeat, or the handshake, is unanswered.
        syncing: The sync steps run for the first time in this session, or again since IB came back.
        missing: Name of each sync step that did not come through, and why.
        not_understood: Frames of this session that make no sense.
        asked: The user ended the session, and no try has failed since.
        read_only: In this session the gateway said that its API is read-only.
    """

    endpoint: str
    links: Links
    cause: str = ""
    ever_connected: bool = False
    connected: bool = False
    silent: bool = False
    syncing: bool = False
    missing: dict[str, str] = field(default_factory=dict)
    not_understood: int = 0
    asked: bool = False
    read_only: bool = False


def state_word(facts: Facts) -> StateWord:
    """The first word that is true, what matters most to somebody who trades first."""
    if facts.silent:
        return "NO ANSWER"
    if not facts.connected:
        return "DISCONNECTED" if facts.cause or facts.ever_connected else "CONNECTING"
    if facts.links.ib.state == "down":
        return "IB LOST"
    if facts.syncing:
        return "SYNCING"
    return "DEGRADED" if facts.missing else "READY"


READ_ONLY = (
    'the gateway\'s API is read-only: VIEW ONLY. Switch off "Read-Only API" in its API settings, then `:reconnect`'
)

NEEDED_TO_REDUCE = frozenset({"positions", "open orders"})
"""Sync steps that say what an order would reduce."""

NEEDED_FOR_ORDERS = NEEDED_TO_REDUCE | {"executions", "account values"}
"""Sync steps that the checks and the reconciliation stand on: without them nothing may open or grow a position."""


def obstacle_to_orders(status: ConnectionStatus, *, reduces: bool) -> str | None:
    """Why the link allows no order now, in plain words; None when it does.

    Args:
        status: The supervisor's.
        reduces: Whether the order only makes a position smaller.
    """
    if status.read_only:
        return READ_ONLY
    needed = NEEDED_TO_REDUCE if reduces else NEEDED_FOR_ORDERS
    if status.state == "READY" or (status.state == "DEGRADED" and not needed & set(status.missing)):
        return None
    return f"the connection is {status.state}{': ' + status.cause if status.cause else ''}"


def feed_trouble(status: ConnectionStatus) -> str:
    """What is wrong with the links that bring market data, in plain words; empty when nothing is."""
    if status.state in ("DISCONNECTED", "CONNECTING"):
        return "not connected"
    if status.state == "NO ANSWER":
        return f"the gateway does not answer: {status.cause}"
    if status.ib.state != "ok":
        return f"IB is lost: {status.ib.cause}"
    return status.data.cause if status.data.state == "down" else ""


def outlook(facts: Facts, before: ConnectionStatus, now_ns: int, now: float, **measured: Any) -> ConnectionStatus:
    """The status that follows from the facts at an instant, given in UTC nanoseconds and in monotonic seconds.

    What is no conclusion, numbers and stamps, comes as ``measured`` or stays as it was ``before``.
    """
    word = state_word(facts)
    same = word == before.state and before.since_ns is not None
    unknown = Light("unknown", "no session with the gateway", before.lost_ns)
    return replace(
        before,
        state=word,
        cause=_cause(word, facts),
        since_ns=before.since_ns if same else now_ns,
        since=before.since if same else now,
        gw=_aged(_gw_light(facts, before.gw, now_ns), before.gw, now),
        ib=_aged(facts.links.ib if facts.connected else unknown, before.ib, now),
        data=_aged(facts.links.data if facts.connected else unknown, before.data, now),
        missing=tuple(facts.missing),
        farms=tuple(facts.links.farms.values()),
        not_understood=facts.not_understood,
        asked=facts.asked and word == "DISCONNECTED",
        read_only=facts.read_only,
        **measured,
    )


def transitions(before: ConnectionStatus, after: ConnectionStatus) -> list[tuple[LinkName, str]]:
    """What changed that is worth an event: lights that went bad or came back, and the state word or its cause."""
    told: list[tuple[LinkName, str]] = []
    if _turned(before.ib, after.ib):
        told.append(("IB", after.ib.cause))
    if _turned(before.data, after.data) and after.ib.state != "down":
        told.append(("DATA", after.data.cause or "all farms are up"))
    if after.read_only and not before.read_only:
        told.append(("GW", READ_ONLY))
    if before.state == after.state == "READY" and after.gw.state == "warn" and before.gw.state == "ok":
        told.append(("GW", after.gw.cause))
    told_by_ib = "IB LOST" in (before.state, after.state) and told
    if not told_by_ib and (before.state, before.cause) != (after.state, after.cause):
        told.append(("GW", after.cause))
    return told


def _cause(word: StateWord, facts: Facts) -> str:
    if word == "CONNECTING":
        return f"connecting to {facts.endpoint}"
    if word == "IB LOST":
        return facts.links.ib.cause
    if word == "SYNCING":
        return f"asking {facts.endpoint} for the state of the account"
    if word == "DEGRADED":
        return "missing: " + ", ".join(f"{name} ({why})" for name, why in facts.missing.items())
    if word == "READY":
        return f"connected to {facts.endpoint}"
    return facts.cause


def _gw_light(facts: Facts, before: Light, now_ns: int) -> Light:
    state: LightState
    if facts.silent:
        state, cause = "warn", facts.cause
    elif facts.connected and facts.not_understood:
        state, cause = "warn", f"messages that make no sense: {facts.not_understood}; the log shows them"
    elif facts.connected:
        state, cause = "ok", ""
    else:
        state, cause = "down" if facts.cause else "unknown", facts.cause
    return before if (state, cause) == (before.state, before.cause) else Light(state, cause, now_ns)


def _aged(light: Light, before: Light, now: float) -> Light:
    """The light with the monotonic moment at which it became what it is."""
    return replace(light, since=before.since if light == before else now)


def _turned(before: Light, after: Light) -> bool:
    bad = ("warn", "down")
    changed = (before.state, before.cause) != (after.state, after.cause)
    return changed and (after.state in bad or (after.state == "ok" and before.state in bad))
