"""The order state machine: an order's life folded from events that may come twice, late, out of order or never.

Rules, from IB's documentation and from faults met in the field:

- The filled quantity is the sum of the unique executions, a correction replacing what it corrects (IB: the execution
  id "differs only after the final period"). No status message ever changes it.
- A status never goes back: an ended order stays ended, but for fills that make it FILLED after all.
- A message coded as an error ends an order only while the broker never acknowledged it. On an acknowledged one it
  makes the outcome UNKNOWN until the broker's next word.
- What an order stands for is what the broker's last word on its terms says; a change that was asked for is one only
  from then on. Until then the larger quantity counts: fills of the smaller one do not end the order.
- What can't be known is UNKNOWN, and only a report, a completing fill or the user ends that.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ibtui.market.values import known, positive
from ibtui.trading.events import (
    CancelRequested,
    ChangeAsked,
    CommissionReported,
    Event,
    Executed,
    LinkLost,
    NotFound,
    NotSent,
    Problem,
    Refused,
    Reported,
    Resolved,
    Sent,
    Terms,
)
from ibtui.trading.orders import (
    ENDED,
    LIVE,
    Commission,
    Execution,
    Order,
    OrderIntent,
    Status,
    execution_revision,
    execution_root,
)

CANCELLED_BY_BROKER = 202
"""IB's code of a message that says why it cancelled an order; the status word follows apart."""

_TOLERANCE = 1e-9

_WORDS: dict[str, Status] = {
    "PendingSubmit": Status.SENT,
    "ApiPending": Status.SENT,
    "PreSubmitted": Status.WORKING,
    "Submitted": Status.WORKING,
    "PendingCancel": Status.WORKING,
    "Inactive": Status.INACTIVE,
    "ApiCancelled": Status.CANCELLED,
    "Cancelled": Status.CANCELLED,
    "Filled": Status.FILLED,
}
"""IB's status words (API reference, "Possible order states"); a word that isn't here changes no status."""

_ACKNOWLEDGES = frozenset({Status.WORKING, Status.INACTIVE, Status.CANCELLED, Status.FILLED})


def is_end(word: str) -> bool:
    """Whether a status word of IB's says that an order has ended."""
    return _WORDS.get(word) in ENDED


def apply(order: Order, event: Event) -> Order:
    """The order after the event; the same object where the event says nothing new. Never raises."""
    return _FOLDS[type(event)](order, event)


def _sent(order: Order, event: Sent) -> Order:
    if order.sent_ns is not None or order.status in (Status.REFUSED, Status.NOT_SENT):
        return order
    status = Status.SENT if order.status is Status.NEW else order.status
    return replace(order, status=status, order_id=event.order_id, client_id=event.client_id, sent_ns=event.ts_ns)


def _not_sent(order: Order, event: NotSent) -> Order:
    return _ended_here(order, Status.NOT_SENT, event.reason)


def _refused(order: Order, event: Refused) -> Order:
    return _ended_here(order, Status.REFUSED, event.reason)


def _ended_here(order: Order, status: Status, reason: str) -> Order:
    return replace(order, status=status, reason=reason) if order.status is Status.NEW else order


def _reported(order: Order, event: Reported) -> Order:
    said = _WORDS.get(event.status)
    acknowledged = order.acknowledged_ns
    if said in _ACKNOWLEDGES and event.ts_ns is not None:
        acknowledged = event.ts_ns if acknowledged is None else min(acknowledged, event.ts_ns)
    status = _after_report(order, said, event.filled)
    resolved = order.status is Status.UNKNOWN and status is not Status.UNKNOWN and status not in ENDED
    intent, change = _terms_after(order, event.terms)
    reported = replace(
        order,
        intent=intent,
        change=change,
        status=status,
        reason="" if resolved else order.reason,
        perm_id=order.perm_id or event.perm_id or None,
        client_id=event.client_id if order.client_id is None else order.client_id,
        acknowledged_ns=acknowledged,
        cancel_requested=order.cancel_requested or event.status == "PendingCancel",
    )
    if reported == order:
        return order
    return reported if event.terms is None else _filled_up(reported)


def _change_asked(order: Order, event: ChangeAsked) -> Order:
    return replace(order, change=event.intent) if order.status in LIVE else order


def _terms_after(order: Order, terms: Terms | None) -> tuple[OrderIntent, OrderIntent | None]:
    """What the order stands for, and what was asked for and isn't confirmed: the broker's old terms confirm nothing."""
    if terms is None or (order.status in ENDED and order.change is None):
        return order.intent, order.change
    intent = order.intent
    told = replace(
        intent,
        quantity=positive(terms.quantity) or intent.quantity,
        limit_price=intent.limit_price and (positive(terms.limit_price) or intent.limit_price),
        stop_price=intent.stop_price and (positive(terms.stop_price) or intent.stop_price),
    )
    return (intent, order.change) if told == intent else (told, None)


