"""The order ticket: what to send, and every check's answer while it is typed."""

import math
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.css.query import NoMatches
from textual.widgets import Input, Label

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.names import symbol
from ibtui.market.prices import format_price
from ibtui.trading.checks import Check, passed
from ibtui.trading.draft import HOURS, KINDS, Draft, draft_of, priced
from ibtui.trading.order_line import TIMES_IN_FORCE, OrderLine
from ibtui.trading.orders import Action, Order, OrderIntent, Status
from ibtui.trading.sizing import step_price, step_size
from ibtui.ui.estimating import Estimator
from ibtui.ui.frame import Frame
from ibtui.ui.rows.orders import told
from ibtui.ui.rows.quotes import headline
from ibtui.ui.rows.what_if import what_if_line
from ibtui.ui.screens.base import Dialog
from ibtui.ui.text import Line, amount, clean, pad
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

CHECKS_SHOWN = 14
_SIGNS = {"pass": ("✓", "good"), "fail": ("✗", "bad"), "unknown": ("?", "warn")}

CHOICES = {"type": tuple(KINDS), "tif": TIMES_IN_FORCE, "hours": HOURS}
"""Fields that hold one word of several: the arrows walk through them."""

_ROWS = (
    (("quantity", "quantity ", 10), ("type", " type ", 9), ("limit", " limit ", 10), ("stop", " stop ", 10)),
    (("target", "target ", 10), ("loss", " stop loss ", 10), ("tif", " tif ", 5), ("hours", " hours ", 9)),
)

NAMES = tuple(name for row in _ROWS for name, _, _ in row)
"""The fields, called as the draft calls them."""


