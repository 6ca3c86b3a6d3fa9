"""The order ticket: what to send, and every check's answer while it is typed."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label

from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price, round_to_tick
from ibtui.trading.checks import Check, passed
from ibtui.trading.orders import Action, Order, OrderIntent, Status
from ibtui.ui.frame import Frame
from ibtui.ui.rows.orders import told
from ibtui.ui.rows.quotes import headline
from ibtui.ui.screens.base import Dialog
from ibtui.ui.text import Line, amount, pad
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

TIMES_IN_FORCE = ("DAY", "GTC", "IOC", "OPG")
CHECKS_SHOWN = 14
_SIGNS = {"pass": ("✓", "good"), "fail": ("✗", "bad"), "unknown": ("?", "warn")}


class OrderTicket(Dialog[None]):
    """Enter sends, esc leaves; in the price, arrows move it by an increment. A refused order leaves it open."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("up", "step(1)", show=False),
        Binding("down", "step(-1)", show=False),
        Binding("enter", "send", show=False),
    ]

    def __init__(self, instrument: Instrument, action: Action, quantity: float, price: float | None = None) -> None:
        super().__init__()
        self.instrument = instrument
        self.action: Action = action
        self._quantity = quantity
        self._price = price
        self._confirming = False
        self._sending = False
        self._notice: Line = ()

    @property
    def console(self) -> "ConsoleApp":
        """The app, by its own type."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Quote, fields, checks, what enter will do."""
        with Vertical(classes="ticket buy" if self.action == "BUY" else "ticket sell"):
            yield LineBox(id="ticket-title")
            yield LineBox(id="ticket-quote")
            with Horizontal(classes="fields"):
                yield Label("quantity ", markup=False)
                yield Input(f"{self._quantity:g}", compact=True, restrict=r"[0-9.]*", id="quantity")
                yield Label(" LMT ", markup=False)
                yield Input("", compact=True, restrict=r"[0-9.]*", id="price", select_on_focus=False)
                yield Label(" tif ", markup=False)
                yield Input("DAY", compact=True, restrict=r"[A-Za-z]{0,3}", id="tif")
            yield LineBox(id="ticket-checks")
            yield LineBox(id="ticket-foot")

    def on_mount(self) -> None:
        """Fills in the price and starts in it."""
        price = self._near_touch() if self._price is None else self._price
        field = self.query_one("#price", Input)
        field.value = "" if price is None else format_price(price, self.instrument.min_tick)
        field.focus()
        name = self.instrument.long_name or self.instrument.symbol
        side = "BUY" if self.action == "BUY" else "SELL"
        self.query_one("#ticket-title", LineBox).show(
            [
                (
                    (f" {side} ", "mine"),
                    (f" {self.instrument.symbol} ", "title"),
                    (f" {name}, {self.instrument.currency}", "dim"),
                )
            ]
        )
        self._judge()

    def paint(self, frame: Frame) -> None:
        """Keeps quote and checks up to date while the ticket is open."""
        con_id = self.instrument.con_id
        if frame.full or con_id in frame.quotes:
            quote, mark = self.console.parts.market.board.quote(con_id), self.console.parts.feeds.mark(con_id)
            line = headline(quote, self.instrument, mark, frame.now, frame.now_ns)
            self.query_one("#ticket-quote", LineBox).show([((" ", "plain"), *line)])
            self._judge()

    def on_input_changed(self, _: Input.Changed) -> None:
        """Every change is checked at once, and takes back what enter was about to confirm."""
        self._confirming = False
        self._notice = ()
        self._judge()

    def action_leave(self) -> None:
        """Sends nothing."""
        if not self._sending:
            self.dismiss(None)

    def action_step(self, steps: int) -> None:
        """Moves the price by increments, or the quantity by one, whichever is being typed."""
        focused = self.focused
        if isinstance(focused, Input) and focused.id == "quantity":
            value = _number(focused.value)
            focused.value = f"{max(1.0, (value or 0) + steps):g}"
        else:
            self._step_price(steps)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter sends from any field."""
        event.stop()
        self.action_send()

    def action_send(self) -> None:
        """Sends, after one more enter where the settings want that."""
        intent = self._intent()
        if self._sending or intent is None:
            self._judge()
            return
        if self.console.ordering.asks_once_more() and not self._confirming:
            self._confirming = True
            self._judge()
            return
        self._sending = True
        self._judge()
        self.console.ordering.send(intent, self.instrument, self._sent)

    def _sent(self, order: Order) -> None:
        """The desk has answered: an order that went out closes the ticket, another one says why not."""
        self._sending = self._confirming = False
        if order.status in (Status.REFUSED, Status.NOT_SENT):
            self._notice = ((f" {order.status}: {order.reason}", "bad"),)
            self._judge()
        elif self.is_attached:
            self.dismiss(None)

    def _near_touch(self) -> float | None:
        quote = self.console.parts.market.board.quote(self.instrument.con_id)
        return quote.bid if self.action == "BUY" else quote.ask

    def _step_price(self, steps: int) -> None:
        field = self.query_one("#price", Input)
        tick = self.instrument.min_tick
        price = _number(field.value)
        start = self._near_touch() if price is None else price + steps * tick
        if start is not None and start > 0:
            field.value = format_price(round_to_tick(start, tick), tick)
            field.cursor_position = len(field.value)

    def _intent(self) -> OrderIntent | None:
        quantity = _number(self.query_one("#quantity", Input).value)
        price = _number(self.query_one("#price", Input).value)
        tif = self.query_one("#tif", Input).value.upper()
        if quantity is None or quantity <= 0 or price is None or tif not in TIMES_IN_FORCE:
            return None
        return self.console.parts.orders.intent(self.instrument, self.action, quantity, "LMT", price, tif)

    def _judge(self) -> None:
        """Shows every check's answer and what enter does now."""
        if not self.is_mounted:
            return
        intent = self._intent()
        checks = self.console.parts.orders.preview(intent, self.instrument) if intent else ()
        self.query_one("#ticket-checks", LineBox).show(_check_lines(checks))
        self.query_one("#ticket-foot", LineBox).show([self._foot(intent, checks), self._notice])

    def _foot(self, intent: OrderIntent | None, checks: Sequence[Check]) -> Line:
        if intent is None:
            return ((" Type a quantity, a price and one of " + ", ".join(TIMES_IN_FORCE) + "; esc leaves", "warn"),)
        notional = intent.quantity * (intent.limit_price or math.nan) * self.instrument.multiplier
        words = f"{told(intent)}, {amount(notional)} {self.instrument.currency}"
        if self._sending:
            return ((f" Sending {words} …", "accent"),)
        if not passed(checks):
            return ((f" A check fails: it will be refused. {words}", "bad"),)
        if self._confirming:
            return ((f" Press enter again to send {words}", "alarm"),)
        return ((" enter ", "key"), (f"sends {words}; ", "plain"), ("esc ", "key"), ("leaves", "plain"))


def _check_lines(checks: Sequence[Check]) -> list[Line]:
    lines: list[Line] = []
    for check in checks[:CHECKS_SHOWN]:
        sign, tone = _SIGNS[check.verdict]
        lines.append(
            (
                (f" {sign} ", tone),
                (pad(check.name, 18), "plain"),
                (pad(check.measured, 24) + " ", "plain" if check.verdict == "pass" else tone),
                (check.limit, "dim"),
            )
        )
    return lines


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
