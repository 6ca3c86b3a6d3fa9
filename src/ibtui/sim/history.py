"""What happened in every contract up to now, minute by minute, from the same seed as the live market.

Past minutes come from their plans, which the market keeps exactly. Minutes that went another way than was seeded (our
clients traded in them, or the market was steered or halted) are remembered print by print.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.market.nyse import FIRST
from ibtui.sim.day import Day
from ibtui.sim.minutes import Minute
from ibtui.sim.prints import PlannedPrint
from ibtui.sim.source import Source
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay
from ibtui.sim.universe import Listing

BEGIN = FIRST + timedelta(days=40)
"""Nothing is known of earlier days."""


MOST_SAVED = 500
"""So many of the newest minutes that weren't as seeded outlive the process."""

SavedMinute = tuple[int, int, str]
"""Contract, minute and the prints as text, which is quickly written however many there are."""


class Running(NamedTuple):
    """The live minute of a watched contract: its number, its prints so far, and whether it went as seeded."""

    minute: int
    prints: Sequence[PlannedPrint]
    altered: bool = False


class TickBar(NamedTuple):
    """A stretch of trading in whole increments. Without trades the four prices are where the last one or the quote was.

    ``start`` is in UTC seconds, ``turnover`` in increments times shares.
    """

    start: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    turnover: int
    trades: int


class QuoteBar(NamedTuple):
    """The quote over a stretch of time, in increments: bid's and ask's open, high, low, close."""

    start: int
    bid: tuple[int, int, int, int]
    ask: tuple[int, int, int, int]