def _after_report(order: Order, said: Status | None, filled: float | None) -> Status:
    if said is None or (order.status in ENDED and said is not Status.FILLED):
        return order.status
    if said is Status.WORKING:
        partly = order.filled > 0 or order.status is Status.PARTIAL or (filled is not None and filled > 0)
        return Status.PARTIAL if partly else Status.WORKING
    if said is Status.SENT and order.status not in (Status.NEW, Status.UNKNOWN):
        return order.status
    return said


def _executed(order: Order, event: Executed) -> Order:
    execution = event.execution
    quantity = known(execution.quantity)
    if quantity is None or quantity < 0:
        return order
    executions = _with_execution(order.executions, execution)
    if executions is order.executions:
        return order
    filled = math.fsum(each.quantity for each in executions)
    return replace(
        order,
        executions=executions,
        filled=filled,
        average_price=_average(executions, filled),
        status=_after_fill(order, filled),
    )


def _with_execution(executions: tuple[Execution, ...], new: Execution) -> tuple[Execution, ...]:
    root = execution_root(new.exec_id)
    others = tuple(each for each in executions if execution_root(each.exec_id) != root)
    for same in executions:
        if execution_root(same.exec_id) == root and execution_revision(same.exec_id) >= execution_revision(new.exec_id):
            return executions
    return tuple(sorted((*others, new), key=lambda each: (each.ts_ns, each.exec_id)))


def _average(executions: tuple[Execution, ...], filled: float) -> float | None:
    if filled <= 0:
        return None
    average = sum(each.quantity * each.price for each in executions) / filled
    return average if math.isfinite(average) else None


def _after_fill(order: Order, filled: float) -> Status:
    if filled >= order.largest - _TOLERANCE:
        return Status.FILLED
    if order.status in ENDED or order.status is Status.UNKNOWN or filled <= 0:
        return order.status
    return Status.PARTIAL


def _filled_up(order: Order) -> Order:
    """FILLED where its fills are all that it stands for, now that a change of its quantity is decided."""
    whole = 0 < order.filled >= order.largest - _TOLERANCE
    return replace(order, status=Status.FILLED) if whole and order.status in LIVE else order


def _commission(order: Order, event: CommissionReported) -> Order:
    new = event.commission
    root = execution_root(new.exec_id)
    others: list[Commission] = []
    for each in order.commissions:
        if execution_root(each.exec_id) != root:
            others.append(each)
        elif execution_revision(each.exec_id) >= execution_revision(new.exec_id):
            return order
    return replace(order, commissions=tuple(sorted((*others, new), key=lambda each: each.exec_id)))


def _problem(order: Order, event: Problem) -> Order:
    said = f"{event.text} (IB code {event.code})"
    if event.effect == "cancel_refused":
        return replace(order, cancel_requested=False) if order.cancel_requested else order
    if event.effect == "unknown":
        return replace(order, status=Status.UNKNOWN, reason=said) if order.status in LIVE else order
    if event.effect == "rejected" and order.status not in ENDED:
        acknowledged = order.acknowledged_ns is not None or order.filled > 0
        ended = not acknowledged or order.status is Status.INACTIVE
        said_no = replace(order, status=Status.REJECTED if ended else Status.UNKNOWN, reason=said, change=None)
        return said_no if order.change is None else _filled_up(said_no)
    if event.code == CANCELLED_BY_BROKER or (event.effect == "rejected" and order.status is Status.CANCELLED):
        return replace(order, reason=said)
    return order


def _cancel_requested(order: Order, _: CancelRequested) -> Order:
    return order if order.status in ENDED else replace(order, cancel_requested=True)


def _link_lost(order: Order, _: LinkLost) -> Order:
    if order.status not in LIVE or order.status is Status.UNKNOWN:
        return order
    reason = f"the link was lost while it was {order.status}; not known yet what became of it"
    return replace(order, status=Status.UNKNOWN, reason=reason)


def _not_found(order: Order, _: NotFound) -> Order:
    if order.status in ENDED:
        return order
    reason = "not found at the broker; :resolve it once you know what became of it"
    return replace(order, status=Status.UNKNOWN, reason=reason)


def _resolved(order: Order, event: Resolved) -> Order:
    if order.status is not Status.UNKNOWN:
        return order
    return replace(order, status=Status.CANCELLED, reason=f"closed by hand: {event.reason}")


_FOLDS: dict[type, Callable[[Order, Any], Order]] = {
    Sent: _sent,
    NotSent: _not_sent,
    Refused: _refused,
    ChangeAsked: _change_asked,
    Reported: _reported,
    Executed: _executed,
    CommissionReported: _commission,
    Problem: _problem,
    CancelRequested: _cancel_requested,
    LinkLost: _link_lost,
    NotFound: _not_found,
    Resolved: _resolved,
}
