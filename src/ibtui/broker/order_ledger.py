"""Every order of ours, and who its messages mean: folds events, journals them, tells who listens."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from ibtui.broker.order_reports import ExternalOrder, Identity
from ibtui.clock import Clock
from ibtui.market.prices import exact
from ibtui.trading.events import ChangeAsked, CommissionReported, Event, Executed, LinkLost, NotSent, Sent
from ibtui.trading.machine import apply
from ibtui.trading.orders import ENDED, LIVE, Commission, Order, Status, execution_root

if TYPE_CHECKING:
    from ibtui.storage.journal import Journal

log = logging.getLogger(__name__)

_CHANGES_KEPT = 10_000
"""More than may be sent in the minute that anybody asks about: IB takes 50 messages a second."""


class OrderLedger:
    """Orders by our own reference; order ids and permanent ids only lead there.

    Attributes:
        orders: By order reference, oldest first.
        external: Other clients' orders, by permanent id.
        listed_at: When the gateway last listed the open orders of all clients, monotonic seconds; None before that.
        on_change: Called with each order that changed.
    """

    def __init__(self, journal: "Journal", clock: Clock) -> None:
        self.orders: dict[str, Order] = {}
        self.external: dict[int, ExternalOrder] = {}
        self.listed_at: float | None = None
        self.on_change: list[Callable[[Order], None]] = []
        self._journal = journal
        self._clock = clock
        self._by_order_id: dict[tuple[int, int], str] = {}
        self._by_perm_id: dict[int, str] = {}
        self._by_execution: dict[str, str] = {}
        self._early_commissions: dict[str, Commission] = {}
        self._changes_ns: deque[int] = deque(maxlen=_CHANGES_KEPT)

    def load(self, orders: Iterable[Order]) -> None:
        """Takes over what the journal holds from earlier runs; no event is journalled again.

        What may still be at the broker is UNKNOWN until a reconciliation finds it. An order that was journalled with
        an order id but not as sent may have left just before the end.
        """
        for each in orders:
            order = each
            if order.status is Status.NEW:
                order = apply(order, _end_of_unsent(order))
            self._put(apply(order, LinkLost()))

    def add(self, order: Order) -> None:
        """Takes in an order before its first event."""
        self._put(order)
        self._tell(order)

    def live(self) -> list[Order]:
        """Orders that are, or may be, at the broker."""
        return [each for each in self.orders.values() if each.status in LIVE]

    def counting(self, since_ns: int) -> tuple[Order, ...]:
        """Orders that the checks look at: those that have not ended, and those created since, UTC nanoseconds."""
        return tuple(
            each for each in self.orders.values() if each.intent.created_ns >= since_ns or each.status not in ENDED
        )

    def changes_since(self, since_ns: int) -> int:
        """How many changes of orders were sent since, UTC nanoseconds, in this run."""
        return sum(1 for sent_ns in self._changes_ns if sent_ns >= since_ns)

    def find(self, identity: Identity) -> Order | None:
        """The order that a message means, by our reference, the permanent id, or client and order id together.

        Order ids come back after a gateway lost its count; a permanent id that differs says that it is another order.
        """
        ref = (
            (identity.order_ref if identity.order_ref in self.orders else None)
            or self._by_perm_id.get(identity.perm_id)
            or self._by_order_id.get((identity.client_id if identity.client_id is not None else -1, identity.order_id))
        )
        if ref is None:
            return None
        order = self.orders[ref]
        if identity.perm_id and order.perm_id and identity.perm_id != order.perm_id:
            return None
        return order

    def of_execution(self, exec_id: str) -> Order | None:
        """The order that an execution belongs to."""
        ref = self._by_execution.get(execution_root(exec_id))
        return None if ref is None else self.orders[ref]

    def highest_order_id(self, client_id: int) -> int:
        """The highest order id of a client that is known here; 0 if none is."""
        return max((number for client, number in self._by_order_id if client == client_id), default=0)

    def fold(self, order_ref: str, event: Event, kind: str, detail: str, *, always: bool = False) -> Order:
        """Folds an event into an order; journals and tells it if it said anything new.

        Args:
            order_ref: Which order.
            event: What happened.
            kind: Word for ``order_events.kind``.
            detail: Words for ``order_events.detail``.
            always: Journal it even if it changes nothing.
        """
        before = self.orders[order_ref]
        order = apply(before, event)
        if order is before and not always:
            return order
        self._put(order)
        now_ns = self._clock.utc_ns()
        if isinstance(event, ChangeAsked):
            self._changes_ns.append(now_ns)
        self._journal.event(order, kind, detail, now_ns)
        if order is not before:
            self._tell(order)
        return order

    def executed(self, order_ref: str, event: Executed) -> Order:
        """Folds a fill, and the commission that may have come before it."""
        execution = event.execution
        root = execution_root(execution.exec_id)
        before = self.orders[order_ref]
        self._by_execution[root] = order_ref
        text = f"{execution.side} {exact(execution.quantity)} at {exact(execution.price)} ({execution.exec_id})"
        order = self.fold(order_ref, event, "fill", text)
        if order is not before:
            self._journal.execution(execution)
        early = self._early_commissions.pop(root, None)
        return order if early is None else self.charged(early) or order

    def charged(self, commission: Commission) -> Order | None:
        """Folds what a fill cost; one that comes before its fill is kept for it."""
        order = self.of_execution(commission.exec_id)
        if order is None:
            self._early_commissions[execution_root(commission.exec_id)] = commission
            return None
        text = f"{exact(commission.amount)} {commission.currency} ({commission.exec_id})"
        folded = self.fold(order.intent.order_ref, CommissionReported(commission), "commission", text)
        if folded is not order:
            self._journal.commission(commission)
        return folded

    def _put(self, order: Order) -> None:
        ref = order.intent.order_ref
        self.orders[ref] = order
        if order.client_id is not None and order.order_id:
            self._by_order_id[order.client_id, order.order_id] = ref
        if order.perm_id:
            self._by_perm_id[order.perm_id] = ref
        for execution in order.executions:
            self._by_execution[execution_root(execution.exec_id)] = ref

    def _tell(self, order: Order) -> None:
        for listener in self.on_change:
            try:
                listener(order)
            except Exception:
                log.exception("A listener to orders failed")


def _end_of_unsent(order: Order) -> Event:
    if order.order_id is None or order.client_id is None:
        return NotSent("the console ended before it was sent")
    return Sent(order.order_id, order.client_id, order.intent.created_ns)
