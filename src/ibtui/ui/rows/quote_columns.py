"""Every column that the quote board can show: one table, from which titles, cells, sorting and help are made."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ibtui.clock import NS
from ibtui.market.board import Quote
from ibtui.market.breadth import year_range
from ibtui.market.daily import UNKNOWN as NO_DAYS
from ibtui.market.daily import Daily
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.names import symbol
from ibtui.market.prices import decimals, format_price
from ibtui.trading.day_result import ContractResult
from ibtui.ui.rows.glyphs import range_bar, sparkline
from ibtui.ui.rows.quotes import TRUSTED, arrow, change, mark_span, middle, quote_age
from ibtui.ui.text import GAP, UNKNOWN, Column, Row, Span, age, cells, compact, quantity, signed, wall, zone_name

if TYPE_CHECKING:
    from ibtui.broker.account import Position

Value = float | str | None
"""What a column sorts by; None is unknown."""

DATA_TYPES = {1: "live", 2: "frozen", 3: "delayed", 4: "delayed, frozen"}
_SHORTABLE = ((2.5, "easy"), (1.5, "locate"), (-1.0, "none"))
"""IB's figures of how easily a share is borrowed, from which on they mean what."""
_DIRECTIONS = {"▲": "rose", "▼": "fell"}, {"▲": "up", "▼": "down"}
"""Tone by arrow: while the price flashes, and else."""
_BAR, _LINE = 11, 12
"""Cells of a range bar and of the line of the day."""


@dataclass(slots=True)  # not frozen: one is made for each changed row of each frame, in a third of the time
class Facts:
    """All that is known of one row at one instant.

    Attributes:
        mark: How far the quote can be trusted.
        now: Monotonic seconds.
        now_ns: UTC nanoseconds, for the age of stored values.
        position: What is held.
        day: What our own fills of the day came to.
        daily: What stored daily bars say.
        line: The day's course, see :meth:`ibtui.market.day_lines.DayLines.line`.
        flashes: Fields that changed just now, to 1 (rose) or -1 (fell).
        zone: Name of the time zone for clock times; empty is New York.
        ticks: Frames of the last minute.
    """

    quote: Quote
    instrument: Instrument
    mark: Mark
    now: float
    now_ns: int
    position: "Position | None" = None
    day: ContractResult | None = None
    daily: Daily = NO_DAYS
    line: Sequence[float | None] = ()
    flashes: Mapping[str, int] | None = None
    zone: str = ""
    ticks: int = 0

    @property
    def trusted(self) -> bool:
        """Whether the numbers are shown in full colour."""
        return self.mark in TRUSTED


@dataclass(frozen=True, slots=True)
class QuoteColumn:
    """One column.

    Attributes:
        name: As it is typed and kept.
        title: Over the column.
        width: Cells, without the gap after it.
        about: What it shows, for the help.
        value: What it sorts by.
        cell: What it shows.
        right: Aligned to the right, as numbers are.
        stretch: Takes the cells that are left over.
    """

    name: str
    title: str
    width: int
    about: str
    value: Callable[[Facts], Value]
    cell: Callable[[Facts], Span]
    right: bool = True
    stretch: bool = False


def unrealized(facts: Facts) -> float | None:
    """Profit of what is held at the last price, in the contract's currency; by IB's own figure where that is all."""
    held, last = facts.position, facts.quote.last
    if held is None or not held.quantity:
        return None
    if last is None or held.average_cost is None:
        return held.unrealized
    return (last * facts.instrument.multiplier - held.average_cost) * held.quantity


def _other(number: int) -> Callable[[Facts], float | None]:
    return lambda facts: facts.quote.others.get(number)


def _field(name: str) -> Callable[[Facts], float | None]:
    def value(facts: Facts) -> float | None:
        found: float | None = getattr(facts.quote, name)
        return found

    return value


