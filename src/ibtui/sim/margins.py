"""What holding a position ties up: a simplified table in place of IB's many rules.

Shares: a quarter of their value, as Reg T maintenance. Futures: an amount a contract, of the size that IB asks over
night. Long options and crypto currencies are paid in full: their whole value is tied up. Short options: the
rule for uncovered ones, whatever else is held. Currencies: a part of every balance in another currency than the base.
"""

from collections.abc import Callable
from typing import NamedTuple

from ibtui.sim.universe import Listing

SHARES_RATE = 0.25
FOREX_RATE = 0.025
"""Of a balance in a foreign currency, long or short; IB asks 2.5 % for the major ones."""


class Margin(NamedTuple):
    """Initial and maintenance margin."""

    initial: float
    maintenance: float


FUTURES = {
    "ES": Margin(25_300, 23_000),
    "NQ": Margin(37_400, 34_000),
    "ZN": Margin(2_420, 2_200),
    "GC": Margin(22_000, 20_000),
    "CL": Margin(6_600, 6_000),
}
"""A contract, USD; initial is a tenth above maintenance."""

OTHER_FUTURES = Margin(0.088, 0.08)
"""Of the value of a contract that the table hasn't got, as one that was recorded may be."""

_SHORT_OPTION, _LEAST_SHORT_OPTION = 0.20, 0.10


def requirement(listing: Listing, quantity: float, price: float, mark: Callable[[int], float]) -> Margin:
    """Margin of a position, in the contract's currency; a currency pair has none, see :data:`FOREX_RATE`.

    Args:
        listing: The contract.
        quantity: Held, negative when short.
        price: Of the contract.
        mark: Says what another contract's price is: the one that an option is on.
    """
    kind, multiplier = listing.instrument.sec_type, listing.instrument.multiplier
    if kind == "CASH":
        return Margin(0.0, 0.0)
    if kind == "FUT":
        value = price * multiplier
        other = Margin(OTHER_FUTURES.initial * value, OTHER_FUTURES.maintenance * value)
        a_contract = FUTURES.get(listing.instrument.symbol, other)
        return Margin(abs(quantity) * a_contract.initial, abs(quantity) * a_contract.maintenance)
    if kind == "OPT" and quantity < 0:
        amount = abs(quantity) * multiplier * (price + _of_short_option(listing, mark))
    elif kind in ("OPT", "CRYPTO"):
        amount = abs(quantity) * multiplier * price
    else:
        amount = SHARES_RATE * abs(quantity) * multiplier * price
    return Margin(amount, amount)


def _of_short_option(listing: Listing, mark: Callable[[int], float]) -> float:
    """What an uncovered option ties up besides its premium, a share (Cboe Rule 10.3).

    It is 20 % of the share less what the option is out of the money, at least 10 % of the share or of a put's strike.
    A share that is not listed, as beside a recorded option, is reckoned at the strike.
    """
    instrument, below = listing.instrument, listing.underlying
    strike = instrument.strike or 0.0
    share = strike if below is None else mark(below.con_id)
    call = instrument.right == "C"
    out_of_the_money = max(0.0, strike - share if call else share - strike)
    least = _LEAST_SHORT_OPTION * (share if call else strike)
    return max(_SHORT_OPTION * share - out_of_the_money, least)
