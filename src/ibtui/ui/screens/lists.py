"""What connection and account share: several lists under each other, or one at a time where there is no room."""

from typing import ClassVar

from textual import events

from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.widgets.rowgrid import RowGrid


class ListsScreen(ConsoleScreen):
    """A screen of several lists, of which one is chosen and has the keys.

    Attributes:
        LISTS: The lists' selectors, in the order in which the key goes from one to the next; the first is chosen first.
        TALL: Lines from which all of them are shown.
    """

    LISTS: ClassVar[tuple[str, ...]] = ()
    TALL: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self._chosen = self.LISTS[0]

    def on_mount(self) -> None:
        """The first list is what is looked for first."""
        self._show_lists()

    def on_resize(self, _: events.Resize) -> None:
        """Shows all lists where there is room. Textual calls the base's handler by itself."""
        self._show_lists()

    def action_other_list(self) -> None:
        """From one list to the next."""
        self._chosen = self.LISTS[(self.LISTS.index(self._chosen) + 1) % len(self.LISTS)]
        self._show_lists()
        self.console.paint_soon()

    def _show_lists(self) -> None:
        for grid in self.query(RowGrid):
            chosen = f"#{grid.id}" == self._chosen
            grid.set_class(not chosen and self.size.height < self.TALL, "away")
            if chosen:
                grid.focus()
