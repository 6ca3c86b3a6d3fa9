"""What contracts and currencies are worth: prices from the market, in the account's base currency where it counts."""

from collections.abc import Callable
from dataclasses import dataclass

from ibtui.sim.universe import Listing, Universe

BASE = "USD"
"""Base currency of every account."""


@dataclass(frozen=True, slots=True)
class Valuation:
    """Prices of everything listed.

    Args:
        mark: Says what a contract's price is now, in its own currency.
    """

    universe: Universe
    mark: Callable[[int], float]

    def listing(self, con_id: int) -> Listing:
        """The contract; it must be listed."""
        listing = self.universe.by_con_id(con_id)
        assert listing is not None, "only what is listed is held"
        return listing

    def worth(self, con_id: int) -> float:
        """What one contract is worth: its price times its multiplier, in its currency."""
        return self.mark(con_id) * self.listing(con_id).instrument.multiplier

    def knows(self, currency: str) -> bool:
        """Whether a currency's worth is known; nothing else is traded."""
        return currency == BASE or self.universe.pair(currency, BASE) is not None

    def rate(self, currency: str) -> float:
        """What a unit of a currency is worth in the base currency, by the pair of both; 1 for one that has none."""
        pair = None if currency == BASE else self.universe.pair(currency, BASE)
        if pair is None:
            return 1.0
        return self.mark(pair.con_id) if pair.instrument.symbol == currency else 1 / self.mark(pair.con_id)
