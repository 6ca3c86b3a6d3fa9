"""Screen 2: the selected symbol's price ladder, and where there is room its tape beside it, or a second ladder."""

from collections.abc import Iterable
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.market.instruments import Instrument
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.panes.ladder import LadderPane
from ibtui.ui.panes.tape import TapePane
from ibtui.ui.screens.symbol import SymbolScreen

WIDE = 160
"""Columns from which something stands beside the ladder: all of its columns and the tape's fit."""

OWNER = "second ladder"
"""Who wants the data of the symbol that was kept."""


class DepthScreen(SymbolScreen):
    """Holds the ladders; the keys for orders mean the symbol of the one that has the focus."""

    NAME = "depth"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("depth")]

    def __init__(self) -> None:
        super().__init__()
        self._kept: Instrument | None = None
        self._wanted: Instrument | None = None

    def body(self) -> Iterable[Widget]:
        """The ladder, and beside it a second one while that has a symbol, else the tape; either where there is room."""
        with Horizontal(id="ladders"):
            yield LadderPane(self.console, lambda: self.console.selected, id="ladder")
            yield LadderPane(self.console, lambda: self.console.beside, id="second")
            yield TapePane(self.console, beside=True, id="tape")

    def on_mount(self) -> None:
        """The first ladder gets the keys."""
        for name in ("#second", "#tape"):
            self.query_one(name).display = False
        self.query_one("#ladder").focus()

    @property
    def pane(self) -> LadderPane:
        """The ladder that the keys go to."""
        second = self.query_one("#second", LadderPane)
        return second if second.has_focus and second.display else self.query_one("#ladder", LadderPane)

    @property
    def instrument(self) -> Instrument | None:
        """The symbol of that ladder."""
        return self.pane.instrument

    def on_resize(self, event: events.Resize) -> None:
        """There may be room for the second ladder, or no more."""
        super().on_resize(event)
        self._arrange()

    def on_screen_resume(self) -> None:
        """The second ladder's data is wanted again."""
        super().on_screen_resume()
        self._arrange()

    def on_screen_suspend(self) -> None:
        """Whoever needs the slots may have them, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is self:
            return
        self._want(None)
        for feed in (Feed.DEPTH, Feed.TAPE):
            self.console.follow(feed, None)

    def paint(self, frame: Frame) -> None:
        """Draws what changed."""
        selected = self.console.selected
        if selected is not None:
            self.console.follow(Feed.DEPTH, selected)
            self.console.follow(Feed.TAPE, selected)
        self._arrange()
        # By its id a widget is found at once, by its kind the whole screen is walked.
        for ladder in (self.query_one("#ladder", LadderPane), self.query_one("#second", LadderPane)):
            if ladder.display:
                ladder.paint(frame)
        tape = self.query_one("#tape", TapePane)
        if tape.display:
            tape.paint(frame)

    def action_ladder(self, what: str) -> None:
        """One of the ladder's keys."""
        self.pane.action_ladder(what)

    def action_other(self) -> None:
        """The other ladder gets the keys."""
        first, second = self.query_one("#ladder", LadderPane), self.query_one("#second", LadderPane)
        (second if second.display and not second.has_focus else first).focus()
        self.console.paint_soon()

    def action_pin(self) -> None:
        """Keeps the symbol as the second ladder's, or ends that."""
        if self._kept is not None:
            self.console.tell(f"{self._kept.symbol} is kept beside no more")
            self._kept = None
        elif self.console.selected is not None:
            self._kept = self.console.selected
            where = "beside the next symbol" if self.size.width >= WIDE else f"once there are {WIDE} columns"
            self.console.tell(f"{self._kept.symbol} is kept: its ladder is shown {where}")
        self._arrange()
        self.console.paint_soon()

    def _arrange(self) -> None:
        """Where there is room shows the second ladder if it has a symbol of its own, else the tape."""
        selected, kept, room = self.console.selected, self._kept, self.size.width >= WIDE
        apart = kept is not None and (selected is None or kept.con_id != selected.con_id)
        beside = kept if apart and room else None
        second, tape = self.query_one("#second", LadderPane), self.query_one("#tape", TapePane)
        tape.display = room and beside is None
        self._want(beside)
        if second.display != (beside is not None):
            second.display = beside is not None
            if beside is None:
                self.query_one("#ladder").focus()

    def _want(self, instrument: Instrument | None) -> None:
        if instrument == self._wanted:
            return
        feeds, before = self.parts.feeds, self._wanted
        self._wanted = self.console.beside = instrument
        if before is not None:
            feeds.unwant(before, quotes=True, depth=True, tape=True, owner=OWNER)
        if instrument is not None:
            feeds.want(instrument, quotes=True, depth=True, tape=True, owner=OWNER)
