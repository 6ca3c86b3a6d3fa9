"""Fields that many requests share."""

from collections.abc import Mapping
from typing import Any

from ibtui.sim.schema import FLAG, INT, NUMBER, Field, Item, Repeat, When

REQ_ID = Field("req_id", INT)

CONTRACT: tuple[Item, ...] = (
    Field("con_id", INT),
    Field("symbol"),
    Field("sec_type"),
    Field("last_trade_date"),
    Field("strike", NUMBER),
    Field("right"),
    Field("multiplier"),
    Field("exchange"),
    Field("primary_exchange"),
    Field("currency"),
    Field("local_symbol"),
    Field("trading_class"),
)
"""A contract as clients name it."""

EXPIRED = Field("include_expired", FLAG)


def equals(name: str, *texts: str) -> Any:
    """A condition: the field holds one of these texts."""

    def test(values: Mapping[str, Any]) -> bool:
        return values.get(name) in texts

    return test


LEGS: Item = When(
    equals("sec_type", "BAG"),
    (Repeat("legs", (Field("con_id", INT), Field("ratio", INT), Field("action"), Field("exchange"))),),
)
"""The legs of a combination."""
