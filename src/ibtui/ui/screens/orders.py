"""Screen 4: working and finished orders, those of others, and what is held."""

from collections.abc import Callable, Hashable, Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Container
from textual.widget import Widget

from ibtui.broker.order_reports import ExternalOrder
from ibtui.market.instruments import Instrument
from ibtui.market.names import known_name
from ibtui.market.trading_day import day_began_ns
from ibtui.trading.orders import LIVE, Order
from ibtui.ui.frame import Frame
from ibtui.ui.gather import brief_limits
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.account import COLUMNS as POSITION_COLUMNS
from ibtui.ui.rows.account import position_row
from ibtui.ui.rows.order_list import ExternalKey, OrderList, Section, list_orders, section_row
from ibtui.ui.rows.orders import COLUMNS, external_row, order_row, told, trigger
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.text import Line, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid

WIDE = 150
"""Columns from which the positions stand beside the orders and not under them."""


class OrdersScreen(ConsoleScreen):
    """Working orders first. The selection follows the order's reference, whatever row it moves to."""

    NAME = "orders"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("orders")]

    def __init__(self) -> None:
        super().__init__()
        self._now_ns = 0
        self._listed_s: float | None = None
        self._list = OrderList((), {}, {})
        self._external: dict[int, ExternalOrder] = {}
        self._limits: Line = ()

    def body(self) -> Iterable[Widget]:
        """The orders, what is held, and all that is known about the selected order."""
        with Container(id="lists"):
            yield RowGrid(
                self.timed(COLUMNS),
                self._row,
                empty="No orders today.",
                selectable=lambda key: not isinstance(key, Section),
                id="orders",
            )
            yield RowGrid(POSITION_COLUMNS, self._position_row, empty="No positions.", id="positions")
        yield LineBox(id="order")

    def on_resize(self, event: events.Resize) -> None:
        """Puts the positions where there is room."""
        super().on_resize(event)
        self.set_class(event.size.width >= WIDE, "wide")

    def paint(self, frame: Frame) -> None:
        """Draws the orders whose row differs; ages go on at every full frame."""
        desk, account = self.parts.orders, self.parts.account
        if frame.full:
            self._now_ns = frame.now_ns
            self._listed_s = None if desk.listed_at is None else frame.now - desk.listed_at
        self._external = {each.perm_id: each for each in desk.external}
        market_ns = self.parts.market_clock.now_ns() or frame.now_ns
        self._list = list_orders(desk.orders.values(), self._external, day_began_ns(market_ns))
        grid, positions = self.query_one("#orders", RowGrid), self.query_one("#positions", RowGrid)
        grid.set_keys(self._list.keys)
        grid.update_rows()
        self._show_positions(positions, len(account.positions))
        positions.set_keys([each.con_id for each in sorted(account.positions.values(), key=lambda each: each.symbol)])
        positions.update_rows()
        if frame.full:
            self._limits = brief_limits(self.parts, self.size.width)
        self.query_one("#order", LineBox).show([*self._about(), self._limits])

    def _show_positions(self, positions: RowGrid, count: int) -> None:
        shown = bool(count) or self.has_class("wide")
        if positions.display != shown:
            positions.display = shown
            if not shown and positions.has_focus:
                self.query_one("#orders", RowGrid).focus()

    @property
    def order(self) -> Order | None:
        """The selected order of ours."""
        selected = self.query_one("#orders", RowGrid).selected
        return self.parts.orders.orders.get(selected) if isinstance(selected, str) else None

    @property
    def external(self) -> ExternalOrder | None:
        """The selected order of somebody else."""
        selected = self.query_one("#orders", RowGrid).selected
        return self._external.get(selected.perm_id) if isinstance(selected, ExternalKey) else None

    @property
    def con_id(self) -> int | None:
        """The contract of the selected row, of the list that the keys go to."""
        positions = self.query_one("#positions", RowGrid)
        if positions.has_focus:
            return positions.selected if isinstance(positions.selected, int) else None
        if self.order is not None:
            return self.order.intent.con_id
        return None if self.external is None else self.external.con_id

    def action_other_list(self) -> None:
        """From the orders to the positions, or back."""
        orders, positions = self.query_one("#orders", RowGrid), self.query_one("#positions", RowGrid)
        (positions if positions.display and not positions.has_focus else orders).focus()

    def action_cancel_order(self) -> None:
        """Cancels the selected order; one of somebody else's says where that is done."""
        if not self.console.key_trusted():
            return
        if self.order is not None:
            self.console.ordering.cancel(self.order.intent.order_ref)
        elif self.external is not None:
            self.console.tell(f"{self.external.symbol}: not ours; it can be cancelled {self.external.where}", bad=True)

    def action_cancel_symbol(self) -> None:
        """Cancels every working order of the selected row's symbol."""
        if self.console.key_trusted() and self.con_id is not None:
            self.console.ordering.cancel_all(self.con_id)

    def action_move_order(self) -> None:
        """Asks for another price of the selected order, and then the broker for it."""
        if self.order is not None and self.console.key_trusted():
            self.console.closing.ask_to_move(self.order)

    def action_duplicate_order(self) -> None:
        """Opens a ticket that is filled like the selected order."""
        order = self.order
        if order is not None and self.console.key_trusted():
            self.console.closing.with_contract(
                order.intent.con_id, lambda instrument: self.console.ordering.duplicate(order.intent, instrument)
            )

    def action_flatten(self) -> None:
        """Closes what is held of the selected row's symbol, once that is confirmed."""
        self._close(self.console.closing.flatten)

    def action_reverse(self) -> None:
        """Turns the position in the selected row's symbol round, once that is confirmed."""
        self._close(self.console.closing.reverse)

    def _close(self, how: Callable[[Instrument], None]) -> None:
        if self.console.key_trusted() and self.con_id is not None:
            self.console.closing.with_contract(self.con_id, how)

    def _row(self, key: Hashable) -> Row:
        if isinstance(key, Section):
            return section_row(key, self._list.counts[key], self._listed_s)
        if isinstance(key, ExternalKey):
            return external_row(self._external[key.perm_id], self._listed_s)
        ref, zone = str(key), self.parts.settings.ui.timezone
        order = self.parts.orders.orders[ref]
        instrument = self.parts.contracts.known(order.intent.con_id)
        return order_row(order, zone, self._now_ns, self._list.branches.get(ref, ""), instrument)

    def _position_row(self, key: Hashable) -> Row:
        if not isinstance(key, int):
            return (("", "plain"),)
        instrument = self.parts.contracts.known(key)
        position, result = self.parts.account.positions.get(key), self.parts.day_watch.results.get(key)
        return position_row(position, result, known_name(instrument, ""), instrument)

    def _about(self) -> list[Line]:
        order, external = self.order, self.external
        if external is not None:
            words = f" {external.symbol} is not ours: client id {external.client_id}, perm {external.perm_id}"
            return [((words, "title"),), ((f" It can be cancelled {external.where}", "warn"),)]
        if order is None:
            working = sum(each.status in LIVE for each in self.parts.orders.orders.values())
            return [((f" {working} working, {len(self.parts.orders.orders)} in all", "dim"),), ()]
        intent, instrument = order.intent, self.parts.contracts.known(order.intent.con_id)
        stop = f" stop {trigger(intent)}" if trigger(intent) else ""
        ids = f"  {intent.order_ref}  id {order.order_id or '—'}  perm {order.perm_id or '—'}"
        family = "a leg of its bracket" if intent.parent_ref else ""
        return [
            ((f" {told(order, instrument)}{stop} {intent.tif}", "title"), (ids, "dim")),
            ((f" {order.reason or family}", "warn" if order.reason else "dim"),),
        ]
