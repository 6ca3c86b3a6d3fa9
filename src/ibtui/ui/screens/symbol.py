"""What quotes, depth and tape share: a selected symbol, tickets for it, cancels of its orders."""

from ibtui.market.instruments import Instrument
from ibtui.trading.order_line import OrderLine
from ibtui.trading.orders import Action
from ibtui.ui.screens.base import ConsoleScreen


class SymbolScreen(ConsoleScreen):
    """A screen on which one symbol is selected; the selection is the console's and follows from screen to screen."""

    @property
    def instrument(self) -> Instrument | None:
        """The selected symbol."""
        return self.console.selected

    def action_ticket(self, action: Action) -> None:
        """Opens a ticket for the selected symbol."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.ordering.open_ticket(self.instrument, OrderLine(action))

    def action_instant(self, action: Action) -> None:
        """Buys or sells the selected symbol at once, when ARMED."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.armed.instant(self.instrument, action)

    def action_flatten(self) -> None:
        """Closes what is held of the selected symbol, once that is confirmed."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.closing.flatten(self.instrument)

    def action_reverse(self) -> None:
        """Turns the position in the selected symbol round, once that is confirmed."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.closing.reverse(self.instrument)

    def action_cancel_symbol(self) -> None:
        """Cancels every working order of the selected symbol."""
        if self.console.key_trusted() and self.instrument is not None:
            self.console.ordering.cancel_all(self.instrument.con_id)

    def action_neighbour(self, steps: int) -> None:
        """Selects the previous or next symbol of the watchlists."""
        instruments = list(self.console.watched().values())
        if not instruments:
            return
        ids = [each.con_id for each in instruments]
        at = ids.index(self.instrument.con_id) if self.instrument and self.instrument.con_id in ids else 0
        self.console.select(instruments[(at + steps) % len(instruments)])
