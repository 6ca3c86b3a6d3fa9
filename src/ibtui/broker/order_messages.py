"""What a session says about orders: its raw callbacks are folded into the ledger, and the broker's lists collected."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ibtui.broker.codes import lookup
from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.order_reports import (
    Identity,
    completed_report,
    execution_identity,
    external_order,
    open_order_report,
    read_commission,
    read_execution,
    status_report,
)
from ibtui.clock import Clock
from ibtui.market.prices import exact
from ibtui.trading.breaker import Breaker
from ibtui.trading.events import Executed, Problem, Reported
from ibtui.trading.orders import Execution, Order, Status
from ibtui.trading.reconcile import BrokerView, SeenOrder

if TYPE_CHECKING:
    import ib_insync

    from ibtui.broker.session import Session

_UNASKED = -1
"""Request id of an execution that comes as it happens, not out of a list."""

_ABOUT_ORDERS = frozenset({"3", "5", "11", "101"})
"""Messages that tell what became of an order: orderStatus, openOrder, execDetails, completedOrder."""

_EXTERNAL_ENDED = frozenset({"Cancelled", "ApiCancelled", "Filled"})


class OrderMessages:
    """The listener of one session. Each message is folded at once; nothing is believed of the library's own trades.

    Attributes:
        open_listed: Whether the gateway has listed all open orders in this reconciliation.
    """

    def __init__(
        self,
        session: "Session",
        ledger: OrderLedger,
        breaker: Breaker,
        clock: Clock,
        filled: Callable[[int, float], None],
        doubt: Callable[[], None],
    ) -> None:
        """Listens from now on.

        Args:
            session: The session.
            ledger: Where orders are folded.
            breaker: Hears of answers and of unknown outcomes.
            clock: The machine's clocks.
            filled: Told each contract's fills as they happen, negative for a sale.
            doubt: Told when what became of an order has to be asked for; must not send anything itself.
        """
        self.open_listed = False
        self._session = session
        self._ledger = ledger
        self._breaker = breaker
        self._clock = clock
        self._filled = filled
        self._doubt = doubt
        self._asking = asyncio.Lock()
        self._holes: set[str] = set()
        self._open: list[SeenOrder] | None = None
        self._completed: list[SeenOrder] | None = None
        self._executions: list[Execution] | None = None
        session.tap("orderStatus", self._on_status)
        session.tap("openOrder", self._on_open_order)
        session.tap("completedOrder", self._on_completed_order)
        session.tap("execDetails", self._on_execution)
        session.tap("commissionReport", self._on_commission)
        session.tap("error", self._on_error)
        session.on_decode_error.append(self._on_lost_message)

    # --- the broker's lists ---

    async def ask_open_orders(self) -> None:
        """Has the gateway list the open orders of all clients.

        Raises:
            RequestTimeoutError: The list did not end in time.
            LinkDownError: The session ended.
        """
        async with self._asking:
            earlier, self._open, before = self._open, [], set(self._ledger.external)
            try:
                await self._ask(self._session.ib.reqAllOpenOrdersAsync(), "open orders")
            except BaseException:
                self._open = earlier
                raise
            for gone in before - {each.perm_id for each in self._open}:
                self._ledger.external.pop(gone, None)
            self._ledger.listed_at = self._clock.monotonic()
            self.open_listed = True

    async def ask_completed_orders(self) -> None:
        """Has the gateway list today's completed orders. Raises as :meth:`ask_open_orders`."""
        async with self._asking:
            earlier, self._completed = self._completed, []
            try:
                await self._ask(self._session.ib.reqCompletedOrdersAsync(apiOnly=False), "completed orders")
            except BaseException:
                self._completed = earlier
                raise

    async def ask_executions(self) -> None:
        """Has the gateway list today's executions. Raises as :meth:`ask_open_orders`."""
        async with self._asking:
            earlier, self._executions = self._executions, []
            try:
                await self._ask(self._session.ib.reqExecutionsAsync(), "executions")
            except BaseException:
                self._executions = earlier
                raise

    def forget_lists(self) -> None:
        """Begins a reconciliation: lists of an earlier one prove nothing any more."""
        self.open_listed = False
        self._open = self._completed = self._executions = None

    def view(self) -> BrokerView | None:
        """The three lists, once all of them ended; None before that. A message that was lost in one is a hole."""
        if self._open is None or self._completed is None or self._executions is None:
            return None
        return BrokerView(tuple(self._open), tuple(self._completed), tuple(self._executions), complete=not self._holes)

    async def _ask(self, request: Awaitable[object], what: str) -> None:
        """One list at a time: the library keeps one answer of a kind, and of two requests the first would never end."""
        lost = self._session.decode_errors
        await self._session.ask(request, what)
        (self._holes.discard if self._session.decode_errors == lost else self._holes.add)(what)

    # --- messages ---

    def _on_status(self, *arguments: object) -> None:
        identity, report = status_report(arguments, self._clock.utc_ns())
        self._report(identity, report)

    def _on_open_order(
        self, _: int, contract: "ib_insync.Contract", order: "ib_insync.Order", state: "ib_insync.OrderState"
    ) -> None:
        if order.whatIf:
            return
        identity, report = open_order_report(order, state, self._clock.utc_ns())
        if self._open is not None:
            self._open.append(_seen(identity, report))
        if self._report(identity, report):
            self._ledger.external.pop(order.permId, None)
        else:
            self._ledger.external[order.permId] = external_order(contract, order, state)

    def _on_completed_order(
        self, _: "ib_insync.Contract", order: "ib_insync.Order", state: "ib_insync.OrderState"
    ) -> None:
        identity, report = completed_report(order, state, self._clock.utc_ns())
        if self._completed is not None:
            self._completed.append(_seen(identity, report))
        self._report(identity, report)

    def _on_execution(self, request_id: int, contract: "ib_insync.Contract", execution: "ib_insync.Execution") -> None:
        order = self._ledger.find(execution_identity(execution))
        if order is None:
            return
        fill = read_execution(order.intent.order_ref, contract.conId, execution, self._clock.utc_ns())
        if fill is None:
            return
        if self._executions is not None:
            self._executions.append(fill)
        after = self._ledger.executed(fill.order_ref, Executed(fill))
        if request_id == _UNASKED and after.filled != order.filled:
            more = after.filled - order.filled
            self._filled(contract.conId, more if fill.side == "BUY" else -more)
        self._answered(order, after)

    def _on_commission(self, report: "ib_insync.CommissionReport") -> None:
        commission = read_commission(report)
        if commission is not None:
            self._ledger.charged(commission)

    def _on_error(self, request_id: int, code: int, text: str, *_: object) -> None:
        order = self._ledger.find(Identity(client_id=self._session.client_id, order_id=request_id))
        effect = lookup(code).order
        if order is None or effect == "none":
            return
        problem = Problem(code, text, effect)
        after = self._ledger.fold(order.intent.order_ref, problem, effect, f"{text} (IB code {code})", always=True)
        if effect == "cancel_refused" or after.status is Status.UNKNOWN:
            self._doubt()
        now = self._clock.monotonic()
        if effect == "unknown":
            self._breaker.failure(f"unknown outcome of {order.intent.order_ref}", now)
        elif effect == "rejected":
            self._breaker.success(now)

    def _on_lost_message(self, message: str) -> None:
        if message in _ABOUT_ORDERS:
            self._doubt()

    def _report(self, identity: Identity, report: Reported) -> bool:
        """Folds a report; False if the order is not ours."""
        order = self._ledger.find(identity)
        if order is None:
            external = self._ledger.external.get(identity.perm_id)
            if external is not None and report.status in _EXTERNAL_ENDED:
                del self._ledger.external[identity.perm_id]
            return False
        words = [report.status]
        words += [f"filled {exact(report.filled)}"] if report.filled is not None else []
        words += [f"remaining {exact(report.remaining)}"] if report.remaining is not None else []
        folded = self._ledger.fold(order.intent.order_ref, report, "status", ", ".join(words))
        if folded.acknowledged_ns is not None:
            self._answered(order, folded)
        return True

    def _answered(self, before: Order, after: Order) -> None:
        """A success of the path is news of an order that waited for an answer; what a list repeats is none."""
        waited = before.acknowledged_ns is None or before.change is not None or before.cancel_requested
        if waited and after is not before:
            self._breaker.success(self._clock.monotonic())


def _seen(identity: Identity, report: Reported) -> SeenOrder:
    return SeenOrder(
        order_ref=identity.order_ref,
        perm_id=report.perm_id,
        status=report.status,
        filled=report.filled,
        remaining=report.remaining,
        average_price=report.average_price,
        client_id=report.client_id,
        order_id=identity.order_id or None,
    )
