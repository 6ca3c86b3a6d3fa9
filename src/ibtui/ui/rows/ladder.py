"""The price ladder's rows: one a price, bid sizes left of it, ask sizes right, our orders at the edge."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from ibtui.market.increments import Scale
from ibtui.market.prices import format_price
from ibtui.trading.orders import Order
from ibtui.ui.rows.ladder_book import Side, best_rows, order_words
from ibtui.ui.text import GAP, Column, Line, Place, Row, Span, compact, fit, lay, pad

PRICE_CELLS = 11

_LONGEST = {"bid bar": 12, "ask bar": 12, "PROFILE": 32}
"""Cells up to which a bar grows where there is room."""

_EIGHTHS = " ▏▎▍▌▋▊▉█"

# What changes most stands left: a changed line is sent again from its left edge to its last changed cell.
_BASE = (
    Column("MINE", 8),
    Column("±BID", 6, right=True, rank=2),
    Column("bid bar", 4, right=True, rank=3),
    Column("BID", 6, right=True),
    Column("PRICE", PRICE_CELLS),
    Column("ASK", 6, right=True),
    Column("ask bar", 4, rank=3),
    Column("±ASK", 6, right=True, rank=2),
)
_FLOW = (
    Column("HIT", 5, right=True, rank=1),
    Column("LIFTED", 6, right=True, rank=1),
    Column("PROFILE", 7, rank=4),
    Column("Σ", 6, right=True, rank=5),
    Column("VOLUME", 6, right=True, rank=6),
)
_VENUES = (Column("VENUES", 23, rank=1),)


@dataclass(frozen=True, slots=True)
class LadderView:
    """Everything that the rows are made from.

    Attributes:
        scale: Prices to rows.
        bids: The bid side; asks the ask side.
        last: Row of the last trade; None while unknown.
        average: Row of what our position cost; None without one.
        cursor: The chosen row; None without one.
        mine: Our orders by row.
        bid_changes: Stacked or pulled by row; ask_changes likewise.
        hit: Sold at the bid lately by row; lifted: bought at the ask.
        profile: The session's volume by row.
        control: Row with the most of it.
        least: Changes smaller than this are not shown.
        tick: Smallest increment, for the places of prices.
        venues: Whether venues and makers are shown in place of what traded.
        believed: Whether the book can be true; all is grey where not.
        taped: Whether trades come at all.
    """

    scale: Scale
    bids: Side
    asks: Side
    tick: float
    last: int | None = None
    average: int | None = None
    cursor: int | None = None
    mine: Mapping[int, Sequence[Order]] = field(default_factory=dict)
    bid_changes: Mapping[int, float] = field(default_factory=dict)
    ask_changes: Mapping[int, float] = field(default_factory=dict)
    hit: Mapping[int, float] = field(default_factory=dict)
    lifted: Mapping[int, float] = field(default_factory=dict)
    profile: Mapping[int, float] = field(default_factory=dict)
    control: int | None = None
    least: float = 0.0
    venues: bool = False
    believed: bool = True
    taped: bool = True


@lru_cache(maxsize=64)
def places_of(width: int, venues: bool) -> tuple[Place, ...]:
    """Where the columns stand: those that fit, by rank; cells left over make the bars longer, then the venues."""
    columns = columns_of(venues)
    places = list(fit(columns, width))
    spare = max(0, width - sum(each.width + GAP for each in places) + GAP)
    titles = [columns[each.index].title for each in places]
    longest = {**_LONGEST, "VENUES": width} if venues else _LONGEST
    growing = sorted((at for at, each in enumerate(titles) if each in longest), key=lambda at: longest[titles[at]])
    for number, at in enumerate(growing):
        place, share = places[at], -(-spare // (len(growing) - number))
        cells = min(longest[titles[at]], place.width + share)
        spare -= cells - place.width
        places[at] = Place(place.index, cells, place.right)
    return tuple(places)


def columns_of(venues: bool) -> tuple[Column, ...]:
    """The table of columns."""
    return (*_BASE, *(_VENUES if venues else _FLOW))


def ladder_header(width: int, seconds: float, venues: bool) -> Line:
    """The titles over the ladder's columns."""
    titles = [each.title for each in columns_of(venues)]
    named = {"bid bar": "", "ask bar": "", "PRICE": f"{'PRICE':^{PRICE_CELLS}}", "±BID": f"±{seconds:g}s"}
    named["±ASK"] = named["±BID"]
    row = tuple((named.get(each, each), "head") for each in titles)
    return lay(row, places_of(width, venues), width)


def ladder_rows(view: LadderView, rows: range, width: int) -> list[Line]:
    """The ladder's lines, highest price first.

    Args:
        view: What is shown.
        rows: The rows, falling.
        width: Cells.
    """
    places = places_of(width, view.venues)
    cells = {columns_of(view.venues)[each.index].title: each.width for each in places}
    largest = _round_up(max((side.sizes.get(row, 0.0) for side in (view.bids, view.asks) for row in rows), default=0.0))
    heaviest = _round_up(max((view.profile.get(row, 0.0) for row in rows), default=0.0))
    best_bid, best_ask = best_rows(view.bids, view.asks)
    lines = []
    for row in rows:
        line = _line(_row(view, row, cells, largest, heaviest, best_bid, best_ask), places, width)
        lines.append(line if view.believed else grey(line))
    return lines


