"""What a ladder shows of book, flow and orders, by row instead of by price."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ibtui.market.board import Quote
from ibtui.market.book import Level
from ibtui.market.increments import Rounding, Scale
from ibtui.trading.orders import LIVE, Order, Status
from ibtui.ui.text import compact, quantity

MARGIN = 2
"""Rows at the ladder's edges that the touch must not enter before it is centred again."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a book by row, best first.

    Attributes:
        sizes: Row to size.
        sums: Row to the size from the best row up to there.
        makers: Row to who stands there with how much.
    """

    sizes: dict[int, float] = field(default_factory=dict)
    sums: dict[int, float] = field(default_factory=dict)
    makers: dict[int, dict[str, float]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Size of all rows."""
        return sum(self.sizes.values())


def side_of(levels: Iterable[Level], scale: Scale, rounding: Rounding) -> Side:
    """A side's levels by row: bids go down to theirs and asks up, so that grouping never shows a crossed book."""
    side = Side()
    total = 0.0
    for level in levels:
        row, size = scale.row(level.price, rounding), level.size or 0.0
        total += size
        side.sizes[row] = side.sizes.get(row, 0.0) + size
        side.sums[row] = total
        makers = side.makers.setdefault(row, {})
        makers[level.maker] = makers.get(level.maker, 0.0) + size
    return side


def touch_only(quote: Quote, scale: Scale) -> tuple[Side, Side]:
    """Bid and ask of the quote as a book of one level, for symbols without depth."""
    bids = [] if quote.bid is None else [Level(quote.bid, quote.bid_size, "")]
    asks = [] if quote.ask is None else [Level(quote.ask, quote.ask_size, "")]
    return side_of(bids, scale, "down"), side_of(asks, scale, "up")


def best_rows(bids: Side, asks: Side) -> tuple[int | None, int | None]:
    """The rows of the best bid and ask."""
    return max(bids.sizes, default=None), min(asks.sizes, default=None)


def middle_of(bids: Side, asks: Side) -> float | None:
    """The middle of the market, between two rows where no row is it; None without a book."""
    best = [each for each in best_rows(bids, asks) if each is not None]
    return sum(best) / len(best) if best else None


def centre_of(bids: Side, asks: Side, quote: Quote, scale: Scale) -> int | None:
    """The row in the middle of the market; None while no price is known at all."""
    middle = middle_of(bids, asks)
    if middle is not None:
        return math.floor(middle)
    price = quote.last if quote.last is not None else quote.close
    return None if price is None else scale.row(price)


def needs_centring(centre: int, height: int, bids: Side, asks: Side) -> bool:
    """Whether the touch has left, or nearly left, the rows that are shown."""
    reach = max(1, height // 2 - MARGIN)
    return any(each is not None and abs(each - centre) > reach for each in best_rows(bids, asks))


def by_row(sizes: Mapping[float, float], scale: Scale, rounding: Rounding) -> dict[int, float]:
    """Sizes by price summed by row."""
    rows: dict[int, float] = {}
    for price, size in sizes.items():
        row = scale.row(price, rounding)
        rows[row] = rows.get(row, 0.0) + size
    return rows


def row_of_order(order: Order, scale: Scale) -> int | None:
    """The row of an order's limit, or of its stop where it has none; a buy goes down to its row, like a bid."""
    intent = order.intent
    price = intent.limit_price if intent.limit_price is not None else intent.stop_price
    return None if price is None else scale.row(price, "down" if intent.action == "BUY" else "up")


def own_orders(orders: Iterable[Order], con_id: int, scale: Scale) -> dict[int, list[Order]]:
    """What of ours works, or may, at each row, oldest first."""
    found: dict[int, list[Order]] = {}
    for order in orders:
        if order.intent.con_id == con_id and order.status in LIVE:
            row = row_of_order(order, scale)
            if row is not None:
                found.setdefault(row, []).append(order)
    return found


def order_words(orders: Iterable[Order]) -> str:
    """A row's orders: ``B100``, ``B60/100`` when partly filled, ``B300·2`` for two of them, ``s`` for a stop.

    ``…`` is sent and not acknowledged, ``?`` unknown, ``~`` a change and ``×`` a cancel that was asked for.
    """
    words = []
    for action in ("BUY", "SELL"):
        same = [each for each in orders if each.intent.action == action]
        if not same:
            continue
        left = sum(each.remaining for each in same)
        word = action[0] + (quantity(left) if left < 1_000 else compact(left))
        if len(same) > 1:
            word = f"{action[0]}{compact(left)}·{len(same)}"
        elif same[0].filled:
            word += "/" + compact(same[0].intent.quantity)
        words.append(word + _state(same))
    return " ".join(words)


def _state(orders: list[Order]) -> str:
    marks = "s" if any(each.intent.limit_price is None for each in orders) else ""
    if any(each.status is Status.UNKNOWN for each in orders):
        return marks + "?"
    if any(each.cancel_requested for each in orders):
        return marks + "×"
    if any(each.change is not None for each in orders):
        return marks + "~"
    return marks + "…" if any(each.status is Status.SENT for each in orders) else marks
