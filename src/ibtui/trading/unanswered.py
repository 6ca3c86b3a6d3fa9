"""Orders that were sent and of which the broker has said nothing."""

from collections.abc import Iterable

from ibtui.trading.orders import Order, Status

UNANSWERED_SECONDS = 5.0
"""Seconds without a word after which the user is told: an order may wait for minutes, for a closed market or for a
question that stands open in TWS."""

_NS = 1_000_000_000


def is_unanswered(order: Order, now_ns: int) -> bool:
    """Whether an order waits for its first answer for so long that it is told. ``now_ns`` is UTC nanoseconds."""
    sent = order.sent_ns
    return order.status is Status.SENT and sent is not None and now_ns - sent >= UNANSWERED_SECONDS * _NS


def unanswered(orders: Iterable[Order], now_ns: int) -> list[Order]:
    """Those of them that are."""
    return [each for each in orders if is_unanswered(each, now_ns)]
