"""What a chart draws, read from the data files in a thread and carried on by the bars that come live."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ibtui.backfill import calendar
from ibtui.backfill.jobs import Series
from ibtui.backfill.ledger import Coverage, Range, settled, within
from ibtui.backfill.planner import ended
from ibtui.clock import NS
from ibtui.market.bars import DAY, Bar
from ibtui.market.candles import Candle, Slot, begins_session, candles, slots
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory
from ibtui.ui.rows.chart import Fill

FARTHEST = 40 * 365 * DAY
"""No chart reaches further back, in seconds."""

MOST_SLOTS = 10_000
"""Places of the axis that are kept at once; larger bars reach further back."""

_MOST_LOOKED_AT = 50_000
"""Places of an axis without known hours that are looked through for bars."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is stored of a series, up to a time.

    Attributes:
        end: Up to where, UTC seconds: the start of the first bar that had not ended.
        axis: A slot for every bar and every hole, in order.
        whole: Whether the axis begins with a session.
        settled: What IB answered.
        bars: The stored bars among them, by start.
        stored: Bars of the series that are stored at all.
        fills: Our own fills of that time.
    """

    series: Series
    wanted: int
    end: int
    axis: Sequence[Slot]
    whole: bool
    settled: tuple[Range, ...]
    bars: Mapping[int, Bar]
    stored: int
    fills: tuple[Fill, ...]


def load(directory: DataDirectory, series: Series, now: int | None, wanted: int) -> Loaded:
    """Reads the newest ``wanted`` places of the axis. Blocking.

    Args:
        directory: Where it is stored.
        series: Which bars.
        now: Market time in UTC seconds; None where it isn't known: then up to the newest stored bar.
        wanted: Places of the axis, at most :data:`MOST_SLOTS`.

    Raises:
        StorageError: The files can't be read.
    """
    con_id, text, what, use_rth = series.key
    counted = [
        row
        for row in queries.bar_counts(directory, con_id)
        if (row["bar"], row["what"], bool(row["use_rth"])) == (text, what, use_rth)
    ]
    stored = counted[0]["bars"] if counted else 0
    step = series.bar.seconds
    newest = counted[0]["last"] + step if counted else 0
    end = newest if now is None else max(newest, ended(series.bar, now))
    for times in (1, 4, 16, 64):  # weekends take none of the axis; where nobody knows the hours only bars tell them
        start, hours = _reach(series, end, wanted * times)
        answered = settled(
            Coverage(row["start"], row["end"], row["outcome"])
            for row in queries.coverage(directory, *series.key, start, end)
        )
        bars = queries.bars(directory, *series.key, start, end)
        axis = slots(bars, step, Range(start, end), hours, answered)
        if hours is not None or len(axis) >= wanted or times * wanted > _MOST_LOOKED_AT:
            break
    fills = tuple(
        Fill(row["ts_ns"] // NS, row["price"], row["side"] == "BUY")
        for row in queries.fills(directory, con_id, start * NS)
    )
    by_start = {bar.start: bar for bar in bars}
    return Loaded(series, wanted, end, axis, hours is not None, answered, by_start, stored, fills)


def _reach(series: Series, end: int, wanted: int) -> tuple[int, tuple[Range, ...] | None]:
    """From where on there is room for so many bars, and when the market was open since; None where nobody knows."""
    step = series.bar.seconds
    span = wanted * step
    while True:
        bounds = Range(max(0, end - span), end)
        hours = calendar.trading(series.instrument, series.bar, series.use_rth, bounds)
        if hours is None:
            return bounds.start, None
        if len(hours) > 1 and hours[0].start == bounds.start and not series.bar.daily:
            hours = hours[1:]  # cut off by the bounds: sessions are shown from their begin
        if sum(each.seconds for each in hours) >= wanted * step or span >= FARTHEST or not bounds.start:
            kept = _newest(hours, wanted * step)
            return kept[0].start if kept else bounds.start, kept
        span *= 2


def _newest(hours: tuple[Range, ...], seconds: int) -> tuple[Range, ...]:
    """The last sessions, as many as it takes for so much time."""
    for at in range(len(hours) - 1, -1, -1):
        seconds -= hours[at].seconds
        if seconds <= 0:
            return hours[at:]
    return hours


def carried_on(loaded: Loaded, live: Mapping[int, Bar], now: int | None) -> tuple[list[Slot], int]:
    """The axis up to now: what was read, and the bars that came since; a bar that is stored stands before a live one.

    Args:
        loaded: What was read.
        live: Start to bar.
        now: Market time in UTC seconds; None where it isn't known.

    Returns:
        The axis, and how many places of it are still as they were read.
    """
    series = loaded.series
    step = series.bar.seconds
    since = min([loaded.end, *live])
    until = loaded.end if now is None else max(loaded.end, ended(series.bar, now))
    kept = loaded.axis[: bisect_left(loaded.axis, since, key=lambda slot: slot.start)]
    bars = dict(live) | {start: bar for start, bar in loaded.bars.items() if start >= since}
    bounds = Range(since, until)
    reach = max([until, *(start + step for start in bars)])
    hours = calendar.trading(series.instrument, series.bar, series.use_rth, Range(since, reach))
    hours = None if hours is None else within(hours, Range(since, reach))
    rest = slots([bars[start] for start in sorted(bars)], step, bounds, hours, loaded.settled)
    return [*kept, *rest], len(kept)


def columns(loaded: Loaded, axis: Sequence[Slot], kept: int, per: int, before: Sequence[Candle]) -> list[Candle]:
    """The columns of an axis that was carried on; only those since the last session's begin are made anew.

    Args:
        loaded: What was read.
        axis: See :func:`carried_on`.
        kept: Places of the axis that are still as they were read.
        per: Bars a column.
        before: The columns of what was read; none to make them all.
    """
    step, daily = loaded.series.bar.seconds, loaded.series.bar.daily
    at = 0
    if before and not daily:
        at = min(kept, len(axis) - 1)
        while at > 0 and not begins_session(axis[at - 1], axis[at], step):
            at -= 1
    if at <= 0:
        return candles(axis, step, per, daily=daily, whole=loaded.whole)
    made = candles(axis[at:], step, per, daily=daily, whole=True)
    made[0] = made[0]._replace(opens=True)
    return [*before[: bisect_left(before, axis[at].start, key=lambda each: each.start)], *made]
