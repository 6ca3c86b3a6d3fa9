"""What each minute of a contract's day will look like: its bar, known before any of its prints.

This is the middle floor of the market: the day's path is above it (:mod:`ibtui.sim.paths`), the prints are below
(:mod:`ibtui.sim.prints`). A minute's plan says open, high, low, close, volume, number of prints and turnover, and the
prints keep it to the share and the cent. So bars of any range cost no prints, and equal what the market prints.

The four corners (open, first extreme, second extreme, close) are prints of their own. Between them run three legs of
prints in pairs that mirror each other about the leg's middle: a leg's turnover is its volume times that middle,
whatever its prints are, which is how the turnover can be known beforehand.
"""

import math
import random
from functools import lru_cache
from typing import Any, NamedTuple

from ibtui.sim.paths import (
    INDEX_VOLATILITY,
    PHASE_SHARE,
    TRADING_DAYS_A_YEAR,
    Walk,
    activity,
    bridge,
    index_walk,
    minute_shares,
    phase_levels,
)
from ibtui.sim.trading_days import Calendar, Phase, TradingDay
from ibtui.sim.universe import Listing

OPENING_SHARE, CLOSING_SHARE = 0.01, 0.07
"""Parts of a share's regular volume that change hands in its auctions."""
_VOLUME_SHARE = {Phase.AFTER: 0.02, Phase.PRE: 0.02, Phase.REGULAR: 0.96}
_SPREAD_FACTOR = {Phase.AFTER: 4, Phase.PRE: 3, Phase.REGULAR: 1}
_REGULAR_MINUTES = 390
_WIDE_MINUTES = 5
"""For so long after a phase begins quotes are twice as wide."""


class Minute(NamedTuple):
    """The plan of one minute. Prices are whole increments; a minute without prints has 0 trades.

    Attributes:
        number: Minutes since 1970.
        corners: Open, first extreme, second extreme, close; open and close only where there are one or two prints.
        sizes: Shares of the corners' prints.
        pairs: Pairs of prints in each leg between two corners.
        halves: Shares of one half of each leg; the mirrored half has as many.
        turnover: Sum of price times size over the prints, in increments times shares.
        closing_side: 1 the last print is a buyer's, at the ask; -1 a seller's, at the bid.
        spread: Usual width of the quote in this minute, in increments.
        middle: The path's own price at the end of the minute.
        opening_auction: Whether its first print is the auction that opens the session.
        closing_auction: Whether its last print is the auction that closes it.
    """

    number: int
    corners: tuple[int, ...]
    sizes: tuple[int, ...]
    pairs: tuple[int, int, int]
    halves: tuple[int, int, int]
    volume: int
    trades: int
    turnover: int
    closing_side: int
    spread: int
    middle: float
    opening_auction: bool = False
    closing_auction: bool = False

    @property
    def open(self) -> int:
        """Price of the first print."""
        return self.corners[0]

    @property
    def high(self) -> int:
        """Highest price."""
        return max(self.corners)

    @property
    def low(self) -> int:
        """Lowest price."""
        return min(self.corners)

    @property
    def close(self) -> int:
        """Price of the last print."""
        return self.corners[-1]

    def closing_quote(self) -> tuple[int, int]:
        """Bid and ask after the last print, or around the path's price where there was none."""
        if not self.trades:
            bid = max(1, round(self.middle - self.spread / 2))
            return bid, bid + self.spread
        if self.closing_side > 0 and self.close > self.spread:
            return self.close - self.spread, self.close
        return self.close, self.close + self.spread


