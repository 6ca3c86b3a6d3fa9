"""The base of everything that draws its own lines: tones become styles here, lines become strips."""

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ibtui.ui.text import TONES, Line

CURSOR = "tone--cursor"


class Toned(Widget):
    """A widget whose lines are spans of text with tones; the style sheet gives the tones their colours."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, *(f"tone--{tone}" for tone in TONES)}

    def style_of(self, tone: str, *, cursor: bool = False) -> Style:
        """The tone's style; never None, which crashes Textual's NO_COLOR filter."""
        name = f"tone--{tone}"
        return self.get_component_rich_style(name, CURSOR) if cursor else self.get_component_rich_style(name)

    def strip(self, line: Line, *, cursor: bool = False) -> Strip:
        """A line whose cells already add up to the widget's width, ready for the compositor."""
        return Strip(
            [Segment(text, self.style_of(tone, cursor=cursor)) for text, tone in line], self.content_size.width
        )

    def blank(self) -> Strip:
        """An empty line."""
        width = self.content_size.width
        return Strip([Segment(" " * width, self.style_of("plain"))], width)
