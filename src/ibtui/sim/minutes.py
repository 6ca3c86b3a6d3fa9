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
from typing import NamedTuple

from ibtui.sim.paths import (
    PHASE_SHARE,
    TRADING_DAYS_A_YEAR,
    activity,
    minute_shares,
)
from ibtui.sim.trading_days import Phase, TradingDay
from ibtui.sim.universe import Listing

OPENING_SHARE, CLOSING_SHARE = 0.01, 0.07
"""Parts of a share's regular volume that change hands in its auctions."""
VOLUME_SHARE = {Phase.AFTER: 0.02, Phase.PRE: 0.02, Phase.REGULAR: 0.96}
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


class Plan:
    """The minutes of one phase of a contract's day, drawn in order and only as far as somebody asks.

    Args:
        listing: The contract.
        day: The day.
        phase: The phase.
        path: Prices in increments at the edges of the phase's minutes.
        name: Seeds it.
    """

    def __init__(self, listing: Listing, day: TradingDay, phase: Phase, path: list[float], name: str) -> None:
        first, last = day.span(phase)
        self._first, self._length = first, last - first
        self._path = path
        self._drawn: list[Minute] = []
        self._draw = random.Random(name)
        self._last: Minute | None = None
        self._last_name = f"{name}/last"
        volume = listing.daily_volume * VOLUME_SHARE[phase] * busyness(self._draw)
        if phase is Phase.REGULAR:
            volume *= self._length / _REGULAR_MINUTES
        self._volume = volume
        self._auctions = phase is Phase.REGULAR and bool(listing.stock_type)
        self._continuous = volume * (1 - OPENING_SHARE - CLOSING_SHARE) if self._auctions else volume
        self._prints = prints_a_minute(listing) * _thinness(phase, self._length) * self._length
        self._reach = listing.volatility * math.sqrt(PHASE_SHARE[phase] / TRADING_DAYS_A_YEAR)
        self._spread = listing.spread * (1 if listing.calendar.overnight else _SPREAD_FACTOR[phase])
        self._minute_shares, self._volume_shares = (
            minute_shares(phase, self._length),
            _volume_shares(phase, self._length),
        )

    def until(self, count: int | None = None) -> list[Minute]:
        """So many minutes from the first on, or all."""
        count = self._length if count is None else min(count, self._length)
        for position in range(len(self._drawn), count):
            last = position == self._length - 1
            self._drawn.append(self.last() if last else self._minute(position, self._draw))
        return self._drawn[:count]

    def minute(self, number: int) -> Minute:
        """One minute, by its number since 1970."""
        position = number - self._first
        if position >= len(self._drawn):
            self.until(position + 1)
        return self._drawn[position]

    def last(self) -> Minute:
        """The last minute; it has a generator of its own, so that a day's close is known without what led there."""
        if self._last is None:
            self._last = self._minute(self._length - 1, random.Random(self._last_name))
        return self._last

    def close(self) -> int:
        """The last price."""
        if self.last().trades:
            return self.last().close
        return next(minute.close for minute in reversed(self.until()) if minute.trades)

    def quote_before(self, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of a minute: what the minute before left."""
        if number > self._first:
            return self.minute(number - 1).closing_quote()
        return self.minute(number)._replace(trades=0, middle=self._path[0]).closing_quote()

    def _minute(self, position: int, draw: random.Random) -> Minute:
        start, volume_share = self._path[position], self._volume_shares[position]
        minute = _minute(
            draw,
            self._first + position,
            start,
            self._path[position + 1],
            self._reach * start * math.sqrt(self._minute_shares[position]),
            self._continuous * volume_share,
            self._prints * volume_share,
            self._spread * (2 if position < _WIDE_MINUTES else 1),
        )
        if self._auctions:
            if position == 0:
                minute = _with_auction(minute, self._volume * OPENING_SHARE, opening=True)
            if position == self._length - 1:
                minute = _with_auction(minute, self._volume * CLOSING_SHARE, opening=False)
        return minute


def busyness(draw: random.Random) -> float:
    """How much more than usual a phase trades; the first thing that its generator says."""
    return math.exp(0.25 * draw.gauss(0.0, 1.0))


def prints_a_minute(listing: Listing) -> float:
    """Prints in an average minute of a regular session: more for busier contracts, far less than in proportion."""
    return 34.0 * math.pow(listing.daily_volume / 1e6, 0.35)


def _thinness(phase: Phase, length: int) -> float:
    """Prints in an average minute of a phase, over those of a regular one."""
    if phase is Phase.REGULAR or not length:
        return 1.0
    per_minute = VOLUME_SHARE[phase] / length / (VOLUME_SHARE[Phase.REGULAR] / _REGULAR_MINUTES)
    return math.pow(per_minute, 0.75)


@lru_cache(maxsize=16)
def _volume_shares(phase: Phase, length: int) -> tuple[float, ...]:
    """Each minute's share of a phase's volume but for that of its auctions."""
    weights = [activity(phase, (k + 0.5) / length) for k in range(length)]
    total = sum(weights)
    return tuple(weight / total for weight in weights)


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
    half_1 = int(pairs_1 * average * (0.6 + 0.8 * uniform()))
    half_2 = int(pairs_2 * average * (0.6 + 0.8 * uniform()))
    half_3 = int(pairs_3 * average * (0.6 + 0.8 * uniform()))
    if average < 2:  # a print has a share at least
        half_1, half_2, half_3 = max(pairs_1, half_1), max(pairs_2, half_2), max(pairs_3, half_3)
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
