"""How far a quote can be trusted, in one word that stands beside it."""

import math
from enum import StrEnum

from ibtui.market.board import DELAYED, DELAYED_FROZEN, FROZEN, Quote


class Mark(StrEnum):
    """The words of the screens."""

    LIVE = "LIVE"
    DELAYED = "DELAYED"
    FROZEN = "FROZEN"
    STALE = "STALE"
    CLOSED = "CLOSED"
    HALTED = "HALTED"


def mark(
    quote: Quote,
    *,
    session: int | None,
    vouched: bool,
    now: float,
    open_now: bool | None,
    stale_after: float,
    interrupted: float = -math.inf,
) -> Mark:
    """The first mark that is true.

    Args:
        quote: The quote.
        session: Number of the gateway session that is usable now; None without one.
        vouched: Whether every link that the quote came over, its farm included, is known to work.
        now: Monotonic seconds.
        open_now: Whether the contract trades now, by its own hours; None where they don't say.
        stale_after: Seconds of silence after which an open market's quote needs confirmation.
        interrupted: When its link or farm last came back, monotonic seconds: what came before is not confirmed.
    """
    if session is None or quote.session != session or not vouched:
        return Mark.STALE
    if open_now is False:
        return Mark.CLOSED
    if quote.halted:
        return Mark.HALTED
    if quote.data_type in (FROZEN, DELAYED_FROZEN):
        return Mark.FROZEN
    if quote.updated < interrupted or not now - quote.updated <= stale_after:
        return Mark.STALE
    return Mark.DELAYED if quote.data_type == DELAYED else Mark.LIVE
