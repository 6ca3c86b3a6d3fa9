"""What the user takes out of the screens: a row into the clipboard, a view into a file. Neither holds up the loop."""

import asyncio
import os
from typing import TYPE_CHECKING

from ibtui.ui.clipboard import copy_by_tmux, has_own_buffer
from ibtui.ui.exporting import csv_text, save
from ibtui.ui.picture import strips_of
from ibtui.ui.widgets.rowgrid import RowGrid

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp


class Takeaway:
    """Copies and exports for the app."""

    def __init__(self, app: "ConsoleApp") -> None:
        self._app = app

    def copied_by_tmux(self, text: str) -> bool:
        """Starts copying by tmux where that is the terminal; False where the terminal is to do it itself."""
        if not has_own_buffer(os.environ):
            return False

        async def copy() -> None:
            problem = await copy_by_tmux(text)
            self._app.tell(problem or "Copied into tmux's buffer", bad=problem is not None)

        self._app.run_worker(copy(), group="copy", exit_on_error=False)
        return True

    def export(self) -> None:
        """Writes the view that has the focus into a file and tells where it is."""
        app = self._app
        grid = app.focused if isinstance(app.focused, RowGrid) else None
        if grid is not None:
            ending, text = "csv", csv_text(grid.columns, grid.all_rows())
        else:
            ending, text = "txt", "\n".join(strip.text.rstrip() for strip in strips_of(app, app.screen_stack[0])) + "\n"
        directory, name, now = app.parts.writer.directory.path, app.current_mode, app.parts.clock.utc_ns()

        async def write() -> None:
            try:
                path = await asyncio.to_thread(save, directory, name, ending, text, now)
            except OSError as error:
                app.tell(f"The view can't be exported: {error.strerror}; is there room in {directory}?", bad=True)
            else:
                app.tell(f"Exported to {path}")

        app.run_worker(write(), group="export", exit_on_error=False)
