"""Tones become styles here, and lines of text become strips."""

from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from ibtui.ui.text import TONES, Line

CURSOR = "tone--cursor"


PALETTE = frozenset({CURSOR, *(f"tone--{tone}" for tone in TONES)})
"""Component classes of every screen: the style sheet's colours of all tones.

Of the screen and not of each widget, because Textual styles component classes again with each of their owners; that was
most of the 100 ms and more that a screen took to open.
"""


class Toned(Widget):
    """A widget on a screen with the :data:`PALETTE` whose lines are spans of text with tones."""

    ALLOW_SELECT = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._styles_of_tones: dict[tuple[str, bool], Style] = {}
        self._measured: tuple[Size, Size] | None = None

    def style_of(self, tone: str, *, cursor: bool = False) -> Style:
        """The tone's style on this widget's ground; never None, which crashes Textual's NO_COLOR filter."""
        found = self._styles_of_tones.get((tone, cursor))
        if found is None:
            names = (f"tone--{tone}", CURSOR) if cursor else (f"tone--{tone}",)
            found = self.rich_style + self.screen.get_component_rich_style(*names, partial=True)
            self._styles_of_tones[tone, cursor] = found
        return found

    def strip(self, line: Line, *, cursor: bool = False, width: int | None = None) -> Strip:
        """A line whose cells already add up to the widget's width, ready for the compositor.

        Args:
            line: The spans.
            cursor: Whether it is the selected one.
            width: The widget's, where it is at hand: Textual works it out anew each time it is asked.
        """
        cells = self.content_size.width if width is None else width
        return Strip([Segment(text, self.style_of(tone, cursor=cursor)) for text, tone in line], cells)

    @property
    def content_size(self) -> Size:
        """Cells without border and padding. Textual looks its own place up on the screen for that, for every line."""
        outer = self.outer_size
        if self._measured is None or self._measured[0] != outer:
            gutter = self.styles.gutter
            self._measured = outer, Size(max(0, outer.width - gutter.width), max(0, outer.height - gutter.height))
        return self._measured[1]

    def render_lines(self, crop: Region) -> list[Strip]:
        """The lines of a part of the widget.

        They come from the widgets' own caches, with every colour in place: Textual's cache of styled lines, made for
        borders and padding, would go through each changed line again, a third of a board's frame (measured).
        """
        outer = self.outer_size
        if self.content_size != outer or self.opacity < 1:
            return super().render_lines(crop)
        strips = [self.render_line(y) for y in crop.line_range]
        # All themes are in true colours: there is nothing of the terminal's own palette to be replaced.
        filters = [each for each in self.get_line_filters() if not isinstance(each, ANSIToTruecolor)]
        if filters:
            _, background = self.background_colors
            for each in filters:
                strips = [strip.apply_filter(each, background) for strip in strips]
        if crop.column_span != (0, outer.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    def blank(self) -> Strip:
        """An empty line."""
        width = self.content_size.width
        return Strip([Segment(" " * width, self.style_of("plain"))], width)

    def forget_strips(self) -> None:
        """Drops what was drawn; a subclass that keeps strips drops them here."""

    def notify_style_update(self) -> None:
        """Colours may have changed."""
        self._measured = None
        self._styles_of_tones.clear()
        self.forget_strips()
