"""Screen 1: the watchlists with live quotes."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.board import BoardPane
from ibtui.ui.screens.symbol import SymbolScreen


class QuotesScreen(SymbolScreen):
    """Holds the board; the keys for orders mean its selected symbol."""

    NAME = "quotes"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("quotes")]

    def body(self) -> Iterable[Widget]:
        """The board alone."""
        yield BoardPane(self.console, id="quotes")

    def paint(self, frame: Frame) -> None:
        """Draws the quotes that changed."""
        self.query_one("#quotes", BoardPane).paint(frame)