@dataclass(slots=True)
class History:
    """What happened, of every contract.

    Attributes:
        offsets: By contract: when steering moved it, and the increments that it is off its seeded path since.
        remembered: By contract and minute: the prints of minutes that weren't as seeded.
    """

    source: Source
    offsets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    remembered: dict[int, dict[int, list[PlannedPrint]]] = field(default_factory=dict)
    _texts: dict[tuple[int, int], str] = field(default_factory=dict)

    def offset(self, con_id: int, at_ns: int) -> int:
        """Increments that a contract is off its seeded path at a time."""
        moves = self.offsets.get(con_id)
        if not moves:
            return 0
        position = bisect_right(moves, at_ns, key=lambda move: move[0])
        return moves[position - 1][1] if position else 0

    def remember(self, con_id: int, minute: int, prints: Iterable[PlannedPrint]) -> None:
        """Keeps the prints of a minute that wasn't as seeded."""
        kept = self.remembered.setdefault(con_id, {})[minute] = list(prints)
        self._texts.pop((con_id, minute), None)
        self._texts[con_id, minute] = ";".join(f"{each.time_ns},{each.price},{each.size}" for each in kept)
        while len(self._texts) > MOST_SAVED:
            del self._texts[next(iter(self._texts))]

    def saved(self) -> list[SavedMinute]:
        """The newest minutes that weren't as seeded, to be written to a file."""
        return [(con_id, minute, text) for (con_id, minute), text in self._texts.items()]

    def restore(self, saved: Iterable[SavedMinute]) -> None:
        """Goes on with minutes that were saved."""
        for con_id, minute, text in saved:
            rows = [tuple(map(int, row.split(","))) for row in text.split(";") if row]
            self.remember(con_id, minute, [PlannedPrint(*row) for row in rows])

    def remember_cut(self, listing: Listing, number: int, prints: Sequence[PlannedPrint], now_ns: int) -> None:
        """Keeps the prints of a minute that wasn't as seeded up to now, and lets it go on as seeded."""
        minute = self.source.minute(listing, number)
        assert minute is not None
        self.remember(
            listing.con_id, number, [*prints, *(p for p in self.prints(listing, minute) if p.time_ns > now_ns)]
        )

    def prints(self, listing: Listing, minute: Minute) -> list[PlannedPrint]:
        """All prints of one past minute."""
        kept = self.remembered.get(listing.con_id, {}).get(minute.number)
        if kept is not None:
            return kept
        offset = self.offset(listing.con_id, minute.number * MINUTE_NS)
        seeded = self.source.prints(listing, minute)
        return [each._replace(price=max(1, each.price + offset)) for each in seeded] if offset else seeded

    def prints_until(
        self, listing: Listing, minute: Minute, now_ns: int, running: Running | None
    ) -> Sequence[PlannedPrint]:
        """The prints of a minute that may still run."""
        if running is not None and running.minute == minute.number:
            return running.prints
        return [each for each in self.prints(listing, minute) if each.time_ns <= now_ns]

    def minute_bars(
        self, listing: Listing, day: TradingDay, phase: Phase, now_ns: int, running: Running | None = None
    ) -> list[TickBar]:
        """One bar for each minute of a phase up to now, those without trades included."""
        con_id, now = listing.con_id, now_ns // MINUTE_NS
        kept, moved = self.remembered.get(con_id, {}), con_id in self.offsets
        bars: list[TickBar] = []
        for minute in self._until(listing, day, phase, now_ns):
            offset = self.offset(con_id, minute.number * MINUTE_NS) if moved else 0
            if minute.number == now or (running is not None and running.minute == minute.number):
                prints = self.prints_until(listing, minute, now_ns, running)
                bars.append(bar_of(minute.number * 60, prints, _middle(minute, offset)))
            elif minute.number in kept:
                bars.append(bar_of(minute.number * 60, kept[minute.number], _middle(minute, offset)))
            else:
                bars.append(_planned(minute, offset))
        return bars

    def quote_bars(
        self, listing: Listing, day: TradingDay, phase: Phase, now_ns: int, running: Running | None = None
    ) -> Iterator[QuoteBar]:
        """The quote's bar of each minute of a phase up to now."""
        opening = self.source.quote_before(listing, day.span(phase).first)
        minutes = self._until(listing, day, phase, now_ns)
        for minute, bar in zip(minutes, self.minute_bars(listing, day, phase, now_ns, running), strict=True):
            closing = minute.closing_quote()
            offset = self.offset(listing.con_id, minute.number * MINUTE_NS)
            yield quote_around(bar, _moved(opening, offset), _moved(closing, offset), minute.spread)
            opening = closing

    def day_until(self, listing: Listing, number: int) -> Day:
        """The numbers of the day that a minute belongs to, up to its beginning."""
        today, at_ns = listing.calendar.session_of(number), number * MINUTE_NS
        close = self.source.previous_close(listing, number)
        result = Day(previous_close=max(1, close + self.offset(listing.con_id, at_ns)))
        result.last = result.previous_close
        last_bar: TickBar | None = None
        calendar = listing.calendar
        for day, phase in calendar.phases(today, use_rth=False):
            for bar in self.minute_bars(listing, day, phase, at_ns):
                if bar.trades:
                    last_bar = bar
                    opens = bar.open if calendar.counts(phase) else None
                    result.take(bar.high, bar.low, bar.volume, bar.turnover, opens=opens)
        if last_bar is None and not calendar.overnight:
            # After hours of the date before move the last price, and nothing else of the day.
            after_hours = self.minute_bars(listing, today, Phase.AFTER, at_ns)
            last_bar = next((bar for bar in reversed(after_hours) if bar.trades), None)
        if last_bar is not None:
            minute = self.source.minute(listing, last_bar.start // 60)
            assert minute is not None
            result.last = last_bar.close
            for _, result.last, result.last_size in self.prints(listing, minute)[-1:]:
                pass
        return result

    def _until(self, listing: Listing, day: TradingDay, phase: Phase, now_ns: int) -> list[Minute]:
        """The minutes of a phase that have begun."""
        begun = -(-now_ns // MINUTE_NS) - day.span(phase).first
        return self.source.phase(listing, day, phase, begun) if begun > 0 else []


def first_session_ns(listing: Listing) -> int:
    """When the contract's history begins, UTC nanoseconds."""
    first = max(listing.listed, BEGIN)
    noon = int(datetime(first.year, first.month, first.day, 12, tzinfo=UTC).timestamp()) // 60
    return listing.calendar.day_of(noon).regular.first * MINUTE_NS


def bar_of(start: int, prints: Sequence[PlannedPrint], middle: int) -> TickBar:
    """The bar of some prints; ``middle`` is its price where there are none."""
    if not prints:
        return TickBar(start, middle, middle, middle, middle, 0, 0, 0)
    prices = [each.price for each in prints]
    volume = sum(each.size for each in prints)
    turnover = sum(each.price * each.size for each in prints)
    return TickBar(start, prices[0], max(prices), min(prices), prices[-1], volume, turnover, len(prints))


def second_bars(
    prints: Sequence[PlannedPrint], start: int, seconds: int, last_ns: int, middle: int
) -> Iterator[TickBar]:
    """One minute's prints as bars of so many seconds, up to a time; one without prints keeps the price before."""
    position = 0
    for begins in range(start, last_ns // NS + 1, seconds):
        first, ends = position, (begins + seconds) * NS
        while position < len(prints) and prints[position].time_ns < ends:
            position += 1
        bar = bar_of(begins, prints[first:position], middle)
        middle = bar.close
        yield bar


def _planned(minute: Minute, offset: int) -> TickBar:
    corners = minute.corners
    if not minute.trades:
        middle = _middle(minute, offset)
        return TickBar(minute.number * 60, middle, middle, middle, middle, 0, 0, 0)
    return TickBar(
        minute.number * 60,
        corners[0] + offset,
        max(corners) + offset,
        min(corners) + offset,
        corners[-1] + offset,
        minute.volume,
        minute.turnover + offset * minute.volume,
        minute.trades,
    )


def _middle(minute: Minute, offset: int) -> int:
    return max(1, sum(minute.closing_quote()) // 2 + offset)


def _moved(quote: tuple[int, int], offset: int) -> tuple[int, int]:
    return max(1, quote[0] + offset), max(2, quote[1] + offset)


def quote_around(bar: TickBar, opening: tuple[int, int], closing: tuple[int, int], spread: int) -> QuoteBar:
    """The quote's bar that goes with a trades' bar: it leaned against the highest and the lowest print."""
    bids, asks = (opening[0], closing[0]), (opening[1], closing[1])
    if not bar.trades:
        return QuoteBar(bar.start, (bids[0], max(bids), min(bids), bids[1]), (asks[0], max(asks), min(asks), asks[1]))
    bid = bids[0], max(*bids, bar.high - spread), min(*bids, bar.low), bids[1]
    ask = asks[0], max(*asks, bar.high), min(*asks, bar.low + spread), asks[1]
    return QuoteBar(bar.start, bid, ask)
