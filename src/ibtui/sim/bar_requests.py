"""Requests for bars of any size, answered from :mod:`ibtui.sim.history`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.market.bars import DAY, MINUTE, Bar
from ibtui.market.nyse import ZONE
from ibtui.sim.history import (
    History,
    QuoteBar,
    Running,
    TickBar,
    first_session_ns,
    quote_around,
    second_bars,
)
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay
from ibtui.sim.universe import Listing

WEEK, MONTH = 7 * DAY, 28 * DAY


class BarRequest(NamedTuple):
    """What is asked for. Times are UTC nanoseconds; ``what`` is TRADES, MIDPOINT, BID, ASK or BID_ASK."""

    listing: Listing
    seconds: int
    start_ns: int
    end_ns: int
    what: str
    use_rth: bool
    now_ns: int
    running: Running | None


def answer(history: History, request: BarRequest) -> list[Bar]:
    """Bars whose ``start`` lies in the range, each whole, or up to now."""
    start_ns = max(request.start_ns, first_session_ns(request.listing))
    request = request._replace(start_ns=start_ns, end_ns=min(request.end_ns, request.now_ns))
    if request.start_ns >= request.end_ns:
        return []
    scale = round(1 / request.listing.instrument.min_tick)
    if request.what == "TRADES":
        grouped = groupby(_trades(history, request), key=lambda keyed: keyed[0])
        return _in_range(request, (_trade_bar(start, [bar for _, bar in each], scale) for start, each in grouped))
    quotes = groupby(_quotes(history, request), key=lambda keyed: keyed[0])
    return _in_range(
        request, (_quote_bar(start, [bar for _, bar in each], request.what, scale) for start, each in quotes)
    )


def _in_range(request: BarRequest, bars: Iterable[Bar | None]) -> list[Bar]:
    return [bar for bar in bars if bar is not None and request.start_ns <= bar.start * NS < request.end_ns]


def _trades(history: History, request: BarRequest) -> Iterator[tuple[int, TickBar]]:
    """Minutes, or seconds for bars shorter than that, each with the start of the bar that it belongs to."""
    for session in _sessions(request):
        for day, phase in request.listing.calendar.phases(session, use_rth=request.use_rth):
            if request.seconds < MINUTE:
                bars: Iterable[TickBar] = (bar for bar, _ in _seconds(history, request, day, phase))
            else:
                bars = history.minute_bars(request.listing, day, phase, request.now_ns, request.running)
            starts = _starts(session, request)
            yield from ((starts(bar.start), bar) for bar in bars)


def _quotes(history: History, request: BarRequest) -> Iterator[tuple[int, QuoteBar]]:
    """As :func:`_trades`, of the quote."""
    for session in _sessions(request):
        for day, phase in request.listing.calendar.phases(session, use_rth=request.use_rth):
            if request.seconds < MINUTE:
                bars: Iterable[QuoteBar] = (bar for _, bar in _seconds(history, request, day, phase))
            else:
                bars = history.quote_bars(request.listing, day, phase, request.now_ns, request.running)
            starts = _starts(session, request)
            yield from ((starts(bar.start), bar) for bar in bars)


def _seconds(
    history: History, request: BarRequest, day: TradingDay, phase: Phase
) -> Iterator[tuple[TickBar, QuoteBar]]:
    """Bars shorter than a minute, of those minutes only that the request touches."""
    span, listing, now_ns = day.span(phase), request.listing, request.now_ns
    first = max(span.first, request.start_ns // MINUTE_NS)
    last = min(span.last, -(-request.end_ns // MINUTE_NS))
    if first >= last:
        return
    minutes = history.source.phase(listing, day, phase, last - span.first)
    for minute in minutes[first - span.first : last - span.first]:
        offset = history.offset(listing.con_id, minute.number * MINUTE_NS)
        bid, ask = history.source.quote_before(listing, minute.number)
        prints = history.prints_until(listing, minute, now_ns, request.running)
        ends = min(now_ns, (minute.number + 1) * MINUTE_NS - 1)
        middle = max(1, (bid + ask) // 2 + offset)
        for bar in second_bars(prints, minute.number * 60, request.seconds, ends, middle):
            half = minute.spread // 2
            quote = max(1, bar.close - half), max(2, bar.close - half + minute.spread)
            yield bar, quote_around(bar, quote, quote, minute.spread)


def _sessions(request: BarRequest) -> Iterator[TradingDay]:
    """Sessions of the dates that the range touches, whole weeks or months for bars of that length."""
    first = datetime.fromtimestamp(request.start_ns // NS, UTC).date()
    last = datetime.fromtimestamp(request.end_ns // NS, UTC).date()
    if request.seconds >= DAY:
        first, last = _period(first, request.seconds), last + timedelta(days=request.seconds // DAY)
    calendar = request.listing.calendar
    if calendar.overnight:
        last += timedelta(days=1)  # its session begins in the evening of the last date
    day = calendar.session_of(min(_midnight(first) * NS, request.start_ns) // MINUTE_NS)
    while day.date <= last and day.span(calendar.leads).first * MINUTE_NS < request.now_ns:
        yield day
        day = calendar.day_of(day.regular.last)


def _starts(session: TradingDay, request: BarRequest) -> Callable[[int], int]:
    """Says where the bar of a piece starts: counted from New York's midnight, but not before trading begins."""
    seconds = request.seconds
    if seconds >= DAY:
        date_start = _period_start(session.date, seconds)
        return lambda start: date_start
    midnight = int(datetime(*session.date.timetuple()[:3], tzinfo=ZONE).timestamp())
    day, phase = request.listing.calendar.phases(session, use_rth=request.use_rth)[0]
    begins = day.span(phase).first * 60
    return lambda start: max(begins, midnight + (start - midnight) // seconds * seconds)


def _period(day: date, seconds: int) -> date:
    """The first date of the day, week or month that a date is in."""
    if seconds >= MONTH:
        return day.replace(day=1)
    return day - timedelta(days=day.weekday()) if seconds >= WEEK else day


def _period_start(day: date, seconds: int) -> int:
    """The start of the bar of a day, week or month, as bars carry it: midnight UTC of its first date."""
    return _midnight(_period(day, seconds))


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _trade_bar(start: int, pieces: Sequence[TickBar], scale: int) -> Bar | None:
    bars = [bar for bar in pieces if bar.trades]
    if not bars:
        return None
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


def _quote_bar(start: int, quotes: Sequence[QuoteBar], what: str, scale: int) -> Bar:
    bid = _joined([quote.bid for quote in quotes])
    ask = _joined([quote.ask for quote in quotes])
    if what == "BID":
        prices = _prices(bid, scale)
    elif what == "ASK":
        prices = _prices(ask, scale)
    elif what == "BID_ASK":  # as IB: average bid, highest ask, lowest bid, average ask
        bids = sum(sum(quote.bid) for quote in quotes) / (4 * len(quotes))
        asks = sum(sum(quote.ask) for quote in quotes) / (4 * len(quotes))
        prices = (round(bids) / scale, ask[1] / scale, bid[2] / scale, round(asks) / scale)
    else:
        prices = _prices((bid[0] + ask[0], bid[1] + ask[1], bid[2] + ask[2], bid[3] + ask[3]), 2 * scale)
    return Bar(start, *prices)


def _prices(ticks: tuple[int, int, int, int], scale: int) -> tuple[float, float, float, float]:
    return ticks[0] / scale, ticks[1] / scale, ticks[2] / scale, ticks[3] / scale


def _joined(bars: Sequence[tuple[int, int, int, int]]) -> tuple[int, int, int, int]:
    return bars[0][0], max(bar[1] for bar in bars), min(bar[2] for bar in bars), bars[-1][3]
