"""Screen 3: the selected symbol's trades, newest on top."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.tape import TapePane
from ibtui.ui.screens.symbol import SymbolScreen


class TapeScreen(SymbolScreen):
    """Holds the tape; the keys for orders mean its symbol."""

    NAME = "tape"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tape")]

    def body(self) -> Iterable[Widget]:
        """The tape alone."""
        yield TapePane(self.console, id="tape")

    def on_screen_suspend(self) -> None:
        """Whoever needs the slot may have it, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is not self:
            self.query_one(TapePane).leave()

    def paint(self, frame: Frame) -> None:
        """Draws what was printed since the last frame."""
        self.query_one(TapePane).paint(frame)

    def action_tape(self, what: str) -> None:
        """One of the tape's keys."""
        self.query_one(TapePane).action_tape(what)
