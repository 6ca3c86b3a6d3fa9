"""Cancels: past the checks, past every queue but the gateway's own message limit."""

import asyncio
import logging
from typing import TYPE_CHECKING

from ibtui.broker.order_ledger import OrderLedger
from ibtui.broker.window import client_of, room
from ibtui.clock import Clock
from ibtui.errors import OrderRefusedError
from ibtui.trading.checks import is_paper
from ibtui.trading.events import CancelRequested
from ibtui.trading.orders import ENDED, LIVE, Order, Status

if TYPE_CHECKING:
    from ibtui.broker.session import Session
    from ibtui.storage.journal import Journal

log = logging.getLogger(__name__)

_PUMP_EVERY = 0.05
"""Seconds between two looks at the message window while cancels wait for it."""


class Cancels:
    """What was asked to be cancelled and did not go out yet: at most one frame for each asking."""

    def __init__(self, ledger: OrderLedger, journal: "Journal", clock: Clock) -> None:
        self._ledger = ledger
        self._journal = journal
        self._clock = clock
        self._session: Session | None = None
        self._waiting: dict[str, None] = {}
        self._sent: set[str] = set()
        self._timer: asyncio.TimerHandle | None = None

    def attach(self, session: "Session") -> None:
        """There is a session. What was asked for before goes out after its reconciliation."""
        self._session = session
        self._sent.clear()

    def detach(self) -> None:
        """The session is gone; what was asked for stays asked for."""
        self._session = None
        self._waiting.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def ask(self, order: Order) -> None:
        """Cancels an order of ours: now, or after the next reconciliation if there is no session.

        Raises:
            OrderRefusedError: It may not be cancelled from here; says where it can be.
        """
        if order.status in ENDED:
            return
        ref = order.intent.order_ref
        if order.status is not Status.NEW:  # a new one is held back by its own guards, before its frame
            self._check(order)
            if self._session is not None:
                self._waiting[ref] = None
        detail = "by the user" if self._session else "by the user; goes out after the next reconciliation"
        self._ledger.fold(ref, CancelRequested(self._clock.utc_ns()), "cancel asked", detail, always=True)
        self._pump()

    def reconciled(self) -> None:
        """Sends what was asked for and still works, once."""
        for order in self._ledger.live():
            if order.cancel_requested and order.intent.order_ref not in self._sent:
                self._waiting[order.intent.order_ref] = None
        self._pump()

    def _check(self, order: Order) -> None:
        """Raises if no frame may go: it carries no client id, so the number of another order would hit one of ours."""
        session = self._session
        if session is None:
            return
        ref, account = order.intent.order_ref, order.intent.account
        if order.client_id != session.client_id or order.order_id is None:
            raise OrderRefusedError(f"{ref} belongs to client id {order.client_id}: cancel it there, or in TWS")
        if not (is_paper(account) and account in session.accounts):
            raise OrderRefusedError(f"'{account}' is not a paper account of this session: VIEW ONLY")

    def _pump(self) -> None:
        """Sends what waits, as far as the message window allows, and comes back for the rest."""
        session = self._session
        if session is None or session.ended.done():
            return
        for ref in list(self._waiting):
            order = self._ledger.orders[ref]
            if order.status in LIVE and room(session) == 0:
                if self._timer is None:
                    self._timer = asyncio.get_running_loop().call_later(_PUMP_EVERY, self._come_back)
                return
            del self._waiting[ref]
            if order.status in LIVE:
                self._send(session, order)

    def _come_back(self) -> None:
        self._timer = None
        self._pump()

    def _send(self, session: "Session", order: Order) -> None:
        try:
            self._check(order)
            client_of(session).cancelOrder(order.order_id)
        except (OrderRefusedError, ConnectionError) as error:
            log.warning("The cancel of %s was not sent: %s", order.intent.order_ref, error)
            return
        self._sent.add(order.intent.order_ref)
        self._journal.event(order, "cancel sent", f"order id {order.order_id}", self._clock.utc_ns())
