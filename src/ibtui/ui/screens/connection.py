"""Screen 6: the three links, what happened to them, and what is subscribed."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.connection import EVENT_COLUMNS, event_row, fact_lines, light_lines
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.text import Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class ConnectionScreen(ConsoleScreen):
    """Each link with its cause, the facts of the session, and the timeline with the newest event on top."""

    NAME = "connection"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("connection")]

    def body(self) -> Iterable[Widget]:
        """Lights, facts, timeline."""
        yield LineBox(id="lights")
        yield LineBox(id="facts")
        yield RowGrid(self.timed(EVENT_COLUMNS), self._row, empty="Nothing has happened yet.", id="events")

    def paint(self, frame: Frame) -> None:
        """Draws what changed; times go on at every full frame."""
        grid = self.query_one("#events", RowGrid)
        count = len(self.parts.events)
        grid.set_keys([id(each) for each in reversed(self.parts.events)] if count else [])
        if not frame.full:
            return
        status, gateway = self.parts.supervisor.status, self.parts.settings.gateway
        self.query_one("#lights", LineBox).show(light_lines(status, frame.now_ns))
        endpoint = f"{gateway.host}:{gateway.port}"
        facts = fact_lines(status, self.parts.feeds.slots(), endpoint, gateway.client_id, frame.now)
        self.query_one("#facts", LineBox).show(facts)

    def action_try_now(self) -> None:
        """Connects without waiting."""
        self.parts.supervisor.try_now()

    def _row(self, key: Hashable) -> Row:
        for each in self.parts.events:
            if id(each) == key:
                return event_row(each, self.parts.settings.ui.timezone)
        return (("", "plain"),)
