"""Small questions: a line to type, whether to quit, what the keys are."""

from collections.abc import Hashable, Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ibtui.trading.orders import Order
from ibtui.ui.keymap import groups, shown
from ibtui.ui.keys.key import SYMBOL_SCREENS, Key
from ibtui.ui.rows.orders import told
from ibtui.ui.screens.base import Dialog
from ibtui.ui.text import Column, Line, Row, fit, spread
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import MARKER, RowGrid


class Prompt(Dialog[str | None]):
    """One line to type at the foot of the screen. Enter takes it, esc leaves; the result is the text or None."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "leave", show=False)]

    def __init__(self, label: str, text: str = "") -> None:
        super().__init__()
        self._label = label
        self._text = text

    def compose(self) -> ComposeResult:
        """What is asked for, and where it is typed."""
        with Vertical(classes="prompt"):
            yield LineBox(id="label")
            yield Input(self._text, compact=True, select_on_focus=False)

    def on_mount(self) -> None:
        """Shows the label."""
        self.query_one("#label", LineBox).show([((self._label, "accent"), ("   enter takes it, esc leaves", "dim"))])

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The line is done."""
        self.dismiss(event.value.strip() or None)

    def action_leave(self) -> None:
        """Nothing was asked for."""
        self.dismiss(None)


CHOICES: tuple[tuple[str, str, str], ...] = (
    ("stay", "s", "stay here"),
    ("keep", "k", "keep them working and quit"),
    ("cancel", "c", "cancel them and quit"),
)


class QuitDialog(Dialog[str]):
    """Asked when orders may still work: keep them, cancel them, or stay, which is the default."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "choose('stay')", show=False),
        Binding("enter", "take", show=False),
        Binding("up,left,shift+tab", "move(-1)", show=False),
        Binding("down,right,tab,j,l", "move(1)", show=False),
        *(Binding(key, f"choose('{name}')", show=False) for name, key, _ in CHOICES),
    ]

    def __init__(self, orders: Iterable[Order]) -> None:
        super().__init__()
        self._orders = list(orders)
        self._at = 0

    def compose(self) -> ComposeResult:
        """The orders and the choices."""
        yield LineBox(classes="dialog", id="quit")

    def on_mount(self) -> None:
        """Shows the question."""
        self._draw()

    def _draw(self) -> None:
        count = len(self._orders)
        some: list[Line] = [(("  " + f"{each.status:<8} " + told(each), "plain"),) for each in self._orders[:5]]
        more: list[Line] = [((f"  and {count - 5} more", "dim"),)] if count > 5 else []
        choices: list[Line] = [
            (
                (" › " if at == self._at else "   ", "key"),
                (f"{key}  ", "key"),
                (about, "title" if at == self._at else "plain"),
            )
            for at, (_, key, about) in enumerate(CHOICES)
        ]
        head: Line = ((f" {count} order{'s' * (count != 1)} may still be working:", "warn"),)
        self.query_one("#quit", LineBox).show([head, *some, *more, (), *choices])

    def action_move(self, steps: int) -> None:
        """Another choice."""
        self._at = (self._at + steps) % len(CHOICES)
        self._draw()

    def action_take(self) -> None:
        """The marked choice."""
        self.action_choose(CHOICES[self._at][0])

    def action_choose(self, name: str) -> None:
        """A choice by its letter; a key that came with others can only stay."""
        if name == CHOICES[0][0] or self.key_trusted():
            self.dismiss(name)


class ListDialog(Dialog[None]):
    """Rows to be read and left, each on as many lines as it needs."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,question_mark", "leave", show=False)]

    def __init__(self, columns: Sequence[Column], rows: Sequence[Row]) -> None:
        super().__init__()
        self._columns = columns
        self._rows = rows
        self._lines: list[Row] = []

    def compose(self) -> ComposeResult:
        """A list to be walked through."""
        with Vertical(classes="list"):
            yield RowGrid(self._columns, self._row, cursor=False, id="rows")
            yield LineBox(id="list-hint")

    def on_mount(self) -> None:
        """Shows how to leave."""
        self.query_one("#list-hint", LineBox).show([((" esc leaves, ↑ ↓ and page keys move", "dim"),)])

    def on_resize(self, _: events.Resize) -> None:
        """Shows the rows once their width is known."""
        self.call_after_refresh(self._spread)

    def _spread(self) -> None:
        grid = self.query_one("#rows", RowGrid)
        places = fit(self._columns, grid.content_size.width - MARKER)
        self._lines = [line for row in self._rows for line in spread(row, places)]
        grid.set_keys(range(len(self._lines)))
        grid.update_rows()

    def on_click(self, event: events.Click) -> None:
        """A click beside the list leaves."""
        if event.widget is self:
            self.dismiss(None)

    def action_leave(self) -> None:
        """Back to the screen."""
        self.dismiss(None)

    def _row(self, key: Hashable) -> Row:
        return self._lines[int(str(key))]


class HelpScreen(ListDialog):
    """Every key, from the one table of keys, and every command."""

    COLUMNS = (Column("KEY", 14), Column("DOES", 40, stretch=True), Column("WHERE", 15))

    def __init__(self, keys: tuple[Key, ...], commands: Iterable[tuple[str, str]]) -> None:
        rows: list[Row] = []
        for group, entries in groups(keys).items():
            rows.append(((group, "accent"),))
            rows += [((shown(each.keys), "key"), (each.help, "plain"), (_where(each), "dim")) for each in entries]
        rows.append((("Commands", "accent"),))
        for usage, about in commands:
            name, _, words = usage.partition(" ")
            rows.append(((f":{name}", "key"), (f"{words}: {about}" if words else about, "plain"), ("", "dim")))
        super().__init__(self.COLUMNS, rows)


def _where(key: Key) -> str:
    """On which screens a key works; those of a symbol under one name."""
    others = [each for each in key.where if each not in SYMBOL_SCREENS]
    one_name = len(key.where) - len(others) == len(SYMBOL_SCREENS)
    return ", ".join(["symbol screens", *others] if one_name else key.where)
