"""Screen 9: what the program wrote into its log."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.log import COLUMNS, log_row
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.text import Row
from ibtui.ui.widgets.rowgrid import RowGrid
from ibtui.ui.widgets.whole import Whole


class LogScreen(ConsoleScreen):
    """The last lines, newest on top. A line's key is its number, so that the selection stays on it."""

    NAME = "log"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("log")]

    def body(self) -> Iterable[Widget]:
        """The lines, and the selected one in full."""
        yield RowGrid(self.timed(COLUMNS, "UTC"), self._row, empty="The log is empty.", id="lines")
        yield Whole()

    def paint(self, frame: Frame) -> None:
        """Takes the new lines."""
        del frame
        log, grid = self.parts.log, self.query_one("#lines", RowGrid)
        grid.set_keys(range(log.total, log.total - len(log.lines), -1))
        self.query_one(Whole).read(grid)

    def _row(self, key: Hashable) -> Row:
        log = self.parts.log
        from_end = log.total - key if isinstance(key, int) else 0
        return log_row(log.lines[-1 - from_end]) if 0 <= from_end < len(log.lines) else (("", "plain"),)
