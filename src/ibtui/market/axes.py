"""The axes of a chart: prices on levels, round prices to name, and times to name in a zone."""

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple

from ibtui.market.bars import DAY, HOUR, MINUTE

_CLOCK_STEPS = (
    *(5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE),
    *(HOUR, 2 * HOUR, 3 * HOUR, 4 * HOUR, 6 * HOUR, 12 * HOUR),
)
"""Distances of times that people find round, in seconds."""

_GAP = 2
"""Least blank cells between two labels."""


class Scale(NamedTuple):
    """Prices on levels, 0 the lowest."""

    low: float
    high: float
    levels: int

    def level(self, price: float) -> int:
        """The level of a price; the lowest or highest for one outside."""
        at = (price - self.low) / (self.high - self.low) * (self.levels - 1)
        return max(0, min(self.levels - 1, math.floor(at + 0.5)))


def scale_of(prices: Sequence[float], levels: int, min_tick: float) -> Scale:
    """A scale that shows all of the prices, at least one, and is never flat."""
    low, high = min(prices), max(prices)
    least = max(min_tick, abs(high) * 1e-9)
    if high - low < 2 * least:
        low, high = low - 2 * least, high + 2 * least
    return Scale(low, high, max(2, levels))


def price_step(span: float, most: int, min_tick: float) -> float:
    """The smallest round distance of which at most ``most`` fit into ``span``: 1, 2, 2.5 or 5 of a power of ten.

    A multiple of the increment where one of those is; else 1, 2 or 5 of a power of ten of increments.
    """
    least = span / max(1, most)
    for round_step in _round_steps(least):
        ticks = round_step / min_tick
        if ticks >= 0.999 and abs(ticks - round(ticks)) < 1e-6:
            return round_step
    return next(step * min_tick for step in _round_steps(least / min_tick) if step >= 1)


def _round_steps(least: float) -> Iterator[float]:
    exponent = math.floor(math.log10(least)) if least > 0 else 0
    for power in range(exponent, exponent + 4):
        for digit in (1, 2, 2.5, 5):
            step = float(f"{digit}e{power}")
            if step >= least * 0.999999:
                yield step


def round_prices(scale: Scale, most: int, min_tick: float) -> list[float]:
    """The prices to name on an axis, lowest first."""
    step = price_step(scale.high - scale.low, most, min_tick)
    first, last = math.ceil(scale.low / step - 1e-9), math.floor(scale.high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


class Label(NamedTuple):
    """A text on the time axis, from a cell on; a date stands out."""

    cell: int
    text: str
    date: bool


def time_labels(
    starts: Sequence[int], first_cell: int, cells: int, seconds: int, zone: tzinfo, width: int
) -> list[Label]:
    """What to write under columns, without overlaps, in order of cells.

    Args:
        starts: Start of each column, UTC seconds.
        first_cell: Cell of the first column.
        cells: Cells a column.
        seconds: Trading time a column; a day or more means dates, which stand at midnight UTC.
        zone: Of the clock times.
        width: Cells that there are.
    """
    if seconds >= DAY:
        wanted = _dates([datetime.fromtimestamp(start, UTC).date() for start in starts], 9 * seconds // cells)
    else:
        wanted = _clock([datetime.fromtimestamp(start, UTC).astimezone(zone) for start in starts], 10 * seconds / cells)
    placed: list[Label] = []
    for text, index, is_date in sorted(wanted, key=lambda each: (not each[2], each[1])):
        cell = first_cell + index * cells
        ends = cell + len(text) + _GAP
        free = all(ends <= other.cell or cell >= other.cell + len(other.text) + _GAP for other in placed)
        if free and cell + len(text) <= width:
            placed.append(Label(cell, text, is_date))
    return sorted(placed)


_Wanted = tuple[str, int, bool]


def _clock(moments: Sequence[datetime], least: float) -> Iterator[_Wanted]:
    step = next((each for each in _CLOCK_STEPS if each >= least), None)
    form = "%H:%M:%S" if step is not None and step < MINUTE else "%H:%M"
    before: datetime | None = None
    for index, moment in enumerate(moments):
        if before is None or moment.date() != before.date():
            yield f"{moment:%b} {moment.day}", index, True
        elif step is not None and _of_day(moment) // step != _of_day(before) // step:
            # The first bar after a full hour may start a little later: its own time is what is written.
            yield moment.strftime(form), index, False
        before = moment


def _of_day(moment: datetime) -> int:
    return moment.hour * HOUR + moment.minute * MINUTE + moment.second


def _dates(days: Sequence[date], least: int) -> Iterator[_Wanted]:
    before: date | None = None
    for index, day in enumerate(days):
        if before is None or day.year != before.year:
            yield str(day.year), index, True
        elif day.month != before.month:
            yield f"{day:%b}", index, False
        elif least <= 7 * DAY and day.isocalendar()[1] != before.isocalendar()[1]:
            yield f"{day:%b} {day.day}", index, False
        before = day
