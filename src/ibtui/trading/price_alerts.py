"""Alerts that the user sets on prices: what is written, and when one is met."""

import re
from dataclasses import dataclass
from enum import StrEnum

from ibtui.errors import UsageError
from ibtui.market.board import Quote
from ibtui.trading.entry import read_price

USAGE = "alert SYMBOL > PRICE | off NUMBER"

WITHOUT_TRADES = frozenset({"CASH", "CFD", "CMDTY"})
"""Kinds of contract that nobody reports trades of: they are judged by the middle of bid and ask."""


class Relation(StrEnum):
    """How a price stands to the user's, as it is written."""

    AT_LEAST = ">="
    AT_MOST = "<="
    ABOVE = ">"
    BELOW = "<"
    CROSSES = "crosses"


_CONDITION = re.compile(rf"([^<>=\s]+)\s*({'|'.join(Relation)})\s*(\S.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condition:
    """``SPY > 450``. CROSSES is met by a price that comes from the other side, or that is the user's."""

    symbol: str
    relation: Relation
    price: float

    def __str__(self) -> str:
        return f"{self.symbol} {self.relation} {self.price:.10g}"


@dataclass(frozen=True, slots=True)
class PriceAlert:
    """A condition on a contract, under a number that is never given twice."""

    number: int
    con_id: int
    condition: Condition
    created_ns: int


def parse_condition(text: str) -> Condition:
    """Reads ``SPY > 450``, with or without spaces around the sign.

    Raises:
        UsageError: It is none; shows how one is written.
    """
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise UsageError(f"write :{USAGE}, with one of {', '.join(Relation)}")
    symbol, relation, price = found.groups()
    return Condition(symbol.upper(), Relation(relation.lower()), read_price(price, min_tick=0))


def judged_price(quote: Quote, sec_type: str) -> float | None:
    """The price that conditions are held against: the last trade's; None while unknown."""
    if sec_type not in WITHOUT_TRADES:
        return quote.last
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) / 2


def is_met(condition: Condition, before: float | None, now: float) -> bool:
    """Whether a price meets a condition.

    Args:
        condition: The user's.
        before: The price before this one; None where this is the first since the alert was set.
        now: The price.
    """
    wanted = condition.price
    match condition.relation:
        case Relation.ABOVE:
            return now > wanted
        case Relation.AT_LEAST:
            return now >= wanted
        case Relation.BELOW:
            return now < wanted
        case Relation.AT_MOST:
            return now <= wanted
        case Relation.CROSSES:
            return now == wanted or (before is not None and (before < wanted) != (now < wanted))
