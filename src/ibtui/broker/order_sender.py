"""The one place that order frames leave from: new orders, brackets, changes.

The way of each: checks, journal (committed and on disk), the guards and the checks again, frame. From the second look
at the guards to the last frame there is no await, so nothing can change between them. Nothing is ever sent twice.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from ibtui.broker.contracts import to_ib
from ibtui.broker.order_frames import HIGHEST_ORDER_ID, order_frame
from ibtui.broker.order_guards import Asked, Judgement, OrderGuards
from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.window import RESERVED, client_of, room, room_soon
from ibtui.clock import Clock
from ibtui.errors import JournalError, OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.trading.events import ChangeAsked, NotSent, Refused, Sent
from ibtui.trading.orders import Order, OrderIntent, Status

if TYPE_CHECKING:
    from ib_insync import Order as IbOrder

    from ibtui.broker.session import Session
    from ibtui.storage.journal import Journal

log = logging.getLogger(__name__)

JOURNAL_WAIT = 0.25
"""Seconds that the journal may take before an order is refused."""

CALLED_OFF = "cancelled before it was sent"
_ORDER_FIRST = "an order went first; it is asked again"
TOO_SLOW = f"the journal took over {JOURNAL_WAIT * 1000:g} ms"


class OrderSender:
    """Sends what the guards let through.

    Args:
        clock: The machine's clocks.
        journal: Where orders are kept.
        ledger: Every order of ours.
        guards: What may stop an order.
        listed: Whether this session has listed the open orders.
        confirm: Has a quiet quote confirmed, before an order on it is refused as stale.
        acknowledge_wait: Seconds after which an order without an answer is a failure of the order path.

    Attributes:
        highest_order_id: The highest order id that was ever used with this endpoint and client id.
    """

    def __init__(
        self,
        clock: Clock,
        journal: "Journal",
        ledger: OrderLedger,
        guards: OrderGuards,
        listed: Callable[[], bool],
        confirm: Callable[[Instrument], Awaitable[None]] | None,
        acknowledge_wait: float,
    ) -> None:
        self.highest_order_id = 0
        self._clock = clock
        self._journal = journal
        self._ledger = ledger
        self._guards = guards
        self._listed = listed
        self._confirm = confirm
        self._acknowledge_wait = acknowledge_wait
        self._session: Session | None = None
        self._overdue_timers: dict[str, asyncio.TimerHandle] = {}

    def attach(self, session: "Session") -> None:
        """There is a session; nothing is sent on it until its open orders are listed."""
        self._session = session

    def detach(self) -> None:
        """The session is gone."""
        self._session = None
        for timer in self._overdue_timers.values():
            timer.cancel()
        self._overdue_timers.clear()

    async def submit(self, asked: Sequence[Asked]) -> tuple[Order, ...]:
        """Sends an order, or an order with its target and stop, once, or says why not. Raises nothing.

        Args:
            asked: The order first, then those that its fill sets to work. All of them go or none.

        Returns:
            The orders as they stand when the frames have left: SENT; REFUSED when a check or a guard forbade them;
            NOT_SENT when the journal was too slow or something changed while it wrote. What was submitted before is
            not sent again.
        """
        refs = [each.intent.order_ref for each in asked]
        if any(ref in self._ledger.orders for ref in refs):
            return tuple(self._ledger.orders[ref] for ref in refs if ref in self._ledger.orders)
        for each in asked:  # from here on they count in every other order's checks
            self._ledger.add(Order(each.intent))
        try:
            await self._submit(asked)
        except Exception as error:
            log.exception("The order %s failed here", refs[0])
            self._not_sent(refs, f"something failed here: {error!r}")
        except BaseException:
            self._not_sent(refs, "the console ended before it was sent")
            raise
        return tuple(self._ledger.orders[ref] for ref in refs)

    async def _submit(self, asked: Sequence[Asked]) -> None:
        refs = [each.intent.order_ref for each in asked]
        first = asked[0]
        if self._confirm is not None and self._guards.is_quiet(self._session, first.intent.con_id):
            await self._confirm(first.instrument)
            if self._called_off(refs):
                self._not_sent(refs, CALLED_OFF)
                return
        if first.flattens and self._session is not None:  # the cancels before it may have filled the second
            await room_soon(self._session, len(asked))
        session = self._session
        judgements = self._judge(session, asked)
        problem = _first_problem(judgements)
        if problem is not None or session is None:
            await self._refuse(asked, judgements, problem or "there is no session")
            return
        order_ids = self._take_order_ids(session, len(asked))
        if order_ids[-1] > HIGHEST_ORDER_ID:
            self._not_sent(refs, "the gateway's order ids are used up: reset its order id sequence")
            return
        rows = [
            (Order(each.intent, Status.NEW, order_id=order_id, client_id=session.client_id), judgement.checks)
            for each, order_id, judgement in zip(asked, order_ids, judgements, strict=True)
        ]
        failure = await self._journalled(self._journal.intend(rows, session.endpoint))
        if failure is not None:
            self._not_sent(refs, failure)
            return
        # No await from here to the last frame.
        judgements = self._judge(session, asked)
        problem = _first_problem(judgements) or self._changed_meanwhile(session, refs, len(asked))
        if problem is not None:
            self._not_sent(refs, problem)
            return
        self._send_all(session, asked, order_ids, judgements)

    async def change(self, order: Order, intent: OrderIntent, instrument: Instrument) -> Order:
        """Asks for other terms of an acknowledged order of ours, once.

        Args:
            order: As it works.
            intent: The same order with its new quantity, limit or stop.
            instrument: Its contract.

        Raises:
            OrderRefusedError: Nothing was sent; says why. The order works on as it is.
        """
        ref = order.intent.order_ref
        session = self._session
        asked = Asked(replace(intent, quantity=intent.quantity - order.filled), instrument)
        judgement = self._judge_change(session, order, asked)
        words = _difference(order.intent, intent)
        if judgement.problem is not None or session is None:
            with suppress(JournalError, TimeoutError):
                async with asyncio.timeout(JOURNAL_WAIT):
                    await self._journal.change(order, "change refused", words, judgement.checks)
            raise OrderRefusedError(f"{words}: {judgement.problem}")
        failure = await self._journalled(self._journal.change(order, "change", words, judgement.checks))
        if failure is not None:
            raise OrderRefusedError(f"{words}: {failure}")
        # No await from here to the frame.
        order = self._ledger.orders[ref]
        judgement = self._judge_change(session, order, asked)
        problem = judgement.problem or self._changed_meanwhile(session, [ref], 1)
        if problem is not None:
            self._journal.event(order, "change not sent", f"{words}: {problem}", self._clock.utc_ns())
            raise OrderRefusedError(f"{words}: {problem}")
        assert order.order_id is not None
        try:
            _place(session, order_frame(intent, order.order_id, session.client_id), instrument)
        except Exception as error:
            log.exception("The change of %s could not be sent", ref)
            raise OrderRefusedError(f"{words}: it could not be sent: {error}") from None
        return self._ledger.fold(ref, ChangeAsked(intent), "change sent", words)

    async def ask_what_if(self, asked: Asked, leaves: Callable[[int], None]) -> None:
        """Sends an order as a question: what it would need and cost. Nothing is placed.

        Args:
            asked: The order; no check but every guard is asked, as for one that is to be sent.
            leaves: Called with the question's number in the loop turn in which its frame leaves, before it does.

        Raises:
            OrderRefusedError: Nothing was sent; says why.
        """
        session = self._session
        problem = self._guards.gate(session, self._listed(), asked) or self._question_problem(session)
        if problem is not None or session is None:
            raise OrderRefusedError(problem or "there is no session")
        (order_id,) = self._take_order_ids(session, 1)
        question = self._journal.what_if(asked.intent, order_id, session.client_id, session.endpoint)
        failure = await self._journalled(question)
        # No await from here to the frame.
        problem = failure or self._guards.gate(session, self._listed(), asked) or self._question_problem(session)
        if problem is None and order_id != self.highest_order_id:
            problem = _ORDER_FIRST
        if problem is not None:
            raise OrderRefusedError(problem)
        frame = order_frame(asked.intent, order_id, session.client_id, what_if=True)
        leaves(order_id)
        _place(session, frame, asked.instrument, what_if=True)

    def _question_problem(self, session: "Session | None") -> str | None:
        """Why a question would be in an order's way; None if it would not."""
        if session is not self._session:
            return "the session changed while it was journalled"
        if any(each.status is Status.NEW for each in self._ledger.orders.values()):
            return _ORDER_FIRST
        if session is not None and room(session) <= RESERVED:
            return "this second's other messages are for orders; it is asked again"
        if self.highest_order_id >= HIGHEST_ORDER_ID:
            return "the gateway's order ids are used up: reset its order id sequence"
        return None

    def take_order_ids_after(self, highest: int) -> None:
        """Never uses an order id up to this one again."""
        self.highest_order_id = max(self.highest_order_id, highest)
        if self._session is not None:
            client_of(self._session).updateReqId(self.highest_order_id + 1)

    # --- judging ---

    def _judge(self, session: "Session | None", asked: Sequence[Asked]) -> list[Judgement]:
        return [self._guards.judge(session, self._listed(), each) for each in asked]

    def _judge_change(self, session: "Session | None", order: Order, asked: Asked) -> Judgement:
        judgement = self._guards.judge(session, self._listed(), asked)
        problem = _unchangeable(order, session) or judgement.problem
        return replace(judgement, problem=problem)

    def _changed_meanwhile(self, session: "Session", refs: Sequence[str], frames: int) -> str | None:
        if session is not self._session:
            return "the session changed while it was journalled"
        if self._called_off(refs):
            return CALLED_OFF
        return None if room(session) >= frames else "this second's messages to the gateway are used up; try again"

    def _called_off(self, refs: Sequence[str]) -> bool:
        return any(self._ledger.orders[ref].cancel_requested for ref in refs)

    # --- journalling ---

    async def _journalled(self, write: Awaitable[None]) -> str | None:
        """Why it is not on disk; None once it is."""
        try:
            async with asyncio.timeout(JOURNAL_WAIT):
                await write
        except TimeoutError:
            return TOO_SLOW
        except JournalError as error:
            return f"the journal can't be written: {error}"
        return None

    async def _refuse(self, asked: Sequence[Asked], judgements: Sequence[Judgement], problem: str) -> None:
        client_id = self._session.client_id if self._session else 0
        rows = [
            (Order(each.intent, Status.REFUSED, client_id=client_id), judgement.checks)
            for each, judgement in zip(asked, judgements, strict=True)
        ]
        with suppress(JournalError, TimeoutError):
            async with asyncio.timeout(JOURNAL_WAIT):
                await self._journal.intend(rows)
        for each, judgement in zip(asked, judgements, strict=True):
            reason = judgement.problem or f"its bracket was refused: {problem}"
            self._ledger.fold(each.intent.order_ref, Refused(reason), "refused", reason)

    def _not_sent(self, refs: Sequence[str], reason: str) -> None:
        """Ends orders whose frames did not leave; one that was sent stays what it is."""
        for ref in refs:
            self._ledger.fold(ref, NotSent(reason), "not sent", reason)

    # --- sending ---

    def _send_all(
        self, session: "Session", asked: Sequence[Asked], order_ids: Sequence[int], judgements: Sequence[Judgement]
    ) -> None:
        """All frames in one loop turn: only the last one transmits, and the gateway holds the others until then."""
        if not judgements[0].reduces:
            self._guards.breaker.take(self._clock.monotonic())
        for number, (each, order_id) in enumerate(zip(asked, order_ids, strict=True)):
            frame = order_frame(each.intent, order_id, session.client_id)
            frame.transmit = number == len(asked) - 1
            frame.parentId = order_ids[0] if each.parent is not None else 0
            ref = each.intent.order_ref
            try:
                _place(session, frame, each.instrument)
            except Exception as error:  # the library serializes the whole frame before it writes any of it
                log.exception("The order %s could not be sent", ref)
                self._not_sent([later.intent.order_ref for later in asked[number:]], f"it could not be sent: {error}")
                self._call_back(session, order_ids[:number])
                return
            sent = Sent(order_id, session.client_id, self._clock.utc_ns())
            self._ledger.fold(ref, sent, "sent", f"order id {order_id}, session {session.number}")
            self._overdue_timers[ref] = asyncio.get_running_loop().call_later(
                self._acknowledge_wait, self._overdue, ref
            )

    def _call_back(self, session: "Session", order_ids: Sequence[int]) -> None:
        """Legs of a bracket that wait at the gateway for a last one that never came."""
        for order_id in order_ids:
            with suppress(ConnectionError):
                client_of(session).cancelOrder(order_id)

    def _overdue(self, ref: str) -> None:
        self._overdue_timers.pop(ref, None)
        if self._ledger.orders[ref].status is Status.SENT:
            self._guards.breaker.failure(f"{ref} was not acknowledged", self._clock.monotonic())

    def _take_order_ids(self, session: "Session", count: int) -> list[int]:
        first = max(session.request_id(), self.highest_order_id + 1)
        self.highest_order_id = first + count - 1
        client_of(session).updateReqId(self.highest_order_id + 1)
        return list(range(first, first + count))


