"""One contract's market while somebody watches it: the seeded flow, the book, the day's numbers, and what is told."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from ibtui.sim.auctions import CONDITIONS, Auction, AuctionOrder, AuctionOrders, auction_times, venue_of_auction
from ibtui.sim.book import Book, Match, Resting
from ibtui.sim.day import Day
from ibtui.sim.events import (
    DayChanged,
    DayField,
    HaltChanged,
    MarketEvent,
    Side,
    Top,
    TopChanged,
    Traded,
)
from ibtui.sim.flow import Beat, Happening, MinuteBegins, PrintComes, QuoteMoves
from ibtui.sim.prints import LOT, PlannedPrint
from ibtui.sim.shown_book import BOTH, ShownBook
from ibtui.sim.sizes import conditions_of, venue_of
from ibtui.sim.source import Source
from ibtui.sim.trading_days import MINUTE_NS, Phase
from ibtui.sim.universe import Listing


class OwnFill(NamedTuple):
    """A client's order in the book traded."""

    time_ns: int
    key: int
    price: int
    size: int
    venue: str


class LiveMarket:
    """Event by event simulation of one contract.

    Args:
        from_ns: Market time at which it starts; the state then is what it would be had it run always.
        day: The day's numbers up to the beginning of the minute of ``from_ns``, or of the last open one before it.
        offset: Increments by which steering has moved the contract away from its seeded path.
        remember: Gets number and prints of each minute that wasn't as seeded, when it ends.

    Attributes:
        shown: The book as its onlookers know it.
        auctions: Clients' orders for the coming auctions.
        fills: Clients' orders that traded since somebody cleared this.
        prints: Prints of the current minute.
        altered: Whether this minute is not what was seeded: steered, halted, or traded in by clients.
    """

    def __init__(
        self,
        source: Source,
        listing: Listing,
        from_ns: int,
        day: Day,
        offset: int = 0,
        rate: float = 1.0,
        remember: Callable[[int, list[PlannedPrint]], None] = lambda minute, prints: None,
    ) -> None:
        self.listing = listing
        self._stream = source.stream(listing)
        self.book = Book(self._stream.sizes)
        self.auctions = AuctionOrders()
        self.day = day
        self.offset = offset
        self.halted = False
        self.fills: list[OwnFill] = []
        self.prints: list[PlannedPrint] = []
        self.altered = False
        self.minute = 0
        self.phase: Phase | None = None
        self._source = source
        self._stopped = False
        self._auction_times: dict[int, Auction] = {}
        self._missed: dict[type, QuoteMoves | Beat] = {}
        self._remember = remember
        self._scale = round(1 / listing.instrument.min_tick)
        self.shown = ShownBook(self.book, listing.con_id, self._scale)
        self._rate = rate
        self._beats = self._stream.beats
        minute = listing.calendar.last_open_minute(from_ns // MINUTE_NS)
        self._flow: Iterator[Happening] = self._stream.flow(minute)
        self._next: Happening = next(self._flow)
        self._start(from_ns)

    @property
    def next_ns(self) -> int:
        """When the next thing happens; while the flow is withheld that is the next minute."""
        if self.withheld:
            return max(self._next.time_ns, (self.minute + 1) * MINUTE_NS)
        return min(self._beats.time_ns, self._next.time_ns)

    def top(self) -> Top:
        """The quote and the day."""
        bid, bid_size = self.shown.best("bid")
        ask, ask_size = self.shown.best("ask")
        day = self.day
        return Top(
            bid=bid,
            bid_size=bid_size,
            ask=ask,
            ask_size=ask_size,
            last=self._price(day.last) if day.last else None,
            last_size=day.last_size,
            volume=day.volume,
            open=self._price(day.open) if day.open else None,
            high=self._price(day.high) if day.high else None,
            low=self._price(day.low) if day.low else None,
            previous_close=self._price(day.previous_close),
            vwap=self._vwap(),
            halted=self.halted,
        )

    def step(self, until_ns: int = 0) -> list[MarketEvent]:
        """Lets the next thing happen. Where that is a beat, further ones follow up to a time or something else."""
        if self.withheld:
            self._withhold(self.next_ns - 1)
        elif self._beats.time_ns <= self._next.time_ns:
            return self._run(max(self._beats.time_ns, min(until_ns, self._next.time_ns)))
        happening = self._next
        self._next = next(self._flow)
        if isinstance(happening, MinuteBegins):
            return self._begin(happening)
        if isinstance(happening, QuoteMoves):
            return self._move(happening)
        if isinstance(happening, Beat):
            return self._renew(happening.time_ns, happening.number)
        return self._print(happening)

    def take(self, time_ns: int, side: Side, limit: int | None, size: int) -> tuple[list[Match], list[MarketEvent]]:
        """A client's order takes what stands on a side; prints and the changed book come with the matches."""
        matches = self.book.take(side, limit, size)
        events: list[MarketEvent] = []
        for match in matches:
            if match.resting is not None:
                self._filled(time_ns, match)
            events += self._traded(time_ns, match.price, match.size, match.venue, 1 if side == "ask" else -1)
        self.altered = self.altered or bool(matches)
        return matches, [*events, *self.shown.tell(time_ns)]

    def add(self, time_ns: int, order: Resting) -> list[MarketEvent]:
        """A client's order joins the book."""
        self.book.add(order)
        return self.shown.tell(time_ns, (order.side,))

    def enlist(self, order: AuctionOrder) -> None:
        """A client's order waits for an auction."""
        self.auctions.orders[order.key] = order

    def shrink(self, time_ns: int, key: int, size: int) -> list[MarketEvent]:
        """A client's order in the book or for an auction keeps its place with fewer shares."""
        self.auctions.shrink(key, size)
        for side, orders in self.book.resting.items():
            for order in orders:
                if order.key == key:
                    order.size = size
                    return self.shown.tell(time_ns, (side,))
        return []

    def remove(self, time_ns: int, key: int) -> list[MarketEvent]:
        """A client's order leaves the book, or doesn't wait for its auction any more."""
        self.auctions.orders.pop(key, None)
        order = self.book.remove(key)
        return self.shown.tell(time_ns, (order.side,)) if order else []

    def steer(
        self, time_ns: int, bid: int | None, ask: int | None, last: int | None, bid_size: int | None,
        ask_size: int | None,
    ) -> list[MarketEvent]:  # fmt: skip
        """Moves the quote, and the seeded path with it; what isn't given moves along."""
        events: list[MarketEvent] = []
        self.altered = True
        wide = max(1, self.book.ask - self.book.bid)
        if bid is None and ask is None and last is not None and not self.book.bid <= last <= self.book.ask:
            ask = last if last > self.book.ask else None
            bid = last if last < self.book.bid else None
        if bid is not None or ask is not None:
            new_bid = bid if bid is not None else max(1, (ask or 0) - wide)
            new_ask = ask if ask is not None else new_bid + wide
            self.offset += new_bid - self.book.bid if bid is not None else new_ask - self.book.ask
            self.book.quote(new_bid, new_ask)
        if bid_size is not None:
            self.book.show("bid", bid_size)
        if ask_size is not None:
            self.book.show("ask", ask_size)
        events += self._crossed(time_ns)
        if last is not None:
            events += self._traded(time_ns, last, LOT, venue_of(self.listing, time_ns), 0)
        return [*events, *self.shown.tell(time_ns)]

    def print_trade(self, time_ns: int, price: int, size: int) -> list[MarketEvent]:
        """A trade happens that the flow doesn't know of; clients' orders that it meets trade first."""
        self.altered = True
        return self._met(PrintComes(time_ns, price, size, 0))

    @property
    def withheld(self) -> bool:
        """Whether the seeded flow is kept out of the market: while it is halted or stopped."""
        return self.halted or self._stopped

    def halt(self, time_ns: int, halted: bool) -> list[MarketEvent]:
        """Halts or resumes trading."""
        events = self._hold(time_ns, halted, self._stopped)
        return [HaltChanged(self.listing.con_id, time_ns, halted), *events]

    def stop(self, time_ns: int, stopped: bool) -> list[MarketEvent]:
        """Stops the seeded flow, or lets it go on; clients trade on with what stands in the book."""
        return self._hold(time_ns, self.halted, stopped)

    def retime(self, time_ns: int, rate: float) -> list[MarketEvent]:
        """Gives the book's rows new sizes at another rate from now on."""
        self._rate = rate
        assert self.phase is not None
        self._beats.begin(self.minute * MINUTE_NS, self.phase, rate)
        self._beats.skip(time_ns)
        if self.withheld or self._beats.last is None:
            return []
        self.book.beat = self._beats.last
        return self.shown.tell(time_ns)

    def seen_again(self, time_ns: int, before: "LiveMarket") -> list[MarketEvent]:
        """What an onlooker who last saw ``before`` has to be told of this market."""
        events: list[MarketEvent] = self._crossed(time_ns)
        self.shown.rows = before.shown.rows
        events += self.shown.tell(time_ns)
        old, new, con_id = before.day, self.day, self.listing.con_id
        if (old.last, old.last_size) != (new.last, new.last_size):
            events.append(TopChanged(con_id, time_ns, "last", self._price(new.last), new.last_size))
        changed: tuple[tuple[DayField, int, int], ...] = (
            ("open", old.open, new.open), ("high", old.high, new.high), ("low", old.low, new.low),
            ("close", old.previous_close, new.previous_close),
        )  # fmt: skip
        for field, was, now in changed:
            if was != now:
                events.append(DayChanged(con_id, time_ns, field, self._price(now) if now else None))
        if old.volume != new.volume:
            events.append(DayChanged(con_id, time_ns, "volume", float(new.volume)))
        return events

    def _start(self, from_ns: int) -> None:
        """Runs the minute of ``from_ns``, or the last open one before it, up to then, unseen."""
        while self._next.time_ns <= from_ns:
            happening = self._next
            self._next = next(self._flow)
            if isinstance(happening, MinuteBegins):
                self._begin(happening, unseen=True)
                continue
            self._skip_beats(happening.time_ns)
            if not isinstance(happening, PrintComes):
                self._apply(happening)
            else:
                self._note(happening.time_ns, self._moved(happening.price), happening.size)
                self.book.meet(self._moved(happening.price), happening.size, happening.aggressor)
        self._skip_beats(from_ns)
        self.shown.look()

    def _begin(self, begins: MinuteBegins, *, unseen: bool = False) -> list[MarketEvent]:
        if self.altered:
            self._remember(self.minute, self.prints)
        self.prints.clear()
        self.altered = self.withheld
        self.minute = begins.minute.number
        self.phase = begins.phase
        self._auction_times = auction_times(self.listing, begins.day)
        self._beats.begin(begins.time_ns, begins.phase, self._rate)
        beat = begins.beat if self._beats.last is None else self._beats.last
        if self.withheld:
            self._missed[Beat] = Beat(begins.time_ns, beat)
        else:
            self.book.beat = beat
        events: list[MarketEvent] = []
        if begins.phase is self.listing.calendar.leads and begins.phase_begins:
            last = self.day.last
            close = self._source.previous_close(self.listing, self.minute) + self.offset
            self.day = Day(previous_close=close, last=last)
            fields: tuple[DayField, ...] = ("open", "high", "low", "volume", "close")
            con_id = self.listing.con_id
            for field in fields:
                value = {"close": self._price(close), "volume": 0.0}.get(field)
                events.append(DayChanged(con_id, begins.time_ns, field, value))
        return [] if unseen else events

    def _hold(self, time_ns: int, halted: bool, stopped: bool) -> list[MarketEvent]:
        """Withholds the seeded flow or lets it go on; then the book is brought to where the flow has come."""
        before = self.withheld
        if before:
            self._withhold(time_ns)
        self.halted, self._stopped = halted, stopped
        if self.withheld:
            self.altered = True
        if self.withheld or not before:
            return []
        for happening in self._missed.values():
            self._apply(happening)
        self._missed.clear()
        self._skip_beats(time_ns)
        return [*self._crossed(time_ns), *self.shown.tell(time_ns)]

    def _withhold(self, until_ns: int) -> None:
        """Drops what the flow has up to a time, or up to the next minute; beats and quotes are kept for later."""
        while self._next.time_ns <= until_ns and not isinstance(self._next, MinuteBegins):
            if not isinstance(self._next, PrintComes):
                self._missed[type(self._next)] = self._next
            self._next = next(self._flow)

    def _apply(self, happening: QuoteMoves | Beat) -> None:
        """Lets a beat or a move of the quote change the book, untold."""
        if isinstance(happening, QuoteMoves):
            self.book.quote(self._moved(happening.bid), self._moved(happening.ask))
        else:
            self.book.renew(happening.number)

    def _skip_beats(self, time_ns: int) -> None:
        """Lets the beats up to a time change the book, untold."""
        if self._beats.time_ns <= time_ns:
            self._beats.skip(time_ns)
            self.book.renew_up_to(self._beats.number - 1)

    def _run(self, until_ns: int) -> list[MarketEvent]:
        """Lets all beats up to a time come."""
        if self.book.plain:
            return self.shown.run(self._beats, until_ns)
        events: list[MarketEvent] = []
        for time_ns, beat in self._beats.due(until_ns):
            events += self._renew(time_ns, beat)
        return events

    def _renew(self, time_ns: int, beat: int) -> list[MarketEvent]:
        side, _ = self.book.renew(beat)
        told = self.shown.tell_renewed(time_ns, side)
        if told is not None:
            return told
        crossed = self._crossed(time_ns)  # the order it met leaves the other side
        return [*crossed, *self.shown.tell(time_ns, BOTH if crossed else (side,))]

    def _move(self, move: QuoteMoves) -> list[MarketEvent]:
        self._apply(move)
        return [*self._crossed(move.time_ns), *self.shown.tell(move.time_ns)]

    def _print(self, printed: PrintComes) -> list[MarketEvent]:
        auction = self._auction_times.get(printed.time_ns)
        if auction is not None:
            return self._cross_auction(printed, auction)
        return self._met(printed._replace(price=self._moved(printed.price)))

    def _met(self, printed: PrintComes) -> list[MarketEvent]:
        time_ns, price, size, aggressor, known_venue, conditions = printed
        events: list[MarketEvent] = []
        for match in self.book.meet(price, size, aggressor):
            venue = match.venue or known_venue or venue_of(self.listing, time_ns)
            if match.resting is not None:
                self.altered = True
                self._filled(time_ns, match)
            events += self._traded(time_ns, match.price, match.size, venue, aggressor, conditions)
        return [*events, *self.shown.tell(time_ns)]

    def _cross_auction(self, printed: PrintComes, auction: Auction) -> list[MarketEvent]:
        """One print at one price for all: the seeded shares, and ours where those don't suffice."""
        time_ns, price, venue = printed.time_ns, self._moved(printed.price), venue_of_auction(self.listing)
        matches = self.book.meet(price, printed.size, printed.aggressor)
        traded = {"bid": 0, "ask": 0}
        for match in [*matches, *self.auctions.cross(auction, price, venue)]:
            if match.resting is not None:
                traded[match.resting.side] += match.size
                self._filled(time_ns, match._replace(price=price, venue=venue))
        size = max(printed.size, *traded.values())
        self.altered = self.altered or size != printed.size
        told = self._traded(time_ns, price, size, venue, 0, CONDITIONS[auction])
        return [*told, *self.shown.tell(time_ns)]

    def _crossed(self, time_ns: int) -> list[MarketEvent]:
        if not (self.book.resting["bid"] or self.book.resting["ask"]):
            return []
        events: list[MarketEvent] = []
        for order, match in self.book.cross():
            self.altered = True
            self._filled(time_ns, match)
            events += self._traded(time_ns, match.price, match.size, match.venue, -1 if order.side == "bid" else 1)
        return events

    def _filled(self, time_ns: int, match: Match) -> None:
        if match.resting is not None:
            self.fills.append(OwnFill(time_ns, match.resting.key, match.price, match.size, match.venue))

    def _note(self, time_ns: int, price: int, size: int) -> None:
        regular = self.phase is not None and self.listing.calendar.counts(self.phase)
        self.day.take(price, price, size, price * size, opens=price if regular else None)
        self.day.last, self.day.last_size = price, size
        self.prints.append(PlannedPrint(time_ns, price, size))

    def _traded(
        self, time_ns: int, ticks: int, size: int, venue: str, aggressor: int, conditions: str = ""
    ) -> list[MarketEvent]:
        con_id, day = self.listing.con_id, self.day
        before = day.open, day.high, day.low
        self._note(time_ns, ticks, size)
        price = self._price(ticks)
        conditions = conditions or conditions_of(self.listing, self.phase, size)
        events: list[MarketEvent] = [
            TopChanged(con_id, time_ns, "last", price, size),
            Traded(con_id, time_ns, price, size, venue, conditions, aggressor, day.volume, self._vwap() or price),
            DayChanged(con_id, time_ns, "volume", float(day.volume)),
        ]
        fields: tuple[DayField, ...] = ("open", "high", "low")
        for field, old, new in zip(fields, before, (day.open, day.high, day.low), strict=True):
            if old != new:
                events.append(DayChanged(con_id, time_ns, field, self._price(new)))
        return events

    def _vwap(self) -> float | None:
        return round(self.day.turnover / self.day.volume / self._scale, 4) if self.day.volume else None

    def _moved(self, ticks: int) -> int:
        return max(1, ticks + self.offset)

    def _price(self, ticks: int) -> float:
        return ticks / self._scale
