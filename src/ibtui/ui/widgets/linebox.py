"""A few lines of text that change now and then: status bar, headers, hints, detail panes, the ladder."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.strip import Strip

from ibtui.ui.text import Line, cut
from ibtui.ui.widgets.toned import Toned


class LineBox(Toned):
    """Shows lines, and redraws only those that differ from what it shows."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return tuple(self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Shows these lines from now on."""
        width = self.content_size.width
        regions = []
        for at in range(max(len(lines), len(self._lines))):
            new = lines[at] if at < len(lines) else ()
            old = self._lines[at] if at < len(self._lines) else ()
            if new != old:
                self._strips.pop(at, None)
                regions.append(Region(0, at, width, 1))
        self._lines = list(lines)
        if regions:
            self.refresh(*regions)

    def render_line(self, y: int) -> Strip:
        """One line of the widget, from the cache where it has not changed."""
        if y >= len(self._lines):
            return self.blank()
        found = self._strips.get(y)
        if found is None:
            found = self._strips[y] = self.strip(cut(self._lines[y], self.content_size.width))
        return found

    def forget_strips(self) -> None:
        """Every line is drawn again when asked for."""
        self._strips.clear()

    def on_resize(self, _: events.Resize) -> None:
        """The lines are cut to another width."""
        self._strips.clear()
        self.refresh()
