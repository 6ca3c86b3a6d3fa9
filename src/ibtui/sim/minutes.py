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
from typing import Any, NamedTuple

from ibtui.sim.paths import INDEX_VOLATILITY, TRADING_DAYS_A_YEAR, Walk, activity, bridge, index_walk, minute_shares
from ibtui.sim.trading_days import Phase, TradingDay, day_of, moment_of
from ibtui.sim.universe import Listing

_VOLUME_SHARE = {Phase.AFTER: 0.02, Phase.PRE: 0.02, Phase.REGULAR: 0.96}
_SPREAD_FACTOR = {Phase.AFTER: 4, Phase.PRE: 3, Phase.REGULAR: 1}
_REGULAR_MINUTES = 390


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
        days: How many days of plans it keeps.
    """

    def __init__(self, seed: int, days: int = 120) -> None:
        self.seed = seed
        self._days = days
        self._index = index_walk(seed)
        self._walks: dict[int, Walk] = {}
        self._shares: dict[tuple[int, ...], list[float]] = {}
        self._index_paths: dict[int, list[float]] = {}
        self._paths: dict[tuple[int, int], list[float]] = {}
        self._minutes: dict[tuple[int, int, Phase], list[Minute]] = {}

    def minute(self, listing: Listing, number: int) -> Minute | None:
        """The plan of one minute, or None while the market is closed."""
        moment = moment_of(number)
        if moment is None:
            return None
        return self.phase(listing, *moment)[number - moment.day.span(moment.phase).first]

    def phase(self, listing: Listing, day: TradingDay, phase: Phase) -> list[Minute]:
        """The plans of all minutes of one phase of a day."""
        key = (listing.con_id, day.ordinal, phase)
        if key not in self._minutes:
            _trim(self._minutes, 3 * self._days)
            self._minutes[key] = self._plan(listing, day, phase)
        return self._minutes[key]

    def quote_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of an open minute: what the minute before left, in the same phase."""
        moment = moment_of(number)
        if moment is None:
            raise ValueError("the market is closed in this minute")
        position = number - moment.day.span(moment.phase).first
        minutes = self.phase(listing, *moment)
        if position:
            return minutes[position - 1].closing_quote()
        return minutes[0]._replace(trades=0, middle=self._start(listing, *moment)).closing_quote()

    def quote_at_close_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask that after hours left, before the pre-market that begins with a minute."""
        return self.phase(listing, day_of(number), Phase.AFTER)[-1].closing_quote()

    def close(self, listing: Listing, day: TradingDay) -> int:
        """The last regular price of a day, in increments."""
        return next(minute.close for minute in reversed(self.phase(listing, day, Phase.REGULAR)) if minute.trades)

    def previous_close(self, listing: Listing, number: int) -> int:
        """The close of the regular session before the one that a minute belongs to or follows."""
        day = day_of(number)
        if number < day.after.last:  # after hours still belong to the session that they follow
            day = day_of(day.after.first - 1)
        return self.close(listing, day_of(day.after.first - 1))

    def _start(self, listing: Listing, day: TradingDay, phase: Phase) -> float:
        return self._path(listing, day)[self._offset(day, phase)]

    @staticmethod
    def _offset(day: TradingDay, phase: Phase) -> int:
        lengths = [day.span(each).last - day.span(each).first for each in Phase]
        return sum(lengths[:phase]) + (1 if phase else 0)

    def _path(self, listing: Listing, day: TradingDay) -> list[float]:
        """Prices in increments along the day's steps, at the edges of minutes."""
        key = (listing.con_id, day.ordinal)
        if key not in self._paths:
            _trim(self._paths, self._days)
            own = self._walks.setdefault(listing.con_id, Walk(f"{self.seed}/{listing.con_id}/days", _own_step(listing)))
            before = day_of(day.after.first - 1).ordinal
            shares = self._day_shares(day)
            name = f"{self.seed}/{listing.con_id}/{day.ordinal}"
            levels = bridge(name, shares, own.level(before), own.level(day.ordinal), own.step)
            anchor, beta, exp = listing.price / listing.instrument.min_tick, listing.beta, math.exp
            index = self._index_path(day, before, shares)
            self._paths[key] = [anchor * exp(beta * f + x) for f, x in zip(index, levels, strict=True)]
        return self._paths[key]

    def _index_path(self, day: TradingDay, before: int, shares: list[float]) -> list[float]:
        if day.ordinal not in self._index_paths:
            _trim(self._index_paths, self._days)
            name = f"{self.seed}/index/{day.ordinal}"
            ends = self._index.level(before), self._index.level(day.ordinal)
            self._index_paths[day.ordinal] = bridge(name, shares, *ends, self._index.step)
        return self._index_paths[day.ordinal]

    def _day_shares(self, day: TradingDay) -> list[float]:
        lengths = tuple(span.last - span.first for span in (day.after, day.pre, day.regular))
        if lengths not in self._shares:
            self._shares[lengths] = minute_shares(day)
        return self._shares[lengths]

    def _plan(self, listing: Listing, day: TradingDay, phase: Phase) -> list[Minute]:
        draw = random.Random(f"{self.seed}/{listing.con_id}/{day.ordinal}/{int(phase)}")
        span, offset = day.span(phase), self._offset(day, phase)
        path, shares = self._path(listing, day), self._day_shares(day)
        length = span.last - span.first
        busy_day = math.exp(0.25 * draw.gauss(0.0, 1.0))
        shape = _shape(phase, length)
        volume = listing.daily_volume * _VOLUME_SHARE[phase] * busy_day
        if phase is Phase.REGULAR:
            volume *= length / _REGULAR_MINUTES
        prints = prints_a_minute(listing) * _thinness(listing, phase, length)
        volatility = _day_volatility(listing)
        planned: list[Minute] = []
        for k in range(length):
            spread = max(1, round(listing.spread * _SPREAD_FACTOR[phase] * (1 + (k < 5) + 0.4 * draw.random())))
            start, end = path[offset + k], path[offset + k + 1]
            reach = start * volatility * math.sqrt(shares[offset + k])
            planned.append(
                _minute(
                    draw, span.first + k, start, end, reach, volume * shape[k], prints * shape[k] * length, spread
                )
            )  # fmt: skip
        return planned


