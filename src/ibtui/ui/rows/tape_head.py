"""The lines over the tape: what it adds up to, how fast it runs, and what of it is shown."""

from math import inf

from ibtui.market.blocks import BlockRule
from ibtui.market.delta import SIZE_CLASSES, Delta
from ibtui.market.pace import Rate
from ibtui.market.sweeps import Sieve
from ibtui.ui.text import Line, compact, join, signed, wall

GAUGE = 8
"""Cells of the gauge of speed; a quarter of it is the norm."""

_NAMES = (
    f"<{SIZE_CLASSES[0]:g}",
    *(f"≥{compact(size)}" for size in SIZE_CLASSES),
)


def delta_line(delta: Delta | None, zone: str, width: int) -> Line:
    """Cumulative delta, and between what it may be: prints whose side is not known may have been either's."""
    if delta is None or not delta.prints:
        return ((" no prints yet" if delta is None else " no prints since the count began anew", "dim"),)
    value, tone = signed(delta.value, 0)
    low, high = delta.band
    share = "no volume" if delta.share is None else f"{delta.share:.0%} of {compact(delta.volume)} known"
    parts: list[Line] = [
        ((" delta ", "plain"), (value, tone), (" inferred", "dim")),
        ((f"band {_plus(low)}…{_plus(high)}", "plain"), (f", {share}", "dim")),
        ((f"since {wall(delta.since_ns, zone)}", "dim"),),
    ]
    for name, of_class in zip(_NAMES, delta.by_class, strict=True):
        text, of_tone = _plus(of_class), "up" if of_class > 0 else "down" if of_class < 0 else "plain"
        parts.append(((f"{name} ", "dim"), (text, of_tone)))
    return join(parts, width)


def pace_line(now: Rate, norm: Rate | None, width: int, *, before: Line = (), after: tuple[Line, ...] = ()) -> Line:
    """The speed against its own norm, between what is more and what is less important.

    Args:
        now: Prints and size a second of the last seconds.
        norm: Their median stretch in the last twenty minutes; None before there is one.
        width: Cells.
        before: Such as that the tape is paused.
        after: Such as what is left out.
    """
    speed = f"{now.prints:.1f} prints/s {compact(round(now.volume))}/s"
    if norm is None:
        against: Line = (("norm not known yet", "dim"),)
    elif not norm.prints:
        against = (("norm: quiet", "dim"),)
    else:
        ratio = now.prints / norm.prints
        full = min(GAUGE, round(ratio * GAUGE / 4))
        tone = "warn" if ratio >= 2 else "plain"
        against = (("▮" * full + "▯" * (GAUGE - full), tone), (f" {ratio:.1f}× its 20-min median", tone))
    return join([*((before,) if before else ()), ((f" {speed} ", "plain"), *against), *after], width)


def paused_span(behind: int | None) -> Line:
    """That the tape is held still, and how many prints came since; nothing while it runs."""
    return () if behind is None else ((f" PAUSED +{behind:,}", "warn"),)


def shown_spans(sieve: Sieve, block: BlockRule, unseen: int) -> tuple[Line, ...]:
    """What is shown of the tape: sizes, joined parts, where blocks begin, and what went by too fast to be drawn."""
    parts: list[Line] = []
    if unseen:
        parts.append(((f"+{unseen} not drawn", "warn"),))
    if not sieve.shows_all:
        most = "" if sieve.largest == inf else f" to {sieve.largest:,g}"
        parts.append(((f"size {sieve.smallest:,g}{most or ' up'}", "accent"),))
    parts.append((("parts joined" if sieve.join else "every print", "dim"),))
    parts.append(((f"B: {block} average" if block.size is None else f"B: {block}", "dim"),))
    return tuple(parts)


def _plus(value: float) -> str:
    return f"{'+' if value > 0 else ''}{compact(round(value))}"
