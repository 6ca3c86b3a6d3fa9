"""Screen 3: the selected symbol's trades, newest on top."""

from collections.abc import Hashable, Iterable
from itertools import islice
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.broker.subscriptions import Feed
from ibtui.market.instruments import Instrument
from ibtui.market.tape import Print
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.quotes import headline
from ibtui.ui.rows.tape import COLUMNS, print_row, summary
from ibtui.ui.screens.symbol import SymbolScreen
from ibtui.ui.text import Line, Row, zone_name
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid

HELD = 2000
"""Prints that can be scrolled through while the tape is paused."""


class TapeScreen(SymbolScreen):
    """Draws the last screenful, however many prints came; paused, the prints can be walked through."""

    NAME = "tape"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("tape")]

    def __init__(self) -> None:
        super().__init__()
        self._shown: int | None = None
        self._paused_at: int | None = None
        self._prints: dict[int, Print] = {}

    def body(self) -> Iterable[Widget]:
        """A header with the quote and the totals, and the prints."""
        yield LineBox(id="headline")
        yield RowGrid(COLUMNS, self._row, empty="No prints yet.", cursor=False, id="prints")

    def on_screen_suspend(self) -> None:
        """Whoever needs the slot may have it, unless only a dialog stands before the screen."""
        if self.console.screen_stack[0] is self:
            return
        self.console.follow(Feed.TAPE, None)

    def paint(self, frame: Frame) -> None:
        """Draws what was printed since the last frame."""
        instrument = self.instrument
        if instrument is None:
            self.query_one("#headline", LineBox).show([((" No symbol selected. Type / and a symbol.", "dim"),)])
            return
        self.console.follow(Feed.TAPE, instrument)
        if instrument.con_id != self._shown:
            self._shown, self._paused_at = instrument.con_id, None
            self._take(instrument)
        elif instrument.con_id in frame.tapes or frame.full:
            if self._paused_at is None:
                self._take(instrument)
        elif instrument.con_id not in frame.quotes:
            return
        self._head(instrument, frame)

    def _take(self, instrument: Instrument, most: int | None = None) -> None:
        grid = self.query_one("#prints", RowGrid)
        tape = self.parts.market.tapes.get(instrument.con_id)
        newest = islice(reversed(tape.prints), most or grid.page) if tape else ()
        self._prints = {each.seq: each for each in newest}
        grid.set_keys(tuple(self._prints))

    def _head(self, instrument: Instrument, frame: Frame) -> None:
        con_id = instrument.con_id
        tape = self.parts.market.tapes.get(con_id)
        paused = tape.total - self._paused_at if tape is not None and self._paused_at is not None else None
        zone = zone_name(self.console.zone_of(instrument), frame.now_ns)
        facts: Line = (*summary(tape, paused), (f"  {zone}", "dim"))
        reason = self.parts.feeds.reason(con_id, Feed.TAPE)
        if reason:
            facts = (*facts, (f"  {reason}", "warn"))
        quote = self.parts.market.board.quote(con_id)
        header = headline(quote, instrument, self.parts.feeds.mark(con_id), frame.now, frame.now_ns)
        self.query_one("#headline", LineBox).show([((" ", "plain"), *header), facts])

    def _row(self, key: Hashable) -> Row:
        trade = self._prints.get(key) if isinstance(key, int) else None
        instrument = self.instrument
        if trade is None or instrument is None:
            return (("", "plain"),)
        return print_row(trade, instrument, self.console.zone_of(instrument))

    def action_pause(self) -> None:
        """Holds the tape still, or lets it go on."""
        instrument = self.instrument
        tape = self.parts.market.tapes.get(instrument.con_id) if instrument else None
        if instrument is None or tape is None:
            return
        if self._paused_at is None:
            self._paused_at = tape.total
            self._take(instrument, HELD)
        else:
            self._paused_at = None
            self._take(instrument)
        self.console.paint_soon()