def _line(row: Row, places: Sequence[Place], width: int) -> Line:
    """The cells in their columns; what is blank goes with the span before it, for each span costs some 30 bytes.

    Takes less than half the time of :func:`ibtui.ui.text.lay`: all that a ladder writes is one cell wide.
    """
    spans: list[Span] = []
    words, before, used = "", "plain", 0
    for place in places:
        text, tone = row[place.index]
        cells = place.width
        used += cells + GAP
        if not text:
            words += " " * (cells + GAP)
            continue
        if len(text) > cells:
            text = text[: cells - 1] + "…"
        elif len(text) < cells:
            text = text.rjust(cells) if place.right else text.ljust(cells)
        if tone != before:
            if words:
                spans.append((words, before))
            words, before = "", tone
        words += text + " "
    spans.append((words, before))
    extra = used - width
    if extra < 0:
        spans.append((" " * -extra, before))
    while extra > 0 and spans:
        words, tone = spans.pop()
        if len(words) > extra:
            spans.append((words[:-extra], tone))
        extra -= len(words)
    return tuple(spans)


def _round_up(size: float) -> float:
    """The next of 1, 2, 5, 10, 20, … : bars that were scaled to the largest size itself would all change with it."""
    if size <= 0:
        return 0.0
    unit = 10.0 ** math.floor(math.log10(size))
    return next((unit * each for each in (1, 2, 5) if unit * each >= size), unit * 10)


def grey(line: Line) -> Line:
    """The line without its colours: what it says is not believed."""
    return (("".join(text for text, _ in line), "dim"),)


def _row(
    view: LadderView,
    row: int,
    cells: Mapping[str, int],
    largest: float,
    heaviest: float,
    best_bid: int | None,
    best_ask: int | None,
) -> Row:
    bid, ask = view.bids.sizes.get(row), view.asks.sizes.get(row)
    mine = view.mine.get(row)
    last: tuple[Span, ...] = (
        ((pad(_venues(view, row), cells.get("VENUES", 0)), "dim"),)
        if view.venues
        else (
            (_size(view.hit.get(row)), "down"),
            (_size(view.lifted.get(row)), "up"),
            _profile(view, row, heaviest, cells.get("PROFILE", 0)),
            (_size(view.bids.sums.get(row) or view.asks.sums.get(row)), "dim"),
            (_size(view.profile.get(row)), "dim"),
        )
    )
    return (
        (order_words(mine) if mine else "", "mine"),
        _change(view.bid_changes.get(row, 0.0), view.least),
        (_bar(bid, largest, cells.get("bid bar", 0), right=True), "bid"),
        (_size(bid), "bid"),
        _price(view, row, best_bid, best_ask),
        (_size(ask), "ask"),
        (_bar(ask, largest, cells.get("ask bar", 0)), "ask"),
        _change(view.ask_changes.get(row, 0.0), view.least),
        *last,
    )


def _price(view: LadderView, row: int, best_bid: int | None, best_ask: int | None) -> Span:
    first = "▸" if row == view.cursor else "◆" if row == view.average else " "
    traded = "•" if row == view.last else ""
    text = f"{traded}{'›' if row == best_bid else ''}{format_price(view.scale.price(row), view.tick)}"
    text = f"{first}{text:>{PRICE_CELLS - 2}}{'‹' if row == best_ask else ' '}"
    touch = row in (best_bid, best_ask)
    return text, "title" if touch else "accent" if row in (view.last, view.average) else "plain"


def _change(change: float, least: float) -> Span:
    if not change or abs(change) < least:
        return "", "plain"
    return ("+" if change > 0 else "") + compact(change), "good" if change > 0 else "bad"


def _profile(view: LadderView, row: int, heaviest: float, cells: int) -> Span:
    volume = view.profile.get(row)
    if not volume or not cells:
        return "", "plain"
    control = row == view.control
    return _bar(volume, heaviest, cells - 1) + ("◂" if control else ""), "accent" if control else "dim"


def _venues(view: LadderView, row: int) -> str:
    makers = view.bids.makers.get(row) or view.asks.makers.get(row) or {}
    ordered = sorted(makers.items(), key=lambda each: -each[1])
    return " ".join(f"{name or '—'} {compact(size)}" for name, size in ordered)


def _size(size: float | None) -> str:
    return compact(size) if size else ""


def _bar(size: float | None, largest: float, cells: int, *, right: bool = False) -> str:
    """A bar to an eighth of a cell; one that grows to the left, for which there are no eighths, to half a cell."""
    if not size or largest <= 0 or cells <= 0:
        return ""
    if right:
        halves = max(1, round(size / largest * cells * 2))
        return ("▐" if halves % 2 else "") + "█" * (halves // 2)
    eighths = max(1, round(size / largest * cells * 8))
    return "█" * (eighths // 8) + (_EIGHTHS[eighths % 8] if eighths % 8 else "")
