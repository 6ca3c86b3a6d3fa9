"""Which minutes every contract's day has: plans that are drawn from the day's path as far as somebody asks."""

import math
import random
from collections.abc import Sequence
from typing import Any

from ibtui.sim.minutes import VOLUME_SHARE, Minute, Plan, busyness
from ibtui.sim.paths import (
    INDEX_VOLATILITY,
    PHASE_SHARE,
    TRADING_DAYS_A_YEAR,
    Walk,
    bridge,
    index_walk,
    minute_shares,
    phase_levels,
)
from ibtui.sim.trading_days import Calendar, Phase, Span, TradingDay
from ibtui.sim.universe import Listing

_INDEX_DAYS = 1024
"""Days of which the index's ends are kept: every share asks for those of the last year."""


class Planner:
    """Plans the minutes of every contract. Everything it keeps is a cache.

    Args:
        seed: Everything follows from it.
        phases: How many phases' plans it keeps; one of a whole regular session takes a third of a megabyte.
    """

    def __init__(self, seed: int, phases: int = 128) -> None:
        self.seed = seed
        self._phases = phases
        self._index = index_walk(seed)
        self._walks: dict[int, Walk] = {}
        self._index_days: dict[tuple[int, int], tuple[float, float]] = {}
        self._index_paths: dict[tuple[str, int, Phase, Span], list[float]] = {}
        self._plans: dict[tuple[int, int, Phase], Plan] = {}

    def minute(self, listing: Listing, number: int) -> Minute | None:
        """The plan of one minute, or None while the market is closed."""
        moment = listing.calendar.moment_of(number)
        if moment is None:
            return None
        return self.plan(listing, *moment).minute(number)

    def plan(self, listing: Listing, day: TradingDay, phase: Phase) -> Plan:
        """The plan of one phase of a day; who keeps it keeps it from being drawn again."""
        key = (listing.con_id, day.ordinal, phase)
        plan = self._plans.get(key)
        if plan is None:
            _trim(self._plans, self._phases)
            name = f"{self.seed}/{listing.con_id}/{day.ordinal}/{int(phase)}"
            plan = self._plans[key] = Plan(listing, day, phase, self._path(listing, day, phase), name)
        return plan

    def phase(self, listing: Listing, day: TradingDay, phase: Phase, count: int | None = None) -> list[Minute]:
        """So many minutes of one phase of a day, or all."""
        return self.plan(listing, day, phase).until(count)

    def quote_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of an open minute: what the minute before left, in the same phase."""
        moment = listing.calendar.moment_of(number)
        if moment is None:
            raise ValueError("the market is closed in this minute")
        return self.plan(listing, *moment).quote_before(number)

    def close(self, listing: Listing, day: TradingDay) -> int:
        """The last regular price of a day, in increments."""
        return self.plan(listing, day, Phase.REGULAR).close()

    def previous_close(self, listing: Listing, number: int) -> int:
        """The close of the regular session before the one that a minute belongs to or follows."""
        return self.close(listing, listing.calendar.before(listing.calendar.session_of(number)))

    def change(self, listing: Listing, number: int) -> tuple[float, float]:
        """Where an open minute's path begins, in increments, and how far that is from the close before, as a part.

        It is the price but for half a spread, and costs no plans.
        """
        moment = listing.calendar.moment_of(number)
        if moment is None:
            raise ValueError("the market is closed in this minute")
        now = self._path(listing, *moment)[number - moment.day.span(moment.phase).first]
        before = listing.calendar.before(listing.calendar.session_of(number))
        return now, now / self._path(listing, before, Phase.REGULAR)[-1] - 1

    def extremes(self, listing: Listing, number: int, spans: Sequence[int]) -> list[tuple[float, float]]:
        """Lowest and highest price at which a regular session began or ended, in increments.

        For each of the spans, ascending: so many sessions before the one that a minute belongs to or follows. It costs
        no plans, and minutes between may have gone a little beyond.
        """
        day, own = listing.calendar.session_of(number), self._own_walk(listing)
        anchor, beta = listing.price / listing.instrument.min_tick, listing.beta
        prices: list[float] = []
        found = []
        before = listing.calendar.before(day)
        for span in spans:
            while len(prices) < 2 * span:
                day, before = before, listing.calendar.before(before)
                shared = self._index_ends(before.ordinal, day.ordinal)
                single = _regular_ends(f"{self.seed}/{listing.con_id}/{day.ordinal}", own, before.ordinal, day.ordinal)
                prices += [anchor * math.exp(beta * both + alone) for both, alone in zip(shared, single, strict=True)]
            found.append((min(prices), max(prices)))
        return found

    def _index_ends(self, before: int, ordinal: int) -> tuple[float, float]:
        """Where a day's regular session began and ended, for every contract alike."""
        key = before, ordinal
        if key not in self._index_days:
            _trim(self._index_days, _INDEX_DAYS)
            self._index_days[key] = _regular_ends(f"{self.seed}/index/{ordinal}", self._index, before, ordinal)
        return self._index_days[key]

    def _own_walk(self, listing: Listing) -> Walk:
        """How far a contract's days lead it away from what the index explains."""
        return self._walks.setdefault(listing.con_id, Walk(f"{self.seed}/{listing.con_id}/days", _own_step(listing)))

    def day_volume(self, listing: Listing, number: int) -> float:
        """Shares that the regular session of a minute's day is planned to trade."""
        day = listing.calendar.session_of(number)
        draw = random.Random(f"{self.seed}/{listing.con_id}/{day.ordinal}/{int(Phase.REGULAR)}")
        return listing.daily_volume * VOLUME_SHARE[Phase.REGULAR] * busyness(draw)

    def _path(self, listing: Listing, day: TradingDay, phase: Phase) -> list[float]:
        """Prices in increments at the edges of a phase's minutes."""
        if listing.underlying is not None:
            first, tick = day.span(phase).first, listing.instrument.min_tick
            below = listing.underlying
            prices = [level * below.instrument.min_tick for level in self._path(below, day, phase)]
            return [max(1.0, listing.worth(price, first + k) / tick) for k, price in enumerate(prices)]
        own = self._own_walk(listing)
        name = f"{self.seed}/{listing.con_id}/{day.ordinal}"
        levels = _levels(name, own, listing.calendar, day, phase)
        index = self._index_path(listing.calendar, day, phase)
        anchor, beta, exp = listing.price / listing.instrument.min_tick, listing.beta, math.exp
        return [anchor * exp(beta * shared + single) for shared, single in zip(index, levels, strict=True)]

    def _index_path(self, calendar: Calendar, day: TradingDay, phase: Phase) -> list[float]:
        key = calendar.name, day.ordinal, phase, day.span(phase)  # an option's days are shorter than its share's
        if key not in self._index_paths:
            _trim(self._index_paths, self._phases)
            self._index_paths[key] = _levels(f"{self.seed}/index/{day.ordinal}", self._index, calendar, day, phase)
        return self._index_paths[key]


