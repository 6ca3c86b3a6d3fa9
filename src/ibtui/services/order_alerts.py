"""Which changes of an order are told as alerts, and in which words."""

from collections.abc import Iterable

from ibtui.market.prices import exact
from ibtui.services.alerts import Alerts
from ibtui.trading.orders import Order, Status

KINDS = {
    Status.REJECTED: "rejected",
    Status.REFUSED: "refused",
    Status.NOT_SENT: "refused",
    Status.UNKNOWN: "unknown order",
}
"""Statuses that are told, and the kind of alert that tells them."""


class OrderAlerts:
    """A listener of the order desk: tells each fill and each bad end once, however often the order changes.

    Args:
        alerts: Where it tells them.
        known: Orders of earlier runs: their fills are no news.
    """

    def __init__(self, alerts: Alerts, known: Iterable[Order] = ()) -> None:
        self._alerts = alerts
        self._told = {each.intent.order_ref: (Status.NEW, each.filled) for each in known}

    def __call__(self, order: Order) -> None:
        """Looks at a changed order."""
        status, filled = self._told.get(order.intent.order_ref, (Status.NEW, 0.0))
        self._told[order.intent.order_ref] = order.status, order.filled
        kind = KINDS.get(order.status)
        if kind is not None and order.status is not status:
            self._alerts.tell(kind, f"{order.status}: {described(order)}. {order.reason}")
        if order.filled > filled and order.average_price is not None:
            of = order.intent.quantity
            self._alerts.tell(
                "fill",
                f"{exact(order.filled)} of {exact(of)} filled at {exact(order.average_price)}: {described(order)}",
            )


def described(order: Order) -> str:
    """An order in a few words, as ``BUY 10 SPY LMT 450.1``."""
    intent = order.intent
    price = "" if intent.limit_price is None else f" {exact(intent.limit_price)}"
    return f"{intent.action} {exact(intent.quantity)} {intent.symbol} {intent.order_type}{price}"