def _price(
    name: str, title: str, width: int, about: str, value: Callable[[Facts], float | None], tone: str = "plain"
) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        price = value(facts)
        if price is None:
            return UNKNOWN, "dim"
        flash = facts.flashes.get(name) if facts.flashes else None
        shown = tone if facts.trusted else "dim"
        if flash and facts.trusted:
            shown = "rose" if flash > 0 else "fell"
        return format_price(price, facts.instrument.min_tick), shown

    return QuoteColumn(name, title, width, about, value, cell)


def _size(name: str, title: str, width: int, about: str, value: Callable[[Facts], float | None]) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        size = value(facts)
        return compact(size), "plain" if size is not None and facts.trusted else "dim"

    return QuoteColumn(name, title, width, about, value, cell)


def _number(
    name: str, title: str, width: int, about: str, value: Callable[[Facts], float | None], digits: int
) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        number = value(facts)
        text = UNKNOWN if number is None else f"{number:,.{digits}f}"
        return text, "plain" if number is not None and facts.trusted else "dim"

    return QuoteColumn(name, title, width, about, value, cell)


def _moved(
    name: str, title: str, width: int, about: str, value: Callable[[Facts], float | None], digits: int = 2
) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        text, tone = signed(value(facts), digits)
        return text, tone if facts.trusted else "dim"

    return QuoteColumn(name, title, width, about, value, cell)


def _text(
    name: str, title: str, width: int, about: str, value: Callable[[Facts], str], *, stretch: bool = False
) -> QuoteColumn:
    return QuoteColumn(
        name, title, width, about, value, lambda facts: (value(facts) or UNKNOWN, "dim"), right=False, stretch=stretch
    )


def _percent(part: float | None, of: float | None) -> float | None:
    return None if part is None or not of else (part / of - 1) * 100


def _spread(facts: Facts) -> float | None:
    bid, ask = facts.quote.bid, facts.quote.ask
    return None if bid is None or ask is None else ask - bid


def _middle(facts: Facts) -> float | None:
    return middle(facts.quote)


def _change_cell(facts: Facts) -> Span:
    text, tone = signed(change(facts.quote, facts.instrument)[0], decimals(facts.instrument.min_tick))
    return text, tone if facts.trusted else "dim"


def _basis_points(facts: Facts) -> float | None:
    spread, middle = _spread(facts), _middle(facts)
    return None if spread is None or not middle else spread / middle * 10_000


def _of_average_volume(facts: Facts) -> float | None:
    volume, usual = facts.quote.volume, facts.quote.others.get(21)
    return None if volume is None or not usual else volume / usual * 100


def _place(last: float | None, low: float | None, high: float | None) -> float | None:
    if last is None or low is None or high is None or high <= low:
        return None
    return (last - low) / (high - low)


def _day_place(facts: Facts) -> float | None:
    return _place(facts.quote.last, facts.quote.low, facts.quote.high)


def _year_place(facts: Facts) -> float | None:
    return _place(facts.quote.last, *year_range(facts.quote, facts.daily))


def _range(name: str, title: str, about: str, value: Callable[[Facts], float | None]) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        place = value(facts)
        return (UNKNOWN, "dim") if place is None else (range_bar(place, _BAR), "plain" if facts.trusted else "dim")

    return QuoteColumn(name, title, _BAR, about, value, cell, right=False)


def _last(facts: Facts) -> Span:
    direction = arrow(facts.quote)
    text, tone = _LAST.cell(facts)
    # Between two frames a price may rise and then fall a little: the colour says what the arrow says, the last change.
    if tone in ("plain", "rose", "fell"):
        tone = _DIRECTIONS[tone == "plain"].get(direction, tone)
    return direction + text, tone


def _line_cell(facts: Facts) -> Span:
    text = sparkline(facts.line[-_LINE:])
    if not text:
        return UNKNOWN, "dim"
    first = next((each for each in facts.line if each is not None), None)
    last = next((each for each in reversed(facts.line) if each is not None), None)
    rose = first is not None and last is not None and last >= first
    return text, ("up" if rose else "down") if facts.trusted else "dim"


