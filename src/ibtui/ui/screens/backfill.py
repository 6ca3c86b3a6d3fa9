"""Screen 5: history downloads."""

from collections.abc import Hashable, Iterable
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from ibtui.backfill.jobs import Job
from ibtui.market.names import symbol
from ibtui.ui.frame import Frame
from ibtui.ui.keymap import bindings
from ibtui.ui.rows.backfill import COLUMNS, job_row
from ibtui.ui.screens.base import ConsoleScreen
from ibtui.ui.screens.dialogs import Prompt
from ibtui.ui.text import Row
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class BackfillScreen(ConsoleScreen):
    """One row a job; on this screen ``x`` means the job."""

    NAME = "backfill"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("backfill")]

    def body(self) -> Iterable[Widget]:
        """The jobs, and what is wrong with the selected one, which its row may have no room for."""
        yield RowGrid(COLUMNS, self._row, empty="No downloads. Press enter to start one.", id="jobs")
        yield LineBox(id="problem")

    def paint(self, frame: Frame) -> None:
        """Draws the jobs whose row differs."""
        del frame
        grid = self.query_one("#jobs", RowGrid)
        grid.set_keys([job.id for job in self.parts.backfill.jobs])
        grid.update_rows()
        job = self._selected
        words = f" {symbol(job.instrument)} {job.bar.text}: {job.problem}" if job is not None and job.problem else ""
        self.query_one("#problem", LineBox).show([((words, "warn"),)])

    @property
    def _selected(self) -> Job | None:
        selected = self.query_one("#jobs", RowGrid).selected
        return next((job for job in self.parts.backfill.jobs if job.id == selected), None)

    def action_start_job(self) -> None:
        """Asks for symbol, bar and mode."""
        selected = self.console.selected
        bar, name = self.parts.settings.backfill.bars.replace(" ", ""), symbol(selected) if selected else ""
        suggestion = f"{f'#{selected.con_id}' if ' ' in name else name} {bar}" if selected else ""
        self.app.push_screen(
            Prompt("backfill SYMBOL BAR [tail|backfill|full]", suggestion), self.console.start_backfill
        )

    def action_cancel_job(self) -> None:
        """Cancels the selected job."""
        if (job := self._selected) is not None:
            self.parts.backfill.cancel(job.id)

    def _row(self, key: Hashable) -> Row:
        for job in self.parts.backfill.jobs:
            if job.id == key:
                return job_row(job, self.parts.clock.monotonic())
        return (("", "plain"),)
