"""The seeded flow of one contract: everything that would happen in its market if nobody of ours were there.

Two kinds of things happen, in time order: a print and a new place of the quote. Beats, which give the book's rows new
sizes, go beside it (see :mod:`ibtui.sim.beats`).
"""

from collections.abc import Iterator
from typing import NamedTuple

from ibtui.sim.minutes import Minute
from ibtui.sim.planner import Planner
from ibtui.sim.prints import PlannedPrint, prints_of
from ibtui.sim.sizes import mixed
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay
from ibtui.sim.universe import Listing

_LAG_NS = 120_000_000
"""The other side of the quote follows a move within this time."""


class MinuteBegins(NamedTuple):
    """A minute with its plan.

    Attributes:
        phase_begins: Whether it is its phase's first.
        beat: The last beat before it, if beats come with the flow.
    """

    time_ns: int
    minute: Minute
    day: TradingDay
    phase: Phase
    phase_begins: bool
    beat: int = 0


class QuoteMoves(NamedTuple):
    """The seeded quote has new places, in increments."""

    time_ns: int
    bid: int
    ask: int


class PrintComes(NamedTuple):
    """Somebody trades. ``aggressor`` 1 a buyer takes the ask, -1 a seller hits the bid, 0 between.

    ``venue`` and ``conditions`` are told where they are known, else they follow from time and size.
    """

    time_ns: int
    price: int
    size: int
    aggressor: int
    venue: str = ""
    conditions: str = ""


class Beat(NamedTuple):
    """One row of the book gets a new size."""

    time_ns: int
    number: int


Happening = MinuteBegins | QuoteMoves | PrintComes | Beat


def flow(planner: Planner, listing: Listing, from_minute: int) -> Iterator[Happening]:
    """All that happens from the first open minute at or after ``from_minute`` on, for ever."""
    calendar = listing.calendar
    number = calendar.next_open_minute(from_minute)
    while True:
        moment = calendar.moment_of(number)
        if moment is not None:
            plan, (first, last) = planner.plan(listing, *moment), moment.day.span(moment.phase)
            for each in range(number, last):
                minute, (bid, ask), start = plan.minute(each), plan.quote_before(each), each * MINUTE_NS
                yield MinuteBegins(start, minute, moment.day, moment.phase, each == first)
                yield QuoteMoves(start, bid, ask)
                yield from _trading(prints_of(planner.seed, listing.con_id, minute), minute, bid, ask, listing.con_id)
            number = last
        else:
            number = calendar.next_open_minute(number)


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
