"""The market as it was recorded: quotes, trades and books of a recording in the place of the seeded ones.

Everything else is as ever: clients' orders stand in the recorded book behind the recorded sizes and trade with the
recorded prints, which go on as they were. The quote is the recorded top of book, the rows behind it are those of the
recorded depth; where neither was recorded there is nothing. Nothing is invented, before, between or after.
"""

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ibtui.clock import NS
from ibtui.market.bars import Bar
from ibtui.market.book import UPDATE, DepthBook, Level
from ibtui.sim.beats import Beats
from ibtui.sim.events import Side
from ibtui.sim.flow import Beat, Happening, MinuteBegins, PrintComes, QuoteMoves
from ibtui.sim.minutes import Minute
from ibtui.sim.prints import PlannedPrint
from ibtui.sim.recording import ASK, ASK_SIZE, BID, BID_SIZE, BookRow, Print, Recorded, Recording
from ibtui.sim.sizes import TURNS
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay
from ibtui.sim.universe import Listing

SIDES: tuple[Side, Side] = ("ask", "bid")
"""By IB's number of the side in depth rows."""
PRICES: dict[int, Side] = {BID: "bid", ASK: "ask"}
SIZES: dict[int, Side] = {BID_SIZE: "bid", ASK_SIZE: "ask"}
SOMEBODY = "SMART"
"""The maker of a best row that no recorded depth names."""

Rows = dict[int, tuple[int, str]]
"""Price in increments to shares and maker."""


@dataclass(slots=True)
class Change:
    """What one beat changes: a side's best size, or one of its rows with all rows as they are then.

    Attributes:
        price: Of the row that changes, in increments.
        size: Shares of the best row; None where another one changes.
        rows: All rows of the recorded depth; None where only the best size changes.
    """

    beat: int
    side: Side
    price: int = 0
    size: int | None = None
    rows: Rows | None = None


@dataclass(slots=True)
class RecordedSizes:
    """The recorded book's sizes; changes are applied when their beat has come."""

    pending: deque[Change] = field(default_factory=deque)
    _best: dict[Side, tuple[int, int]] = field(default_factory=lambda: dict.fromkeys(SIDES, (0, 0)))
    _rows: dict[Side, Rows] = field(default_factory=lambda: {side: {} for side in SIDES})
    _last: Change = field(default_factory=lambda: Change(0, "bid", size=0))

    @property
    def reach(self) -> int:
        """How far from the best price there may be rows, in increments."""
        return 1 + max((max(rows) - min(rows) for rows in self._rows.values() if rows), default=0) * 2

    def renewed(self, beat: int) -> tuple[Side, bool]:
        """Which side a beat renews, and whether it is its best row or a deeper one."""
        self._advance(beat)
        return self._last.side, self._last.rows is None

    def renewed_class(self, side: Side, beat: int) -> int:
        """Which prices a beat renews that renews deeper rows."""
        self._advance(beat)
        return self._last.price % TURNS

    def stands(self, price: int) -> bool:
        """Whether there may be a row at a price behind the best one."""
        return True

    def best(self, side: Side, beat: int) -> tuple[int, str]:
        """Shares and maker of the best row of a side."""
        self._advance(beat)
        size, price = self._best[side]
        return size, self._rows[side].get(price, (0, SOMEBODY))[1]

    def deeper(self, side: Side, price: int, beat: int) -> tuple[int, str]:
        """Shares and maker at a price behind the best one."""
        self._advance(beat)
        return self._rows[side].get(price, (0, ""))

    def _advance(self, beat: int) -> None:
        while self.pending and self.pending[0].beat <= beat:
            change = self._last = self.pending.popleft()
            if change.size is not None:
                self._best[change.side] = change.size, change.price
            if change.rows is not None:
                self._rows[change.side] = change.rows