class Planner:
    """Plans the minutes of every contract. Everything it keeps is a cache.

    Args:
        seed: Everything follows from it.
        phases: How many phases' plans it keeps; one of a regular session takes a third of a megabyte.
    """

    def __init__(self, seed: int, phases: int = 128) -> None:
        self.seed = seed
        self._phases = phases
        self._index = index_walk(seed)
        self._walks: dict[int, Walk] = {}
        self._index_paths: dict[tuple[str, int, Phase], list[float]] = {}
        self._minutes: dict[tuple[int, int, Phase], list[Minute]] = {}

    def minute(self, listing: Listing, number: int) -> Minute | None:
        """The plan of one minute, or None while the market is closed."""
        moment = listing.calendar.moment_of(number)
        if moment is None:
            return None
        return self.phase(listing, *moment)[number - moment.day.span(moment.phase).first]

    def phase(self, listing: Listing, day: TradingDay, phase: Phase) -> list[Minute]:
        """The plans of all minutes of one phase of a day."""
        key = (listing.con_id, day.ordinal, phase)
        if key not in self._minutes:
            _trim(self._minutes, self._phases)
            self._minutes[key] = self._plan(listing, day, phase)
        return self._minutes[key]

    def quote_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of an open minute: what the minute before left, in the same phase."""
        moment = listing.calendar.moment_of(number)
        if moment is None:
            raise ValueError("the market is closed in this minute")
        position = number - moment.day.span(moment.phase).first
        minutes = self.phase(listing, *moment)
        if position:
            return minutes[position - 1].closing_quote()
        return minutes[0]._replace(trades=0, middle=self._path(listing, *moment)[0]).closing_quote()

    def close(self, listing: Listing, day: TradingDay) -> int:
        """The last regular price of a day, in increments."""
        return next(minute.close for minute in reversed(self.phase(listing, day, Phase.REGULAR)) if minute.trades)

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

    def extremes(self, listing: Listing, number: int, days: int) -> tuple[float, float] | None:
        """Lowest and highest price at which a regular session began or ended, in increments.

        Of so many sessions before the one that a minute belongs to or follows. It costs no plans, and minutes between
        may have gone a little beyond.
        """
        day, prices = listing.calendar.session_of(number), []
        index, own = self._index, self._own_walk(listing)
        anchor, beta = listing.price / listing.instrument.min_tick, listing.beta
        for _ in range(days):
            day = listing.calendar.before(day)
            before = listing.calendar.before(day).ordinal
            ends = [
                phase_levels(name, walk.level(before), walk.level(day.ordinal), walk.step)[Phase.REGULAR]
                for name, walk in (
                    (f"{self.seed}/index/{day.ordinal}", index),
                    (f"{self.seed}/{listing.con_id}/{day.ordinal}", own),
                )
            ]
            prices += [anchor * math.exp(beta * shared + single) for shared, single in zip(*ends, strict=True)]
        return min(prices), max(prices)

    def _own_walk(self, listing: Listing) -> Walk:
        """How far a contract's days lead it away from what the index explains."""
        return self._walks.setdefault(listing.con_id, Walk(f"{self.seed}/{listing.con_id}/days", _own_step(listing)))

    def day_volume(self, listing: Listing, number: int) -> float:
        """Shares that the regular session of a minute's day is planned to trade."""
        draw = self._draw(listing, listing.calendar.session_of(number), Phase.REGULAR)
        return listing.daily_volume * _VOLUME_SHARE[Phase.REGULAR] * _busyness(draw)

    def _draw(self, listing: Listing, day: TradingDay, phase: Phase) -> random.Random:
        return random.Random(f"{self.seed}/{listing.con_id}/{day.ordinal}/{int(phase)}")

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
        key = calendar.name, day.ordinal, phase
        if key not in self._index_paths:
            _trim(self._index_paths, self._phases)
            self._index_paths[key] = _levels(f"{self.seed}/index/{day.ordinal}", self._index, calendar, day, phase)
        return self._index_paths[key]

    def _plan(self, listing: Listing, day: TradingDay, phase: Phase) -> list[Minute]:
        draw = self._draw(listing, day, phase)
        span = day.span(phase)
        length = span.last - span.first
        if not length:
            return []
        volume = listing.daily_volume * _VOLUME_SHARE[phase] * _busyness(draw)
        if phase is Phase.REGULAR:
            volume *= length / _REGULAR_MINUTES
        prints = prints_a_minute(listing) * _thinness(phase, length) * length
        reach = listing.volatility * math.sqrt(PHASE_SHARE[phase] / TRADING_DAYS_A_YEAR)
        path = self._path(listing, day, phase)
        auctions = phase is Phase.REGULAR and bool(listing.stock_type)
        continuous = volume * (1 - OPENING_SHARE - CLOSING_SHARE) if auctions else volume
        spread = listing.spread
        if not listing.calendar.overnight:
            spread *= _SPREAD_FACTOR[phase]
        minutes = [
            _minute(
                draw,
                span.first + k,
                path[k],
                path[k + 1],
                reach * path[k] * math.sqrt(minute_share),
                continuous * volume_share,
                prints * volume_share,
                spread * (2 if k < _WIDE_MINUTES else 1),
            )
            for k, (minute_share, volume_share) in enumerate(
                zip(minute_shares(phase, length), _volume_shares(phase, length), strict=True)
            )
        ]
        if auctions:
            minutes[0] = _with_auction(minutes[0], volume * OPENING_SHARE, opening=True)
            minutes[-1] = _with_auction(minutes[-1], volume * CLOSING_SHARE, opening=False)
        return minutes


def _busyness(draw: random.Random) -> float:
    """How much more than usual a phase trades; the first thing that its generator says."""
    return math.exp(0.25 * draw.gauss(0.0, 1.0))


def prints_a_minute(listing: Listing) -> float:
    """Prints in an average minute of a regular session: more for busier contracts, far less than in proportion."""
    return 34.0 * math.pow(listing.daily_volume / 1e6, 0.35)


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


def _thinness(phase: Phase, length: int) -> float:
    """Prints in an average minute of a phase, over those of a regular one."""
    if phase is Phase.REGULAR:
        return 1.0
    per_minute = _VOLUME_SHARE[phase] / length / (_VOLUME_SHARE[Phase.REGULAR] / _REGULAR_MINUTES)
    return math.pow(per_minute, 0.75)


@lru_cache(maxsize=16)
def _volume_shares(phase: Phase, length: int) -> tuple[float, ...]:
    """Each minute's share of a phase's volume but for that of its auctions."""
    weights = [activity(phase, (k + 0.5) / length) for k in range(length)]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


