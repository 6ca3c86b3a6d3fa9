"""What went on at each price of one contract: traded lately, added and taken away in the book, volume of the session.

Made for those contracts alone that a ladder shows, and fed once a network read, so that it costs nothing a tick.
"""

from collections import deque
from collections.abc import Callable, Iterable

from ibtui.market.book import DepthBook, Level

WINDOWS = (2.0, 5.0, 10.0)
"""Seconds that "lately" may mean."""

SLOT = 0.5
"""Seconds that are kept together."""

SETTLE = 1.0
"""Seconds after a book began anew in which its rows are a picture that comes in, and no orders that do."""

MOST_PRICES = 20_000
"""Prices of a profile, beyond which the lighter half of them is forgotten."""

Sizes = dict[float, float]
"""Price to size."""

Where = Callable[[float], bool]
"""Whether a price is meant."""


class _Slot:
    """Half a second: what traded at the bid and at the ask, and by how much either side's sizes changed."""

    __slots__ = ("asks", "at_ask", "at_bid", "bids", "number")

    def __init__(self, number: int) -> None:
        self.number = number
        self.at_bid: Sizes = {}
        self.at_ask: Sizes = {}
        self.bids: Sizes = {}
        self.asks: Sizes = {}


class Flow:
    """One contract's trades and changes by price.

    Attributes:
        profile: Size traded at each price in the session, whichever side it was.
        control: The price with the most of it, the "point of control"; None before the first print.
        session_ns: Begin of that session, UTC nanoseconds of the market's clock; None: of this run alone.
    """

    __slots__ = ("_asks", "_bids", "_generation", "_settled_at", "_slots", "con_id", "control", "profile", "session_ns")

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.profile: Sizes = {}
        self.control: float | None = None
        self.session_ns: int | None = None
        self._slots: deque[_Slot] = deque()
        self._generation = -1
        self._settled_at = 0.0
        self._bids: Sizes = {}
        self._asks: Sizes = {}

    def printed(self, price: float, size: float | None, side: int | None, now: float) -> None:
        """Takes one print: of a buyer (1) it was at the ask, of a seller (-1) at the bid; others count for neither."""
        if not size:
            return
        if side:
            slot = self._slot(now)
            traded = slot.at_ask if side > 0 else slot.at_bid
            traded[price] = traded.get(price, 0.0) + size
        self.add_volume(price, size)

    def begin_session(self, began_ns: int) -> None:
        """Begins the profile anew, for the session that began then."""
        self.profile, self.control, self.session_ns = {}, None, began_ns

    def add_volume(self, price: float, size: float) -> None:
        """Adds to the profile alone."""
        profile = self.profile
        total = profile[price] = profile.get(price, 0.0) + size
        if self.control is None or total > profile[self.control]:
            self.control = price
        if len(profile) > MOST_PRICES:
            kept = sorted(profile, key=profile.__getitem__)[MOST_PRICES // 2 :]
            self.profile = {each: profile[each] for each in kept}

    def book_changed(self, book: DepthBook, now: float) -> None:
        """Compares the book after a network read with what it was before.

        The worst row of either is where the book's view ends: what comes and goes there, or lies beyond it, says
        nothing about orders and is not counted.
        """
        bids, asks = by_price(book.bids), by_price(book.asks)
        if book.generation != self._generation:
            self._generation, self._settled_at = book.generation, now + SETTLE
        if now >= self._settled_at:
            if bids != self._bids:
                _compare(self._bids, bids, self._slot(now).bids, rising=False)
            if asks != self._asks:
                _compare(self._asks, asks, self._slot(now).asks, rising=True)
        self._bids, self._asks = bids, asks

    def traded(self, seconds: float, now: float) -> tuple[Sizes, Sizes]:
        """What traded at the bid and what at the ask in the last seconds, by price; to half a second."""
        slots = self._lately(seconds, now)
        return _sum(each.at_bid for each in slots), _sum(each.at_ask for each in slots)

    def changes(self, seconds: float, now: float) -> tuple[Sizes, Sizes]:
        """By how much bids and asks were stacked (above zero) or pulled (below) in the last seconds, by price.

        What traded at a price is no pulling: it is taken off what went, and at most all of that.
        """
        slots = self._lately(seconds, now)
        bids, asks = _sum(each.bids for each in slots), _sum(each.asks for each in slots)
        at_bid, at_ask = self.traded(seconds, now)
        for changed, traded in ((bids, at_bid), (asks, at_ask)):
            for price, change in changed.items():
                if change < 0:
                    changed[price] = min(0.0, change + traded.get(price, 0.0))
        return bids, asks

    def forget_lately(self, at_bid: Where, at_ask: Where) -> None:
        """Counts trades and changes at some prices from now on; the profile stays.

        Args:
            at_bid: At which prices what was hit, and how bids changed, is forgotten.
            at_ask: At which what was lifted, and how asks changed.
        """
        for slot in self._slots:
            for sizes, meant in (
                (slot.at_bid, at_bid),
                (slot.bids, at_bid),
                (slot.at_ask, at_ask),
                (slot.asks, at_ask),
            ):
                for price in [each for each in sizes if meant(each)]:
                    del sizes[price]

    def _slot(self, now: float) -> _Slot:
        slots, number = self._slots, int(now / SLOT)
        if slots and number <= slots[-1].number:
            return slots[-1]
        while slots and slots[0].number <= number - WINDOWS[-1] / SLOT:
            slots.popleft()
        slots.append(_Slot(number))
        return slots[-1]

    def _lately(self, seconds: float, now: float) -> list[_Slot]:
        first = int(now / SLOT) - seconds / SLOT
        return [each for each in self._slots if each.number > first]


def by_price(levels: list[Level]) -> Sizes:
    """A side's sizes by price: SMART depth has a row for each maker."""
    sizes: Sizes = {}
    for level in levels:
        sizes[level.price] = sizes.get(level.price, 0.0) + (level.size or 0.0)
    return sizes


def _compare(before: Sizes, after: Sizes, changes: Sizes, *, rising: bool) -> None:
    if not before or not after:
        return
    worst = min(max(before), max(after)) if rising else max(min(before), min(after))
    for price in before.keys() | after.keys():
        if (price < worst) if rising else (price > worst):
            change = after.get(price, 0.0) - before.get(price, 0.0)
            if change:
                changes[price] = changes.get(price, 0.0) + change


def _sum(slots: Iterable[Sizes]) -> Sizes:
    total: Sizes = {}
    for sizes in slots:
        for price, size in sizes.items():
            total[price] = total.get(price, 0.0) + size
    return total
