"""Reconciliation: what our orders are, held against what the broker says they are.

Absence proves nothing until every list was answered: an order is called "not found" only by a complete view, and even
then it is UNKNOWN, never cancelled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ibtui.trading.events import Event, Executed, NotFound, Reported
from ibtui.trading.machine import apply
from ibtui.trading.orders import ENDED, Execution, Order, Status


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """One order as a list of the broker shows it.

    Attributes:
        order_ref: What the broker echoes; empty for orders that were not placed by a console.
        status: IB's own word.
        filled: None where the list doesn't carry it.
    """

    order_ref: str
    perm_id: int | None
    status: str
    filled: float | None = None
    remaining: float | None = None
    average_price: float | None = None
    client_id: int | None = None
    order_id: int | None = None


@dataclass(frozen=True, slots=True)
class BrokerView:
    """The broker's lists, asked for in one session.

    Attributes:
        open: Open orders of all clients.
        completed: Today's completed orders.
        executions: Today's executions, each with the order id it belongs to.
        complete: Whether all three were answered in full.
    """

    open: Sequence[SeenOrder] = ()
    completed: Sequence[SeenOrder] = ()
    executions: Sequence[Execution] = ()
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What follows from the comparison.

    Attributes:
        events: Order id and event, in the order in which they are to be folded.
        fills: Executions that were not known, in the order of their times.
        not_found: Order ids without a trace.
        strangers: Orders of the broker's that aren't ours.
        doubles: Order ids that the broker has more than one live order for (a modify during an outage can do that).
        changed: Order ids whose status differs after folding.
    """

    events: tuple[tuple[str, Event], ...]
    fills: tuple[Execution, ...]
    not_found: tuple[str, ...]
    strangers: tuple[SeenOrder, ...]
    doubles: tuple[str, ...]
    changed: tuple[str, ...]


def reconcile(orders: Iterable[Order], view: BrokerView, ts_ns: int) -> Reconciliation:
    """Compares our orders with the broker's view.

    Args:
        orders: All our orders, ended ones too: a fill may reach a cancelled one.
        view: What the broker answered.
        ts_ns: When it did, UTC nanoseconds.
    """
    by_ref: dict[str, list[SeenOrder]] = {}
    by_perm: dict[int, SeenOrder] = {}
    for seen in (*view.completed, *view.open):
        if seen.order_ref:
            by_ref.setdefault(seen.order_ref, []).append(seen)
        if seen.perm_id:
            by_perm[seen.perm_id] = seen
    executions: dict[str, list[Execution]] = {}
    for execution in view.executions:
        executions.setdefault(execution.order_ref, []).append(execution)

    events: list[tuple[str, Event]] = []
    fills: list[Execution] = []
    not_found: list[str] = []
    doubles: list[str] = []
    changed: list[str] = []
    ours: set[int] = set()
    for order in orders:
        ref = order.intent.order_ref
        matches = by_ref.get(ref) or ([by_perm[order.perm_id]] if order.perm_id in by_perm else [])
        ours.update(map(id, matches))
        folded = order
        for execution in sorted(executions.get(ref, ()), key=lambda each: (each.ts_ns, each.exec_id)):
            after = apply(folded, Executed(execution))
            if after is not folded:
                events.append((ref, Executed(execution)))
                fills.append(execution)
                folded = after
        found: list[Event] = [_report(seen, ts_ns) for seen in matches]
        if not found and view.complete and _should_be_there(folded):
            found = [NotFound()]
            not_found.append(ref)
        for event in found:
            after = apply(folded, event)
            if after is not folded:
                events.append((ref, event))
                folded = after
        if len({seen.perm_id for seen in view.open if seen.order_ref == ref}) > 1:
            doubles.append(ref)
        if folded.status is not order.status:
            changed.append(ref)
    strangers = tuple(seen for seen in view.open if id(seen) not in ours)
    fills.sort(key=lambda each: (each.ts_ns, each.exec_id))
    return Reconciliation(tuple(events), tuple(fills), tuple(not_found), strangers, tuple(doubles), tuple(changed))


def _should_be_there(order: Order) -> bool:
    return order.status not in ENDED and order.status is not Status.NEW


def _report(seen: SeenOrder, ts_ns: int) -> Reported:
    return Reported(seen.status, seen.filled, seen.remaining, seen.average_price, seen.perm_id, seen.client_id, ts_ns)
