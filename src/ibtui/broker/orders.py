"""The order desk: the only place that sends orders and cancels.

The way of an order: checks, journal (committed and on disk), the guards and the checks again, frame. From the second
look at the guards to the frame there is no await, so nothing can change between them. Nothing is ever sent twice.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.broker.contracts import to_ib
from ibtui.broker.order_cancels import Cancels
from ibtui.broker.order_frames import HIGHEST_ORDER_ID, order_frame
from ibtui.broker.order_guards import AccountView, OrderGuards
from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.order_messages import OrderMessages
from ibtui.broker.order_reports import ExternalOrder
from ibtui.broker.window import client_of
from ibtui.clock import Clock
from ibtui.config import RiskSettings
from ibtui.errors import JournalError, OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.state import MarketState
from ibtui.trading.breaker import Breaker
from ibtui.trading.checks import Check, run_checks
from ibtui.trading.events import LinkLost, NotFound, NotSent, Refused, Resolved, Sent
from ibtui.trading.orders import LIVE, Action, Order, OrderIntent, Status
from ibtui.trading.reconcile import Reconciliation, reconcile
from ibtui.trading.refs import RANDOM_BITS, new_order_ref
from ibtui.trading.states import TradingState

if TYPE_CHECKING:
    from ibtui.broker.session import Session
    from ibtui.storage.journal import Journal

log = logging.getLogger(__name__)

JOURNAL_WAIT = 0.25
"""Seconds that the journal may take before an order is refused."""

CALLED_OFF = "cancelled before it was sent"


class OrderDesk:
    """Sends, cancels, and knows every order of ours. A part of a session; orders outlive sessions.

    Attributes:
        differences: Orders whose status or fills differ after the last reconciliation from what was known when the
            link was lost.
    """

    def __init__(
        self,
        risk: RiskSettings,
        clock: Clock,
        market: MarketState,
        mark: Callable[[int], Mark],
        account: AccountView,
        journal: "Journal",
        highest_order_id: Callable[[str, int], int | None],
        obstacle: Callable[[bool], str | None],
        confirm: Callable[[Instrument], Awaitable[None]] | None = None,
        acknowledge_wait: float = 10.0,
        random_bits: Callable[[], int] = lambda: secrets.randbits(RANDOM_BITS),
    ) -> None:
        """Builds a desk without orders; see :meth:`load`.

        Args:
            risk: Limits of the checks.
            clock: The machine's clocks.
            market: Where quotes are.
            mark: What a contract's quote may be called now.
            account: Which account trades, and its positions.
            journal: Where orders are kept.
            highest_order_id: Reads the highest order id ever used with an endpoint and a client id; may block.
            obstacle: Why the link allows no order now, in plain words; None when it does. Told whether it reduces.
            confirm: Has a quiet quote confirmed, before an order on it is refused as stale.
            acknowledge_wait: Seconds after which an order without an answer is a failure of the order path.
            random_bits: Randomness for order references.
        """
        self.differences: tuple[str, ...] = ()
        self._clock = clock
        self._account = account
        self._journal = journal
        self._read_highest_order_id = highest_order_id
        self._confirm = confirm
        self._acknowledge_wait = acknowledge_wait
        self._random_bits = random_bits
        self._ledger = OrderLedger(journal, clock)
        self._guards = OrderGuards(risk, clock, market, mark, account, self._ledger, obstacle)
        self._session: Session | None = None
        self._messages: OrderMessages | None = None
        self._reconciled = False
        self._highest_order_id = 0
        self._before_loss: dict[str, Order] = {}
        self._cancels = Cancels(self._ledger, journal, clock)
        self._overdue_timers: dict[str, asyncio.TimerHandle] = {}

    @property
    def orders(self) -> dict[str, Order]:
        """All orders of ours by reference, oldest first; not to be changed."""
        return self._ledger.orders

    @property
    def external(self) -> list[ExternalOrder]:
        """Open orders of other clients, as of the last reconciliation and since."""
        return list(self._ledger.external.values())

    @property
    def on_change(self) -> list[Callable[[Order], None]]:
        """Listeners, called with each order that changed."""
        return self._ledger.on_change

    @property
    def breaker(self) -> Breaker:
        """Gates new orders after failures of the order path; never cancels."""
        return self._guards.breaker

    @property
    def trading_state(self) -> TradingState:
        """What may be sent at all; see :meth:`change_trading_state`."""
        return self._guards.trading_state

    @trading_state.setter
    def trading_state(self, state: TradingState) -> None:
        self._guards.trading_state = state

    @property
    def _listed(self) -> bool:
        return self._messages is not None and self._messages.open_listed

    @property
    def reconciled(self) -> bool:
        """Whether this session's reconciliation is complete."""
        return self._reconciled

    def load(self, orders: list[Order]) -> None:
        """Takes over the journal's orders at start; those that may live are UNKNOWN until reconciled."""
        self._ledger.load(orders)
        self._before_loss = {each.intent.order_ref: each for each in orders}

    # --- asking ---

    def intent(
        self,
        instrument: Instrument,
        action: Action,
        quantity: float,
        order_type: str = "LMT",
        limit_price: float | None = None,
        tif: str = "DAY",
        *,
        stop_price: float | None = None,
        outside_rth: bool = False,
    ) -> OrderIntent:
        """What the user asks for, with a reference of its own. Sends nothing."""
        now = self._clock.utc_ns()
        return OrderIntent(
            order_ref=new_order_ref(now, self._random_bits()),
            created_ns=now,
            con_id=instrument.con_id,
            symbol=instrument.symbol,
            account=self._account.account,
            action=action,
            order_type=order_type,
            quantity=quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            tif=tif,
            outside_rth=outside_rth,
        )

    def preview(self, intent: OrderIntent, instrument: Instrument) -> tuple[Check, ...]:
        """Every check's answer as of now."""
        return run_checks(self._guards.inputs(self._session, intent, instrument))

    async def submit(self, intent: OrderIntent, instrument: Instrument) -> Order:
        """Sends an order, once, or says why not. Raises nothing.

        Returns:
            The order as it stands when its frame has left: SENT; REFUSED when a check or a guard forbade it; NOT_SENT
            when the journal was too slow or something changed while it wrote. An intent that was submitted before is
            not sent again.
        """
        ref = intent.order_ref
        if ref in self.orders:
            return self.orders[ref]
        self._ledger.add(Order(intent))  # from here on it counts in every other order's checks
        try:
            return await self._submit(intent, instrument)
        except Exception as error:
            log.exception("The order %s failed here", ref)
            return self._not_sent(ref, f"something failed here: {error!r}")
        except BaseException:
            self._not_sent(ref, "the console ended before it was sent")
            raise

    async def _submit(self, intent: OrderIntent, instrument: Instrument) -> Order:
        ref = intent.order_ref
        if self._confirm is not None and self._guards.is_quiet(self._session, intent.con_id):
            await self._confirm(instrument)
            if self.orders[ref].cancel_requested:
                return self._not_sent(ref, CALLED_OFF)
        session = self._session
        judgement = self._guards.judge(session, self._listed, intent, instrument)
        if judgement.problem is not None or session is None:
            return await self._refuse(intent, judgement.checks, judgement.problem or "there is no session")
        order_id = self._take_order_id(session)
        if order_id > HIGHEST_ORDER_ID:
            return self._not_sent(ref, "the gateway's order ids are used up: reset its order id sequence")
        try:
            async with asyncio.timeout(JOURNAL_WAIT):
                await self._write(session, intent, judgement.checks, order_id)
        except TimeoutError:
            return self._not_sent(ref, f"the journal took over {JOURNAL_WAIT * 1000:g} ms")
        except JournalError as error:
            return self._not_sent(ref, f"the journal can't be written: {error}")
        # No await from here to the frame.
        judgement = self._guards.judge(session, self._listed, intent, instrument)
        problem = judgement.problem
        if session is not self._session:
            problem = "the session changed while it was journalled"
        elif self.orders[ref].cancel_requested:
            problem = CALLED_OFF
        if problem is not None:
            return self._not_sent(ref, problem)
        return self._send(session, intent, instrument, order_id, reduces=judgement.reduces)

    async def cancel(self, order_ref: str) -> None:
        """Cancels one of our orders: at once, or once after the next reconciliation if there is no session.

        Raises:
            OrderRefusedError: It is not ours to cancel; says where it can be.
        """
        order = self.orders.get(order_ref)
        if order is None:
            external = next((each for each in self.external if each.order_ref == order_ref), None)
            where = f": it can be cancelled {external.where}" if external else ""
            raise OrderRefusedError(f"'{order_ref}' is not an order of ours{where}")
        self._cancels.ask(order)

    async def cancel_all(self, con_id: int | None = None) -> int:
        """Cancels all our orders that may live, of one contract or of all; returns how many were asked for."""
        asked = 0
        for order in list(self.orders.values()):
            if (order.status in LIVE or order.status is Status.NEW) and con_id in (None, order.intent.con_id):
                try:
                    await self.cancel(order.intent.order_ref)
                    asked += 1
                except OrderRefusedError as error:
                    log.warning("%s", error)
        return asked

    def resolve(self, order_ref: str, reason: str) -> Order:
        """Closes an UNKNOWN order by hand.

        Raises:
            OrderRefusedError: There is no such order, it is not UNKNOWN, or no reason is given.
        """
        order = self.orders.get(order_ref)
        if order is None or order.status is not Status.UNKNOWN or not reason.strip():
            raise OrderRefusedError(f"'{order_ref}' is no UNKNOWN order, or no reason was given; nothing was changed")
        return self._ledger.fold(order_ref, Resolved(reason.strip()), "resolved", reason.strip())

    async def change_trading_state(self, state: TradingState, reason: str) -> None:
        """Changes what may be sent, at once; the journal keeps it over restarts.

        Raises:
            JournalError: It holds for this run, but could not be written down.
        """
        self.trading_state = state
        await self._journal.trading_state(state, reason)

    # --- life in a session ---

    def attach(self, session: "Session") -> None:
        """Listens from the first frame on."""
        self._session = session
        self._reconciled = False
        self._cancels.attach(session)
        self._messages = OrderMessages(session, self._ledger, self.breaker, self._clock)
        # Request ids and order ids are one count: an error must never name both a request and a live order.
        client_of(session).updateReqId(self._ledger.highest_order_id(session.client_id) + 1)

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """The reconciliation: all three lists must be in before absence means anything."""
        messages = self._messages
        if messages is None:
            return ()
        self._reconciled = False

        async def open_orders() -> None:
            await self._learn_order_ids(session)
            await messages.ask_open_orders()
            self._reconcile(session, messages)

        async def completed_orders() -> None:
            await messages.ask_completed_orders()
            self._reconcile(session, messages)

        async def executions() -> None:
            await messages.ask_executions()
            self._reconcile(session, messages)

        messages.forget_lists()
        return (("open orders", open_orders), ("completed orders", completed_orders), ("executions", executions))

    def detach(self) -> None:
        """The link is lost: what was alive is UNKNOWN until it is reconciled."""
        session = self._session
        self._session = self._messages = None
        self._reconciled = False
        self._stop_waiting()
        live = self._ledger.live()
        for order in live:
            self._before_loss.setdefault(order.intent.order_ref, order)
            self._ledger.fold(order.intent.order_ref, LinkLost(), "link lost", "not known until reconciled")
        if session is not None:
            self.breaker.failure(f"link lost in session {session.number}", self._clock.monotonic())

    # --- sending ---

    async def _refuse(self, intent: OrderIntent, checks: Sequence[Check], reason: str) -> Order:
        client_id = self._session.client_id if self._session else 0
        with suppress(JournalError, TimeoutError):
            async with asyncio.timeout(JOURNAL_WAIT):
                await self._journal.intend(intent, checks, order_id=None, client_id=client_id, status=Status.REFUSED)
        return self._ledger.fold(intent.order_ref, Refused(reason), "refused", reason)

    def _not_sent(self, ref: str, reason: str) -> Order:
        """Ends an order whose frame did not leave; one that was sent stays what it is."""
        return self._ledger.fold(ref, NotSent(reason), "not sent", reason)

    async def _write(self, session: "Session", intent: OrderIntent, checks: Sequence[Check], order_id: int) -> None:
        """Both rows are asked for in one loop turn, so that one commit takes them."""
        await asyncio.gather(
            self._journal.reserve_order_id(session.endpoint, session.client_id, order_id),
            self._journal.intend(intent, checks, order_id=order_id, client_id=session.client_id, status=Status.NEW),
        )

    def _send(
        self, session: "Session", intent: OrderIntent, instrument: Instrument, order_id: int, *, reduces: bool
    ) -> Order:
        frame = order_frame(intent, order_id, session.client_id)
        if not reduces:
            self.breaker.take(self._clock.monotonic())
        try:
            client_of(session).placeOrder(order_id, to_ib(instrument), frame)
        except Exception as error:  # the library serializes the whole frame before it writes any of it
            log.exception("The order %s could not be sent", intent.order_ref)
            return self._not_sent(intent.order_ref, f"it could not be sent: {error}")
        sent = Sent(order_id, session.client_id, self._clock.utc_ns())
        order = self._ledger.fold(intent.order_ref, sent, "sent", f"order id {order_id}, session {session.number}")
        self._overdue_timers[intent.order_ref] = asyncio.get_running_loop().call_later(
            self._acknowledge_wait, self._overdue, intent.order_ref
        )
        return order

    def _overdue(self, ref: str) -> None:
        self._overdue_timers.pop(ref, None)
        if self.orders[ref].status is Status.SENT:
            self.breaker.failure(f"{ref} was not acknowledged", self._clock.monotonic())

    def _take_order_id(self, session: "Session") -> int:
        order_id = max(session.request_id(), self._highest_order_id + 1)
        self._highest_order_id = order_id
        client_of(session).updateReqId(order_id + 1)
        return order_id

    async def _learn_order_ids(self, session: "Session") -> None:
        highest = await asyncio.to_thread(self._read_highest_order_id, session.endpoint, session.client_id)
        known = self._ledger.highest_order_id(session.client_id)
        self._highest_order_id = max(self._highest_order_id, highest or 0, known)
        client_of(session).updateReqId(self._highest_order_id + 1)

    # --- reconciliation ---

    def _reconcile(self, session: "Session", messages: OrderMessages) -> None:
        """Once all lists are in: what left no trace is UNKNOWN, not found; cancels that waited go out."""
        view = messages.view()
        if view is None or session is not self._session:
            return
        result: Reconciliation = reconcile(self.orders.values(), view, self._clock.utc_ns())
        for ref, event in result.events:
            kind = "not found" if isinstance(event, NotFound) else "reconciled"
            self._ledger.fold(ref, event, kind, "by a complete reconciliation")
        for ref in result.doubles:
            log.error("The broker has more than one live order for %s", ref)
        self.differences = tuple(ref for ref, before in self._before_loss.items() if _differs(before, self.orders[ref]))
        self._before_loss.clear()
        self._reconciled = True
        self._cancels.reconciled()

    def _stop_waiting(self) -> None:
        self._cancels.detach()
        for timer in self._overdue_timers.values():
            timer.cancel()
        self._overdue_timers.clear()


def _differs(before: Order, after: Order) -> bool:
    return (before.status, before.filled) != (after.status, after.filled)
