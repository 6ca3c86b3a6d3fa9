"""The dialog behind ``:limits``: what holds orders back, and how far everything is from its limit."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from ibtui.ui.frame import Frame
from ibtui.ui.gather import distances_of, trading_lines
from ibtui.ui.parts import Parts
from ibtui.ui.rows.limits import distance_lines
from ibtui.ui.screens.base import Dialog
from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox


class Limits(Dialog[None]):
    """Kept up to date while it is open."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "leave", show=False)]

    def __init__(self, parts: Parts) -> None:
        super().__init__()
        self._parts = parts

    def compose(self) -> ComposeResult:
        """The lines."""
        yield LineBox(classes="dialog", id="limits")

    def on_mount(self) -> None:
        """Shows them."""
        self._show()

    def paint(self, frame: Frame) -> None:
        """Shows them as they are now, once a second."""
        if frame.full:
            self._show()

    def action_leave(self) -> None:
        """Back to the screen."""
        self.dismiss(None)

    def _show(self) -> None:
        lines: list[Line] = [*trading_lines(self._parts), (), *distance_lines(distances_of(self._parts))]
        self.query_one("#limits", LineBox).show([*lines, (), ((" esc leaves", "dim"),)])
