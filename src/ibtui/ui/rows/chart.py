"""The chart's lines: candles in half cells, volume in eighths, the two axes, and what stands under the cursor.

A rising candle's body is a heavy line, a falling one's a solid block, so that no colour is needed to tell them apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ibtui.market.axes import Scale, round_prices, scale_of, time_labels
from ibtui.market.bars import BarSize
from ibtui.market.candles import Candle, State
from ibtui.market.prices import format_price
from ibtui.ui.text import Line, Span, compact, merge, signed, zone

_RISING = (" ╷╻", "╵│╽", "╹╿┃")
_FALLING = (" ╷▄", "╵│▄", "▀▀█")
"""Glyphs by what is in the upper and the lower half of a cell: nothing, wick, body."""

_EIGHTHS = "▁▂▃▄▅▆▇█"
_HOLE, _OPENING, _CURSOR, _VWAP, _VWAP_ON_WICK = "·", "┊", "╎", "─", "┼"

_HOLE_ROWS = 3
"""One row of so many is dotted in a hole: enough to be seen as one, and not taken for data."""

BOUGHT, SOLD = "▲", "▼"
"""Marks of our own fills."""

_ROWS_A_PRICE = 3
"""Rows for each price that is named, at least."""


@dataclass(frozen=True, slots=True)
class Fill:
    """One of our own fills: when (UTC seconds), at what price, which way."""

    at: int
    price: float
    bought: bool


@dataclass(frozen=True, slots=True)
class View:
    """What is to be drawn.

    Attributes:
        candles: The columns that are visible, oldest first; drawn against the right edge.
        cells: Cells a column.
        width: Cells of the plot, without the axis of prices.
        rows: Rows of prices.
        volume_rows: Rows of volume; 0 where there is none.
        bar: Size of a bar.
        per: Bars a column.
        min_tick: The contract's increment.
        zone: Time zone of the times.
        fills: Our own fills.
        cursor: Index of the column under the cursor; None without one.
        live: Index of the column that is forming; None where none is.
        trusted: Whether the market data behind the forming column and the last price are vouched for.
    """

    candles: Sequence[Candle]
    cells: int
    width: int
    rows: int
    volume_rows: int
    bar: BarSize
    per: int
    min_tick: float
    zone: str
    fills: Sequence[Fill] = ()
    cursor: int | None = None
    live: int | None = None
    trusted: bool = True

    def cell(self, index: int) -> int:
        """The cell that a column's candle stands in."""
        return self.width - (len(self.candles) - index) * self.cells + (self.cells - 1) // 2


@dataclass(slots=True)
class Picture:
    """What was drawn: rows of the plot from the top down, and where prices are on them.

    Attributes:
        scale: None where there is nothing to draw.
        labels: Row to the price that is named on it.
    """

    scale: Scale | None
    plot: list[Line]
    volume: list[Line]
    times: Line
    labels: dict[int, str] = field(default_factory=dict)
    top_volume: str = ""

    def row(self, price: float) -> int:
        """The row of a price, 0 the topmost."""
        assert self.scale is not None
        return len(self.plot) - 1 - self.scale.level(price) // 2


class _Grid:
    """Cells to be drawn on; the later word stands."""

    def __init__(self, width: int, rows: int) -> None:
        self.glyphs = [[" "] * width for _ in range(rows)]
        self.tones = [["plain"] * width for _ in range(rows)]
        self.width = width

    def put(self, row: int, cell: int, glyph: str, tone: str) -> None:
        """Draws one cell, if it is there."""
        if 0 <= cell < self.width and 0 <= row < len(self.glyphs):
            self.glyphs[row][cell] = glyph
            self.tones[row][cell] = tone

    def empty(self, row: int, cell: int) -> bool:
        """Whether nothing was drawn there."""
        return 0 <= cell < self.width and self.glyphs[row][cell] == " "

    def lines(self) -> list[Line]:
        """All rows as lines. A blank cell takes its neighbour's tone: every span costs bytes on the wire."""
        return [_spans(glyphs, tones) for glyphs, tones in zip(self.glyphs, self.tones, strict=True)]


def _spans(glyphs: list[str], tones: list[str]) -> Line:
    spans: list[Span] = []
    begin, tone = 0, ""
    for at, glyph in enumerate(glyphs):
        if glyph != " " and tones[at] != tone:
            if tone:
                spans.append(("".join(glyphs[begin:at]), tone))
                begin = at
            tone = tones[at]
    return (*spans, ("".join(glyphs[begin:]), tone or "plain"))


