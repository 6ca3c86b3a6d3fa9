"""Screen 4: working and finished orders."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.market.instruments import Instrument
from ibtui.trading.orders import LIVE, Order
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.orders import COLUMNS, by_urgency, order_row, told
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.text import Line, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class OrdersScreen(ConsoleScreen):
    """Working orders first. The selection follows the order's reference, whatever row it moves to."""

    NAME = "orders"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("orders")]

    def body(self) -> Iterable[Widget]:
        """The orders, and all that is known about the selected one."""
        yield RowGrid(self.timed(COLUMNS), self._row, empty="No orders today.", id="orders")
        yield LineBox(id="order")

    def paint(self, frame: Frame) -> None:
        """Draws the orders whose row differs."""
        del frame
        grid = self.query_one("#orders", RowGrid)
        grid.set_keys(by_urgency(self.parts.orders.orders.values()))
        grid.update_rows()
        self.query_one("#order", LineBox).show(self._about(self.order))

    @property
    def order(self) -> Order | None:
        """The selected order."""
        selected = self.query_one("#orders", RowGrid).selected
        return self.parts.orders.orders.get(selected) if isinstance(selected, str) else None

    def action_cancel_order(self) -> None:
        """Cancels the selected order."""
        if self.console.key_trusted() and self.order is not None:
            self.console.ordering.cancel(self.order.intent.order_ref)

    def action_cancel_symbol(self) -> None:
        """Cancels every working order of the selected order's symbol."""
        if self.console.key_trusted() and self.order is not None:
            self.console.ordering.cancel_all(self.order.intent.con_id)

    def action_move_order(self) -> None:
        """Asks for another price of the selected order, and then the broker for it."""
        from ibtui.ui.screens.confirm import MoveOrder

        order = self.order
        if order is None or not self.console.key_trusted():
            return
        instrument = self.instrument
        if instrument is None or order.status not in LIVE:
            self.console.tell(f"{order.intent.symbol} can't be moved: it is {order.status}", bad=True)
            return

        def moved(price: float | None) -> None:
            if price is not None:
                self.console.closing.move(order, price)

        self.console.push_screen(MoveOrder(order, instrument), moved)

    def action_flatten(self) -> None:
        """Closes what is held of the selected order's symbol, once that is confirmed."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.closing.flatten(self.instrument)

    def action_reverse(self) -> None:
        """Turns the position in the selected order's symbol round, once that is confirmed."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.closing.reverse(self.instrument)

    @property
    def instrument(self) -> Instrument | None:
        """The selected order's contract, once it was looked up."""
        return None if self.order is None else self.parts.contracts.known(self.order.intent.con_id)

    def _row(self, key: Hashable) -> Row:
        return order_row(self.parts.orders.orders[str(key)], self.parts.settings.ui.timezone)

    def _about(self, order: Order | None) -> list[Line]:
        working = sum(each.status in LIVE for each in self.parts.orders.orders.values())
        total: Line = ((f" {working} working, {len(self.parts.orders.orders)} in all", "dim"),)
        if order is None:
            return [total]
        ids = f"  {order.intent.order_ref}  id {order.order_id or '—'}  perm {order.perm_id or '—'}"
        return [
            ((f" {told(order)} {order.intent.tif}", "title"), (ids, "dim")),
            ((f" {order.reason}", "warn"),) if order.reason else total,
        ]
