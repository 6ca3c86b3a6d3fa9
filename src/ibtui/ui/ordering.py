"""Tickets, sending and cancelling, on tasks of the app's that outlive the dialog that asked."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from ibtui.errors import IbtuiError, UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price
from ibtui.trading.draft import Draft, draft_of, priced, read_draft
from ibtui.trading.order_line import OrderLine
from ibtui.trading.orders import Order, OrderIntent, Status
from ibtui.trading.scopes import in_scope
from ibtui.ui.rows.orders import told

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)

FRAMES_WAIT = 0.03
"""Seconds that frames give way to an order that is on its way to the wire; one takes about as long to paint as an order
to be checked and journalled, and the key that sent it asks for one."""


class Ordering:
    """What the keys and commands for orders do. Everything unbypassable is the order desk's."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app
        self._leaves_until = float("-inf")

    def leaving(self, now: float) -> bool:
        """Whether an order was just sent and its frame has not left, monotonic seconds: painting gives way to it."""
        return now < self._leaves_until

    def open_ticket(self, instrument: Instrument, line: OrderLine) -> None:
        """A ticket for a symbol; the default quantity and the near touch where nothing else is said."""
        from ibtui.ui.screens.ticket import OrderTicket

        self._app.parts.contracts.rules.grid(instrument)  # asked for now, it is known to the checks in time
        self._app.push_screen(OrderTicket(instrument, line))
        self._app.paint_soon()

    def duplicate(self, intent: OrderIntent, instrument: Instrument) -> None:
        """A ticket filled like an order: side, quantity, type, prices, time in force, hours."""
        self._app.parts.feeds.want(instrument, quotes=True, owner="ticket")

        def typed(price: float | None) -> str:
            return "" if price is None else format_price(price, instrument.min_tick)

        percent = intent.trail_percent
        line = OrderLine(
            intent.action,
            quantity=f"{intent.quantity:.12g}",
            price="mkt" if intent.order_type == "MKT" else typed(intent.limit_price),
            when=typed(intent.stop_price),
            trail=typed(intent.trail_amount) if percent is None else f"{percent:.12g}%",
            tif=intent.tif,
            outside_rth=intent.outside_rth,
        )
        self.open_ticket(instrument, line)

    def take_line(self, instrument: Instrument, line: OrderLine, *, at_once: bool = True) -> None:
        """What was typed as one line: sent at once when ARMED and complete, else a ticket filled with it.

        Args:
            instrument: Its symbol.
            line: What was typed.
            at_once: Whether the enter behind it may send; one that was pasted with it may not.

        Raises:
            UsageError: A price in it is none on this contract.
        """
        complete = line.quantity and (line.price or line.when or line.trail)
        if at_once and complete and self._app.armed.sends_at_once():
            self._send_told(self._legs(instrument, line), instrument)
        else:
            self.open_ticket(instrument, line)

    def _legs(self, instrument: Instrument, line: OrderLine) -> tuple[OrderIntent, ...]:
        quote = self._app.parts.market.board.quote(instrument.con_id)
        return self.read(priced(draft_of(line), quote.bid, quote.ask, instrument.min_tick), instrument)

    def read(self, draft: Draft, instrument: Instrument) -> tuple[OrderIntent, ...]:
        """The orders that a draft means now.

        Raises:
            UsageError: It means none; says why.
        """
        quote = self._app.parts.market.board.quote(instrument.con_id)
        far_touch = quote.ask if draft.action == "BUY" else quote.bid
        return read_draft(draft, instrument, far_touch, partial(self._app.parts.orders.intent, instrument))

    def asks_once_more(self) -> bool:
        """Whether a ticket wants a second enter, by ``[orders] confirm``."""
        confirm = self._app.parts.settings.orders.confirm
        return confirm == "always" or (confirm == "armed" and self._app.armed.until is None)

    def send(self, legs: Sequence[OrderIntent], instrument: Instrument, done: Callable[[Order], None]) -> None:
        """Submits an order, with its target and stop where it has any, and hands what became of it to ``done``."""

        async def submit() -> None:
            self._leaves_until = self._app.parts.clock.monotonic() + FRAMES_WAIT
            try:
                order = (await self._app.parts.orders.submit_bracket(legs, instrument))[0]
            finally:
                self._leaves_until = float("-inf")
                self._app.paint_soon()
            if order.status not in (Status.REFUSED, Status.NOT_SENT):
                self._app.armed.sent = True
                self._app.tell(f"Sent {told(order, instrument)}")
            done(order)

        self._app.run_worker(submit(), name="submit", exit_on_error=True)

    def send_told(self, intent: OrderIntent, instrument: Instrument) -> None:
        """Submits an order without a ticket; what stopped it is told."""
        self._send_told((intent,), instrument)

    def _send_told(self, legs: Sequence[OrderIntent], instrument: Instrument) -> None:

        def done(order: Order) -> None:
            if order.status in (Status.REFUSED, Status.NOT_SENT):
                self._app.tell(f"{order.status}: {order.reason}", bad=True)

        self.send(legs, instrument, done)

    def cancel(self, order_ref: str) -> None:
        """Cancels one order; says so where it can't be."""
        self._run(self._app.parts.orders.cancel(order_ref))

    def cancel_all(self, con_id: int | None) -> None:
        """Cancels all our working orders, or those of one contract."""
        self._run(self._app.parts.orders.cancel_all(con_id))

    def cancel_scope(self, words: Sequence[str]) -> None:
        """Cancels what :func:`ibtui.trading.scopes.in_scope` finds: ``buys`` or ``sells``, a symbol, both, or all."""
        orders = self._app.parts.orders
        try:
            found = in_scope(orders.orders.values(), words)
        except UsageError as error:
            self._app.tell(str(error), bad=True)
            return
        self._run(orders.cancel_each(found))

    def _run(self, request: Awaitable[int | None]) -> None:
        async def cancel() -> None:
            try:
                count = await request
            except IbtuiError as error:
                self._app.tell(str(error), bad=True)
            except Exception as error:  # whoever wanted to cancel needs the console more than ever
                log.exception("A cancel failed here")
                self._app.tell(f"The cancel failed here: {error!r}; cancel it in TWS", bad=True)
            else:
                one = "Cancel asked" if count is None else f"Cancel asked for {count} order{'s' * (count != 1)}"
                self._app.tell(one)

        self._app.run_worker(cancel(), name="cancel", exit_on_error=True)
