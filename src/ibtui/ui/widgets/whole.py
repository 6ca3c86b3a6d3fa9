"""Under a list: what of its selected row was cut, in full."""

from ibtui.ui.text import Line, broken
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid


class Whole(LineBox):
    """Has its lines whether they are needed or not, so that moving the selection moves nothing else."""

    def read(self, grid: RowGrid) -> None:
        """Shows what the selected row has no room for; the last line is cut where even here is none."""
        width, height = self.content_size
        lines: list[Line] = []
        for text, tone in grid.cut_off:
            pieces, left = broken(text, width - 2), height - len(lines)
            if len(pieces) > left > 0:
                pieces[left - 1 :] = [" ".join(pieces[left - 1 :])]
            lines += [((f" {piece}", tone),) for piece in pieces]
        self.show(lines[:height])
