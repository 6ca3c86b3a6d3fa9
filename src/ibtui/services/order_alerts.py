"""Which changes of an order are told as alerts, and in which words."""

from collections.abc import Callable, Iterable

from ibtui.market.instruments import Instrument
from ibtui.market.names import known_name
from ibtui.market.prices import decimals, exact
from ibtui.services.alerts import Alerts
from ibtui.trading.orders import Order, Status

KINDS = {
    Status.REJECTED: "rejected",
    Status.REFUSED: "refused",
    Status.NOT_SENT: "refused",
    Status.UNKNOWN: "unknown order",
}
"""Statuses that are told, and the kind of alert that tells them."""

MOST_PLACES = 5
"""Decimal places of an average price at most, where the contract's own are not more."""


class OrderAlerts:
    """A listener of the order desk: tells each fill and each bad end once, however often the order changes.

    Args:
        alerts: Where it tells them.
        known: Orders of earlier runs: their fills are no news.
        instrument: A contract's facts by its id, for its name; None where they are not known.
    """

    def __init__(
        self,
        alerts: Alerts,
        known: Iterable[Order] = (),
        instrument: Callable[[int], Instrument | None] = lambda con_id: None,
    ) -> None:
        self._alerts = alerts
        self._instrument = instrument
        self._told = {each.intent.order_ref: (Status.NEW, each.filled) for each in known}

    def __call__(self, order: Order) -> None:
        """Looks at a changed order."""
        status, filled = self._told.get(order.intent.order_ref, (Status.NEW, 0.0))
        self._told[order.intent.order_ref] = order.status, order.filled
        kind = KINDS.get(order.status)
        if kind is not None and order.status is not status:
            self._alerts.tell(kind, f"{order.status}: {self._described(order)}. {order.reason}")
        if order.filled > filled and order.average_price is not None:
            size, average = f"{exact(order.filled)} of {exact(order.intent.quantity)}", order.average_price
            price = exact(average, self._places(order), MOST_PLACES)
            words = f"{size} filled at {price}: {self._described(order)}"
            self._alerts.tell("fill", words)

    def _places(self, order: Order) -> int:
        """Decimal places that the contract's prices have at least."""
        instrument = self._instrument(order.intent.con_id)
        return decimals(0.0 if instrument is None else instrument.min_tick)

    def _described(self, order: Order) -> str:
        """An order in a few words, as ``BUY 10 SPY LMT 450.10``."""
        intent = order.intent
        name = known_name(self._instrument(intent.con_id), intent.symbol)
        price = "" if intent.limit_price is None else f" {exact(intent.limit_price, self._places(order))}"
        return f"{intent.action} {exact(intent.quantity)} {name} {intent.order_type}{price}"
