"""A chart's bars on an axis of trading time: every bar once, every hole as a hole, several as one where wanted."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from itertools import groupby, pairwise
from typing import NamedTuple

from ibtui.market.bars import Bar

BREAK_SLOTS = 10
"""Slots without a bar after which a stretch that IB confirmed to be empty, of hours nobody knows, becomes one break."""

Span = tuple[int, int]
"""``start <= t < end``, UTC seconds."""


class State(Enum):
    """What stands at a place of the axis."""

    BAR = "bar"
    QUIET = "quiet"
    """IB was asked and has no bar: nobody traded."""
    HOLE = "hole"
    """Nobody asked, or no answer came: what was there is not known."""
    BREAK = "break"
    """A long time that IB has no bars of, drawn as one place."""


class Slot(NamedTuple):
    """One place of the axis; ``start`` in UTC seconds."""

    start: int
    state: State
    bar: Bar | None = None


class Candle(NamedTuple):
    """What is drawn in one column.

    Attributes:
        start: Of its first slot, UTC seconds.
        last: Start of its last slot.
        state: BAR where it holds one bar or more.
        bar: Its bars as one; None without any.
        bars: How many they are.
        holes: Slots in it of which nothing is known.
        opens: Whether a session begins with it.
        vwap: The session's volume-weighted average price at its end; None while that is not known.
    """

    start: int
    last: int
    state: State
    bar: Bar | None
    bars: int
    holes: int
    opens: bool
    vwap: float | None


def slots(
    bars: Sequence[Bar], step: int, bounds: Span, trading: Sequence[Span] | None, settled: Sequence[Span]
) -> list[Slot]:
    """The axis from one time to another: each bar, and between them a slot for each bar that could be there.

    Args:
        bars: In order, each start once; all of them get a slot.
        step: Seconds of a bar.
        bounds: From where to where.
        trading: When there can be bars, in order; None where that is not known.
        settled: What IB answered, in order and disjoint.
    """
    found: list[Slot] = []
    begins = [start for start, _ in settled]

    def fill(start: int, end: int) -> None:
        for at in range(start, start + int((end - start) / step + 0.5) * step, step):
            index = bisect_right(begins, at) - 1
            known = index >= 0 and at < settled[index][1]
            found.append(Slot(at, State.QUIET if known else State.HOLE))

    left = iter(bars)
    bar = next(left, None)
    for opens, closes in [bounds] if trading is None else trading:
        while bar is not None and bar.start < opens:  # outside the hours as they are known: there all the same
            found.append(Slot(bar.start, State.BAR, bar))
            bar = next(left, None)
        cursor = opens
        while bar is not None and bar.start < closes:
            fill(cursor, bar.start)
            found.append(Slot(bar.start, State.BAR, bar))
            cursor = bar.start + step
            bar = next(left, None)
        fill(cursor, min(closes, bounds[1]))
    if bar is not None:
        found.extend(Slot(each.start, State.BAR, each) for each in (bar, *left))
    return found if trading is not None else list(_with_breaks(found))


def _with_breaks(found: Iterable[Slot]) -> Iterator[Slot]:
    for state, run in groupby(found, key=lambda slot: slot.state):
        same = list(run)
        if state is State.QUIET and len(same) >= BREAK_SLOTS:
            yield Slot(same[0].start, State.BREAK)
        else:
            yield from same


def begins_session(before: Slot, slot: Slot, step: int) -> bool:
    """Whether a session begins with a slot: after a break, or a jump of time."""
    return before.state is State.BREAK or slot.start - before.start > 1.5 * step


def openings(axis: Sequence[Slot], step: int) -> list[bool]:
    """For each slot, whether a session is known to begin with it."""
    return [False, *(begins_session(before, slot, step) for before, slot in pairwise(axis))][: len(axis)]


def vwaps(axis: Sequence[Slot], opens: Sequence[bool], *, daily: bool, whole: bool) -> list[float | None]:
    """The volume-weighted average price since each session's begin, by slot.

    Unknown from a hole on until the next session, for what was traded in it is missing from the sum.

    Args:
        axis: The slots.
        opens: See :func:`openings`.
        daily: Bars are whole sessions or more: their own average is the answer.
        whole: Whether the axis starts with a session's begin.
    """
    if daily:
        return [None if slot.bar is None else slot.bar.wap for slot in axis]
    found: list[float | None] = []
    known, worth, volume = whole, 0.0, 0.0
    for slot, begins in zip(axis, opens, strict=True):
        if begins:
            known, worth, volume = True, 0.0, 0.0
        bar = slot.bar
        if slot.state is State.HOLE:
            known = False
        elif bar is not None:
            if bar.wap is None or bar.volume is None:
                known = False
            else:
                worth += bar.wap * bar.volume
                volume += bar.volume
        found.append(worth / volume if known and volume > 0 else None)
    return found


def candles(axis: Sequence[Slot], step: int, per: int, *, daily: bool, whole: bool) -> list[Candle]:
    """Columns of up to ``per`` slots each. A column never reaches over a session's end, nor moves as bars are added.

    Args:
        axis: The slots, in order.
        step: Seconds of a bar.
        per: Slots a column; they are grouped by the clock, so that five minutes begin at a full five minutes.
        daily: As for :func:`vwaps`.
        whole: As for :func:`vwaps`.
    """
    opens = openings(axis, step)
    averages = vwaps(axis, opens, daily=daily, whole=whole)
    found: list[Candle] = []
    group: list[Slot] = []
    key: tuple[int, int] | None = None
    session = 0
    begins = False
    average: float | None = None
    for slot, opening, vwap in zip(axis, opens, averages, strict=True):
        session += opening
        own = (session if not daily else 0, slot.start // (per * step))
        if own != key and group:
            found.append(_candle(group, opens=begins, vwap=average))
            group = []
        if not group:
            key, begins = own, opening and not daily
        group.append(slot)
        average = vwap
    if group:
        found.append(_candle(group, opens=begins, vwap=average))
    return found


def _candle(group: list[Slot], *, opens: bool, vwap: float | None) -> Candle:
    start, last = group[0].start, group[-1].start
    if len(group) == 1:
        slot = group[0]
        return Candle(start, last, slot.state, slot.bar, slot.bar is not None, slot.state is State.HOLE, opens, vwap)
    bars = [slot.bar for slot in group if slot.bar is not None]
    holes = sum(slot.state is State.HOLE for slot in group)
    state = State.BAR if bars else State.HOLE if holes else group[0].state
    return Candle(start, last, state, merged(bars) if bars else None, len(bars), holes, opens, vwap)


def merged(bars: Sequence[Bar]) -> Bar:
    """Several bars, in order and at least one, as one; what is unknown of one of them is unknown of all."""
    volumes = [bar.volume for bar in bars]
    counts = [bar.count for bar in bars]
    volume = None if None in volumes else sum(each for each in volumes if each is not None)
    worths = [None if bar.wap is None or bar.volume is None else bar.wap * bar.volume for bar in bars]
    worth = None if None in worths else sum(each for each in worths if each is not None)
    return Bar(
        bars[0].start,
        bars[0].open,
        max(bar.high for bar in bars),
        min(bar.low for bar in bars),
        bars[-1].close,
        volume,
        worth / volume if worth is not None and volume else None,
        None if None in counts else sum(each for each in counts if each is not None),
    )