def prints_a_minute(listing: Listing) -> float:
    """Prints in an average minute of a regular session: more for busier contracts, far less than in proportion."""
    return 34.0 * (listing.daily_volume / 1e6) ** 0.35


def _thinness(listing: Listing, phase: Phase, length: int) -> float:
    """Prints in an average minute of a phase, over those of a regular one."""
    if phase is Phase.REGULAR:
        return 1.0
    per_minute = _VOLUME_SHARE[phase] / length / (_VOLUME_SHARE[Phase.REGULAR] / _REGULAR_MINUTES)
    return math.pow(per_minute, 0.75)


def _shape(phase: Phase, length: int) -> list[float]:
    weights = [activity(phase, (k + 0.5) / length) for k in range(length)]
    if phase is Phase.REGULAR and length:
        weights[0] *= 1.8  # opening and closing auctions
        weights[-1] *= 3.0
    total = sum(weights)
    return [weight / total for weight in weights]


def _own_step(listing: Listing) -> float:
    """Standard deviation of a day of what the index doesn't explain."""
    explained = listing.beta * INDEX_VOLATILITY
    own = max(listing.volatility**2 - explained**2, (0.25 * listing.volatility) ** 2)
    return math.sqrt(own / TRADING_DAYS_A_YEAR)


def _day_volatility(listing: Listing) -> float:
    return listing.volatility / math.sqrt(TRADING_DAYS_A_YEAR)


def _minute(
    draw: random.Random,
    number: int,
    start: float,
    end: float,
    reach: float,
    volume: float,
    prints: float,
    spread: int,
) -> Minute:
    """Draws one minute. ``reach`` is the standard deviation of a minute's move, in increments."""
    random_ = draw.random
    luck = math.exp(0.45 * draw.gauss(0.0, 1.0) - 0.1)
    opening_side = 1 if random_() < 0.5 else -1
    closing_side = 1 if random_() < 0.5 else -1
    opens = max(1, round(start + opening_side * spread / 2))
    closes = max(1, round(end + closing_side * spread / 2))
    expected = prints * luck**0.6
    count = int(expected + random_())
    if count < 4:
        return _thin_minute(draw, number, opens, closes, count, volume * luck, closing_side, spread, end)
    pairs = (count - 4) // 2
    high = max(opens, closes) + int(-math.log(1.0 - random_()) * reach * 0.55)
    low = max(1, min(opens, closes) - int(-math.log(1.0 - random_()) * reach * 0.55))
    low_first = random_() < (0.65 if closes > opens else 0.35)
    corners = (opens, low, high, closes) if low_first else (opens, high, low, closes)
    first = int(pairs * (0.15 + 0.35 * random_()))
    second = int((pairs - first) * (0.3 + 0.4 * random_()))
    legs = (first, second, pairs - first - second)
    each = volume * luck / (4 + 2 * pairs)
    sizes = tuple(_corner_size(each, random_()) for _ in range(4))
    halves = tuple(max(leg, int(leg * each * (0.6 + 0.8 * random_()))) for leg in legs)
    turnover = sum(price * size for price, size in zip(corners, sizes, strict=True))
    turnover += sum(half * (corners[k] + corners[k + 1]) for k, half in enumerate(halves))
    return Minute(
        number, corners, sizes, legs, (halves[0], halves[1], halves[2]), sum(sizes) + 2 * sum(halves), 4 + 2 * pairs,
        turnover, closing_side, spread, end,
    )  # fmt: skip


def _thin_minute(
    draw: random.Random,
    number: int,
    opens: int,
    closes: int,
    count: int,
    volume: float,
    closing_side: int,
    spread: int,
    middle: float,
) -> Minute:
    """A minute of two prints, one or none; three would have no mirrored pair and become two."""
    corners = (opens, closes)[-count:] if 0 < count < 3 else (opens, closes)
    count = min(count, 2)
    sizes = tuple(_corner_size(volume / max(1, count), draw.random()) for _ in range(count))
    turnover = sum(price * size for price, size in zip(corners, sizes, strict=False))
    return Minute(
        number, corners, sizes, (0, 0, 0), (0, 0, 0), sum(sizes), count, turnover, closing_side, spread, middle
    )


def _corner_size(average: float, luck: float) -> int:
    """Shares of a corner's print; whole lots where it is that large."""
    size = int(average * (0.3 + 0.5 / (luck + 0.3))) + 1
    return size if size < 100 else size // 100 * 100


def _trim(cache: dict[Any, Any], keep: int) -> None:
    while len(cache) >= keep:
        del cache[next(iter(cache))]
