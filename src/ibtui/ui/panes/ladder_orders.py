"""Orders at a ladder's chosen row: placed, moved, cancelled. What may be sent is the order desk's to say."""

from typing import TYPE_CHECKING

from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price
from ibtui.trading.order_line import OrderLine
from ibtui.trading.orders import LIVE, Action, Order
from ibtui.ui.rows.orders import told

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp


class LadderOrders:
    """What the keys at a row do. One order may be picked up; it is put down at another row, or let go."""

    def __init__(self, console: "ConsoleApp") -> None:
        self._host = console
        self._ref: str | None = None

    @property
    def held(self) -> Order | None:
        """The order that is picked up, as it stands now; one that has ended is let go."""
        order = None if self._ref is None else self._host.parts.orders.orders.get(self._ref)
        if order is None or order.status not in LIVE:
            self._ref = None
            return None
        return order

    def let_go(self) -> None:
        """What was picked up stays where it is."""
        self._ref = None

    def place(self, instrument: Instrument, action: Action, price: float, trouble: str) -> None:
        """A limit order at a price: at once when ARMED, else through a ticket that is filled with it."""
        if not self._host.armed.sends_at_once():
            self.ticket(instrument, action, price, trouble)
        elif not self._refused(f"{action} {instrument.symbol}", trouble):
            self._host.armed.limit_at(instrument, action, price)

    def ticket(self, instrument: Instrument, action: Action, price: float, trouble: str) -> None:
        """A ticket that is filled with a limit order at a price."""
        if not self._refused(f"{action} {instrument.symbol}", trouble):
            text = format_price(price, instrument.min_tick)
            line = OrderLine(action, quantity=f"{self._host.quantity:.12g}", price=text)
            self._host.ordering.open_ticket(instrument, line)

    def pick_up(self, instrument: Instrument, orders: list[Order], trouble: str) -> None:
        """Takes the oldest of a row's orders; when not ARMED it is moved in a dialog, which asks."""
        movable = [each for each in orders if each.intent.limit_price or each.intent.stop_price]
        if not movable:
            self._host.tell("No order of ours that could be moved at this row", bad=True)
        elif not self._refused("Move", trouble):
            if self._host.armed.sends_at_once():
                self._ref = movable[0].intent.order_ref
            else:
                self._ask(movable[0], instrument)

    def put_down(self, instrument: Instrument, price: float, trouble: str) -> None:
        """Gives the order that is picked up another price."""
        order = self.held
        if order is None or self._refused(f"Move {instrument.symbol}", trouble):
            return
        reason = self._host.armed.why_not(instrument)
        if reason:
            self._host.tell(f"Move {instrument.symbol}: {reason}", bad=True)
            return
        self._ref = None
        self._host.closing.move(order, price)

    def cancel(self, orders: list[Order], where: str) -> None:
        """Cancels all of ours at a row. Never asks, and no grey ladder stops it."""
        if not orders:
            self._host.tell(f"No order of ours at {where}", bad=True)
        for order in orders:
            self._host.ordering.cancel(order.intent.order_ref)

    def words(self, price: float, instrument: Instrument) -> str:
        """What is being moved where; empty when nothing is."""
        order = self.held
        if order is None:
            return ""
        where = format_price(price, instrument.min_tick)
        return f"moving {told(order, instrument)} to {where}: enter puts it down, esc lets go"

    def _ask(self, order: Order, instrument: Instrument) -> None:
        from ibtui.ui.screens.confirm import MoveOrder

        def moved(price: float | None) -> None:
            if price is not None:
                self._host.closing.move(order, price)

        self._host.push_screen(MoveOrder(order, instrument), moved)

    def _refused(self, what: str, trouble: str) -> bool:
        if trouble:
            self._host.tell(f"{what}: the ladder is not believed ({trouble}); `b` and `s` open a ticket", bad=True)
        return bool(trouble)
