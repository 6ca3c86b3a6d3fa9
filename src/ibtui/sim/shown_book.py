"""What onlookers have been shown of one contract's book, and what they have to be told when it changes."""

from dataclasses import dataclass, field

from ibtui.sim.book import Book, Row
from ibtui.sim.depth import changes
from ibtui.sim.events import UPDATE, BookLevel, DepthChanged, MarketEvent, Side, TopChanged

DEPTH_ROWS = 10
BOTH: tuple[Side, Side] = ("bid", "ask")


@dataclass(slots=True)
class ShownBook:
    """The best rows of a book as they were last told. ``scale`` are increments in one unit of the price."""

    book: Book
    con_id: int
    scale: int
    rows: dict[Side, list[Row]] = field(default_factory=lambda: {"bid": [], "ask": []})

    def best(self, side: Side) -> tuple[float | None, int]:
        """Price and size of the best row; None and 0 where there is none."""
        rows = self.rows[side]
        return (rows[0].price / self.scale, rows[0].size) if rows else (None, 0)

    def levels(self, side: Side, count: int) -> list[BookLevel]:
        """The best rows of a side."""
        found = self.rows[side][:count] if count <= DEPTH_ROWS else self.book.rows(side, count)
        return [BookLevel(row.price / self.scale, row.size, row.maker) for row in found]

    def look(self) -> None:
        """Takes the book as it is for shown."""
        self.rows = {side: self.book.rows(side, DEPTH_ROWS) for side in BOTH}

    def tell(self, time_ns: int, sides: tuple[Side, ...] = BOTH) -> list[MarketEvent]:
        """What changed on these sides since they were last told."""
        events: list[MarketEvent] = []
        for side in sides:
            before, after = self.rows[side], self.book.rows(side, DEPTH_ROWS)
            if before == after:
                continue
            best = self.best(side)
            self.rows[side] = after
            if self.best(side) != best:
                events.append(TopChanged(self.con_id, time_ns, side, *self.best(side)))
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
            events.append(DepthChanged(self.con_id, time_ns, side, UPDATE, position, price, row.size, row.maker))
        return events
