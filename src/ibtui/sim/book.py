"""The one book of a contract: seeded rows and our clients' orders, matched by price and then time.

Prices are whole increments. What our clients take stays taken until the seeded row gets its next size. A client's order
stands behind the shares that were shown at its price when it came; prints there eat those first.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from ibtui.sim.events import REDUCE_WITHOUT_BLOCK, Side
from ibtui.sim.oca import left_after
from ibtui.sim.prints import LOT
from ibtui.sim.sizes import CYCLE, TURNS
from ibtui.sim.source import Sizes

OPPOSITE: dict[Side, Side] = {"bid": "ask", "ask": "bid"}


@dataclass(slots=True)
class Resting:
    """A client's order in the book.

    Attributes:
        ahead: The seeded shares that trade before it does.
        group: Its OCA group, if any.
        oca_type: What its fills do to the group's other orders.
    """

    key: int
    side: Side
    price: int
    size: int
    ahead: int
    venue: str
    group: str = ""
    oca_type: int = REDUCE_WITHOUT_BLOCK


class Row(NamedTuple):
    """One row of the book."""

    price: int
    size: int
    maker: str


class Match(NamedTuple):
    """Shares that changed hands. ``resting`` is the client's order that was in the book, None for a seeded row's."""

    price: int
    size: int
    venue: str
    resting: Resting | None


@dataclass(slots=True)
class Book:
    """Both sides of one contract's market.

    Attributes:
        bid: Seeded best price; so is ``ask``.
        beat: The last one that has come.
        taken: Seeded shares that are gone until their row gets its next size.
        shown: Shares at a best price that somebody wants there until its next size comes.
    """

    sizes: Sizes
    bid: int = 0
    ask: int = 0
    beat: int = 0
    resting: dict[Side, list[Resting]] = field(default_factory=lambda: {"bid": [], "ask": []})
    taken: dict[tuple[Side, int], int] = field(default_factory=dict)
    shown: dict[Side, int] = field(default_factory=dict)

    def quote(self, bid: int, ask: int) -> None:
        """The seeded best prices move."""
        new_best: tuple[tuple[Side, int], ...] = (("bid", bid), ("ask", ask))
        for side, new in new_best:
            old = self.best(side)
            if new != old:
                self.taken.pop((side, old), None)
                self.taken.pop((side, new), None)
                self.shown.pop(side, None)
        self.bid, self.ask = bid, ask
        self._let_go()

    @property
    def plain(self) -> bool:
        """Whether no client has an order in the book, nor has taken anything behind the best rows."""
        if self.resting["bid"] or self.resting["ask"]:
            return False
        return all(price == self.best(side) for side, price in self.taken)

    def renew(self, beat: int) -> tuple[Side, bool]:
        """A beat gives one row its next size; says on which side, and whether it is the best one."""
        self.beat = beat
        side, best = self.sizes.renewed(beat)
        if best:
            self.taken.pop((side, self.best(side)), None)
            self.shown.pop(side, None)
        elif self.taken:
            class_ = self.sizes.renewed_class(side, beat)
            for key in [key for key in self.taken if key[0] == side and key[1] % TURNS == class_]:
                if key[1] != self.best(side):
                    del self.taken[key]
        if self.resting["bid"] or self.resting["ask"]:
            self._let_go()
        return side, best

    def renew_up_to(self, beat: int) -> None:
        """All beats up to this one have come, and nobody looked meanwhile."""
        for each in range(max(self.beat + 1, beat + 1 - TURNS * CYCLE), beat + 1):
            if not (self.taken or self.shown):
                break
            self.renew(each)
        self.beat = beat
        self._let_go()

    def show(self, side: Side, size: int) -> None:
        """Shows so many shares at the seeded best price until its next size comes."""
        self.shown[side] = size
        self.taken.pop((side, self.best(side)), None)

    def best(self, side: Side) -> int:
        """The seeded best price of a side."""
        return self.bid if side == "bid" else self.ask

    def seeded(self, side: Side, price: int) -> tuple[int, str]:
        """Seeded shares still there at a price, and their maker."""
        distance = (self.bid - price) if side == "bid" else (price - self.ask)
        if distance < 0 or price < 1 or (distance and not self.sizes.stands(price)):
            return 0, ""
        if distance:
            size, maker = self.sizes.deeper(side, price, self.beat)
        else:
            size, maker = self.sizes.best(side, self.beat)
            size = self.shown.get(side, size)
        return max(0, size - self.taken.get((side, price), 0)), maker

    def rows(self, side: Side, count: int) -> list[Row]:
        """The best rows of a side, clients' orders included, one row a price."""
        rows: list[Row] = []
        for price in self._prices(side):
            size, maker = self.seeded(side, price)
            for order in self.resting[side]:
                if order.price == price:
                    size, maker = size + order.size, maker or order.venue
            if size:
                rows.append(Row(price, size, maker))
                if len(rows) == count:
                    break
        return rows

    def renewed(self, side: Side, rows: list[Row]) -> list[tuple[int, Row]] | None:
        """Which of the rows shown the last beat changed, by position; None where only :meth:`rows` can tell.

        This is the way of nearly every beat, twenty times faster than making all rows anew.
        """
        if self.resting[side] or not rows or rows[0].price != self.best(side):
            return None
        if self.taken and any(each == side and all(row.price != price for row in rows) for each, price in self.taken):
            return None  # a row that clients had emptied may be back
        if self.sizes.renewed(self.beat)[1]:
            best = rows[0]
            size, maker = self.sizes.best(side, self.beat)  # a new size: nothing of it is taken yet
            return [(0, Row(best.price, size, maker))] if size != best.size or maker != best.maker else []
        class_ = self.sizes.renewed_class(side, self.beat)
        found = [
            (k, Row(row.price, *self.seeded(side, row.price)))
            for k, row in enumerate(rows)
            if row.price % TURNS == class_ and k
        ]
        if any(not row.size for _, row in found):
            return None
        return [(k, row) for k, row in found if row != rows[k]]

    def add(self, order: Resting) -> None:
        """A client's order joins the queue at its price; ``ahead`` is set here."""
        order.ahead = self.seeded(order.side, order.price)[0]
        self.resting[order.side].append(order)

    def remove(self, key: int) -> Resting | None:
        """Takes a client's order out of the book; None if it isn't there."""
        for orders in self.resting.values():
            for order in orders:
                if order.key == key:
                    orders.remove(order)
                    return order
        return None

    def place_of(self, key: int) -> tuple[int, int] | None:
        """The seeded shares ahead of a client's order, and its place among clients' orders; None if it isn't there."""
        for orders in self.resting.values():
            for place, order in enumerate(orders):
                if order.key == key:
                    return order.ahead, place
        return None

    def take(self, side: Side, limit: int | None, size: int) -> list[Match]:
        """An order takes what stands on ``side``, best price first, up to its limit (None: any price)."""
        matches: list[Match] = []
        for price in self._prices(side):
            if not size or (limit is not None and (price - limit) * _outwards(side) > 0):
                break
            for match in self._take_at(side, price, size):
                size -= match.size
                matches.append(match)
        return matches

    def meet(self, price: int, size: int, aggressor: int) -> list[Match]:
        """A seeded print meets the clients' orders that trade before or with it.

        Returns:
            What happens in its stead, in order; the parts that no client's order is in are the print itself.
        """
        matches: list[Match] = []
        for side in _hit(aggressor):
            for order in self._queue(side):
                distance = (order.price - price) * _outwards(side)
                if not size or distance > 0:
                    break
                if not order.size:
                    continue
                passed = 0
                if distance == 0:
                    passed = min(size, order.ahead)
                    for each in self.resting[side]:
                        if each.price == price:
                            each.ahead = max(0, each.ahead - passed)
                    if passed:
                        matches.append(Match(price, passed, "", None))
                filled = min(size - passed, order.size)
                if filled:
                    matches.append(self._fill(order, filled))
                size -= passed + filled
        if size:
            matches.append(Match(price, size, "", None))
        for side in _hit(aggressor)[:1]:
            self._eat(side, price, size)
        return matches

    def cross(self) -> list[tuple[Resting, Match]]:
        """Clients' orders that the seeded book has come to meet trade, at their own price."""
        done: list[tuple[Resting, Match]] = []
        for side, other in OPPOSITE.items():
            for order in self._queue(side):
                while order.size:
                    price = self._reached(other, order.price)
                    if price is None:
                        break
                    size = min(order.size, self.seeded(other, price)[0])
                    self.taken[other, price] = self.taken.get((other, price), 0) + size
                    done.append((order, self._fill(order, size)))
        return done

    def available(self, side: Side, limit: int | None, size: int) -> int:
        """Shares, at most ``size``, that :meth:`take` would find."""
        found = 0
        for price in self._prices(side):
            if found >= size or (limit is not None and (price - limit) * _outwards(side) > 0):
                break
            found += self.seeded(side, price)[0]
            found += sum(order.size for order in self.resting[side] if order.price == price)
        return min(found, size)

    def _prices(self, side: Side) -> Iterator[int]:
        """All prices where there may be something on a side, best first."""
        best, step = self.best(side), _outwards(side)
        reach = self.sizes.reach
        own = sorted({order.price for order in self.resting[side]}, reverse=step < 0)
        end = best + step * reach
        yield from (price for price in own if (price - best) * step < 0)
        yield from (price for price in range(best, end, step) if price > 0)
        yield from (price for price in own if (price - end) * step >= 0)

    def _queue(self, side: Side) -> list[Resting]:
        """Clients' orders of a side, the first to trade first; orders of one price in the order in which they came."""
        return sorted(self.resting[side], key=lambda order: order.price * _outwards(side))

    def _take_at(self, side: Side, price: int, size: int) -> Iterator[Match]:
        """The queue at one price: seeded shares up to each client's order, then that order, then the other shares."""
        left, maker = self.seeded(side, price)
        for order in [order for order in self.resting[side] if order.price == price]:
            before = min(size, left, order.ahead)
            if before:
                yield self._take_seeded(side, price, before, maker)
                size, left = size - before, left - before
            filled = min(size, order.size)
            if filled:
                yield self._fill(order, filled)
                size -= filled
        if size and left:
            yield self._take_seeded(side, price, min(size, left), maker)

    def _take_seeded(self, side: Side, price: int, size: int, maker: str) -> Match:
        self.taken[side, price] = self.taken.get((side, price), 0) + size
        for order in self.resting[side]:
            if order.price == price:
                order.ahead = max(0, order.ahead - size)
        return Match(price, size, maker, None)

    def _fill(self, order: Resting, size: int) -> Match:
        before, order.size = order.size, order.size - size
        relatives = self._group_of(order) if order.group else []
        for other in relatives:
            other.size = left_after(other.size, before, order.size, order.oca_type)
        for each in (order, *relatives):
            if not each.size:
                self.resting[each.side].remove(each)
        return Match(order.price, size, order.venue, order)

    def _group_of(self, order: Resting) -> list[Resting]:
        orders = (*self.resting["bid"], *self.resting["ask"])
        return [each for each in orders if each.group == order.group and each is not order]

    def _eat(self, side: Side, price: int, size: int) -> None:
        """A seeded print takes shown shares; a lot stays, for more stands behind than is shown."""
        if price == self.best(side):
            left = self.seeded(side, price)[0]
            eaten = min(size, left - LOT)
            if eaten > 0:
                self.taken[side, price] = self.taken.get((side, price), 0) + eaten

    def _reached(self, side: Side, limit: int) -> int | None:
        """The best seeded price of a side with shares that an order with this limit meets."""
        for price in range(self.best(side), limit - _outwards(OPPOSITE[side]), _outwards(side)):
            if self.seeded(side, price)[0]:
                return price
        return None

    def _let_go(self) -> None:
        """Shares ahead of a client's order can't be more than are shown at its price."""
        for side, orders in self.resting.items():
            for order in orders:
                if order.ahead:
                    order.ahead = min(order.ahead, self.seeded(side, order.price)[0])


def _outwards(side: Side) -> int:
    """The step from a better price to a worse one."""
    return -1 if side == "bid" else 1


def _hit(aggressor: int) -> tuple[Side, ...]:
    """The sides that a print's resting party may be on."""
    return ("bid",) if aggressor < 0 else ("ask",) if aggressor > 0 else ("bid", "ask")
