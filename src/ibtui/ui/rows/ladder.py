"""The price ladder: one row a tick, bid sizes left of the price, ask sizes right, our orders at the edges."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from ibtui.market.board import Quote
from ibtui.market.book import DepthBook, Level
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price
from ibtui.trading.orders import LIVE, Order
from ibtui.ui.text import Line, compact, merge, pad, quantity

MARGIN = 2
"""Rows at the ladder's edges that the touch must not enter before it is centred again."""

PRICE_CELLS = 12
_SIZE_CELLS = 7
_SUM_CELLS = 7
_MINE_CELLS = 7


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a book by price: whole ticks to size, best first, and the sum up to there."""

    sizes: dict[int, float] = field(default_factory=dict)
    sums: dict[int, float] = field(default_factory=dict)


def in_ticks(price: float, min_tick: float) -> int:
    """A price as a whole number of increments."""
    return round(price / min_tick)


def side_of(levels: Iterable[Level], min_tick: float) -> Side:
    """Sums a side's levels by price: SMART depth has one row for each maker."""
    side = Side()
    total = 0.0
    for level in levels:
        at = in_ticks(level.price, min_tick)
        size = level.size or 0.0
        total += size
        side.sizes[at] = side.sizes.get(at, 0.0) + size
        side.sums[at] = total
    return side


def touch_only(quote: Quote, min_tick: float) -> tuple[Side, Side]:
    """Bid and ask of the quote as a book of one level, for symbols without depth."""
    bids = [] if quote.bid is None else [Level(quote.bid, quote.bid_size, "")]
    asks = [] if quote.ask is None else [Level(quote.ask, quote.ask_size, "")]
    return side_of(bids, min_tick), side_of(asks, min_tick)


def centre_of(bids: Side, asks: Side, quote: Quote, min_tick: float) -> int | None:
    """The tick in the middle of the market; None while no price is known at all."""
    best_bid, best_ask = max(bids.sizes, default=None), min(asks.sizes, default=None)
    if best_bid is not None and best_ask is not None:
        return (best_bid + best_ask) // 2
    known = best_bid if best_bid is not None else best_ask
    if known is not None:
        return known
    price = quote.last if quote.last is not None else quote.close
    return None if price is None else in_ticks(price, min_tick)