def _line_value(facts: Facts) -> float | None:
    known = [each for each in facts.line if each is not None]
    return _percent(known[-1], known[0]) if known else None


def _held_cell(facts: Facts) -> Span:
    held = facts.position
    if held is None or not held.quantity:
        return "", "plain"
    return quantity(held.quantity), "bid" if held.quantity > 0 else "ask"


def _average(facts: Facts) -> float | None:
    held = facts.position
    if held is None or not held.quantity or held.average_cost is None:
        return None
    return held.average_cost / facts.instrument.multiplier


def _blank_when_flat(column: QuoteColumn) -> QuoteColumn:
    def cell(facts: Facts) -> Span:
        held = facts.position is not None and facts.position.quantity
        return column.cell(facts) if held or column.value(facts) is not None else ("", "plain")

    return QuoteColumn(column.name, column.title, column.width, column.about, column.value, cell)


def _age_cell(facts: Facts) -> Span:
    seconds = quote_age(facts.quote, facts.now, facts.now_ns)
    # In whole seconds: tenths would change, and be sent, with nearly every tick.
    text = age(seconds) if seconds is None or seconds >= 10 else f"{max(0, int(seconds))}s"
    return text, "plain" if facts.trusted else "warn"


def _halted(facts: Facts) -> Value:
    halted = facts.quote.halted
    return None if halted is None else "HALTED" if halted else "no"


def _halted_cell(facts: Facts) -> Span:
    value = _halted(facts)
    return (str(value), "alarm" if value == "HALTED" else "dim") if value else (UNKNOWN, "dim")


def _traded_at(facts: Facts) -> Span:
    seconds = facts.quote.others.get(45)
    return (UNKNOWN, "dim") if not seconds else (wall(int(seconds) * NS, facts.zone), "plain")


def _shortable(facts: Facts) -> Span:
    figure = facts.quote.others.get(46)
    return next(
        ((word, "plain") for least, word in _SHORTABLE if figure is not None and figure > least), (UNKNOWN, "dim")
    )


def _scaled(number: int) -> Callable[[Facts], float | None]:
    def value(facts: Facts) -> float | None:
        found = facts.quote.others.get(number)
        return None if found is None else found * 100

    return value


_LAST = _price("last", "LAST", 9, "last price, with the arrow of its last change", _field("last"))

