"""What to ask the gateway for: only what the ledger lacks, only when the market was open, in chunks IB allows.

Newest first, because that is what a chart shows first. A bar that has not ended is neither asked for nor stored.
"""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from ibtui.backfill.ledger import Coverage, Range, settled, within, without
from ibtui.market.bars import DAY, Bar, BarSize

Mode = Literal["tail", "backfill", "full"]
"""From the newest bar to now; from the oldest bar back; every gap there is."""

TAIL_BARS = 1000
"""Bars' worth of trading time that ``tail`` asks for where nothing is stored yet."""

FRESH_SECONDS = 120
"""How long after its end a bar may still be on its way: until then an answer without it is no proof."""


class Request(NamedTuple):
    """One request: the stretch it settles, in UTC seconds, and IB's duration string that reaches back over it."""

    start: int
    end: int
    duration: str


class Answer(NamedTuple):
    """What an answer is worth: the bars to store, and the row of ``coverage`` it earns, if any."""

    bars: list[Bar]
    coverage: Coverage | None


def wanted(
    mode: Mode,
    coverage: Iterable[Coverage],
    bar: BarSize,
    now: int,
    *,
    oldest: int,
    trading: Sequence[Range] | None,
    start: int | None = None,
    end: int | None = None,
) -> Range:
    """The stretch that a mode means; ``start`` and ``end``, where given, take the place of its own bounds.

    Args:
        mode: See :data:`Mode`.
        coverage: What is known of this contract, bar and kind of data.
        bar: The bar size.
        now: Market time in UTC seconds.
        start: First second wanted.
        end: The second after the last one wanted.
        oldest: How far ``backfill`` and ``full`` reach back, UTC seconds.
        trading: When there can be bars, in order; None where that is not known.
    """
    have = settled(coverage)
    until = ended(bar, now) if end is None else min(end, ended(bar, now))
    if mode == "backfill" and have and end is None:
        until = min(until, have[0].start)
    if start is None:
        start = oldest if mode != "tail" else have[-1].end if have else _newest(trading, bar, until)
    return Range(min(start, until), until)


def earliest(
    mode: Mode, coverage: Iterable[Coverage], bar: BarSize, now: int, *, oldest: int, start: int | None = None
) -> int:
    """How far back :func:`wanted` needs to know when the market was open, UTC seconds; arguments as there."""
    if start is not None:
        return start
    if mode != "tail":
        return oldest
    # A thousand bars of a market that is open 6.5 hours on five days a week lie five times as far back.
    far = now - 7 * DAY - 6 * TAIL_BARS * bar.seconds
    have = settled(coverage)
    return have[-1].end if have else far


def plan(
    wanted: Range,
    coverage: Iterable[Coverage],
    bar: BarSize,
    now: int,
    *,
    trading: Sequence[Range] | None = None,
    min_gap: int = 1,
) -> list[Request]:
    """Requests for what ``wanted`` lacks, newest first, none longer than IB allows for the bar size.

    Args:
        wanted: What to have in the end.
        coverage: What is known of this contract, bar and kind of data.
        bar: The bar size.
        now: Market time in UTC seconds.
        trading: When there can be bars; None where that is not known.
        min_gap: Gaps of fewer bars than this are not worth a request.
    """
    bounds = Range(wanted.start, min(wanted.end, ended(bar, now)))
    open_then = within([bounds] if trading is None else trading, bounds)
    gaps = [each for each in without(open_then, settled(coverage)) if each.seconds > (min_gap - 1) * bar.seconds]
    requests: list[Request] = []
    while gaps:
        end = gaps[-1].end
        reach = start = end - bar.longest
        if gaps[-1].start < reach:
            gaps[-1] = Range(gaps[-1].start, reach)
        else:
            while gaps and gaps[-1].start >= reach:
                start = gaps.pop().start
        requests.append(Request(start, end, bar.duration(end - start)))
    return requests


def judge(request: Request, bars: Iterable[Bar], bar: BarSize, now: int) -> Answer:
    """What an answer proves: bars that have ended, and the part of the request that is settled by them.

    Near ``now`` only the bars themselves prove anything: IB may be late with the last ones.
    """
    until = ended(bar, now)
    inside = sorted(each for each in bars if request.start <= each.start < request.end)
    done = [each for each in inside if (each.start < until if bar.daily else each.start + bar.seconds <= now)]
    proven = min(request.end, until if bar.daily else now - FRESH_SECONDS)
    if done:
        proven = max(proven, min(request.end, done[-1].start + bar.seconds))
    if len(done) < len(inside):
        proven = min(proven, inside[len(done)].start)
    if proven <= request.start:
        return Answer(done, None)
    return Answer(done, Coverage(request.start, proven, "data" if done else "empty"))


def ended(bar: BarSize, now: int) -> int:
    """The end of the newest bar that can have ended by ``now``, UTC seconds.

    Daily bars are dated by midnight UTC, and the market's day ends before that of UTC or with it: the day of ``now``
    is taken as not ended. Weeks begin on Monday; a month is taken as ended 31 days after its first day.
    """
    if bar.seconds <= DAY:
        return now - now % bar.seconds
    if bar.seconds <= 7 * DAY:
        monday = 4 * DAY  # the epoch was a Thursday
        return now - (now - monday) % (7 * DAY)
    return now - now % DAY - 31 * DAY


def _newest(trading: Sequence[Range] | None, bar: BarSize, until: int) -> int:
    """Where the newest :data:`TAIL_BARS` bars before ``until`` begin."""
    lacking = TAIL_BARS * bar.seconds
    if not trading:
        return until - lacking
    for each in reversed(within(trading, Range(trading[0].start, until))):
        if each.seconds >= lacking:
            return each.end - lacking
        lacking -= each.seconds
    return trading[0].start
