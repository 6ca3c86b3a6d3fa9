"""Screen 6: the three links, the session in numbers, what happened, and what comes of every symbol."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.broker.status import ConnectionEvent
from ibtui.broker.subscriptions import Feed
from ibtui.market.instruments import Instrument
from ibtui.ui.frame import Frame
from ibtui.ui.gather import figures_of
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.connection import (
    EVENT_COLUMNS,
    SYMBOL_COLUMNS,
    TICKS_SECONDS,
    event_row,
    fact_lines,
    lasting,
    light_lines,
    symbol_row,
)
from ibtui.ui.rows.quotes import quote_age
from ibtui.ui.screens.lists import ListsScreen
from ibtui.ui.text import Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid
from ibtui.ui.widgets.whole import Whole


class ConnectionScreen(ListsScreen):
    """Links and numbers stand; below them the timeline, newest on top, or the symbols, or both where there is room."""

    NAME = "connection"
    LISTS = ("#events", "#symbols")
    TALL = 40
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("connection")]

    def __init__(self) -> None:
        super().__init__()
        self._events: dict[int, tuple[ConnectionEvent, float]] = {}
        self._symbols: dict[int, Instrument] = {}

    def body(self) -> Iterable[Widget]:
        """Lights, numbers, timeline, symbols, and what was cut of the selected row."""
        yield LineBox(id="lights")
        yield LineBox(id="facts")
        yield RowGrid(self.timed(EVENT_COLUMNS), self._event_row, empty="Nothing has happened yet.", id="events")
        yield RowGrid(SYMBOL_COLUMNS, self._symbol_row, empty="No symbol is subscribed.", id="symbols")
        yield Whole()

    def paint(self, frame: Frame) -> None:
        """Draws what changed; times go on at every full frame."""
        timeline, symbols = self.query_one("#events", RowGrid), self.query_one("#symbols", RowGrid)
        if frame.full or len(self.parts.events) != len(self._events):
            self._events = {id(each): (each, lasted) for each, lasted in lasting(self.parts.events, frame.now)}
            timeline.set_keys(tuple(self._events))
            timeline.update_rows()
        self.query_one(Whole).read(self.query_one(self._chosen, RowGrid))
        if not frame.full:
            return
        quoted = (each.instrument for each in self.parts.feeds.subscriptions() if each.feed is Feed.QUOTES)
        self._symbols = {each.con_id: each for each in quoted}
        symbols.set_keys(tuple(self._symbols))
        symbols.update_rows()
        status = self.parts.supervisor.status
        self.query_one("#lights", LineBox).show(light_lines(status, frame.now))
        figures = figures_of(self.parts, self.console.bar.terminal_rate.value, self.console.bar.loop_ms)
        self.query_one("#facts", LineBox).show(fact_lines(status, figures, frame.now, self.parts.settings.ui.timezone))

    def action_try_now(self) -> None:
        """Connects without waiting."""
        self.parts.supervisor.try_now()

    def _event_row(self, key: Hashable) -> Row:
        found = self._events.get(key) if isinstance(key, int) else None
        return (("", "plain"),) if found is None else event_row(*found, self.parts.settings.ui.timezone)

    def _symbol_row(self, key: Hashable) -> Row:
        instrument = self._symbols.get(key) if isinstance(key, int) else None
        if instrument is None:
            return (("", "plain"),)
        con_id, clock = instrument.con_id, self.parts.clock
        board, feeds = self.parts.market.board, self.parts.feeds
        now = clock.monotonic()
        since_tick = quote_age(board.quote(con_id), now, clock.utc_ns())
        ticks = board.ticks_in(con_id, TICKS_SECONDS, now)
        rate = board.tick_rate(con_id, TICKS_SECONDS, now)
        return symbol_row(instrument, feeds.mark(con_id), ticks, rate, since_tick, feeds.reason(con_id))
