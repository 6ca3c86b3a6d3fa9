"""Bars and prints of any time up to now, from the same seed as the live market.

Past minutes come from their plans, which the market keeps exactly. Minutes that went another way than was seeded (our
clients traded in them, or the market was steered or halted) are remembered print by print.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.market.bars import DAY, Bar
from ibtui.market.nyse import FIRST
from ibtui.sim.live import Day
from ibtui.sim.minutes import Minute, Planner
from ibtui.sim.prints import PlannedPrint, prints_of
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay, day_of
from ibtui.sim.universe import Listing

BEGIN = FIRST + timedelta(days=40)
"""Nothing is known of earlier days."""
WEEK, MONTH = 7 * DAY, 28 * DAY
_OPEN_MINUTE = 570
"""9:30 in minutes after midnight."""


class Running(NamedTuple):
    """The live minute of a watched contract: its number and its prints so far."""

    minute: int
    prints: Sequence[PlannedPrint]


class TickBar(NamedTuple):
    """A stretch of trading in whole increments. ``trades`` 0: no prints, and the four prices are the quote's middle."""

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

    planner: Planner
    offsets: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    remembered: dict[int, dict[int, list[PlannedPrint]]] = field(default_factory=dict)

    def offset(self, con_id: int, at_ns: int) -> int:
        """Increments that a contract is off its seeded path at a time."""
        moves = self.offsets.get(con_id, [])
        position = bisect_right(moves, at_ns, key=lambda move: move[0])
        return moves[position - 1][1] if position else 0

    def remember(self, con_id: int, minute: int, prints: Iterable[PlannedPrint]) -> None:
        """Keeps the prints of a minute that wasn't as seeded."""
        self.remembered.setdefault(con_id, {})[minute] = list(prints)

    def prints(self, listing: Listing, minute: Minute) -> list[PlannedPrint]:
        """All prints of one past minute."""
        kept = self.remembered.get(listing.con_id, {}).get(minute.number)
        if kept is not None:
            return kept
        offset = self.offset(listing.con_id, minute.number * MINUTE_NS)
        seeded = prints_of(self.planner.seed, listing.con_id, minute)
        return [each._replace(price=max(1, each.price + offset)) for each in seeded] if offset else seeded

    def day_until(self, listing: Listing, now_ns: int) -> Day:
        """The numbers of the running day up to the beginning of the minute of ``now_ns``."""
        number = now_ns // MINUTE_NS
        day = day_of(number)
        today = day if number >= day.pre.first else day_of(day.after.first - 1)
        before = self.planner.previous_close(listing, max(number, today.pre.first))
        result = Day(previous_close=before + self.offset(listing.con_id, now_ns))
        for phase, bar in self._minutes(listing, today, Phase.PRE, Phase.REGULAR, until=number, after_too=True):
            result.take(bar.high, bar.low, bar.volume, bar.turnover, opens=bar.open if phase is Phase.REGULAR else None)
            result.last, result.last_size = bar.close, max(1, bar.volume // bar.trades)
        if not result.last:
            result.last = result.previous_close
        return result

    def bars(
        self,
        listing: Listing,
        seconds: int,
        start_ns: int,
        end_ns: int,
        what: str,
        use_rth: bool,
        now_ns: int,
        running: Running | None,
    ) -> list[Bar]:
        """Bars that start in the half-open range, each whole (or up to now). See :meth:`Exchange.bars`."""
        end_ns = min(end_ns, now_ns)
        start_ns = max(start_ns, first_session_ns(listing))
        if start_ns >= end_ns:
            return []
        groups = self._grouped(listing, seconds, start_ns, end_ns, use_rth, now_ns, running)
        quotes = what != "TRADES"
        scale = round(1 / listing.instrument.min_tick)
        lowest, highest = start_ns // NS, -(-end_ns // NS)
        found: list[Bar] = []
        for start, members in groups:
            if not lowest <= start < highest:
                continue
            if quotes:
                found.append(_quote_bar(start, members, what, scale))
            elif any(bar.trades for bar, _ in members):
                found.append(_trade_bar(start, [bar for bar, _ in members if bar.trades], scale))
        return found

    def _grouped(
        self,
        listing: Listing,
        seconds: int,
        start_ns: int,
        end_ns: int,
        use_rth: bool,
        now_ns: int,
        running: Running | None,
    ) -> Iterator[tuple[int, list[tuple[TickBar, QuoteBar]]]]:
        """What each bar is made of, in order."""
        key: int | None = None
        members: list[tuple[TickBar, QuoteBar]] = []
        for session in _sessions(_whole_periods(start_ns, seconds), end_ns):
            for bar, quote in self._pieces(listing, session, seconds, start_ns, end_ns, use_rth, now_ns, running):
                each = _bar_start(bar.start, session, seconds, use_rth)
                if each != key and members and key is not None:
                    yield key, members
                    members = []
                key = each
                members.append((bar, quote))
        if members and key is not None:
            yield key, members

    def _pieces(
        self,
        listing: Listing,
        session: TradingDay,
        seconds: int,
        start_ns: int,
        end_ns: int,
        use_rth: bool,
        now_ns: int,
        running: Running | None,
    ) -> Iterator[tuple[TickBar, QuoteBar]]:
        """Minutes (or seconds, for bars shorter than a minute) of one session's date, up to now."""
        for day, phase in _phases(session, use_rth):
            span = day.span(phase)
            if span.first * MINUTE_NS >= now_ns:
                return
            if seconds < 60 and not (span.first * MINUTE_NS < end_ns and span.last * MINUTE_NS > start_ns):
                continue
            minutes = self.planner.phase(listing, day, phase)
            quote = self.planner.quote_before(listing, span.first)
            for minute in minutes:
                if minute.number * MINUTE_NS >= now_ns:
                    return
                bid_ask, quote = quote, minute.closing_quote()
                if seconds < 60 and not start_ns // MINUTE_NS <= minute.number <= end_ns // MINUTE_NS:
                    continue
                offset = self.offset(listing.con_id, minute.number * MINUTE_NS)
                bid_ask = bid_ask[0] + offset, bid_ask[1] + offset
                closing = quote[0] + offset, quote[1] + offset
                is_running = (minute.number + 1) * MINUTE_NS > now_ns
                if seconds >= 60 and not is_running:
                    bar = self._minute_bar(listing, minute, offset)
                    yield bar, _quotes(bar, bid_ask, closing, minute.spread)
                    continue
                prints: Sequence[PlannedPrint]
                if running is not None and running.minute == minute.number:
                    prints = running.prints
                else:
                    prints = [each for each in self.prints(listing, minute) if each.time_ns <= now_ns]
                size = min(seconds, 60)
                last = min(now_ns, (minute.number + 1) * MINUTE_NS - 1)
                for bar in _cut(prints, minute.number * 60, size, last, sum(bid_ask) // 2):
                    yield bar, _quotes(bar, bid_ask, bid_ask, minute.spread)

    def _minute_bar(self, listing: Listing, minute: Minute, offset: int) -> TickBar:
        kept = self.remembered.get(listing.con_id, {}).get(minute.number)
        start = minute.number * 60
        if kept is not None:
            return _bar_of(start, kept, sum(minute.closing_quote()) // 2 + offset)
        if not minute.trades:
            middle = sum(minute.closing_quote()) // 2 + offset
            return TickBar(start, middle, middle, middle, middle, 0, 0, 0)
        corners = minute.corners
        return TickBar(
            start, corners[0] + offset, max(corners) + offset, min(corners) + offset, corners[-1] + offset,
            minute.volume, minute.turnover + offset * minute.volume, minute.trades,
        )  # fmt: skip

    def _minutes(
        self, listing: Listing, day: TradingDay, *phases: Phase, until: int, after_too: bool
    ) -> Iterator[tuple[Phase, TickBar]]:
        """Bars of a session's minutes before ``until``, those without prints left out."""
        parts = [(day, phase) for phase in phases]
        if after_too and until >= day.regular.last:
            parts.append((day_of(day.regular.last), Phase.AFTER))
        for each, phase in parts:
            for minute in self.planner.phase(listing, each, phase):
                if minute.number >= until:
                    return
                offset = self.offset(listing.con_id, minute.number * MINUTE_NS)
                bar = self._minute_bar(listing, minute, offset)
                if bar.trades:
                    yield phase, bar


def first_session_ns(listing: Listing) -> int:
    """When the contract's history begins, UTC nanoseconds."""
    first = max(listing.listed, BEGIN)
    midnight = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp()) // 60
    return day_of(midnight + 12 * 60).regular.first * MINUTE_NS


def _whole_periods(start_ns: int, seconds: int) -> int:
    """The start of the week or month that a range begins in, so that its first bar is whole."""
    day = datetime.fromtimestamp(start_ns // NS, UTC).date()
    if seconds >= MONTH:
        day = day.replace(day=1)
    elif seconds >= WEEK:
        day -= timedelta(days=day.weekday())
    else:
        return start_ns
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * NS


def _sessions(start_ns: int, end_ns: int) -> Iterator[TradingDay]:
    """Sessions whose date, extended hours included, may have something in the range."""
    day = day_of(start_ns // MINUTE_NS)
    if start_ns // MINUTE_NS < day.after.last:
        day = day_of(day.after.first - 1)
    while day.pre.first * MINUTE_NS < end_ns or day.date <= datetime.fromtimestamp(end_ns // NS, UTC).date():
        yield day
        day = day_of(day.regular.last)


def _phases(session: TradingDay, use_rth: bool) -> Iterable[tuple[TradingDay, Phase]]:
    if use_rth:
        return [(session, Phase.REGULAR)]
    after = day_of(session.regular.last)
    return [(session, Phase.PRE), (session, Phase.REGULAR), (after, Phase.AFTER)]


def _bar_start(start: int, session: TradingDay, seconds: int, use_rth: bool) -> int:
    """Start of the bar that a piece belongs to: counted from New York's midnight, but not before trading begins."""
    if seconds >= DAY:
        return _period_date(session.date, seconds)
    midnight = (session.regular.first - _OPEN_MINUTE) * 60
    begins = (session.regular if use_rth else session.pre).first * 60
    return max(begins, midnight + (start - midnight) // seconds * seconds)


def _period_date(day: date, seconds: int) -> int:
    if seconds >= MONTH:
        day = day.replace(day=1)
    elif seconds >= WEEK:
        day -= timedelta(days=day.weekday())
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _cut(prints: Sequence[PlannedPrint], start: int, seconds: int, last_ns: int, middle: int) -> Iterator[TickBar]:
    """One minute's prints as bars of so many seconds, up to a time; a stretch without prints keeps the last price."""
    position = 0
    for begins in range(start, last_ns // NS + 1, seconds):
        ends = (begins + seconds) * NS
        first = position
        while position < len(prints) and prints[position].time_ns < ends:
            position += 1
        bar = _bar_of(begins, prints[first:position], middle)
        middle = bar.close
        yield bar


def _bar_of(start: int, prints: Sequence[PlannedPrint], middle: int) -> TickBar:
    if not prints:
        return TickBar(start, middle, middle, middle, middle, 0, 0, 0)
    prices = [each.price for each in prints]
    return TickBar(
        start, prices[0], max(prices), min(prices), prices[-1], sum(each.size for each in prints),
        sum(each.price * each.size for each in prints), len(prints),
    )  # fmt: skip


def _quotes(bar: TickBar, opening: tuple[int, int], closing: tuple[int, int], spread: int) -> QuoteBar:
    """The quote's bar that goes with a trades' bar: it leaned against the highest and the lowest print."""
    if not bar.trades:
        return QuoteBar(bar.start, (opening[0],) * 4, (opening[1],) * 4)
    bids, asks = (opening[0], closing[0]), (opening[1], closing[1])
    bid = bids[0], max(*bids, bar.high - spread), min(*bids, bar.low), bids[1]
    ask = asks[0], max(*asks, bar.high), min(*asks, bar.low + spread), asks[1]
    return QuoteBar(bar.start, bid, ask)


def _trade_bar(start: int, bars: Sequence[TickBar], scale: int) -> Bar:
    volume = sum(bar.volume for bar in bars)
    return Bar(
        start,
        bars[0].open / scale,
        max(bar.high for bar in bars) / scale,
        min(bar.low for bar in bars) / scale,
        bars[-1].close / scale,
        float(volume),
        round(sum(bar.turnover for bar in bars) / volume / scale, 6),
        sum(bar.trades for bar in bars),
    )


def _quote_bar(start: int, members: Sequence[tuple[TickBar, QuoteBar]], what: str, scale: int) -> Bar:
    quotes = [quote for _, quote in members]
    bid = _joined([quote.bid for quote in quotes])
    ask = _joined([quote.ask for quote in quotes])
    if what == "BID":
        prices = _prices(bid, scale)
    elif what == "ASK":
        prices = _prices(ask, scale)
    elif (
        what == "BID_ASK"
    ):  # IB: open is the average bid, close the average ask, low the lowest bid, high the highest ask
        bids = sum(sum(quote.bid) for quote in quotes) / (4 * len(quotes))
        asks = sum(sum(quote.ask) for quote in quotes) / (4 * len(quotes))
        prices = (round(bids / scale, 2), ask[1] / scale, bid[2] / scale, round(asks / scale, 2))
    else:
        prices = _prices((bid[0] + ask[0], bid[1] + ask[1], bid[2] + ask[2], bid[3] + ask[3]), 2 * scale)
    return Bar(start, *prices)


def _prices(ticks: tuple[int, int, int, int], scale: int) -> tuple[float, float, float, float]:
    return ticks[0] / scale, ticks[1] / scale, ticks[2] / scale, ticks[3] / scale


def _joined(bars: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    return bars[0][0], max(bar[1] for bar in bars), min(bar[2] for bar in bars), bars[-1][3]
