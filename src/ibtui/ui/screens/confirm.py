"""What is asked or shown before it happens: a confirmation, the differences after a reconnect, a new price."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price, round_to_tick
from ibtui.trading.differences import Difference
from ibtui.trading.entry import read_price
from ibtui.trading.orders import Order
from ibtui.ui.rows.orders import told
from ibtui.ui.screens.base import Dialog
from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox

LINES_SHOWN = 10


class Confirm(Dialog[bool]):
    """One question. Enter does it, esc leaves; the result is whether it is to be done."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "answer(False)", show=False),
        Binding("enter,y", "answer(True)", show=False),
    ]

    def __init__(self, title: str, words: Sequence[str]) -> None:
        super().__init__()
        self._title = title
        self._words = words

    def compose(self) -> ComposeResult:
        """The question."""
        yield LineBox(classes="dialog", id="confirm")

    def on_mount(self) -> None:
        """Shows it."""
        more = len(self._words) - LINES_SHOWN
        lines: list[Line] = [((f" {self._title}", "alarm"),), ()]
        lines += [((f"  {each}", "plain"),) for each in self._words[:LINES_SHOWN]]
        lines += [((f"  and {more} more", "dim"),)] if more > 0 else []
        lines += [(), ((" enter ", "key"), ("does it, ", "plain"), ("esc ", "key"), ("leaves", "plain"))]
        self.query_one("#confirm", LineBox).show(lines)

    def action_answer(self, yes: bool) -> None:
        """The answer."""
        if not yes or self.key_trusted():
            self.dismiss(yes)


class Sheet(Dialog[bool]):
    """What happened while the link was lost. Enter acknowledges it; until then only what reduces a position goes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "answer(False)", show=False),
        Binding("enter", "answer(True)", show=False),
    ]

    def __init__(self, differences: Sequence[Difference]) -> None:
        super().__init__()
        self._differences = differences

    def compose(self) -> ComposeResult:
        """The sheet."""
        yield LineBox(classes="dialog", id="sheet")

    def on_mount(self) -> None:
        """Shows it."""
        more = len(self._differences) - LINES_SHOWN
        lines: list[Line] = [((" While you were away:", "title"),), ()]
        lines += [((f"  {each.kind:<10}", "accent"), (each.text, "plain")) for each in self._differences[:LINES_SHOWN]]
        lines += [((f"  and {more} more", "dim"),)] if more > 0 else []
        lines += [
            (),
            (
                (" enter ", "key"),
                ("acknowledges: new orders may go again. ", "plain"),
                ("esc ", "key"),
                ("later", "plain"),
            ),
        ]
        self.query_one("#sheet", LineBox).show(lines)

    def action_answer(self, yes: bool) -> None:
        """Whether it was acknowledged."""
        if not yes or self.key_trusted():
            self.dismiss(yes)


class MoveOrder(Dialog[float | None]):
    """A working order's price, moved by increments or typed. Enter asks for it, esc leaves."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("up", "step(1)", show=False),
        Binding("down", "step(-1)", show=False),
        Binding("pageup", "step(10)", show=False),
        Binding("pagedown", "step(-10)", show=False),
    ]

    def __init__(self, order: Order, instrument: Instrument) -> None:
        super().__init__()
        self._order = order
        self._instrument = instrument

    def compose(self) -> ComposeResult:
        """The order, its price, and what the keys do."""
        with Vertical(classes="prompt move"):
            yield LineBox(id="label")
            yield Input(self._shown(self._before()), compact=True, select_on_focus=False)
            yield LineBox(id="problem")

    def on_mount(self) -> None:
        """Shows the order."""
        words = "   ↑ ↓ move by an increment, enter asks for it, esc leaves"
        self.query_one("#label", LineBox).show(
            [((f"move {told(self._order, self._instrument)} to", "accent"), (words, "dim"))]
        )

    def action_step(self, steps: int) -> None:
        """Moves by increments."""
        field, tick = self.query_one(Input), self._instrument.min_tick
        try:
            price = read_price(field.value, 0)
        except UsageError:
            price = self._before()
        field.value = self._shown(max(tick, round_to_tick(price + steps * tick, tick)))
        field.cursor_position = len(field.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The price is taken, or its fault is said."""
        event.stop()
        if not self.key_trusted():
            return
        try:
            self.dismiss(read_price(event.value, self._instrument.min_tick))
        except UsageError as error:
            self.query_one("#problem", LineBox).show([((str(error), "bad"),)])

    def action_leave(self) -> None:
        """Nothing changes."""
        self.dismiss(None)

    def _before(self) -> float:
        intent = self._order.intent
        return intent.limit_price or intent.stop_price or 0.0

    def _shown(self, price: float) -> str:
        return format_price(price, self._instrument.min_tick)
