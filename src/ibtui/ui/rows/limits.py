"""What holds orders back, and how far everything is from its limit, in lines."""

from collections.abc import Iterable, Sequence

from ibtui.trading.breaker import FAILURES
from ibtui.trading.distances import Distance
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from ibtui.ui.text import UNKNOWN, Line, Span, duration, join, pad, quantity, wall

_BAR = 6
_NEAR = 0.8
"""Share of a limit from which it is amber."""
_TONES = {TradingState.ACTIVE: "good", TradingState.REDUCING: "warn", TradingState.HALTED: "alarm"}


def restraint_lines(state: TradingState, restraints: Iterable[Restraint], zone: str) -> list[Line]:
    """The trading state, and each reason for it with the time since when it holds."""
    lines: list[Line] = [((" trading  ", "dim"), (str(state), _TONES[state]))]
    lines += [
        (
            (f"   {each.state} ", _TONES[each.state]),
            (f"by {each.source} since {wall(each.since_ns, zone, named=True)}: ", "dim"),
            (each.reason, "plain"),
        )
        for each in restraints
    ]
    return lines


def breaker_line(state: str, remaining: float, causes: Sequence[str]) -> Line:
    """The breaker, its countdown, and what it counts."""
    counted = f"{len(causes)} of {FAILURES} failures" + (f": {', '.join(causes)}" if causes else "")
    words: Span = {
        "open": (f"OPEN, one order probes in {duration(remaining)}", "alarm"),
        "probe": ("PROBE: the next order decides", "warn"),
    }.get(state, ("closed", "good"))
    return ((" breaker  ", "dim"), words, (f"  {counted}", "dim"))


def distance_lines(distances: Iterable[Distance]) -> list[Line]:
    """One line a limit: how much of it is used, what is left, and what comes closest."""
    return [_distance_line(each) for each in distances]


def _distance_line(distance: Distance) -> Line:
    share, tone = distance.share, _tone(distance)
    filled = 0 if share is None else round(share * _BAR)
    bar = UNKNOWN.center(_BAR) if share is None else "█" * filled + "·" * (_BAR - filled)
    return (
        (pad(f" {distance.name} {distance.about}", 25) + " ", "plain"),
        (bar, tone),
        (f" {_figure(distance.used, distance.unit):>11}", tone),
        (f" of {_figure(distance.limit, distance.unit):>11}", "dim"),
        (f" left {_figure(distance.left, distance.unit):>11}", tone),
        (f" {distance.unit}", "dim"),
    )


def state_line(state: TradingState, restraints: Iterable[Restraint], zone: str) -> Line:
    """The same as :func:`restraint_lines` on one line."""
    return tuple(span for line in restraint_lines(state, restraints, zone) for span in line)


def brief_line(
    state: TradingState, breaker: str, remaining: float, causes: int, distances: Iterable[Distance], width: int
) -> Line:
    """State, breaker and what is left of each limit on one line; what does not fit drops from the right, whole."""
    failures = f"{causes}/{FAILURES}"
    parts: list[Line] = [
        ((f" {state}", _TONES[state]),),
        {
            "open": ((f"BREAKER {duration(remaining)} {failures}", "alarm"),),
            "probe": ((f"PROBE {failures}", "warn"),),
        }.get(breaker, (("breaker ", "dim"), (failures, "warn" if causes else "dim"))),
        (("left:", "dim"),),
    ]
    by_name = {each.name: each for each in distances}
    parts += [
        ((f"{short} ", "dim"), (_figure(by_name[name].left, by_name[name].unit), _tone(by_name[name])))
        for name, short in _BRIEF.items()
        if name in by_name
    ]
    return join(parts, width)


_BRIEF = {
    "daily loss": "loss",
    "position": "position",
    "buying power": "margin",
    "orders per minute": "orders/min",
    "working per side": "side",
    "notional": "notional",
}
"""Limits by their short names, those first that are worth most where there is no room for all."""


def _tone(distance: Distance) -> str:
    share = distance.share
    return "dim" if share is None else "alarm" if share >= 1 else "warn" if share >= _NEAR else "plain"


def _figure(value: float | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    return f"{round(value, 2) or 0.0:,.2f}" if unit else quantity(value)
