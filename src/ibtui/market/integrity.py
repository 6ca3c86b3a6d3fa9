"""Whether a book can be true: no row that did not fit, in order, uncrossed, agreeing with the quote, and alive.

Rows come one by one, and quote and book on ways of their own, so each fault has a time for which it may last.
"""

import math

from ibtui.market.board import LIVE, Quote
from ibtui.market.book import DepthBook

PATIENCE = 0.5
"""Seconds for which a book may be out of order or crossed before it is not believed."""

DISAGREES_FOR = 3.0
"""Seconds for which the best price may differ from the quote's: IB sends quotes as an aggregate of 250 ms."""

SILENCES = ((3.0, 40), (15.0, 14))
"""Seconds without a row after which a book has stopped, and how many frames of the quote in that time say so.

Those of the last second are left out: after a stall of ours the quote's may all come just before the book's. In a fast
market the best prices of a dead book are the quote's now and then, by chance, so that they never differ for long.
"""


class BookWatch:
    """Since when one book is wrong. Told of each change, asked whenever somebody wants to know."""

    __slots__ = ("_differs", "_generation", "_sound")

    def __init__(self) -> None:
        self._generation = -1
        self._sound = -math.inf
        self._differs = [math.inf, math.inf]

    def note(self, book: DepthBook, quote: Quote, now: float) -> None:
        """Book or quote changed: remembers since when the book's best bid and ask are not the quote's."""
        if book.generation != self._generation:
            self._generation = book.generation
            self._sound = now
            self._differs = [math.inf, math.inf]
            return
        bids, asks = book.bids, book.asks
        silent = quote.session == 0 or quote.data_type != LIVE or quote.halted
        differs = self._differs
        if silent or not bids or quote.bid is None or bids[0].price == quote.bid:
            differs[0] = math.inf
        elif differs[0] == math.inf:
            differs[0] = now
        if silent or not asks or quote.ask is None or asks[0].price == quote.ask:
            differs[1] = math.inf
        elif differs[1] == math.inf:
            differs[1] = now

    def trouble(self, book: DepthBook, quote: Quote, now: float, patience: float = PATIENCE) -> str:
        """Why the book is not to be believed, in plain words; empty while it is.

        Args:
            book: The book.
            quote: The contract's quote.
            now: Monotonic seconds.
            patience: Seconds for which it may be out of order or crossed.
        """
        self.note(book, quote, now)
        if book.problem is not None:
            return book.problem
        problem = book.check()
        if problem is None:
            self._sound = now
        elif now - self._sound >= patience:
            return problem
        bid = quote.bid if now - self._differs[0] >= DISAGREES_FOR else None
        ask = quote.ask if now - self._differs[1] >= DISAGREES_FOR else None
        if problem is None and (bid is not None or ask is not None):
            differs = book.check(bid, ask)
            if differs:
                return differs
        return _stopped(book, quote, now)


def _stopped(book: DepthBook, quote: Quote, now: float) -> str:
    silent = now - book.updated
    if not (book.bids or book.asks) or quote.halted:
        return ""
    for seconds, frames in SILENCES:
        if silent < seconds:
            break
        ticks = quote.ticks_in(seconds, now) - quote.ticks_in(1.0, now)
        if ticks >= frames:
            return f"no row for {silent:.0f} s, while the quote had {ticks}"
    return ""
