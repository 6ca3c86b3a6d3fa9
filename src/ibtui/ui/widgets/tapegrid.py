"""The list of the tape: it stands at the newest row until it is moved, and asks for more at either end."""

from collections.abc import Callable, Hashable
from typing import Protocol

from ibtui.ui.rows.tape import COLUMNS
from ibtui.ui.text import Column, Row
from ibtui.ui.widgets.rowgrid import RowGrid

NEAR = 100
"""Rows from an end at which what lies beyond is asked for."""


class Scroller(Protocol):
    """What moving the list does to the tape."""

    def hold(self) -> None:
        """Holds the tape still."""

    def go_on(self) -> None:
        """Lets it run."""

    def near_end(self, direction: int) -> None:
        """The list was moved near its newest (-1) or its oldest row (1)."""


class TapeGrid(RowGrid):
    """Rows newest first. While the tape runs there is no cursor; moved away from the newest row, it is held."""

    def __init__(
        self,
        scroller: Scroller,
        row_of: Callable[[Hashable], Row],
        columns: tuple[Column, ...] = COLUMNS,
        *,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(columns, row_of, cursor=False, id=id)
        self._scroller = scroller

    def _step(self, steps: int) -> None:
        at = self.keys.index(self.selected) if self.selected in self.keys else 0
        if steps < 0 and at == 0:
            self._scroller.near_end(-1)
            return
        self._scroller.hold()
        super()._step(steps)
        at = self.keys.index(self.selected) if self.selected in self.keys else 0
        if at >= len(self.keys) - NEAR:
            self._scroller.near_end(1)

    def action_move_to_end(self, direction: int) -> None:
        """The newest row, which lets the tape run; or the oldest that has been read."""
        if direction < 0:
            self._scroller.go_on()
        else:
            super().action_move_to_end(direction)
