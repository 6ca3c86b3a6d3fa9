"""ARMED: keys send at once, for a while, and only as long as everything that they stand on holds."""

from dataclasses import dataclass

IDLE_SECONDS = 60.0
"""Seconds without a key after which nobody is at the terminal."""

MOST_LAG_MS = 250.0
"""Loop lag from which a key may act on a market that has moved on."""

PAINTED_SECONDS = 1.0
"""How old the painted touch may be that an instant key acts on."""

PAINTED_TICKS = 3
"""By how many increments the touch may have moved since it was painted."""

_NOISE = 1e-6


@dataclass(frozen=True, slots=True)
class Footing:
    """What an armed console stands on, at one instant.

    Attributes:
        ready: Whether the connection is READY.
        live: Whether the selected symbol's quote is LIVE; None without a selection.
        loop_lag_ms: The worst of the last second.
        idle_s: Seconds since the last key.
    """

    ready: bool
    live: bool | None
    loop_lag_ms: float
    idle_s: float


def why_disarm(until: float, now: float, footing: Footing) -> str:
    """Why it is armed no longer, in plain words; empty while it is. Times are monotonic seconds."""
    if now >= until:
        return "its time is over"
    if not footing.ready:
        return "the link is not READY"
    if footing.live is False:
        return "the selected symbol's quote is not LIVE"
    if footing.loop_lag_ms > MOST_LAG_MS:
        return f"the console lags by {footing.loop_lag_ms:.0f} ms"
    if footing.idle_s >= IDLE_SECONDS:
        return f"no key for {IDLE_SECONDS:.0f} s"
    return ""


@dataclass(frozen=True, slots=True)
class Touch:
    """Both sides of a quote, and when they were painted, monotonic seconds."""

    bid: float | None
    ask: float | None
    at: float


def why_not_instant(painted: Touch | None, bid: float | None, ask: float | None, min_tick: float, now: float) -> str:
    """Why an instant key may not act on what was seen; empty if it may.

    Args:
        painted: What stood on the screen last; None if the symbol was never painted.
        bid: Now.
        ask: Now.
        min_tick: Increment of the contract.
        now: Monotonic seconds.
    """
    if bid is None or ask is None or bid <= 0 or ask <= 0:
        return "there is no quote on both sides"
    if painted is None or painted.bid is None or painted.ask is None:
        return "its quote is not on the screen"
    if now - painted.at > PAINTED_SECONDS:
        return f"what the screen shows is {now - painted.at:.1f} s old"
    moved = max(abs(bid - painted.bid), abs(ask - painted.ask))
    if moved > PAINTED_TICKS * min_tick + _NOISE:
        return f"the market moved by {moved:g} since it was painted"
    return ""