def needs_centring(centre: int, height: int, bids: Side, asks: Side) -> bool:
    """Whether the touch has left, or nearly left, the rows that are shown."""
    reach = max(1, height // 2 - MARGIN)
    touch = [each for each in (max(bids.sizes, default=None), min(asks.sizes, default=None)) if each is not None]
    return any(abs(each - centre) > reach for each in touch)


def own_orders(orders: Iterable[Order], con_id: int, min_tick: float) -> dict[tuple[str, int], float]:
    """What of ours still works at each price: ``(action, tick)`` to quantity."""
    found: dict[tuple[str, int], float] = {}
    for order in orders:
        intent = order.intent
        if intent.con_id == con_id and order.status in LIVE and intent.limit_price is not None:
            at = (intent.action, in_ticks(intent.limit_price, min_tick))
            found[at] = found.get(at, 0.0) + order.remaining
    return found


def ladder_header(width: int) -> Line:
    """The titles over the ladder's columns."""
    bar = _bar_cells(width)
    left = _join(
        pad("MY BUY", _MINE_CELLS), pad("SUM", _SUM_CELLS, right=True), " " * bar, pad("BID", _SIZE_CELLS, right=True)
    )
    right = _join(pad("ASK", _SIZE_CELLS), " " * bar, pad("SUM", _SUM_CELLS), pad("MY SELL", _MINE_CELLS, right=True))
    return ((f"{left} {'PRICE':^{PRICE_CELLS}} {right}", "head"),)


def ladder_rows(
    bids: Side,
    asks: Side,
    centre: int,
    height: int,
    width: int,
    instrument: Instrument,
    last: float | None,
    mine: dict[tuple[str, int], float],
) -> list[Line]:
    """The ladder's rows, highest price first.

    Args:
        bids: The bid side.
        asks: The ask side.
        centre: Tick of the middle row.
        height: Rows; one tick each.
        width: Cells.
        instrument: The contract, for its increment.
        last: Last traded price, marked.
        mine: See :func:`own_orders`.
    """
    first = centre + height // 2
    ticks = range(first, first - height, -1)
    largest = max((side.sizes.get(tick, 0.0) for side in (bids, asks) for tick in ticks), default=0.0)
    best_bid, best_ask = max(bids.sizes, default=None), min(asks.sizes, default=None)
    traded = None if last is None else in_ticks(last, instrument.min_tick)
    bar = _bar_cells(width)
    return [
        _ladder_row(tick, bids, asks, bar, largest, best_bid, best_ask, traded, instrument.min_tick, mine)
        for tick in ticks
    ]


def _ladder_row(
    tick: int,
    bids: Side,
    asks: Side,
    bar: int,
    largest: float,
    best_bid: int | None,
    best_ask: int | None,
    traded: int | None,
    min_tick: float,
    mine: dict[tuple[str, int], float],
) -> Line:
    bid, ask = bids.sizes.get(tick), asks.sizes.get(tick)
    price = format_price(tick * min_tick, min_tick)
    price = f"{'›' if tick == best_bid else ' '}{price}{'‹' if tick == best_ask else ' '}"
    price = f"{'•' if tick == traded else ' '}{price:^{PRICE_CELLS - 2}} "
    tone = "title" if tick in (best_bid, best_ask) else "accent" if tick == traded else "plain"
    return merge(
        (
            (pad(_mine("B", mine.get(("BUY", tick))), _MINE_CELLS) + " ", "mine"),
            (pad(compact(bids.sums[tick]) if bid is not None else "", _SUM_CELLS, right=True) + " ", "dim"),
            (pad(_blocks(bid, largest, bar), bar, right=True) + " ", "bid"),
            (pad(compact(bid) if bid is not None else "", _SIZE_CELLS, right=True) + " ", "bid"),
            (price, tone),
            (" " + pad(compact(ask) if ask is not None else "", _SIZE_CELLS) + " ", "ask"),
            (pad(_blocks(ask, largest, bar), bar) + " ", "ask"),
            (pad(compact(asks.sums[tick]) if ask is not None else "", _SUM_CELLS) + " ", "dim"),
            (pad(_mine("S", mine.get(("SELL", tick))), _MINE_CELLS, right=True), "mine"),
        )
    )


def book_line(book: DepthBook | None, bids: Side, asks: Side, problem: str | None, min_tick: float) -> Line:
    """What holds for the whole book: spread, balance of the two sides, whether it can be true."""
    if book is None or not (bids.sizes and asks.sizes):
        return ()
    spread = min(asks.sizes) - max(bids.sizes)
    bid_total, ask_total = sum(bids.sizes.values()), sum(asks.sizes.values())
    share = bid_total / (bid_total + ask_total) if bid_total + ask_total else math.nan
    balance = "—" if math.isnan(share) else f"{share:.0%} bid"
    verdict = ("book ✗ " + problem, "bad") if problem else ("book ✓", "good")
    return (
        (f" spread {spread} ticks ({format_price(spread * min_tick, min_tick)})", "plain"),
        (f"  {compact(bid_total)} × {compact(ask_total)}, {balance}  ", "plain"),
        verdict,
        (f"  {book.operations:,} changes", "dim"),
    )


def _bar_cells(width: int) -> int:
    fixed = PRICE_CELLS + 2 + 2 * (_SIZE_CELLS + _SUM_CELLS + _MINE_CELLS + 3)
    return max(0, (width - fixed) // 2)


def _blocks(size: float | None, largest: float, cells: int) -> str:
    if not size or largest <= 0:
        return ""
    return "█" * max(1, round(size / largest * cells)) if cells else ""


def _mine(letter: str, size: float | None) -> str:
    return "" if size is None else f"{letter} {quantity(size)}"


def _join(*cells: str) -> str:
    return " ".join(cells)
