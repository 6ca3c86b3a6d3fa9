"""How much stands at each price of the seeded book, and whose it is: a function of price and beat alone.

Of every eight beats three renew the best bid, three the best ask and one each a deeper row of either side. A deeper
price has its turn once in 16 of those, so every row of the book gets a new size now and then and keeps it in between,
and none of it has to be remembered.
"""

import math

from ibtui.sim.events import Side
from ibtui.sim.trading_days import Phase
from ibtui.sim.universe import Listing

VENUES = ("ARCA", "NSDQ", "BATS", "EDGX", "IEX", "NYSE", "MEMX", "BYX")
_WEIGHTED_VENUES = ("ARCA", "NSDQ", "BATS", "EDGX", "ARCA", "NSDQ", "BATS", "IEX", "ARCA", "NSDQ", "NYSE", "EDGX",
                    "NSDQ", "MEMX", "BYX", "BATS")  # fmt: skip

CYCLE = 8
RENEWED: tuple[tuple[Side, bool], ...] = (
    ("bid", True), ("ask", True), ("bid", False), ("bid", True), ("ask", True), ("ask", False), ("bid", True),
    ("ask", True),
)  # fmt: skip
"""What each beat of a cycle renews: a side, and whether its best row (True) or a deeper one."""
_BEST_RENEWALS: dict[Side, list[int]] = {
    side: [RENEWED[: k + 1].count((side, True)) for k in range(CYCLE)] for side in ("bid", "ask")
}
"""How often a cycle has renewed the best row of a side up to each of its beats."""
_DEEP_BEAT: dict[Side, int] = {"bid": 2, "ask": 5}
TURNS = 16
_DEEPEST = 400
"""How many rows behind the best one a large order finds."""
_MASK = (1 << 64) - 1
_SALT: dict[Side, int] = {"bid": 1, "ask": 2}


def mixed(first: int, second: int, third: int) -> int:
    """A well-mixed number of 62 bits from three (the finish of SplitMix64)."""
    x = (first * 0x9E3779B97F4A7C15 ^ second * 0xC2B2AE3D27D4EB4F ^ third * 0x165667B19E3779F9) & _MASK
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB & _MASK
    return (x ^ (x >> 31)) >> 2


def venues_of(listing: Listing) -> tuple[str, ...]:
    """Where a contract trades: shares and options in many places, anything else on its exchange alone."""
    if listing.stock_type:
        return _WEIGHTED_VENUES
    exchange = listing.instrument.exchange
    return (exchange,) if exchange != "SMART" else tuple(listing.valid_exchanges.split(",")[1:])


def own_venue(listing: Listing) -> str:
    """Where a client's order stands in the book: IB's own venue for shares."""
    return "IBKRATS" if listing.stock_type else venues_of(listing)[0]


class SeededSizes:
    """The sizes of one contract's seeded book. One price in ``sparse`` has a row behind the best one."""

    def __init__(self, seed: int, listing: Listing) -> None:
        self._lot = listing.lot
        self._venues = venues_of(listing)
        self._key = mixed(seed, listing.con_id, 3)
        self._best = {side: mixed(self._key, 0, salt) for side, salt in _SALT.items()}
        self._lots = max(1.0, 9.0 * math.sqrt(listing.daily_volume / 1e6) * 60.0 / listing.price)
        self._best_lots = 0.7 * self._lots
        self.sparse = max(1, round(0.7 * listing.spread))
        self.reach = _DEEPEST * self.sparse

    def renewed(self, beat: int) -> tuple[Side, bool]:
        """Which side a beat renews, and whether it is its best row or a deeper one."""
        return RENEWED[beat % CYCLE]

    def renewed_class(self, side: Side, beat: int) -> int:
        """Which prices a beat renews that renews deeper rows: those with this remainder modulo :data:`TURNS`."""
        return self._turn(side, beat) * 5 % TURNS

    def stands(self, price: int) -> bool:
        """Whether the seeded book has a row at a price behind the best one; wide markets have holes."""
        return self.sparse == 1 or mixed(self._key, price, 5) % self.sparse == 0

    def best(self, side: Side, beat: int) -> tuple[int, str]:
        """Shares and maker of the best row of a side as of a beat.

        A busy market asks for little else, hence a quicker mix of its own and the draw unrolled.
        """
        x = (beat // CYCLE * 3 + _BEST_RENEWALS[side][beat % CYCLE]) * 0x9E3779B97F4A7C15 + self._best[side] & _MASK
        x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93 & _MASK
        lots = 1 + int(self._best_lots * (0.55 / ((x >> 44) / 0x100000 + 0.09) - 0.45))
        return lots * self._lot, self._venues[(x >> 40) % len(self._venues)]

    def deeper(self, side: Side, price: int, beat: int) -> tuple[int, str]:
        """Shares and maker at a price behind the best one as of a beat."""
        turn = self._turn(side, beat)
        epoch = (turn - price * 13 % TURNS) // TURNS  # 5 * 13 = 1 modulo 16: a price's own turns
        return self._draw(mixed(self._key ^ price, epoch, 8 + _SALT[side]))

    def _turn(self, side: Side, beat: int) -> int:
        return (beat - _DEEP_BEAT[side]) // CYCLE

    def _draw(self, number: int) -> tuple[int, str]:
        """Heavy-tailed lots and a venue from one mixed number."""
        luck = (number & 0xFFFFF) / 0x100000
        lots = 1 + int(self._lots * (0.55 / (luck + 0.09) - 0.45))
        return lots * self._lot, self._venues[(number >> 40) % len(self._venues)]


def conditions_of(listing: Listing, phase: Phase | None, size: int) -> str:
    """IB's special conditions of a print: ``T`` outside the regular session, ``I`` an odd lot."""
    regular = phase is not None and listing.calendar.counts(phase)
    return ("" if regular else "T") + ("I" if size < listing.lot else "")


def venue_of(listing: Listing, time_ns: int) -> str:
    """The venue of a print that met no row of the book: any of the contract's, but always the same."""
    venues = venues_of(listing)
    return venues[mixed(time_ns, 0, 13) % len(venues)]
