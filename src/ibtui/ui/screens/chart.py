"""Screen 8: the selected symbol's chart."""

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.chart import ChartPane
from ibtui.ui.screens.symbol import SymbolScreen


class ChartScreen(SymbolScreen):
    """Holds the chart; the keys for orders mean its symbol."""

    NAME = "chart"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("chart")]

    def body(self) -> Iterable[Widget]:
        """The chart alone."""
        yield ChartPane(self.console, id="chart")

    def on_screen_suspend(self) -> None:
        """The forming bar is let go, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is not self:
            self.query_one("#chart", ChartPane).leave()
            self.console.follow(Feed.QUOTES, None)

    def paint(self, frame: Frame) -> None:
        """Draws the chart if its bars, its quote or our fills changed."""
        self.query_one("#chart", ChartPane).paint(frame)
