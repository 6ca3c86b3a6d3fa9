"""The order desk: every order of ours, what may be asked of it, and what a reconciliation says.

What is sent goes through :mod:`ibtui.broker.order_sender` and :mod:`ibtui.broker.order_cancels`, and nowhere else.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ibtui.broker.order_cancels import Cancels
from ibtui.broker.order_guards import Asked, OrderGuards, Surroundings
from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.order_messages import OrderMessages
from ibtui.broker.order_recheck import Recheck
from ibtui.broker.order_reports import ExternalOrder
from ibtui.broker.order_sender import OrderSender
from ibtui.broker.what_ifs import WhatIfs
from ibtui.broker.window import client_of
from ibtui.clock import Clock
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.trading.brackets import stranded
from ibtui.trading.breaker import Breaker
from ibtui.trading.checks import Check, run_checks
from ibtui.trading.differences import Difference, differences
from ibtui.trading.events import LinkLost, NotFound, Resolved
from ibtui.trading.halting import opening_orders
from ibtui.trading.identity import left_behind
from ibtui.trading.orders import LIVE, Action, Order, OrderIntent, Status
from ibtui.trading.reconcile import Reconciliation, reconcile
from ibtui.trading.refs import RANDOM_BITS, new_order_ref
from ibtui.trading.restraints import Restraint, Source
from ibtui.trading.states import TradingState
from ibtui.trading.what_if import WhatIf

if TYPE_CHECKING:
    from ibtui.broker.session import Session
    from ibtui.storage.journal import Journal

log = logging.getLogger(__name__)


class OrderDesk:
    """Sends, changes, cancels, and knows every order of ours. A part of a session; orders outlive sessions.

    Attributes:
        differences: What happened while the link was lost, or before this start, until it is acknowledged.
    """

    def __init__(
        self,
        risk: RiskSettings,
        clock: Clock,
        around: Surroundings,
        journal: "Journal",
        highest_order_id: Callable[[str, int], int | None],
        confirm: Callable[[Instrument], Awaitable[None]] | None = None,
        acknowledge_wait: float = 10.0,
        random_bits: Callable[[], int] = lambda: int.from_bytes(os.urandom(RANDOM_BITS // 8)),
    ) -> None:
        """Builds a desk without orders; see :meth:`load`.

        Args:
            risk: Limits of the checks.
            clock: The machine's clocks.
            around: Where the guards look.
            journal: Where orders are kept.
            highest_order_id: Reads the highest order id ever used with an endpoint and a client id; may block.
            confirm: Has a quiet quote confirmed, before an order on it is refused as stale.
            acknowledge_wait: Seconds after which an order without an answer is a failure of the order path.
            random_bits: Randomness for order references.
        """
        self.differences: tuple[Difference, ...] = ()
        self._clock = clock
        self._around = around
        self._journal = journal
        self._read_highest_order_id = highest_order_id
        self._random_bits = random_bits
        self._ledger = OrderLedger(journal, clock)
        self._guards = OrderGuards(risk, clock, around, self._ledger)
        self._sender = OrderSender(clock, journal, self._ledger, self._guards, self._listed, confirm, acknowledge_wait)
        self._cancels = Cancels(self._ledger, journal, clock)
        self._what_ifs = WhatIfs(self._sender, self._guards, journal, acknowledge_wait)
        self._session: Session | None = None
        self._messages: OrderMessages | None = None
        self._recheck = Recheck(self._ask_again)
        self._before_loss: dict[str, Order] = {}
        self._strangers: set[int] = set()
        self._reconciled = False
        self._no_link = "no link since the start"

    @property
    def orders(self) -> dict[str, Order]:
        """All orders of ours by reference, oldest first; not to be changed."""
        return self._ledger.orders

    @property
    def external(self) -> list[ExternalOrder]:
        """Open orders of other clients, as of :attr:`listed_at` and since."""
        return list(self._ledger.external.values())

    @property
    def listed_at(self) -> float | None:
        """When the open orders of all clients were last listed, monotonic seconds; None before that."""
        return self._ledger.listed_at

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
        """What may be sent at all, under all :attr:`restraints` together."""
        return self._guards.trading_state

    @property
    def restraints(self) -> dict[Source, Restraint]:
        """What holds back, by its source; see :meth:`hold_back` and :meth:`release`."""
        return self._guards.restraints

    def changes_since(self, since_ns: int) -> int:
        """How many changes of orders were sent since, UTC nanoseconds."""
        return self._ledger.changes_since(since_ns)

    @property
    def committed(self) -> float | None:
        """Margin that the working orders will need, in base currency; None while unknown."""
        return self._guards.committed()

    def notional(self, order: Order) -> float | None:
        """What the rest of an order is worth, in base currency; None while unknown."""
        return self._guards.notional(order)

    @property
    def left_behind(self) -> str | None:
        """Why nothing new may be opened under this client id; None when no order of another one may still work."""
        session = self._session
        return None if session is None else left_behind(self.orders.values(), session.client_id)

    @property
    def reconciled(self) -> bool:
        """Whether this session's reconciliation is complete."""
        return self._reconciled

    def load(self, orders: list[Order], restraints: Sequence[Restraint] = ()) -> None:
        """Takes over what the journal holds at start; orders that may live are UNKNOWN until reconciled."""
        self._ledger.load(orders)
        self._guards.restraints.update({each.source: each for each in restraints})
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
        trail_amount: float | None = None,
        trail_percent: float | None = None,
        outside_rth: bool = False,
        parent_ref: str | None = None,
        oca_group: str | None = None,
    ) -> OrderIntent:
        """What the user asks for, with a reference of its own. Sends nothing."""
        now = self._clock.utc_ns()
        return OrderIntent(
            order_ref=new_order_ref(now, self._random_bits()),
            created_ns=now,
            con_id=instrument.con_id,
            symbol=instrument.symbol,
            account=self._around.account.account,
            action=action,
            order_type=order_type,
            quantity=quantity,
            limit_price=limit_price,
            stop_price=stop_price,
            tif=tif,
            outside_rth=outside_rth,
            parent_ref=parent_ref,
            oca_group=oca_group,
            trail_amount=trail_amount,
            trail_percent=trail_percent,
        )

    def preview(
        self, intent: OrderIntent, instrument: Instrument, parent: OrderIntent | None = None
    ) -> tuple[Check, ...]:
        """Every check's answer as of now."""
        return run_checks(self._guards.inputs(self._session, Asked(intent, instrument, parent)))

    async def what_if(self, intent: OrderIntent, instrument: Instrument) -> WhatIf:
        """What the broker says that an order would need and cost, within seconds. Places nothing, raises nothing.

        The margin that it tells is what the checks know of such orders from then on. Of an order that turns a position
        the broker tells the difference, so it is asked first what closing alone gives back.
        """
        closes = self._guards.turns(intent)
        if closes:
            await self._ask_what_if(replace(intent, quantity=closes), instrument)
        return await self._ask_what_if(intent, instrument)

    async def _ask_what_if(self, intent: OrderIntent, instrument: Instrument) -> WhatIf:
        now = self._clock.utc_ns()
        question = replace(intent, order_ref=new_order_ref(now, self._random_bits()), created_ns=now)
        return await self._what_ifs.ask(question, instrument)

    def margin_known(self, intent: OrderIntent, instrument: Instrument) -> bool:
        """Whether what an order needs can be told without asking the broker."""
        return self._guards.margin_known(intent, instrument)

    async def submit(
        self, intent: OrderIntent, instrument: Instrument, *, flattens: bool = False, follows: str = ""
    ) -> Order:
        """Sends an order, once, or says why not. Raises nothing.

        Args:
            intent: The order.
            instrument: Its contract.
            flattens: The user confirmed that it closes a position; it passes in HALTED, whatever its size.
            follows: Reference of the order that it is meant to follow, and so is no duplicate of.

        Returns:
            The order as it stands when its frame has left: SENT, or REFUSED, or NOT_SENT, with the reason.
        """
        return (await self._sender.submit([Asked(intent, instrument, flattens=flattens, follows=follows)]))[0]

    async def submit_bracket(self, intents: Sequence[OrderIntent], instrument: Instrument) -> tuple[Order, ...]:
        """Sends an order with its target and stop, all or none, as :meth:`submit` does.

        Args:
            intents: As :func:`ibtui.trading.brackets.bracket` makes them: the order first.
            instrument: Their contract.
        """
        parent, *children = intents
        return await self._sender.submit(
            [Asked(parent, instrument), *(Asked(each, instrument, parent) for each in children)]
        )

    async def change(
        self,
        order_ref: str,
        instrument: Instrument,
        *,
        quantity: float | None = None,
        limit_price: float | None = None,
        stop_price: float | None = None,
    ) -> Order:
        """Asks for other terms of a working order; what is None stays as it is.

        Raises:
            OrderRefusedError: Nothing was sent; says why. The order works on as it is.
        """
        order = self.orders.get(order_ref)
        if order is None:
            raise OrderRefusedError(f"'{order_ref}' is not an order of ours")
        before = order.intent
        intent = replace(
            before,
            quantity=before.quantity if quantity is None else quantity,
            limit_price=before.limit_price if limit_price is None else limit_price,
            stop_price=before.stop_price if stop_price is None else stop_price,
        )
        if intent == order.intent:
            return order
        return await self._sender.change(order, intent, instrument)

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
        return await self.cancel_each(
            [
                each
                for each in self.orders.values()
                if (each.status in LIVE or each.status is Status.NEW) and con_id in (None, each.intent.con_id)
            ]
        )

    async def cancel_each(self, orders: Sequence[Order]) -> int:
        """Cancels these orders of ours; returns how many were asked for."""
        asked = 0
        for order in orders:
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

    async def hold_back(self, restraint: Restraint) -> None:
        """Holds back from now on; the journal keeps it over restarts.

        Raises:
            JournalError: It holds for this run, but could not be written down.
        """
        self._guards.restraints[restraint.source] = restraint
        await self._journal.trading_state(self.trading_state, restraint)

    async def halt(self, reason: str, now_ns: int, *, cancels: str) -> int:
        """Blocks from this instant what could open or grow a position, and takes back what of it works.

        Args:
            reason: Why, in the user's words.
            now_ns: Market time.
            cancels: ``[risk] halt_cancels``: ``opening`` leaves what protects a position, ``all`` nothing.

        Returns:
            How many cancels were asked for.

        Raises:
            JournalError: It holds for this run, but could not be written down; cancels were asked for all the same.
        """
        halted = Restraint("user", TradingState.HALTED, reason, now_ns)
        self._guards.restraints["user"] = halted
        live = [each for each in self.orders.values() if each.status in LIVE]
        count = await self.cancel_each(live if cancels == "all" else opening_orders(live, self._guards.reducible))
        await self.hold_back(halted)
        return count

    async def release(self, source: Source, reason: str) -> None:
        """Ends a restraint; the journal keeps who ended it and why. Ends nothing where there is none.

        Raises:
            JournalError: It is released for this run, but could not be written down.
        """
        ended = self._guards.restraints.pop(source, None)
        if ended is not None:
            released = replace(ended, state=TradingState.ACTIVE, reason=reason)
            await self._journal.trading_state(self.trading_state, released)

    def acknowledge(self, seen: Sequence[Difference] | None = None) -> None:
        """Differences after a reconnect were looked at, all or those seen: after the last one new orders go again."""
        self.differences = () if seen is None else tuple(each for each in self.differences if each not in seen)
        self._guards.unacknowledged = bool(self.differences)

    async def ask_external(self) -> None:
        """Lists the open orders of all clients anew, for what others placed and ended since.

        Raises:
            RequestTimeoutError: The list did not end in time.
            LinkDownError: The session ended.
        """
        if self._messages is not None and self.reconciled:
            await self._messages.ask_open_orders()
            if self.left_behind is not None:  # the gateway tells nobody here what becomes of another client's orders
                await self._ask_again()

    # --- life in a session ---

    def attach(self, session: "Session") -> None:
        """Listens from the first frame on."""
        self._session = session
        self._reconciled = False
        self._sender.attach(session)
        self._cancels.attach(session)
        self._what_ifs.attach(session)
        self._messages = OrderMessages(
            session, self._ledger, self.breaker, self._clock, self._around.account.filled, self._recheck.doubt
        )
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
        self._recheck.stop()
        self._sender.detach()
        self._cancels.detach()
        self._what_ifs.detach()
        for order in self._ledger.live():
            self._before_loss.setdefault(order.intent.order_ref, order)
            self._ledger.fold(order.intent.order_ref, LinkLost(), "link lost", "not known until reconciled")
        if session is not None:
            self._no_link = f"link lost in session {session.number}"
            self.not_connected()

    def not_connected(self) -> None:
        """The link is lost, or a try to get one failed: however many tries, one cause until there is a link again."""
        self.breaker.failure(self._no_link, self._clock.monotonic())

    def _listed(self) -> bool:
        return self._messages is not None and self._messages.open_listed

    async def _learn_order_ids(self, session: "Session") -> None:
        highest = await asyncio.to_thread(self._read_highest_order_id, session.endpoint, session.client_id)
        known = self._ledger.highest_order_id(session.client_id)
        self._sender.take_order_ids_after(max(highest or 0, known))

    # --- reconciliation ---

    async def _ask_again(self) -> None:
        """Asks what became of our orders, in the middle of a session.

        Whatever the lists say is folded as it comes. What was sent before they were asked for and is in none of them is
        UNKNOWN, not found. A sync that is under way asks for all of it anyway.
        """
        messages = self._messages
        if messages is None or not self._reconciled:
            return
        live = [each.intent.order_ref for each in self._ledger.live()]
        for ask in (messages.ask_open_orders, messages.ask_completed_orders, messages.ask_executions):
            await ask()
            if messages is not self._messages or not self._reconciled:
                return
        view = messages.view()
        if view is not None:
            for ref in reconcile([self.orders[each] for each in live], view, self._clock.utc_ns()).not_found:
                self._ledger.fold(ref, NotFound(), "not found", "by asking again")

    def _reconcile(self, session: "Session", messages: OrderMessages) -> None:
        """Once all lists are in: what left no trace is UNKNOWN, not found; cancels that waited go out."""
        view = messages.view()
        if view is None or session is not self._session:
            return
        result: Reconciliation = reconcile(self.orders.values(), view, self._clock.utc_ns())
        for ref, event in result.events:
            kind = "not found" if isinstance(event, NotFound) else "reconciled"
            self._ledger.fold(ref, event, kind, "by a complete reconciliation")
        amiss = [self.orders[ref] for ref in (*result.doubles, *result.contradicted)]
        for order in amiss:
            log.error("The broker has a live order for %s that should not be there", order.intent.order_ref)
        strangers = [each for each in result.strangers if each.perm_id not in self._strangers]
        found = differences(self._before_loss, self.orders, strangers, self._around.account.moved(), amiss)
        self.differences = (*self.differences, *(each for each in found if each not in self.differences))
        self._guards.unacknowledged = bool(self.differences)
        self._before_loss.clear()
        self._strangers = {each.perm_id for each in result.strangers if each.perm_id}
        self._reconciled = True
        self._cancels.reconciled()
        for order in stranded(self.orders.values()):
            log.warning("%s waits at the gateway for a leg of its bracket that never came: cancelled", order.intent)
            self._cancels.ask(order)
