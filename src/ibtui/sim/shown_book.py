"""What onlookers have been shown of one contract's book, and what they have to be told when it changes."""

from dataclasses import dataclass, field

from ibtui.sim.beats import Beats
from ibtui.sim.book import Book, Row
from ibtui.sim.depth import changes
from ibtui.sim.events import UPDATE, BookLevel, DepthChanged, MarketEvent, Side, TopChanged
from ibtui.sim.sizes import CYCLE, RENEWED

DEPTH_ROWS = 10
BOTH: tuple[Side, Side] = ("bid", "ask")


@dataclass(slots=True)
class ShownBook:
    """The best rows of a book as they were last told.

    Attributes:
        scale: Increments in one unit of the price.
        deep: Whether rows behind the best one are told as well.
    """

    book: Book
    con_id: int
    scale: int
    deep: bool = False
    rows: dict[Side, list[Row]] = field(default_factory=lambda: {"bid": [], "ask": []})

    def best(self, side: Side) -> tuple[float | None, int]:
        """Price and size of the best row; None and 0 where there is none."""
        rows = self.rows[side]
        return (rows[0].price / self.scale, rows[0].size) if rows else (None, 0)

    def levels(self, side: Side, count: int) -> list[BookLevel]:
        """The best rows of a side."""
        found = self.rows[side][:count] if count <= self._kept else self.book.rows(side, count)
        return [BookLevel(row.price / self.scale, row.size, row.maker) for row in found]

    def look(self) -> None:
        """Takes the book as it is for shown."""
        self.rows = {side: self.book.rows(side, self._kept) for side in BOTH}

    def deepen(self, deep: bool) -> None:
        """Begins to tell all rows, or ends it; nobody has to be told what they are now."""
        if deep != self.deep:
            self.deep = deep
            self.look()

    @property
    def _kept(self) -> int:
        return DEPTH_ROWS if self.deep else 1

    def tell(self, time_ns: int, sides: tuple[Side, ...] = BOTH) -> list[MarketEvent]:
        """What changed on these sides since they were last told."""
        events: list[MarketEvent] = []
        for side in sides:
            before, after = self.rows[side], self.book.rows(side, self._kept)
            if before == after:
                continue
            best = self.best(side)
            self.rows[side] = after
            if self.best(side) != best:
                events.append(TopChanged(self.con_id, time_ns, side, *self.best(side)))
            if self.deep:
                events += [
                    DepthChanged(self.con_id, time_ns, side, op, position, ticks / self.scale, size, maker)
                    for op, position, ticks, size, maker in changes(before, after, rising=side == "ask")
                ]
        return events

    def tell_renewed(self, time_ns: int, side: Side) -> list[MarketEvent] | None:
        """What the book's last beat changed; None where only :meth:`tell` can find out."""
        rows = self.rows[side]
        renewed = self.book.renewed(side, rows)
        if renewed is None:
            return None
        events: list[MarketEvent] = []
        for position, row in renewed:
            price = row.price / self.scale
            if position == 0 and row.size != rows[0].size:
                events.append(TopChanged(self.con_id, time_ns, side, price, row.size))
            rows[position] = row
            if self.deep:
                events.append(DepthChanged(self.con_id, time_ns, side, UPDATE, position, price, row.size, row.maker))
        return events

    def run(self, beats: Beats, until_ns: int) -> list[MarketEvent]:
        """Lets beats come up to a time and tells what they change, while the book is plain.

        This is :meth:`tell_renewed` for many seeded beats, most of which renew a best row. Nearly all that a busy
        market sends comes from here; it is unrolled, and makes named tuples at a third of what their calls cost.
        """
        events: list[MarketEvent] = []
        book, con_id, scale, deep = self.book, self.con_id, self.scale, self.deep
        best_size, taken, shown, new = book.sizes.best, book.taken, book.shown, tuple.__new__
        for time_ns, number in beats.due(until_ns):
            side, is_best = RENEWED[number % CYCLE]
            rows = self.rows[side]
            if taken or shown or not rows or (deep and not is_best):
                book.renew(number)
                told = self.tell_renewed(time_ns, side)
                events += self.tell(time_ns, (side,)) if told is None else told
                continue
            book.beat = number
            if is_best:
                ticks, size_before, maker_before = rows[0]
                size, maker = best_size(side, number)
                if size != size_before:
                    events.append(new(TopChanged, (con_id, time_ns, side, ticks / scale, size)))
                if size != size_before or maker != maker_before:
                    rows[0] = new(Row, (ticks, size, maker))
                    if deep:
                        row = (con_id, time_ns, side, UPDATE, 0, ticks / scale, size, maker)
                        events.append(new(DepthChanged, row))
        return events