class RecordedStream:
    """One contract's recorded market."""

    def __init__(self, recording: Recording, listing: Listing) -> None:
        self._recording = recording
        self._listing = listing
        self._scale = 1 / listing.instrument.min_tick
        self.sizes = RecordedSizes()
        self.beats = Beats(listing.con_id, grid=False)
        self._beat = 0
        self._prices: dict[Side, int] = {"bid": 1, "ask": 2}
        self._books: dict[int, DepthBook] = {}

    def flow(self, from_minute: int) -> Iterator[Happening]:
        """All that was recorded from a minute on; after its end the minutes go on empty."""
        calendar = self._listing.calendar
        number = calendar.next_open_minute(from_minute)
        start_ns = number * MINUTE_NS
        for each in self._recording.before(self._listing.con_id, start_ns):
            for _ in self._happenings(each, start_ns):
                pass
        while True:
            moment = calendar.moment_of(number)
            if moment is None:
                number = calendar.next_open_minute(number)
                continue
            start_ns, first = number * MINUTE_NS, moment.day.span(moment.phase).first
            yield MinuteBegins(start_ns, _empty(number, 1.0), moment.day, moment.phase, number == first, self._beat)
            yield self._quote(start_ns)
            for each in self._recording.happened(self._listing.con_id, start_ns, start_ns + MINUTE_NS):
                yield from self._happenings(each, each.time_ns)
            number += 1

    def _happenings(self, each: Recorded, time_ns: int) -> Iterator[Happening]:
        if isinstance(each, Print):
            price, size = self._ticks(each.price), int(each.size)
            yield PrintComes(time_ns, price, size, self._aggressor(each), each.venue, each.conditions)
        elif isinstance(each, BookRow):
            yield from self._row(each, time_ns)
        elif each.kind in SIZES:
            yield self._sized(time_ns, SIZES[each.kind], each.size)
        elif each.kind in PRICES:
            side = PRICES[each.kind]
            if each.price is None or each.price <= 0:
                yield self._sized(time_ns, side, 0)
                return
            self._move(side, self._ticks(each.price))
            if each.size is not None:
                yield self._sized(time_ns, side, each.size)
            yield self._quote(time_ns)

    def _row(self, each: BookRow, time_ns: int) -> Iterator[Happening]:
        _, _, _, number, operation, position, price, *_, feed = each.row
        book = self._books.setdefault(feed, DepthBook(self._listing.con_id))
        levels = book.asks if SIDES[number] == "ask" else book.bids
        moved = operation != UPDATE or not position < len(levels) or levels[position].price != price
        book.apply(each.row, 0.0)
        sides = (SIDES[number],) if operation <= 2 else SIDES
        for side in sides:
            rows = self._rows(book.asks if side == "ask" else book.bids)
            yield self._beaten(time_ns, Change(0, side, price=self._ticks(price or 0.0), rows=rows))
        if moved:
            yield self._quote(time_ns)

    def _sized(self, time_ns: int, side: Side, size: float | None) -> Beat:
        return self._beaten(time_ns, Change(0, side, self._prices[side], size=int(size or 0)))

    def _beaten(self, time_ns: int, change: Change) -> Beat:
        self._beat += 1
        change.beat = self._beat
        self.sizes.pending.append(change)
        return Beat(time_ns, self._beat)

    def _move(self, side: Side, price: int) -> None:
        """The quote moves; a side that the other one has not followed yet is kept one increment apart."""
        self._prices[side] = price
        if self._prices["bid"] >= self._prices["ask"]:
            other, apart = ("ask", price + 1) if side == "bid" else ("bid", max(1, price - 1))
            self._prices[other] = apart  # type: ignore[index]

    def _quote(self, time_ns: int) -> QuoteMoves:
        return QuoteMoves(time_ns, self._prices["bid"], self._prices["ask"])

    def _rows(self, levels: list[Level]) -> Rows:
        rows: Rows = {}
        for level in levels:
            price = self._ticks(level.price)
            size, maker = rows.get(price, (0, level.maker or SOMEBODY))
            rows[price] = size + int(level.size or 0), maker
        return rows

    def _aggressor(self, each: Print) -> int:
        if each.side is not None:
            return each.side
        price = self._ticks(each.price)
        return 1 if price >= self._prices["ask"] else -1 if price <= self._prices["bid"] else 0

    def _ticks(self, price: float) -> int:
        return round(price * self._scale)