def _own_step(listing: Listing) -> float:
    """Standard deviation of a day of what the index doesn't explain."""
    explained = listing.beta * INDEX_VOLATILITY
    own = max(listing.volatility**2 - explained**2, (listing.least_own * listing.volatility) ** 2)
    return math.sqrt(own / TRADING_DAYS_A_YEAR)


def _minute(
    draw: random.Random,
    number: int,
    start: float,
    end: float,
    reach: float,
    volume: float,
    prints: float,
    usual_spread: float,
) -> Minute:
    """Draws one minute. ``reach`` is the standard deviation of a minute's move, in increments.

    A month of bars draws some ten thousand minutes, hence the unrolled sums.
    """
    uniform, exp, log = draw.random, math.exp, math.log
    mood = uniform() + uniform() + uniform() - 1.5
    sides = uniform()
    spread = round(usual_spread * (1.0 + 0.4 * uniform())) or 1
    half = spread / 2
    opens = round(start + half if sides < 0.5 else start - half)
    closing_side = 1 if sides % 0.5 < 0.25 else -1
    closes = round(end + closing_side * half)
    if opens < 1 or closes < 1:
        opens, closes = max(1, opens), max(1, closes)
    volume *= exp(0.9 * mood - 0.1)
    trades = int(prints * exp(0.54 * mood - 0.06) + uniform())
    if trades < 4:
        return _thin_minute(draw, number, opens, closes, min(2, trades), volume, closing_side, spread, end)
    higher, lower = (opens, closes) if opens > closes else (closes, opens)
    high = higher - int(log(1.0 - uniform()) * reach * 0.55)
    low = lower + int(log(1.0 - uniform()) * reach * 0.55)
    if low < 1:
        low = 1
    rising_first = uniform() < (0.35 if closes > opens else 0.65)
    second, third = (high, low) if rising_first else (low, high)
    pairs = (trades - 4) // 2
    pairs_1 = int(pairs * (0.15 + 0.35 * uniform()))
    pairs_2 = int((pairs - pairs_1) * (0.3 + 0.4 * uniform()))
    pairs_3 = pairs - pairs_1 - pairs_2
    average = volume / (4 + 2 * pairs)
    size_1, size_2 = _corner_size(average, uniform()), _corner_size(average, uniform())
    size_3, size_4 = _corner_size(average, uniform()), _corner_size(average, uniform())
    half_1 = max(pairs_1, int(pairs_1 * average * (0.6 + 0.8 * uniform())))
    half_2 = max(pairs_2, int(pairs_2 * average * (0.6 + 0.8 * uniform())))
    half_3 = max(pairs_3, int(pairs_3 * average * (0.6 + 0.8 * uniform())))
    return Minute(
        number,
        (opens, second, third, closes),
        (size_1, size_2, size_3, size_4),
        (pairs_1, pairs_2, pairs_3),
        (half_1, half_2, half_3),
        size_1 + size_2 + size_3 + size_4 + 2 * (half_1 + half_2 + half_3),
        4 + 2 * pairs,
        opens * size_1 + second * size_2 + third * size_3 + closes * size_4
        + half_1 * (opens + second) + half_2 * (second + third) + half_3 * (third + closes),
        closing_side,
        spread,
        end,
    )  # fmt: skip


def _thin_minute(
    draw: random.Random,
    number: int,
    opens: int,
    closes: int,
    trades: int,
    volume: float,
    closing_side: int,
    spread: int,
    middle: float,
) -> Minute:
    """A minute of two prints, one or none; three would have no mirrored pair and become two."""
    corners = (closes,) if trades == 1 else (opens, closes)
    sizes = tuple(_corner_size(volume / trades, draw.random()) for _ in range(trades))
    turnover = sum(price * size for price, size in zip(corners, sizes, strict=False))
    return Minute(
        number, corners, sizes, (0, 0, 0), (0, 0, 0), sum(sizes), trades, turnover, closing_side, spread, middle
    )


def _with_auction(minute: Minute, shares: float, *, opening: bool) -> Minute:
    """The session's first or last minute with its auction in it: its first or last print, whole lots more."""
    size = max(1, round(shares / 100)) * 100
    corners, sizes = minute.corners, minute.sizes
    if not minute.trades:
        corners, sizes = corners[-1:], (0,)
    price = corners[0] if opening else corners[-1]
    sizes = (sizes[0] + size, *sizes[1:]) if opening else (*sizes[:-1], sizes[-1] + size)
    return minute._replace(
        corners=corners,
        sizes=sizes,
        volume=minute.volume + size,
        trades=max(1, minute.trades),
        turnover=minute.turnover + price * size,
        opening_auction=opening,
        closing_auction=not opening,
    )


def _corner_size(average: float, luck: float) -> int:
    """Shares of a corner's print; whole lots where it is that large."""
    size = int(average * (0.3 + 0.5 / (luck + 0.3))) + 1
    return size if size < 100 else size // 100 * 100


def _trim(cache: dict[Any, Any], keep: int) -> None:
    while len(cache) >= keep:
        del cache[next(iter(cache))]