_TABLE: tuple[QuoteColumn, ...] = (
    QuoteColumn(
        *("symbol", "SYMBOL", 8, "symbol"),
        lambda facts: symbol(facts.instrument),
        lambda facts: (symbol(facts.instrument), "title"),
        right=False,
    ),
    QuoteColumn("last", "LAST", 9, _LAST.about, _LAST.value, _last),
    _moved(
        "chg%", "CHG%", 7, "change since the previous close, in percent; of forex the middle's",
        lambda facts: change(facts.quote, facts.instrument)[1],
    ),
    _size("bidsz", "BIDSZ", 6, "size at the bid", _field("bid_size")),
    _price("bid", "BID", 8, "best bid", _field("bid"), "bid"),
    _price("ask", "ASK", 8, "best ask", _field("ask"), "ask"),
    _size("asksz", "ASKSZ", 6, "size at the ask", _field("ask_size")),
    _size("volume", "VOLUME", 7, "volume of the day", _field("volume")),
    QuoteColumn(
        "mark", "MARK", 7, "how far the quote can be trusted", lambda facts: str(facts.mark),
        lambda facts: mark_span(facts.mark), right=False,
    ),
    QuoteColumn(
        "age", "AGE", 4, "time since the last tick",
        lambda facts: quote_age(facts.quote, facts.now, facts.now_ns), _age_cell,
    ),
    QuoteColumn(
        "chg", "CHG", 8, "change since the previous close; of forex the middle's",
        lambda facts: change(facts.quote, facts.instrument)[0], _change_cell,
    ),
    _range("range", "DAY RANGE", "the day's low to its high, and where the last price lies", _day_place),
    QuoteColumn(
        "day", "DAY", _LINE, "the course of the day, in five minutes or more a step", _line_value, _line_cell,
        right=False,
    ),
    _blank_when_flat(
        QuoteColumn(
            "pos", "POS", 7, "position", lambda facts: facts.position.quantity if facts.position else None, _held_cell
        )
    ),
    _blank_when_flat(_price("avg", "AVERAGE", 9, "average price of the position, commissions included", _average)),
    _blank_when_flat(_moved("pnl", "P&L", 10, "unrealised profit at the last price, contract's currency", unrealized)),
    _blank_when_flat(
        _moved(
            "daypnl", "DAY P&L", 10, "today's result of our own fills, fees off, contract's currency",
            lambda facts: facts.day.net if facts.day else None,
        )
    ),
    _price("high", "HIGH", 8, "day's high", _field("high")),
    _price("low", "LOW", 8, "day's low", _field("low")),
    _price("open", "OPEN", 8, "day's open", _field("open")),
    _price("close", "CLOSE", 8, "previous close", _field("close")),
    _price("vwap", "VWAP", 9, "the day's volume-weighted average price", _field("vwap")),
    _price("spread", "SPREAD", 7, "ask less bid", _spread),
    _number("bps", "BPS", 6, "spread in basis points of the middle", _basis_points, 1),
    _number("vol%", "VOL%", 6, "volume as a share of the average day's, in percent", _of_average_volume, 0),
    _range("52w", "52 WEEKS", "the lowest to the highest price of 52 weeks, and where the last lies", _year_place),
    _price("low52", "LOW52", 8, "lowest price of 52 weeks", lambda facts: year_range(facts.quote, facts.daily)[0]),
    _price("high52", "HIGH52", 8, "highest price of 52 weeks", lambda facts: year_range(facts.quote, facts.daily)[1]),
    _moved(
        "50d%", "50D%", 7, "last against the 50-day average of stored daily bars, in percent",
        lambda facts: _percent(facts.quote.last, facts.daily.average),
    ),
    _moved(
        "gap%", "GAP%", 7, "open against the previous close, in percent",
        lambda facts: _percent(facts.quote.open, facts.quote.close),
    ),
    _moved(
        "open%", "OPEN%", 7, "last against the open, in percent",
        lambda facts: _percent(facts.quote.last, facts.quote.open),
    ),
    _moved(
        "vwap%", "VWAP%", 7, "last against the VWAP, in percent",
        lambda facts: _percent(facts.quote.last, facts.quote.vwap),
    ),
    _price("mid", "MID", 9, "middle of bid and ask", _middle),
    _size("lastsz", "LASTSZ", 7, "size of the last trade", _field("last_size")),
    QuoteColumn("time", "TIME", 8, "when it last traded", _other(45), _traded_at),
    _size("avgvol", "AVGVOL", 7, "average volume of a day, by IB", _other(21)),
    _number("iv%", "IV%", 6, "implied volatility of its options, a year, in percent", _scaled(24), 1),
    _size("openint", "OPENINT", 8, "open interest, where IB sends it", lambda facts: _interest(facts.quote)),
    QuoteColumn("short", "SHORT", 6, "how easily it is borrowed", _other(46), _shortable, right=False),
    _size("shares", "SHARES", 7, "shares that can be borrowed", _other(89)),
    _price("markpx", "MARKPX", 9, "IB's mark price, where it sends one", _other(37)),
    QuoteColumn("halted", "HALTED", 7, "whether trading is halted", _halted, _halted_cell, right=False),
    _text("feed", "FEED", 8, "kind of data: live, delayed, frozen", lambda facts: DATA_TYPES[facts.quote.data_type]),
    QuoteColumn(
        "ticks", "TICKS/M", 8, "ticks of the last minute", lambda facts: facts.ticks,
        lambda facts: (compact(facts.ticks), "dim"),
    ),
    _text(
        "exch", "EXCH", 8, "primary exchange",
        lambda facts: facts.instrument.primary_exchange or facts.instrument.exchange,
    ),
    _text("type", "TYPE", 6, "kind of contract", lambda facts: facts.instrument.sec_type),
    _text("ccy", "CCY", 4, "currency", lambda facts: facts.instrument.currency),
    _text("name", "NAME", 16, "full name", lambda facts: facts.instrument.long_name, stretch=True),
)  # fmt: skip