def picture(view: View, last: float | None = None) -> Picture:
    """Draws the chart without its axis of prices, which changes with every tick.

    Args:
        view: What is to be drawn.
        last: The last price, which the scale has room for; None where it isn't wanted.
    """
    fills = fills_by_column(view.candles, view.fills, view.bar.seconds)
    prices = [price for each in view.candles if each.bar for price in (each.bar.low, each.bar.high)]
    prices += [each.price for found in fills.values() for each in found]
    if last is not None:
        prices.append(last)
    times = _times(view)
    if not prices or view.rows < 2:
        blank = _Grid(view.width, view.rows)
        _backdrop(view, blank)
        return Picture(None, blank.lines(), _Grid(view.width, view.volume_rows).lines(), times)
    scale = scale_of(prices, 2 * view.rows, view.min_tick)
    grid = _Grid(view.width, view.rows)
    for index, candle in enumerate(view.candles):
        _candle(view, grid, scale, index, candle)
        for fill in fills.get(index, ()):
            row = view.rows - 1 - scale.level(fill.price) // 2
            grid.put(row, view.cell(index), BOUGHT if fill.bought else SOLD, "mine")
    _backdrop(view, grid)
    volume, top = _volume(view)
    named = round_prices(scale, max(2, view.rows // _ROWS_A_PRICE), view.min_tick)
    found = Picture(scale, grid.lines(), volume.lines(), times, top_volume=top)
    found.labels = {found.row(price): format_price(price, view.min_tick) for price in named}
    return found


def fills_by_column(candles: Sequence[Candle], fills: Sequence[Fill], seconds: int) -> dict[int, list[Fill]]:
    """Index of a column to the fills in its time; one of a time that has no column, as at night, stands nowhere.

    Args:
        candles: The columns.
        fills: Our own fills.
        seconds: Length of a bar.
    """
    found: dict[int, list[Fill]] = {}
    if not candles:
        return found
    index = 0
    for fill in sorted(fills, key=lambda each: each.at):
        while index + 1 < len(candles) and candles[index + 1].start <= fill.at:
            index += 1
        if candles[index].start <= fill.at < candles[index].last + seconds:
            found.setdefault(index, []).append(fill)
    return found


def halves(low: int, high: int, body_low: int, body_high: int, row_low: int) -> tuple[int, int]:
    """What the two halves of a row hold, upper then lower: 0 nothing, 1 wick, 2 body.

    Args:
        low: Level of the low.
        high: Level of the high.
        body_low: Level of the lower end of the body.
        body_high: Level of the upper end of the body.
        row_low: Level of the row's lower half; its upper half is one above.
    """
    upper, lower = (
        2 if body_low <= level <= body_high else 1 if low <= level <= high else 0 for level in (row_low + 1, row_low)
    )
    return upper, lower


def tone_of(candle: Candle) -> str:
    """Rising, falling or unchanged."""
    assert candle.bar is not None
    if candle.bar.close == candle.bar.open:
        return "plain"
    return "up" if candle.bar.close > candle.bar.open else "down"


def _candle(view: View, grid: _Grid, scale: Scale, index: int, candle: Candle) -> None:
    cell, bar = view.cell(index), candle.bar
    if bar is not None:
        low, high = scale.level(bar.low), scale.level(bar.high)
        body_low, body_high = sorted((scale.level(bar.open), scale.level(bar.close)))
        tone = _shade(view, index, tone_of(candle))
        glyphs = _FALLING if bar.close < bar.open else _RISING
        for row in range(view.rows - 1 - high // 2, view.rows - low // 2):
            upper, lower = halves(low, high, body_low, body_high, 2 * (view.rows - 1 - row))
            grid.put(row, cell, glyphs[upper][lower], tone)
    if candle.vwap is not None and scale.low <= candle.vwap <= scale.high:
        row = view.rows - 1 - scale.level(candle.vwap) // 2
        on_wick = bar is not None and 0 <= cell < grid.width and grid.glyphs[row][cell] == "│"
        if on_wick or grid.empty(row, cell):
            grid.put(row, cell, _VWAP_ON_WICK if on_wick else _VWAP, "accent")


def _shade(view: View, index: int, tone: str) -> str:
    return "dim" if index == view.live and not view.trusted else tone


def _backdrop(view: View, grid: _Grid) -> None:
    """What is drawn where nothing else is: holes, the begin of sessions, the cursor."""
    for index, candle in enumerate(view.candles):
        glyph, tone, every = "", "dim", 1
        if index == view.cursor:
            glyph, tone = _CURSOR, "key"
        elif candle.state is State.HOLE:
            glyph, every = _HOLE, _HOLE_ROWS
        elif candle.opens or candle.state is State.BREAK:
            glyph = _OPENING
        if glyph:
            for row in range(every // 2, len(grid.glyphs), every):
                if grid.empty(row, view.cell(index)):
                    grid.put(row, view.cell(index), glyph, tone)


def _volume(view: View) -> tuple[_Grid, str]:
    grid = _Grid(view.width, view.volume_rows)
    volumes = [each.bar.volume or 0.0 for each in view.candles if each.bar]
    most = max(volumes, default=0.0)
    if not view.volume_rows or most <= 0:
        return grid, ""
    for index, candle in enumerate(view.candles):
        volume = candle.bar.volume if candle.bar else None
        if not volume:
            continue
        eighths = max(1, round(volume / most * 8 * view.volume_rows))
        for row in range(view.volume_rows):
            here = min(8, eighths - 8 * row)
            if here > 0:
                tone = _shade(view, index, tone_of(candle))
                grid.put(view.volume_rows - 1 - row, view.cell(index), _EIGHTHS[here - 1], tone)
    return grid, compact(most)


def _times(view: View) -> Line:
    starts = [each.start for each in view.candles]
    seconds = view.bar.seconds * view.per
    labels = time_labels(starts, view.cell(0) if starts else 0, view.cells, seconds, zone(view.zone), view.width)
    spans: list[tuple[str, str]] = []
    used = 0
    for label in labels:
        if label.cell < used:
            continue
        spans += [(" " * (label.cell - used), "dim"), (label.text, "plain" if label.date else "dim")]
        used = label.cell + len(label.text)
    return merge([*spans, (" " * (view.width - used), "dim")])


def price_axis(shown: Picture, width: int, marks: Mapping[int, tuple[str, str]]) -> list[tuple[str, str]]:
    """The axis beside the plot, a span a row: named prices, and over them what ``marks`` say of rows.

    Args:
        shown: The picture.
        width: Cells of the axis.
        marks: Row to text and tone.
    """
    found = []
    for row in range(len(shown.plot)):
        if row in marks:
            text, tone = marks[row]
            found.append((text.ljust(width), tone))
        else:
            label = shown.labels.get(row)
            found.append((("┤ " + label if label else "│").ljust(width), "dim"))
    return found


def readout(candle: Candle | None, view: View) -> tuple[Line, ...]:
    """What a column holds, in parts that may be left out from the right."""
    if candle is None:
        return ()
    when = ((_when(candle, view), "title"),)
    if candle.bar is None:
        why = {
            State.HOLE: ("a hole: never asked for, or not answered", "warn"),
            State.BREAK: ("no bars for some time, as IB says", "dim"),
        }.get(candle.state, ("no trades, as IB says", "dim"))
        return when, (why,)
    bar, tick = candle.bar, view.min_tick
    change, tone = signed((bar.close / bar.open - 1) * 100 if bar.open else None)
    parts: list[Line] = [when]
    for name, value in (("O", bar.open), ("H", bar.high), ("L", bar.low), ("C", bar.close)):
        parts.append(((f"{name} ", "dim"), (format_price(value, tick), "plain")))
    parts.append((("V ", "dim"), (compact(bar.volume), "plain")))
    parts.append(((f"{change}%", tone),))
    parts.append((("VWAP ", "dim"), (format_price(candle.vwap, tick), "accent")))
    if candle.holes:
        parts.append(((f"{candle.holes} bars missing", "warn"),))
    if bar.count is not None:
        parts.append(((f"{bar.count:,} trades", "dim"),))
    return tuple(parts)


def _when(candle: Candle, view: View) -> str:
    if view.bar.daily:
        first, last = (datetime.fromtimestamp(at, UTC) for at in (candle.start, candle.last))
        text = f" {first:%a %b} {first.day} {first.year}"
        return text if first == last else f"{text} to {last:%b} {last.day}"
    moment = datetime.fromtimestamp(candle.start, UTC).astimezone(zone(view.zone))
    clock = "%H:%M:%S" if view.bar.seconds < 60 else "%H:%M"
    return f" {moment:%a %b} {moment.day} {moment.strftime(clock)} {moment.tzname()}"