class RecordedSource:
    """All contracts' recorded markets, and what is stored of the time before."""

    def __init__(self, recording: Recording) -> None:
        self.seed = 0
        self._recording = recording
        self._phases: dict[tuple[int, int, Phase], list[Minute]] = {}

    def stream(self, listing: Listing) -> RecordedStream:
        """A contract's market event by event."""
        return RecordedStream(self._recording, listing)

    def prints(self, listing: Listing, minute: Minute) -> list[PlannedPrint]:
        """The trades of one minute; none where only its bar is known."""
        start_ns = minute.number * MINUTE_NS
        scale = 1 / listing.instrument.min_tick
        found = self._recording.trades(listing.con_id, start_ns, start_ns + MINUTE_NS)
        return [PlannedPrint(each.time_ns, round(each.price * scale), int(each.size)) for each in found]

    def minute(self, listing: Listing, number: int) -> Minute | None:
        """One minute, or None while the market is closed."""
        moment = listing.calendar.moment_of(number)
        if moment is None:
            return None
        return self.phase(listing, *moment)[number - moment.day.span(moment.phase).first]

    def phase(self, listing: Listing, day: TradingDay, phase: Phase, count: int | None = None) -> list[Minute]:
        """So many minutes of one phase of a day, or all: of recorded trades, else of stored bars, else empty."""
        key = listing.con_id, day.ordinal, phase
        if key not in self._phases:
            self._phases[key] = self._minutes(listing, day, phase)
        return self._phases[key][:count]

    def quote_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of an open minute, in increments: around the last price."""
        moment = listing.calendar.moment_of(number)
        assert moment is not None
        minutes = self.phase(listing, *moment)
        position = number - moment.day.span(moment.phase).first
        return (minutes[position - 1] if position else minutes[0]).closing_quote()

    def previous_close(self, listing: Listing, number: int) -> int:
        """The close before a minute's session, as it was recorded; where it wasn't, the first known price."""
        close = self._recording.close_before(listing.con_id, (number + 1) * MINUTE_NS)
        return max(1, round((listing.price if close is None else close) / listing.instrument.min_tick))

    def change(self, listing: Listing, number: int) -> tuple[float, float]:
        """Where an open minute begins, in increments, and how far that is from the close before, as a part."""
        bid, ask = self.quote_before(listing, number)
        now = (bid + ask) / 2
        return now, now / self.previous_close(listing, number) - 1

    def extremes(self, listing: Listing, number: int, spans: Sequence[int]) -> list[tuple[float, float]]:
        """Nobody recorded so many sessions."""
        return []

    def day_volume(self, listing: Listing, number: int) -> float:
        """Shares of the regular session of a minute's day."""
        day = listing.calendar.session_of(number)
        return float(sum(minute.volume for minute in self.phase(listing, day, Phase.REGULAR)))

    def _minutes(self, listing: Listing, day: TradingDay, phase: Phase) -> list[Minute]:
        con_id, span, tick = listing.con_id, day.span(phase), listing.instrument.min_tick
        start_ns, end_ns = span.first * MINUTE_NS, span.last * MINUTE_NS
        trades = self._recording.trades(con_id, start_ns, end_ns)
        times = [each.time_ns for each in trades]
        bars = {bar.start // 60: bar for bar in self._recording.minute_bars(con_id, start_ns, end_ns)}
        price, minutes = listing.price / tick, []
        for number in range(span.first, span.last):
            first, last = (bisect_left(times, at * MINUTE_NS) for at in (number, number + 1))
            if first < last:
                minute = _traded(number, [(round(each.price / tick), int(each.size)) for each in trades[first:last]])
            elif number in bars:
                minute = _barred(number, bars[number], tick)
            else:
                minute = _empty(number, price)
            minutes.append(minute)
            price = minute.middle
        return minutes


def _empty(number: int, price: float) -> Minute:
    """A minute without trades; ``price`` is the last one, in increments."""
    return Minute(number, (), (), (0, 0, 0), (0, 0, 0), 0, 0, 0, -1, 1, max(1.0, price))


def _traded(number: int, trades: list[tuple[int, int]]) -> Minute:
    prices = [price for price, _ in trades]
    corners = prices[0], max(prices), min(prices), prices[-1]
    turnover = sum(price * size for price, size in trades)
    volume = sum(size for _, size in trades)
    return Minute(number, corners, (), (0, 0, 0), (0, 0, 0), volume, len(trades), turnover, -1, 1, float(prices[-1]))


def _barred(number: int, bar: Bar, tick: float) -> Minute:
    corners = round(bar.open / tick), round(bar.high / tick), round(bar.low / tick), round(bar.close / tick)
    volume = int(bar.volume or 0)
    turnover = round((bar.close if bar.wap is None else bar.wap) / tick * volume)
    return Minute(
        number, corners, (), (0, 0, 0), (0, 0, 0), volume, max(1, bar.count or 0), turnover, -1, 1, float(corners[3])
    )


def first_known_ns(recording: Recording, con_id: int) -> int:
    """From when on anything is known of a contract, UTC nanoseconds."""
    bar = recording.first_bar(con_id)
    return recording.start_ns if bar is None else min(bar * NS, recording.start_ns)
