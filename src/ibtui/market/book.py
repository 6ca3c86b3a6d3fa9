"""One contract's depth book, kept by IB's insert, update and delete by position, and the checks that it can be true."""

import math
from itertools import pairwise

from ibtui.market.prices import exact
from ibtui.market.rows import DepthRow

INSERT, UPDATE, DELETE, CLEAR = 0, 1, 2, 3
"""Operations of a depth row."""
ASK, BID = 0, 1
"""Sides of a depth row."""
MOST_LEVELS = 1000
"""Levels of a side beyond which a feed is taken to be broken (IB sends 60 at most)."""


class Level:
    """One row of a book's side; changed in place."""

    __slots__ = ("maker", "price", "size")

    def __init__(self, price: float, size: float | None, maker: str) -> None:
        self.price = price
        self.size = size
        self.maker = maker

    def __repr__(self) -> str:
        return f"Level({self.price!r}, {self.size!r}, {self.maker!r})"


class DepthBook:
    """Both sides of one book, best price first.

    Attributes:
        operations: Rows taken since the start.
        updated: Monotonic seconds of the last row; minus infinity when none ever came.
        problem: Why the book can't be trusted, in plain words; it stays until the book is cleared.
        generation: How often it began anew.
    """

    __slots__ = ("asks", "bids", "con_id", "generation", "operations", "problem", "updated")

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.bids: list[Level] = []
        self.asks: list[Level] = []
        self.operations = 0
        self.updated = -math.inf
        self.problem: str | None = None
        self.generation = 0

    def apply(self, row: DepthRow, monotonic: float) -> None:
        """Takes one row. A row that doesn't fit the book changes nothing but sets :attr:`problem`."""
        _, _, _, side, operation, position, price, size, maker, _ = row
        self.operations += 1
        self.updated = monotonic
        if operation == CLEAR:
            self.clear()
            return
        levels = self.bids if side == BID else self.asks
        if operation == UPDATE and 0 <= position < len(levels) and price is not None:
            level = levels[position]
            level.price = price
            level.size = size
            level.maker = maker
        elif operation == INSERT and 0 <= position <= len(levels) < MOST_LEVELS and price is not None:
            levels.insert(position, Level(price, size, maker))
        elif operation == DELETE and 0 <= position < len(levels):
            del levels[position]
        else:
            self.problem = _misfit(side, operation, position, price, len(levels))

    def clear(self) -> None:
        """Empties both sides; whatever was wrong with them is gone too."""
        self.bids.clear()
        self.asks.clear()
        self.problem = None
        self.generation += 1

    def check(self, bid: float | None = None, ask: float | None = None) -> str | None:
        """What is wrong with the book, in plain words, or None.

        Rows of one price may repeat (SMART depth lists makers), and bid may equal ask (a locked market is real).

        Args:
            bid: The quote's bid; when given, the book's best bid must equal it.
            ask: The quote's ask, the same way.
        """
        if self.problem is not None:
            return self.problem
        bids, asks = self.bids, self.asks
        for upper, lower in pairwise(bids):
            if lower.price > upper.price:
                return f"bids out of order: {exact(lower.price)} below {exact(upper.price)}"
        for upper, lower in pairwise(asks):
            if lower.price < upper.price:
                return f"asks out of order: {exact(lower.price)} below {exact(upper.price)}"
        if bids and asks and bids[0].price > asks[0].price:
            return f"crossed: bid {exact(bids[0].price)} over ask {exact(asks[0].price)}"
        for name, levels, quoted in (("bid", bids, bid), ("ask", asks, ask)):
            if quoted is not None and levels and levels[0].price != quoted:
                return f"best {name} {exact(levels[0].price)} differs from the quote's {exact(quoted)}"
        return None


def _misfit(side: int, operation: int, position: int, price: float | None, levels: int) -> str:
    names = {INSERT: "insert", UPDATE: "update", DELETE: "delete"}
    word = names.get(operation, f"operation {operation}")
    if operation in (INSERT, UPDATE) and price is None:
        return f"{word} without a price"
    return f"{word} at row {position} of {levels} {'bids' if side == BID else 'asks'}"