def _place(session: "Session", frame: "IbOrder", instrument: Instrument, *, what_if: bool = False) -> None:
    """Every order frame of the program leaves here.

    Raises:
        OrderRefusedError: An order would be a question, or a question an order.
    """
    if frame.whatIf is not what_if:
        raise OrderRefusedError("a what-if is no order, and an order no what-if")
    client_of(session).placeOrder(frame.orderId, to_ib(instrument), frame)


def _first_problem(judgements: Sequence[Judgement]) -> str | None:
    return next((each.problem for each in judgements if each.problem is not None), None)


def _unchangeable(order: Order, session: "Session | None") -> str | None:
    """Why an order can't be given other terms: the broker must have acknowledged it, and it must be ours to touch."""
    if session is not None and order.client_id != session.client_id:
        return f"it belongs to client id {order.client_id}: change it there, or in TWS"
    if order.status not in (Status.WORKING, Status.PARTIAL) or order.acknowledged_ns is None or order.order_id is None:
        return f"it is {order.status}; only an order that the broker has acknowledged can be changed"
    if order.cancel_requested:
        return "its cancel was asked for"
    return "an earlier change is not confirmed yet" if order.change is not None else None


def _difference(before: OrderIntent, after: OrderIntent) -> str:
    names = {"quantity": "quantity", "limit_price": "limit", "stop_price": "stop", "tif": "time in force"}
    changes = [
        f"{word} {getattr(before, name)} to {getattr(after, name)}"
        for name, word in names.items()
        if getattr(before, name) != getattr(after, name)
    ]
    return ", ".join(changes) or "no change"
