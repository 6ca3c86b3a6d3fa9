"""Which changes of an order are told as alerts, and in which words."""

from ibtui.services.alerts import Alerts
from ibtui.trading.orders import Order, Status

KINDS = {
    Status.REJECTED: "rejected",
    Status.REFUSED: "refused",
    Status.NOT_SENT: "refused",
    Status.UNKNOWN: "unknown order",
}
"""Statuses that are told, and the kind of alert that tells them; fills are told apart."""


def tell_order(alerts: Alerts, order: Order) -> None:
    """Tells a fill, a refusal, a rejection or an unknown outcome; nothing of any other change."""
    kind = KINDS.get(order.status)
    if kind is not None:
        alerts.tell(kind, f"{order.status}: {described(order)}. {order.reason}")
    elif order.status in (Status.FILLED, Status.PARTIAL) and order.average_price is not None:
        alerts.tell("fill", f"{order.status}: {described(order)}, {order.filled:g} at {order.average_price:g}")


def described(order: Order) -> str:
    """An order in a few words, as ``BUY 10 SPY LMT 450.1``."""
    intent = order.intent
    price = "" if intent.limit_price is None else f" {intent.limit_price:g}"
    return f"{intent.action} {intent.quantity:g} {intent.symbol} {intent.order_type}{price}"