class OrderTicket(Dialog[None]):
    """Enter sends, esc leaves; arrows step a price by an increment, a quantity by its step, a word to the next.

    A refused order leaves it open.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("up", "step(1)", show=False),
        Binding("down", "step(-1)", show=False),
        Binding("pageup", "step(10)", show=False),
        Binding("pagedown", "step(-10)", show=False),
        Binding("enter", "send", show=False),
    ]

    def __init__(self, instrument: Instrument, line: OrderLine) -> None:
        super().__init__()
        self.instrument = instrument
        self.action: Action = line.action
        self._line = line
        self._confirming = False
        self._sending = False
        self._notice: Line = ()
        self._estimator = Estimator(self.console.parts.orders.what_if, self._answered)

    @property
    def console(self) -> "ConsoleApp":
        """The app, by its own type."""
        return cast("ConsoleApp", self.app)

    def compose(self) -> ComposeResult:
        """Quote, fields, checks, what enter will do."""
        with Vertical(classes="ticket buy" if self.action == "BUY" else "ticket sell") as box:
            box.border_title = Content(self._title())
            yield LineBox(id="ticket-quote")
            for row in _ROWS:
                with Horizontal(classes="fields"):
                    for name, label, width in row:
                        yield Label(label, markup=False)
                        field = Input("", compact=True, select_on_focus=False, id=name)
                        field.styles.width = width
                        yield field
            yield LineBox(id="ticket-checks")
            yield LineBox(id="ticket-what-if")
            yield LineBox(id="ticket-foot")

    def on_mount(self) -> None:
        """Fills in what was said, else the near touch and the defaults, and starts in the price."""
        draft = self._said()
        for name in NAMES:
            self._field(name).value = getattr(draft, name)
        self._field("limit" if draft.limit else "stop" if draft.stop else "quantity").focus()
        self._judge()
        self.run_worker(self._estimator.run(self.instrument), name="what-if")

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
        """Moves what is being typed: a price by increments, a quantity by its steps, a word to the next."""
        focused = self.focused
        name = focused.id if isinstance(focused, Input) and focused.id else "limit"
        field = self._field(name)
        if name in CHOICES:
            words = CHOICES[name]
            at = words.index(field.value.upper()) if field.value.upper() in words else -1
            at = words.index(field.value.lower()) if field.value.lower() in words else at
            field.value = words[(at - (1 if steps > 0 else -1)) % len(words)]
        elif name == "quantity":
            field.value = f"{step_size(field.value, self.instrument, steps):.12g}"
        else:
            self._step_price(field, steps)
        field.cursor_position = len(field.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter sends from any field."""
        event.stop()
        self.action_send()

    def action_send(self) -> None:
        """Sends, after one more enter where the settings want that; never for an enter that came with other keys."""
        if not self.key_trusted():
            return
        legs = self._legs()
        if self._sending or isinstance(legs, str):
            self._judge()
            return
        if self.console.ordering.asks_once_more() and not self._confirming:
            self._confirming = True
            self._judge()
            return
        self._sending = True
        self._judge()
        self.console.ordering.send(legs, self.instrument, self._sent)

    def _sent(self, order: Order) -> None:
        """The desk has answered: an order that went out closes the ticket, another one says why not."""
        self._sending = self._confirming = False
        if order.status in (Status.REFUSED, Status.NOT_SENT):
            self._notice = ((f" {order.status}: {order.reason}", "bad"),)
            self._judge()
        elif self.is_attached:
            self.dismiss(None)

    def _title(self) -> str:
        name = f"  {self.instrument.long_name}" if self.instrument.long_name else ""
        return clean(f"{self.action} {symbol(self.instrument)}{name}, {self.instrument.currency}")

    def _field(self, name: str) -> Input:
        return self.query_one(f"#{name}", Input)

    def _said(self) -> Draft:
        """What was said; the default quantity and the near touch where nothing was."""
        draft = draft_of(self._line)
        if KINDS[draft.type].limit and not draft.limit:
            draft = replace(draft, limit="bid" if self.action == "BUY" else "ask")
        quote = self.console.parts.market.board.quote(self.instrument.con_id)
        try:
            draft = priced(draft, quote.bid, quote.ask, self.instrument.min_tick)
        except UsageError:
            draft = replace(draft, limit=self._line.price)
        return replace(draft, quantity=draft.quantity or f"{self.console.quantity:.12g}")

    def _step_price(self, field: Input, steps: int) -> None:
        tick = self.instrument.min_tick
        quote = self.console.parts.market.board.quote(self.instrument.con_id)
        near = quote.bid if self.action == "BUY" else quote.ask
        if field.id == "stop" and self._field("type").value.strip().upper() == "TRAIL":
            near = tick  # a distance, not a price
        field.value = step_price(field.value, near, tick, steps)

    def _typed(self) -> Draft:
        return Draft(self.action, **{name: self._field(name).value.strip() for name in NAMES})

    def _legs(self) -> tuple[OrderIntent, ...] | str:
        """The order, with target and stop loss where there are any; or why there is none yet."""
        try:
            return self.console.ordering.read(self._typed(), self.instrument)
        except UsageError as error:
            return str(error)

    def _far_touch(self) -> float | None:
        quote = self.console.parts.market.board.quote(self.instrument.con_id)
        return quote.ask if self.action == "BUY" else quote.bid

    def _answered(self) -> None:
        # An answer may come while the console ends and takes the ticket's lines away one by one.
        with suppress(NoMatches):
            self._judge()

    def _judge(self) -> None:
        """Shows every check's answer and what enter does now."""
        # What was typed last may be told after the ticket was left.
        if not self.is_mounted or self not in self.app.screen_stack:
            return
        legs = self._legs()
        checks: tuple[Check, ...] = ()
        trouble = ""
        if isinstance(legs, str):
            trouble = legs
        else:
            desk = self.console.parts.orders
            checks = desk.preview(legs[0], self.instrument)
            for leg in legs[1:]:
                failed = [each for each in desk.preview(leg, self.instrument, legs[0]) if each.verdict != "pass"]
                if failed:
                    check = f"{failed[0].name} {failed[0].measured}, allowed {failed[0].limit}"
                    trouble = f"{told(leg, self.instrument)}: {check}"
        self._estimator.want(None if isinstance(legs, str) else legs[0])
        self.query_one("#ticket-checks", LineBox).show(_check_lines(checks))
        answer, currency = self._estimator.answer, self.console.parts.account.base_currency
        box = self.query_one("#ticket-what-if", LineBox)
        box.show([what_if_line(answer, not isinstance(legs, str), currency, box.size.width)])
        self.query_one("#ticket-foot", LineBox).show([self._foot(legs, checks, trouble), self._notice])

    def _foot(self, legs: tuple[OrderIntent, ...] | str, checks: Sequence[Check], trouble: str) -> Line:
        if isinstance(legs, str) or trouble:
            return ((f" {trouble}; esc leaves", "warn"),)
        words = self._words(legs)
        if self._sending:
            return ((f" Sending {words} …", "accent"),)
        if not passed(checks):
            return ((f" A check fails: it will be refused. {words}", "bad"),)
        if self._confirming:
            return ((f" Press enter again to send {words}", "alarm"),)
        return ((" enter ", "key"), (f"sends {words}; ", "plain"), ("esc ", "key"), ("leaves", "plain"))

    def _words(self, legs: tuple[OrderIntent, ...]) -> str:
        """The order, its target and stop loss, and what it is worth."""
        parent, *children = legs
        words = told(parent, self.instrument)
        for leg in children:
            name, price = ("target", leg.limit_price) if leg.limit_price else ("stop loss", leg.stop_price)
            words += f", {name} {format_price(price, self.instrument.min_tick)}"
        each = parent.limit_price or parent.stop_price or self._far_touch() or math.nan
        return f"{words}, {amount(parent.quantity * each * self.instrument.multiplier)} {self.instrument.currency}"


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
