"""The seeded flow of one contract: everything that would happen in its market if nobody of ours were there.

Three kinds of things happen, in time order: a print, a new place of the quote, and a beat. Beats are a fixed grid with
jitter; each one gives one row of the book a new size (see :mod:`ibtui.sim.sizes`), which is why the state of the book
at any time can be known without what came before the minute.
"""

from collections.abc import Iterator
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.sim.minutes import Minute, Planner
from ibtui.sim.prints import PlannedPrint, prints_of
from ibtui.sim.sizes import mixed
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay
from ibtui.sim.universe import Listing

BEATS_A_SECOND = 22.0
_THIN_BEATS = 0.08
"""Beats outside the regular session, over those within."""
_LAG_NS = 120_000_000
"""The other side of the quote follows a move within this time."""


class MinuteBegins(NamedTuple):
    """A minute with its plan; ``beat`` is the last one before it, ``phase_begins`` says if it is its phase's first."""

    time_ns: int
    minute: Minute
    day: TradingDay
    phase: Phase
    phase_begins: bool
    beat: int


class QuoteMoves(NamedTuple):
    """The seeded quote has new places, in increments."""

    time_ns: int
    bid: int
    ask: int


class PrintComes(NamedTuple):
    """Somebody trades. ``aggressor`` 1 a buyer takes the ask, -1 a seller hits the bid, 0 between."""

    time_ns: int
    price: int
    size: int
    aggressor: int


class Beat(NamedTuple):
    """One row of the book gets a new size."""

    time_ns: int
    number: int


Happening = MinuteBegins | QuoteMoves | PrintComes | Beat


def flow(planner: Planner, listing: Listing, from_minute: int, rate: float) -> Iterator[Happening]:
    """All that happens from the first open minute at or after ``from_minute`` on, for ever."""
    calendar = listing.calendar
    number = calendar.next_open_minute(from_minute)
    while True:
        moment = calendar.moment_of(number)
        if moment is not None:
            yield from _minute(planner, listing, number, moment.day, moment.phase, rate)
            number += 1
        else:
            number = calendar.next_open_minute(number)


def _minute(
    planner: Planner, listing: Listing, number: int, day: TradingDay, phase: Phase, rate: float
) -> Iterator[Happening]:
    first = day.span(phase).first
    minute = planner.phase(listing, day, phase)[number - first]
    start = number * MINUTE_NS
    bid, ask = planner.quote_before(listing, number)
    period = beat_period(phase, rate)
    yield MinuteBegins(start, minute, day, phase, number == first, -(-start // period) - 1)
    yield QuoteMoves(start, bid, ask)
    con_id = listing.con_id
    beats = _beats(con_id, start, period)
    beat = next(beats, None)
    for happening in _trading(prints_of(planner.seed, con_id, minute), minute, bid, ask, con_id):
        while beat is not None and beat.time_ns <= happening.time_ns:
            yield beat
            beat = next(beats, None)
        yield happening
    while beat is not None:
        yield beat
        beat = next(beats, None)


def beat_period(phase: Phase, rate: float) -> int:
    """Nanoseconds between two beats; a rate of 0 leaves one in a century."""
    if not rate:
        return 100 * 365 * 86400 * NS
    return int(NS / (BEATS_A_SECOND * rate * (1.0 if phase is Phase.REGULAR else _THIN_BEATS)))


def _beats(con_id: int, start: int, period: int) -> Iterator[Beat]:
    """The beats of a minute: one somewhere in each stretch of the grid."""
    number, end = -(-start // period), start + MINUTE_NS
    while number * period < end:
        moment = number * period + mixed(con_id, number, 7) % period
        if moment < end:
            yield Beat(moment, number)
        number += 1


def _trading(
    prints: list[PlannedPrint], minute: Minute, bid: int, ask: int, con_id: int
) -> Iterator[QuoteMoves | PrintComes]:
    """Prints with the moves of the quote that they make: a price beyond the quote has moved it first.

    After a move one side leads and the other follows a little later, so that the quote is wide for a moment. The
    minute's last print leaves the quote where the plan says.
    """
    spread = minute.spread
    last = len(prints) - 1
    follow: QuoteMoves | None = None
    for k, (time_ns, price, size) in enumerate(prints):
        if follow is not None:
            follow = follow if follow.time_ns < time_ns else follow._replace(time_ns=time_ns)
            bid, ask = follow.bid, follow.ask
            yield follow
            follow = None
        side = 1 if price >= ask else -1 if price <= bid else 0
        if k == last:
            side = minute.closing_side if price > spread else -1
        if side > 0 and price != ask:
            bid, ask = min(bid, price - 1), price
            yield QuoteMoves(time_ns, bid, ask)
        elif side < 0 and price != bid:
            bid, ask = price, max(ask, price + 1)
            yield QuoteMoves(time_ns, bid, ask)
        yield PrintComes(time_ns, price, size, side)
        wanted = (max(1, ask - spread), ask) if side > 0 else (bid, bid + spread) if side < 0 else (bid, ask)
        if wanted != (bid, ask):
            follow = QuoteMoves(time_ns + mixed(con_id, time_ns, 11) % _LAG_NS, *wanted)
    if follow is not None:
        end = (minute.number + 1) * MINUTE_NS - 1
        yield follow if follow.time_ns < end else follow._replace(time_ns=end)
