"""A few lines of text that change now and then: status bar, headers, hints, detail panes, the ladder."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from textual import events
from textual.strip import Strip

from ibtui.ui.brush import Stroke
from ibtui.ui.changes import changed_spans
from ibtui.ui.text import Line, cut
from ibtui.ui.widgets.toned import Toned


class LineBox(Toned):
    """Shows lines, and redraws only those that differ from what it shows."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: list[Line] = []
        self._strips: dict[int, Strip] = {}
        self._standing: dict[int, tuple[Line, bool]] = {}

    @property
    def lines(self) -> tuple[Line, ...]:
        """What is shown."""
        return tuple(self._lines)

    def show(self, lines: Sequence[Line]) -> None:
        """Shows these lines from now on."""
        before, self._lines = self._lines, list(lines)
        changed = [at for at, (new, old) in enumerate(zip_longest(lines, before, fillvalue=())) if new != old]
        for at in changed:
            self._strips.pop(at, None)
        self.touch(changed)

    def chosen(self, y: int) -> bool:
        """Whether a line is the selected one."""
        del y
        return False

    def strokes(self, lines: Iterable[int]) -> list[Stroke]:
        """What differs from what was drawn; all of a line that is chosen or no longer chosen."""
        found, height = [], self.content_size.height
        for y in lines:
            if y >= height:
                continue
            before, (line, chosen) = self._standing.get(y), self._drawing(y)
            if before is None or before[1] != chosen:
                found.append(Stroke(0, y, line, chosen))
            else:
                found += [Stroke(x, y, spans, chosen) for x, spans in changed_spans(before[0], line)]
        return found

    def _drawing(self, y: int) -> tuple[Line, bool]:
        """A line as wide as the widget, and whether it is chosen; from now on this is what was drawn."""
        line = self._lines[y] if y < len(self._lines) else ()
        drawing = self._standing[y] = cut(line, self.content_size.width), self.chosen(y)
        return drawing

    def render_line(self, y: int) -> Strip:
        """One line of the widget, from the cache where it has not changed."""
        found = self._strips.get(y)
        if found is None:
            line, chosen = self._drawing(y)
            found = self._strips[y] = self.strip(line, cursor=chosen)
        return found

    def forget_strips(self) -> None:
        """Every line is drawn again when asked for."""
        self._strips.clear()

    def on_resize(self, _: events.Resize) -> None:
        """The lines are cut to another width."""
        self._strips.clear()
        self._standing.clear()
        self.refresh()
