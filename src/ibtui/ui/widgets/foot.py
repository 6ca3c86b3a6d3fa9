"""The last line of a screen: its keys, and words to the user over them."""

from collections.abc import Sequence

from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox


class Foot(LineBox):
    """Lies over the screen's last line, on a layer of its own.

    A word of one line changes no layout. Textual's toasts had the whole screen laid out three times at every fill, 20
    to 45 ms of the loop each time (measured). Words of several lines change it, and the first words in a dialog.
    """

    def __init__(self) -> None:
        super().__init__(id="foot")
        self._hints: list[Line] = []
        self._words: list[Line] = []

    def hint(self, line: Line) -> None:
        """What stands there while nothing is said."""
        self._hints = [line]
        self._lay()

    def say(self, words: Sequence[Line]) -> None:
        """The words that stand now, a line each."""
        if words != self._words:
            self._words = list(words)
            self._lay()

    def _lay(self) -> None:
        lines = self._words or self._hints
        if len(lines) != len(self.lines):
            self.set_class(not lines, "silent")
            self.styles.height = len(lines)
        self.show(lines)
