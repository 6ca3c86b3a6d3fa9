"""Our orders in brief: what works, what others' work, what was filled, with a selection that follows the order."""

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from ibtui.broker.order_reports import ExternalOrder
from ibtui.market.trading_day import day_began_ns
from ibtui.trading.orders import Order
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.order_list import ExternalKey, OrderList, Section, list_orders, section_row
from ibtui.ui.rows.orders import COLUMNS, external_row, order_row
from ibtui.ui.text import Row, with_zone
from ibtui.ui.widgets.rowgrid import RowGrid

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp


class OrdersPane(RowGrid):
    """A list of orders, working ones first; choosing one chooses its symbol on all panes.

    Args:
        console: The app.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("orders")]

    def __init__(self, console: "ConsoleApp", *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(
            with_zone(COLUMNS, console.parts.settings.ui.timezone, console.parts.clock.utc_ns()),
            self._order_row,
            empty="No orders today.",
            selectable=lambda key: not isinstance(key, Section),
            id=id,
        )
        self._host = console
        self._list = OrderList((), {}, {})
        self._external: dict[int, ExternalOrder] = {}
        self._now_ns = 0
        self._listed_s: float | None = None

    def paint(self, frame: Frame) -> None:
        """Draws the orders whose row differs; ages go on at every full frame."""
        parts = self._host.parts
        desk = parts.orders
        if frame.full:
            self._now_ns = frame.now_ns
            self._listed_s = None if desk.listed_at is None else frame.now - desk.listed_at
        self._external = {each.perm_id: each for each in desk.external}
        market_ns = parts.market_clock.now_ns() or frame.now_ns
        self._list = list_orders(desk.orders.values(), self._external, day_began_ns(market_ns))
        self.set_keys(self._list.keys)
        self.update_rows()

    @property
    def order(self) -> Order | None:
        """The selected order of ours."""
        return self._host.parts.orders.orders.get(self.selected) if isinstance(self.selected, str) else None

    def on_row_grid_highlighted(self, event: RowGrid.Highlighted) -> None:
        """The symbol of a chosen order is chosen everywhere."""
        event.stop()
        if event.by_user and self.order is not None:
            self._host.closing.with_contract(self.order.intent.con_id, self._host.select)

    def action_cancel_order(self) -> None:
        """Cancels the selected order; one of somebody else's says where that is done."""
        if not self._host.key_trusted():
            return
        if self.order is not None:
            self._host.ordering.cancel(self.order.intent.order_ref)
        elif isinstance(self.selected, ExternalKey):
            external = self._external[self.selected.perm_id]
            self._host.tell(f"{external.symbol}: not ours; it can be cancelled {external.where}", bad=True)

    def action_move_order(self) -> None:
        """Asks for another price of the selected order, and then the broker for it."""
        if self.order is not None and self._host.key_trusted():
            self._host.closing.ask_to_move(self.order)

    def action_duplicate_order(self) -> None:
        """Opens a ticket that is filled like the selected order."""
        order = self.order
        if order is not None and self._host.key_trusted():
            self._host.closing.with_contract(
                order.intent.con_id, lambda instrument: self._host.ordering.duplicate(order.intent, instrument)
            )

    def _order_row(self, key: Hashable) -> Row:
        if isinstance(key, Section):
            return section_row(key, self._list.counts[key], self._listed_s)
        if isinstance(key, ExternalKey):
            return external_row(self._external[key.perm_id], self._listed_s)
        ref, zone = str(key), self._host.parts.settings.ui.timezone
        order = self._host.parts.orders.orders[ref]
        instrument = self._host.parts.contracts.known(order.intent.con_id)
        return order_row(order, zone, self._now_ns, self._list.branches.get(ref, ""), instrument)
