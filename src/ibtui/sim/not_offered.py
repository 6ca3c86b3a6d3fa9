"""Requests that the simulated gateway has nothing for: each is told so under its own number, so that nobody waits."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple


class NotOffered(NamedTuple):
    """One request.

    Attributes:
        number_at: Which field holds its number.
        code: IB's.
        text: IB's, where it has one for this.
    """

    number_at: int
    code: int
    text: str


_NEWS = "News feed is not allowed."
_CALCULATION = "Error validating request:-'bO' : cause - Option calculations are not offered by this gateway."

NOT_OFFERED: Mapping[str, NotOffered] = {
    "52": NotOffered(2, 430, "We are sorry, but fundamentals data for the security specified is not available."),
    "54": NotOffered(2, 321, _CALCULATION),
    "55": NotOffered(2, 321, _CALCULATION),
    "84": NotOffered(1, 10276, _NEWS),
    "86": NotOffered(1, 10276, _NEWS),
}
"""By message id: fundamental data, implied volatility, option price, a news article, historical news."""


def not_offered(fields: Sequence[str]) -> tuple[int, NotOffered] | None:
    """The request's number and what it is told; None for a request that isn't in the table, or has no number."""
    found = NOT_OFFERED.get(fields[0])
    if found is None or len(fields) <= found.number_at or not fields[found.number_at].isdecimal():
        return None
    return int(fields[found.number_at]), found
