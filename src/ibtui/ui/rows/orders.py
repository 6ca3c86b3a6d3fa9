"""Rows of the orders screen, and the words an order is told with."""

from collections.abc import Iterable

from ibtui.trading.orders import LIVE, Order, OrderIntent, Status
from ibtui.ui.text import UNKNOWN, Column, Row, amount, quantity, wall

COLUMNS = (
    Column("STATUS", 9),
    Column("SIDE", 4),
    Column("SYMBOL", 7),
    Column("FILLED", 11, right=True),
    Column("LIMIT", 9, right=True),
    Column("AVERAGE", 9, right=True),
    Column("COMM", 6, right=True),
    Column("TIME", 8),
    Column("TYPE", 4, rank=1),
    Column("TIF", 3, rank=2),
    Column("ORDER ID", 9, right=True, rank=3),
    Column("REFERENCE", 26, rank=4),
    Column("REASON", 7, stretch=True),
)

_TONES = {
    Status.WORKING: "accent",
    Status.PARTIAL: "accent",
    Status.FILLED: "good",
    Status.REJECTED: "bad",
    Status.REFUSED: "warn",
    Status.NOT_SENT: "warn",
    Status.UNKNOWN: "alarm",
    Status.INACTIVE: "warn",
    Status.CANCELLED: "dim",
}


def order_row(order: Order, zone: str) -> Row:
    """One order. What is not known yet, such as a commission, is a dash and never a zero."""
    intent = order.intent
    status = str(order.status) + ("…" if order.cancel_requested and order.status in LIVE else "")
    return (
        (status, _TONES.get(order.status, "plain")),
        (intent.action, "bid" if intent.action == "BUY" else "ask"),
        (intent.symbol, "title"),
        (f"{quantity(order.filled)}/{quantity(intent.quantity)}", "plain"),
        (price(intent.limit_price), "plain"),
        (price(order.average_price, 5), "plain"),
        (amount(order.commission), "plain"),
        (wall(intent.created_ns, zone), "dim"),
        (intent.order_type, "dim"),
        (intent.tif, "dim"),
        (UNKNOWN if order.order_id is None else str(order.order_id), "dim"),
        (intent.order_ref, "dim"),
        (order.reason, "warn"),
    )


def price(value: float | None, most: int = 8) -> str:
    """A price of an order: at least two decimals, and as many more as it has, up to ``most``."""
    if value is None:
        return UNKNOWN
    text = f"{value:,.{most}f}".rstrip("0")
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals:<02}" if len(decimals) < 2 else text


def by_urgency(orders: Iterable[Order]) -> list[str]:
    """References of all orders: those that still work first, newest first within each."""
    ordered = sorted(orders, key=lambda order: (order.status in LIVE, order.intent.created_ns), reverse=True)
    return [order.intent.order_ref for order in ordered]


def told(what: Order | OrderIntent) -> str:
    """One order in a few words, as toasts and questions say it."""
    intent = what.intent if isinstance(what, Order) else what
    at = f" @ {price(intent.limit_price)}" if intent.limit_price is not None else ""
    return f"{intent.action} {quantity(intent.quantity)} {intent.symbol} {intent.order_type}{at}"
