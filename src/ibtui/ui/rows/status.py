"""The status bar: two lines that stand on every screen and leave nothing that matters unsaid."""

from dataclasses import dataclass
from typing import Protocol

from ibtui.trading.checks import is_paper
from ibtui.trading.states import TradingState
from ibtui.ui.text import UNKNOWN, Line, Span, age, compact, duration, join, length, pad, signed, wall

SIM_PREFIX = "DUSIM"
"""How accounts of the simulated gateway begin."""

_STATE_TONES = {
    "READY": "good",
    "DEGRADED": "warn",
    "SYNCING": "warn",
    "CONNECTING": "warn",
    "NO ANSWER": "warn",
    "IB LOST": "alarm",
    "DISCONNECTED": "alarm",
}
_LIGHTS: dict[str, Span] = {"ok": ("✓", "good"), "warn": ("!", "warn"), "down": ("✗", "alarm"), "unknown": ("?", "dim")}
_TRADING_TONES = {TradingState.ACTIVE: "good", TradingState.REDUCING: "warn", TradingState.HALTED: "alarm"}


class Light(Protocol):
    """One link, as far as the status bar and the connection screen need it."""

    @property
    def state(self) -> str:
        """``ok``, ``warn``, ``down`` or ``unknown``."""

    @property
    def cause(self) -> str:
        """Why, in plain words."""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything that the status bar says, taken at one instant.

    Attributes:
        state: The state word, see the design.
        lights: Name of the link (GW, IB, DATA) to the state of its light.
        day_pnl: Profit and loss of the day in the account's currency; None is unknown.
        breaker: ``closed``, ``open`` or ``probe``.
        breaker_s: Seconds until an open breaker lets one order probe.
        next_try_s: Seconds until the next try to connect; None when none is due.
        lasted_s: Seconds that the state has held; None is unknown.
        lag_s: How far the writer is behind.
        loop_ms: Loop lag, 99th percentile of the last minute.
        unprotected: Stops of brackets that went while their position is still there.
        frames: How painting goes: ``10 fps``, a round trip, or that the link is not measured.
    """

    account: str
    state: str
    lights: tuple[tuple[str, str], ...]
    day_pnl: float | None
    armed: bool
    trading: TradingState
    breaker: str
    breaker_s: float
    cause: str
    lasted_s: float | None
    next_try_s: float | None
    on_hangup: str
    shed: int
    lag_s: float
    loop_ms: float
    messages: float | None
    market_ns: int | None
    zone: str
    frames: str = ""
    problem: str = ""
    unprotected: int = 0
    read_only: bool = False


def mode(account: str, *, read_only: bool = False) -> Span:
    """What may be done with the account: SIM, PAPER or VIEW ONLY."""
    if read_only:
        return "VIEW ONLY", "warn"
    if account.startswith(SIM_PREFIX):
        return "SIM", "accent"
    if is_paper(account):
        return "PAPER", "accent"
    return "VIEW ONLY", "warn"


def light(name: str, state: str) -> Line:
    """A link and a sign for its state, which is told by the sign and not by its colour alone."""
    sign, tone = _LIGHTS.get(state, _LIGHTS["unknown"])
    return ((name, "alarm" if tone == "alarm" else "plain"), (sign, tone))


def first_line(status: Status, width: int) -> Line:
    """Mode, state, lights, profit and loss, what may be sent. Fits 80 columns: profit is rounded before a word goes."""
    exact = signed(status.day_pnl)
    short = exact if status.day_pnl is None else (compact(round(status.day_pnl)), exact[1])
    for pnl, between in ((exact, "  "), (exact, " "), (short, " ")):
        line = join(_first_parts(status, pnl), 10_000, between=between)
        if length(line) <= width:
            return line
    return join(_first_parts(status, short), width, between=" ")


def _first_parts(status: Status, pnl: Span) -> list[Line]:
    lights: list[Span] = []
    for name, state in status.lights:
        lights += [*((" ", "plain"),) * bool(lights), *light(name, state)]
    parts: list[Line] = [
        (mode(status.account, read_only=status.read_only),),
        ((status.state, _STATE_TONES.get(status.state, "plain")),),
        tuple(lights),
        (("P&L ", "dim"), pnl),
        (("ARMED", "alarm") if status.armed else ("DISARMED", "plain"),),
        ((str(status.trading), _TRADING_TONES[status.trading]),),
    ]
    if status.breaker == "open":
        parts.append(((f"BREAKER {duration(status.breaker_s)}", "alarm"),))
    elif status.breaker == "probe":
        parts.append((("PROBE", "warn"),))
    if status.unprotected:
        parts.append(((f"UNPROTECTED {status.unprotected}", "alarm"),))
    return parts


def told_at_once(status: Status, width: int) -> tuple[object, ...]:
    """What the bar says the moment it changes. The rest are figures, and a second is soon enough for them."""
    trouble = status.problem, status.cause, status.next_try_s is None, bool(status.shed)
    return first_line(status, width), trouble, status.account, status.on_hangup


def second_line(status: Status, width: int) -> Line:
    """Why, for how long, what is next, and how the program itself does. What does not fit drops from the right."""
    next_try: Line = () if status.next_try_s is None else ((f"next try {duration(status.next_try_s)}", "warn"),)
    parts: list[Line] = [((each, tone),) for each, tone in ((status.problem, "alarm"),) if each]
    if status.cause:
        since = "" if status.lasted_s is None else f" for {age(status.lasted_s)}"
        room = width - len(since) - length(next_try) - 2 - length(join(parts, width)) - 2 * bool(parts)
        cause = pad(status.cause, room).rstrip() if len(status.cause) > room else status.cause
        parts.append(((cause, _cause_tone(status.state)), (since, "dim")))
    if next_try:
        parts.append(next_try)
    clock = wall(status.market_ns, status.zone, named=True)
    facts = [
        status.account or "no account",
        clock if clock != UNKNOWN else "",
        f"hangup {status.on_hangup}",
        f"shed {compact(status.shed)}" if status.shed else "",
        f"writer {status.lag_s:.1f}s",
        f"loop {status.loop_ms:.0f}ms",
        UNKNOWN + " msg/s" if status.messages is None else f"{compact(round(status.messages))} msg/s",
        status.frames,
    ]
    parts += [((each, "warn" if each.startswith("shed") else "dim"),) for each in facts if each]
    return join(parts, width)


def _cause_tone(state: str) -> str:
    tone = _STATE_TONES.get(state, "plain")
    return "bad" if tone == "alarm" else "plain" if tone == "good" else tone
