"""Rows of the orders screen, and the words an order is told with."""

from typing import TYPE_CHECKING

from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.market.names import brief, known_name
from ibtui.market.prices import decimals, exact
from ibtui.trading.orders import LIVE, Order, OrderIntent, Status
from ibtui.trading.unanswered import is_unanswered
from ibtui.ui.text import UNKNOWN, Column, Row, age, amount, quantity, wall

if TYPE_CHECKING:
    from ibtui.broker.order_reports import ExternalOrder

COLUMNS = (
    Column("STATUS", 9),
    Column("SIDE", 4),
    Column("SYMBOL", 8),
    Column("TYPE", 5),
    Column("FILLED", 9, right=True),
    Column("PRICE", 8, right=True),
    Column("AVERAGE", 8, right=True),
    Column("COMM", 5, right=True, rank=2),
    Column("AGE", 4, right=True, rank=1),
    Column("QUEUE", 5, right=True, rank=3),
    Column("STOP", 8, right=True, rank=4),
    Column("TIF", 3, rank=5),
    Column("TIME", 8, rank=6),
    Column("ORDER ID", 9, right=True, rank=7),
    Column("REFERENCE", 26, rank=8),
    Column("WHY", 3, stretch=True),
)

NOT_ACKNOWLEDGED = "not acknowledged; it may be at the broker"

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


def order_row(order: Order, zone: str, now_ns: int, branch: str = "", instrument: Instrument | None = None) -> Row:
    """One order. What is not known yet, such as a commission, is a dash and never a zero.

    Args:
        order: The order.
        zone: Time zone of its time.
        now_ns: UTC nanoseconds, for its age, and for its age in the queue since the broker acknowledged it.
        branch: Drawn before the symbol of a bracket's leg.
        instrument: The contract, for its name and the places of its prices; None while it is unknown.
    """
    intent = order.intent
    status = str(order.status) + ("…" if order.cancel_requested and order.status in LIVE else "")
    queued = None if order.acknowledged_ns is None else (now_ns - order.acknowledged_ns) / NS
    silent, least = is_unanswered(order, now_ns), decimals(0.0 if instrument is None else instrument.min_tick)
    return (
        (status, "warn" if silent else _TONES.get(order.status, "plain")),
        (intent.action, "bid" if intent.action == "BUY" else "ask"),
        (branch + (intent.symbol if instrument is None else brief(instrument)), "title"),
        (intent.order_type, "dim"),
        (f"{quantity(order.filled)}/{quantity(intent.quantity)}", "plain"),
        (first_price(intent, least), "plain"),
        (price(order.average_price, 5, least), "plain"),
        (amount(order.commission), "plain"),
        (age((now_ns - intent.created_ns) / NS), "dim"),
        (age(queued) if order.status in LIVE else "", "dim"),
        (trigger(intent, least), "plain"),
        (intent.tif, "dim"),
        (wall(intent.created_ns, zone), "dim"),
        (UNKNOWN if order.order_id is None else str(order.order_id), "dim"),
        (intent.order_ref, "dim"),
        (NOT_ACKNOWLEDGED if silent else order.reason, "warn"),
    )


def external_row(order: "ExternalOrder", listed_s: float | None) -> Row:
    """An order of another client: how much of it is filled is not known here, only that it was listed so long ago."""
    limit = price(order.limit_price) if order.limit_price is not None else ""
    return (
        ("EXTERNAL", "warn"),
        (order.action, "bid" if order.action == "BUY" else "ask"),
        (order.symbol, "title"),
        (order.order_type, "dim"),
        (f"{UNKNOWN}/{quantity(order.quantity)}", "plain"),
        (limit, "plain"),
        (UNKNOWN, "plain"),
        (UNKNOWN, "plain"),
        (age(listed_s), "dim"),
        (UNKNOWN, "dim"),
        ("", "plain"),
        ("", "dim"),
        ("", "dim"),
        (str(order.order_id), "dim"),
        (order.order_ref, "dim"),
        (f"{order.status}; cancelled {order.where}", "warn"),
    )


def first_price(intent: OrderIntent, least: int = 2) -> str:
    """The limit; where there is none, what triggers the order; nothing for one at the market."""
    return price(intent.limit_price, least=least) if intent.limit_price is not None else trigger(intent, least)


def trigger(intent: OrderIntent, least: int = 2) -> str:
    """The stop, or how far behind the market it trails; nothing where there is none."""
    if intent.stop_price is not None:
        return price(intent.stop_price, least=least)
    if intent.trail_percent is not None:
        return f"{intent.trail_percent:g}%"
    return "" if intent.trail_amount is None else price(intent.trail_amount, least=least)


def price(value: float | None, most: int = 8, least: int = 2) -> str:
    """A price of an order, see :func:`ibtui.market.prices.exact`; unknown is a dash."""
    return UNKNOWN if value is None else exact(value, least, most)


def told(what: Order | OrderIntent, instrument: Instrument | None = None) -> str:
    """One order in a few words, as toasts and questions say it; the contract by its whole name where it is known."""
    intent = what.intent if isinstance(what, Order) else what
    name = known_name(instrument, intent.symbol)
    at = f" @ {first_price(intent)}" if first_price(intent) else ""
    return f"{intent.action} {quantity(intent.quantity)} {name} {intent.order_type}{at}"