def _levels(name: str, walk: Walk, calendar: Calendar, day: TradingDay, phase: Phase) -> list[float]:
    """Levels of a walk at the edges of a phase's minutes."""
    before = calendar.before(day).ordinal
    levels = phase_levels(name, walk.level(before), walk.level(day.ordinal), walk.step)
    ends = levels[phase]
    if calendar.overnight and phase is Phase.AFTER:
        ends = ends[0], levels[Phase.PRE][0]  # trading goes on through the night: there is no gap
    span = day.span(phase)
    shares = minute_shares(phase, span.last - span.first)
    return bridge(f"{name}/{int(phase)}", shares, *ends, walk.step * math.sqrt(PHASE_SHARE[phase]))


def _regular_ends(name: str, walk: Walk, before: int, ordinal: int) -> tuple[float, float]:
    """Levels of a walk at which the regular session of a day began and ended; days by their ordinals."""
    return phase_levels(name, walk.level(before), walk.level(ordinal), walk.step)[Phase.REGULAR]


def _own_step(listing: Listing) -> float:
    """Standard deviation of a day of what the index doesn't explain."""
    explained = listing.beta * INDEX_VOLATILITY
    own = max(listing.volatility**2 - explained**2, (listing.least_own * listing.volatility) ** 2)
    return math.sqrt(own / TRADING_DAYS_A_YEAR)


def _trim(cache: dict[Any, Any], keep: int) -> None:
    while len(cache) >= keep:
        del cache[next(iter(cache))]
