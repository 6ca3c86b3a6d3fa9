"""Screen 7: positions and account values."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.account import COLUMNS, position_row, summary
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.text import Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class AccountScreen(ConsoleScreen):
    """Profit and loss, the values that matter first, and the positions."""

    NAME = "account"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("account")]

    def body(self) -> Iterable[Widget]:
        """The account's values, and its positions."""
        yield LineBox(id="values")
        yield RowGrid(COLUMNS, self._row, empty="No positions.", id="positions")

    def paint(self, frame: Frame) -> None:
        """Draws what differs, once a second."""
        if not frame.full:
            return
        account = self.parts.account
        self.query_one("#values", LineBox).show(
            summary(account.account, account.values, account.daily_pnl, account.unrealized_pnl, account.realized_pnl)
        )
        grid = self.query_one("#positions", RowGrid)
        grid.set_keys([each.con_id for each in sorted(account.positions.values(), key=lambda each: each.symbol)])
        grid.update_rows()

    def _row(self, key: Hashable) -> Row:
        position = self.parts.account.positions.get(key) if isinstance(key, int) else None
        return position_row(position) if position is not None else (("", "plain"),)
