"""Screen 1: the watchlists with live quotes."""

from collections.abc import Hashable, Iterable
from typing import ClassVar, NamedTuple

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.market.instruments import Instrument
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.quotes import COLUMNS, about, quote_row
from ibtui.ui.screens.symbol import SymbolScreen
from ibtui.ui.text import UNKNOWN, Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class Title(NamedTuple):
    """The key of a watchlist's title row."""

    name: str


class QuotesScreen(SymbolScreen):
    """A board of all watchlists, each under its name."""

    NAME = "quotes"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("quotes")]

    def body(self) -> Iterable[Widget]:
        """The board, and a line about the selected symbol."""
        yield RowGrid(
            COLUMNS,
            self._row,
            empty="No symbols yet. Type / and a symbol.",
            selectable=lambda key: isinstance(key, int),
            id="board",
        )
        yield LineBox(id="about")

    def paint(self, frame: Frame) -> None:
        """Draws the quotes that changed."""
        board = self.query_one("#board", RowGrid)
        board.set_keys(self._keys())
        if self.instrument is None or not self.console.chosen:
            self.console.suggest(next(iter(self.console.watched().values()), None))
        if self.instrument is not None:
            board.select(self.instrument.con_id)
        board.update_rows(None if frame.full else frame.quotes)
        if frame.full and self.instrument is not None:
            reason = self.parts.feeds.reason(self.instrument.con_id)
            self.query_one("#about", LineBox).show([about(self.instrument, reason)])

    def on_row_grid_highlighted(self, event: RowGrid.Highlighted) -> None:
        """The selection is the console's, so that the other screens follow it."""
        instrument = self.console.watched().get(event.key) if isinstance(event.key, int) else None
        if event.by_user and instrument is not None:
            self.console.select(instrument)

    async def action_open_depth(self) -> None:
        """Opens the selected symbol's ladder."""
        await self.console.action_open_screen("depth")

    def _keys(self) -> list[Hashable]:
        """Titles, contract ids and symbols without a known contract, each contract once."""
        keys: dict[Hashable, None] = {}
        for name, entries in self.console.watchlists():
            keys[Title(name)] = None
            keys.update((each.con_id if isinstance(each, Instrument) else each, None) for each in entries)
        return list(keys)

    def _row(self, key: Hashable) -> Row:
        if isinstance(key, Title):
            return ((key.name, "accent"),)
        if not isinstance(key, int):
            why = self.parts.watchlists.problems.get(str(key), "its contract is not known yet")
            return ((f"{key}  {UNKNOWN}  {why}", "dim"),)
        instrument = self.console.watched().get(key)
        if instrument is None:  # taken off its list since the last frame
            return (("", "plain"),)
        clock = self.parts.clock
        return quote_row(
            self.parts.market.board.quote(key),
            instrument,
            self.parts.feeds.mark(key),
            clock.monotonic(),
            clock.utc_ns(),
        )