def _interest(quote: Quote) -> float | None:
    return next((quote.others[kind] for kind in (22, 86, 27, 28) if quote.others.get(kind) is not None), None)


COLUMNS: Mapping[str, QuoteColumn] = {each.name: each for each in _TABLE}
"""By name, in the order in which the dialog lists them."""

PINNED = "symbol"
"""Stays at the left edge."""

MARK = "mark"
NOTHING: Mapping[str, int] = {}

# What changes most stands left, what must be seen in 80 columns before what need not.
DEFAULT: tuple[str, ...] = (
    *("symbol", "last", "chg%", "bidsz", "bid", "ask", "asksz", "volume", "mark", "age", "chg", "range", "day"),
    *("pos", "pnl", "vol%", "bps", "high", "low", "open", "close", "vwap", "52w", "name"),
)
"""Columns that are shown unless others were chosen; as many as fit."""


def visible(
    names: Sequence[str], width: int, first: int = 0, wider: Mapping[str, int] = NOTHING
) -> tuple[QuoteColumn, ...]:
    """The columns that fit: the first of all pinned, then from number ``first`` on as many as there is room for.

    The mark, without which no number means anything, keeps its place before what stands left of it.

    Args:
        names: Of the chosen columns, in their order.
        width: Cells to fill.
        first: How many columns after the pinned one are scrolled out at the left.
        wider: Cells of those that need more than their own, see :func:`too_narrow`.
    """
    chosen = [replace(COLUMNS[name], width=wider[name]) if name in wider else COLUMNS[name] for name in names]
    found, rest = chosen[:1], chosen[1 + first :]
    marks = [each for each in rest if each.name == MARK]
    left = width - found[0].width
    for column in rest:
        kept = sum(GAP + each.width for each in marks if each is not column)
        if GAP + column.width + kept > left:
            break
        found.append(column)
        left -= GAP + column.width
        marks = [each for each in marks if each is not column]
    return (*found, *(each for each in marks if GAP + each.width <= left))


def too_narrow(row: Row, columns: Iterable[QuoteColumn]) -> dict[str, int]:
    """Cells that numbers and the symbol need where their columns would cut them: a price that is cut is none."""
    return {
        each.name: cells(text)
        for each, (text, _) in zip(columns, row, strict=False)
        if len(text) > each.width and (each.right or each.name == PINNED)
    }


def headings(
    columns: Iterable[QuoteColumn], at_ns: int, zone: str = "", sorted_by: str = "", descending: bool = True,
    cursor: str = "",
) -> tuple[Column, ...]:  # fmt: skip
    """The columns as the grid takes them, with the arrow of the order and the mark of the column cursor."""
    shown = []
    for each in columns:
        title = zone_name(zone, at_ns) + " TIME" if each.name == "time" else each.title
        if each.name == sorted_by:
            title += "▼" if descending else "▲"
        tone = "here" if each.name == cursor else "head"
        shown.append(Column(title, each.width, each.right, stretch=each.stretch, tone=tone))
    return tuple(shown)


def quote_row(facts: Facts, columns: Iterable[QuoteColumn]) -> Row:
    """One row of the board."""
    return tuple(each.cell(facts) for each in columns)
