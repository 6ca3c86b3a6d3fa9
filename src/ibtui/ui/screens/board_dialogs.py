"""Dialogs of the quote board: a filter that works while it is typed, the choice of columns, one contract of several."""

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from ibtui.market.instruments import Instrument
from ibtui.ui.rows.quote_columns import COLUMNS, DEFAULT, PINNED
from ibtui.ui.screens.base import Dialog
from ibtui.ui.screens.dialogs import Prompt
from ibtui.ui.text import Column, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class FilterPrompt(Prompt):
    """A line to type whose text is told with each key."""

    def __init__(self, text: str, follow: Callable[[str], None]) -> None:
        super().__init__("show only rows that have, in symbol, name, kind or exchange", text)
        self._follow = follow

    def on_input_changed(self, event: Input.Changed) -> None:
        """The rows follow."""
        self._follow(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """The filter stays."""
        event.prevent_default()
        self.dismiss(event.value.strip())


class ColumnsDialog(Dialog[tuple[str, ...] | None]):
    """All columns; those that are shown stand first, in their order."""

    COLUMNS = (Column("", 1), Column("COLUMN", 9), Column("TITLE", 9), Column("SHOWS", 30, stretch=True))
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", show=False),
        Binding("space", "show", show=False),
        Binding("K,shift+up", "shift(-1)", show=False),
        Binding("J,shift+down", "shift(1)", show=False),
        Binding("d", "default", show=False),
        Binding("enter", "take", show=False, priority=True),
    ]

    def __init__(self, chosen: Sequence[str]) -> None:
        super().__init__()
        self._chosen = set(chosen)
        self._names = [*chosen, *(name for name in COLUMNS if name not in chosen)]

    def compose(self) -> ComposeResult:
        """The columns."""
        with Vertical(classes="list"):
            yield RowGrid(self.COLUMNS, self._row, id="columns")
            yield LineBox(id="list-hint")

    def on_mount(self) -> None:
        """Shows them."""
        hint = " space shows or hides, J K move, d as it came, enter takes, esc leaves"
        self.query_one("#list-hint", LineBox).show([((hint, "dim"),)])
        self._show()

    def _show(self) -> None:
        grid = self.query_one("#columns", RowGrid)
        grid.set_keys(self._names)
        grid.update_rows()

    def _row(self, key: Hashable) -> Row:
        column = COLUMNS[str(key)]
        shown = key in self._chosen
        return (
            ("✓" if shown else "", "good"),
            (column.name, "title" if shown else "dim"),
            (column.title, "plain" if shown else "dim"),
            (column.about, "dim"),
        )

    def action_show(self) -> None:
        """Shows or hides a column; the symbol stays."""
        key = str(self.query_one("#columns", RowGrid).selected)
        if key != PINNED:
            self._chosen ^= {key}
        self._show()

    def action_shift(self, steps: int) -> None:
        """Moves a column among the others."""
        key = str(self.query_one("#columns", RowGrid).selected)
        at = self._names.index(key)
        to = max(1, min(at + steps, len(self._names) - 1))
        if key != PINNED:
            self._names.insert(to, self._names.pop(at))
        self._show()

    def action_default(self) -> None:
        """The columns as they come out of the box."""
        self._chosen = set(DEFAULT)
        self._names = [*DEFAULT, *(name for name in COLUMNS if name not in DEFAULT)]
        self._show()

    def action_take(self) -> None:
        """These it is to be."""
        self.dismiss(tuple(name for name in self._names if name in self._chosen))

    def action_leave(self) -> None:
        """All stays as it was."""
        self.dismiss(None)


class PickList(Dialog[Instrument | None]):
    """Several contracts that fit what was typed, one of which is meant."""

    COLUMNS = (
        Column("SYMBOL", 12),
        Column("TYPE", 6),
        Column("EXCHANGE", 9),
        Column("CCY", 3),
        Column("EXPIRY", 8, rank=1),
        Column("NUMBER", 11, right=True, rank=2),
        Column("NAME", 16, stretch=True),
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", show=False),
        Binding("enter", "take", show=False, priority=True),
    ]

    def __init__(self, text: str, choices: Sequence[Instrument]) -> None:
        super().__init__()
        self._text = text
        self._choices = {each.con_id: each for each in choices}

    def compose(self) -> ComposeResult:
        """What fits."""
        with Vertical(classes="list"):
            yield RowGrid(self.COLUMNS, self._row, id="choices")
            yield LineBox(id="list-hint")

    def on_mount(self) -> None:
        """Shows them."""
        hint = f" {len(self._choices)} contracts fit {self._text}; enter takes one, esc leaves"
        self.query_one("#list-hint", LineBox).show([((hint, "dim"),)])
        self.query_one("#choices", RowGrid).set_keys(tuple(self._choices))

    def _row(self, key: Hashable) -> Row:
        each = self._choices[int(str(key))]
        strike = f" {each.strike:g}{each.right}" if each.strike else ""
        return (
            ((each.local_symbol or each.symbol) + strike, "title"),
            (each.sec_type, "plain"),
            (each.primary_exchange or each.exchange, "plain"),
            (each.currency, "plain"),
            (each.last_trade_date, "plain"),
            (f"#{each.con_id}", "dim"),
            (each.long_name, "dim"),
        )

    def action_take(self) -> None:
        """The marked one."""
        key = self.query_one("#choices", RowGrid).selected
        self.dismiss(self._choices.get(key) if isinstance(key, int) else None)

    def action_leave(self) -> None:
        """None of them."""
        self.dismiss(None)
