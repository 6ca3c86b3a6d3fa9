"""The status bar: what it says at once, what it says once a second, and the rates that are measured for it."""

from typing import TYPE_CHECKING

from textual.widget import Widget

from ibtui.ui.gather import Rate, messages, painting, status_of
from ibtui.ui.rows.status import first_line, second_line, told_at_once
from ibtui.ui.screens.base import ConsoleScreen

if TYPE_CHECKING:
    from ibtui.ui.pacer import Pacer
    from ibtui.ui.parts import Parts


class StatusBar:
    """Fills the bar of whichever screen is shown.

    Attributes:
        terminal_rate: Bytes a second that the terminal takes.
        loop_ms: How late the loop is, as of the last second.
    """

    def __init__(self, parts: "Parts", pacer: "Pacer") -> None:
        self._parts = parts
        self._pacer = pacer
        self._messages = Rate()
        self._told: tuple[object, ...] = ()
        self.terminal_rate = Rate()
        self.loop_ms = 0.0

    def measure(self, now: float) -> None:
        """Takes the readings of a second, at monotonic seconds."""
        self._messages.read(messages(self._parts), now)
        if self._pacer.terminal is not None:
            self.terminal_rate.read(self._pacer.terminal.written, now)
        self.loop_ms = self._parts.loop_lag.p99_ms

    def show_on(self, screen: Widget, *, started: bool, armed: bool, figures: bool = True) -> None:
        """The bar's two lines, of now, on a screen that has it; without new figures only where more changed."""
        if not isinstance(screen, ConsoleScreen) or not screen.is_mounted:
            return
        frames = painting(self._pacer.gate, real=self._pacer.terminal is not None)
        status = status_of(self._parts, self._messages, frames, self.loop_ms, started=started, armed=armed)
        width = screen.app.size.width
        told, self._told = self._told, told_at_once(status, width)
        if figures or told != self._told:
            screen.show_status([first_line(status, width), second_line(status, width)])
