"""Reconciliation: what our orders are, held against what the broker says they are.

Absence proves nothing until every list was answered: an order is called "not found" only by a complete view, and even
then it is UNKNOWN, never cancelled.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ibtui.trading.events import Event, Executed, NotFound, Reported
from ibtui.trading.machine import apply, is_end
from ibtui.trading.orders import ENDED, LIVE, Execution, Order, Status


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
        contradicted: Order ids that ended here but are open at the broker: somebody has to look.
        changed: Order ids whose status differs after folding.
    """

    events: tuple[tuple[str, Event], ...]
    fills: tuple[Execution, ...]
    not_found: tuple[str, ...]
    strangers: tuple[SeenOrder, ...]
    doubles: tuple[str, ...]
    contradicted: tuple[str, ...]
    changed: tuple[str, ...]


def reconcile(orders: Iterable[Order], view: BrokerView, ts_ns: int) -> Reconciliation:
    """Compares our orders with the broker's view.

    Args:
        orders: All our orders, ended ones too: a fill may reach a cancelled one.
        view: What the broker answered.
        ts_ns: When it did, UTC nanoseconds.
    """
    index = _Index(view)
    events: list[tuple[str, Event]] = []
    not_found: list[str] = []
    doubles: list[str] = []
    contradicted: list[str] = []
    changed: list[str] = []
    matched: set[int] = set()
    open_now = set(map(id, view.open))
    for order in orders:
        ref = order.intent.order_ref
        seen = index.of(order)
        matched.update(map(id, seen))
        found: list[Event] = [Executed(each) for each in index.executions.get(ref, ())]
        found += [_report(each, ts_ns) for each in seen]
        folded = order
        for event in found:
            after = apply(folded, event)
            if after is not folded:
                events.append((ref, event))
                folded = after
        if not seen and view.complete and folded.status in LIVE:
            events.append((ref, NotFound()))
            not_found.append(ref)
            folded = apply(folded, NotFound())
        # An order that ends while the lists come is among the open ones with its first words, and perhaps its last.
        last_words = {each.perm_id: each.status for each in seen if id(each) in open_now}
        still_open = [perm_id for perm_id, word in last_words.items() if not is_end(word)]
        if len(still_open) > 1:
            doubles.append(ref)
        explained = any(is_end(each.status) for each in seen) or (
            folded.status is Status.FILLED and ref in index.executions
        )
        if still_open and folded.status in ENDED and not explained:
            contradicted.append(ref)
        if folded.status is not order.status:
            changed.append(ref)
    return Reconciliation(
        events=tuple(events),
        fills=tuple(sorted((each.execution for _, each in events if isinstance(each, Executed)), key=_by_time)),
        not_found=tuple(not_found),
        strangers=tuple(each for each in view.open if id(each) not in matched),
        doubles=tuple(doubles),
        contradicted=tuple(contradicted),
        changed=tuple(changed),
    )


class _Index:
    """The broker's view, looked up by our id, or by IB's permanent one where our id wasn't echoed."""

    def __init__(self, view: BrokerView) -> None:
        self._by_ref: dict[str, list[SeenOrder]] = {}
        self._by_perm: dict[int, list[SeenOrder]] = {}
        self.executions: dict[str, list[Execution]] = {}
        for seen in (*view.completed, *view.open):
            if seen.order_ref:
                self._by_ref.setdefault(seen.order_ref, []).append(seen)
            elif seen.perm_id:
                self._by_perm.setdefault(seen.perm_id, []).append(seen)
        for execution in sorted(view.executions, key=_by_time):
            self.executions.setdefault(execution.order_ref, []).append(execution)

    def of(self, order: Order) -> list[SeenOrder]:
        """What the broker shows of an order: completed ones first, so that a live double is folded last."""
        by_ref = self._by_ref.get(order.intent.order_ref, [])
        return by_ref + (self._by_perm.get(order.perm_id, []) if order.perm_id else [])


def _by_time(execution: Execution) -> tuple[int, str]:
    return (execution.ts_ns, execution.exec_id)


def _report(seen: SeenOrder, ts_ns: int) -> Reported:
    return Reported(seen.status, seen.filled, seen.remaining, seen.average_price, seen.perm_id, seen.client_id, ts_ns)
