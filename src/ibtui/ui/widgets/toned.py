"""Tones become styles here, and lines of text become strips."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, cast

from rich.segment import Segment
from rich.style import Style
from textual.filter import ANSIToTruecolor
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from ibtui.ui.brush import Stroke
from ibtui.ui.text import TONES, Line

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

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
        self._codes_of_tones: dict[tuple[str, bool], str] = {}
        self._measured: tuple[Size, Size] | None = None

    def style_of(self, tone: str, *, cursor: bool = False) -> Style:
        """The tone's style on this widget's ground; never None, which crashes Textual's NO_COLOR filter."""
        found = self._styles_of_tones.get((tone, cursor))
        if found is None:
            names = (f"tone--{tone}", CURSOR) if cursor else (f"tone--{tone}",)
            found = self.rich_style + self.screen.get_component_rich_style(*names, partial=True)
            self._styles_of_tones[tone, cursor] = found
        return found

    def codes_of(self, tone: str, chosen: bool) -> str:
        """The tone's style as the terminal takes it: parameters of SGR, as the theme, NO_COLOR and the like say."""
        found = self._codes_of_tones.get((tone, chosen))
        if found is None:
            style: Style | None = (
                self._filtered([self.strip(((" ", tone),), cursor=chosen, width=1)])[0]._segments[0].style
            )
            system = self.app.console._color_system
            found = "" if style is None or system is None else style._make_ansi_codes(system)
            self._codes_of_tones[tone, chosen] = found
        return found

    def touch(self, lines: Iterable[int]) -> None:
        """Has these lines drawn, as far as they differ from what was drawn of them."""
        cast("ConsoleApp", self.app).brush.touch(self, lines)

    def strokes(self, lines: Iterable[int]) -> list[Stroke]:
        """What is to be drawn of these lines; from then on it counts as drawn."""
        raise NotImplementedError

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
        if not self.draws_itself:
            return super().render_lines(crop)
        strips = self._filtered([self.render_line(y) for y in crop.line_range])
        if crop.column_span != (0, self.outer_size.width):
            strips = [strip.crop(*crop.column_span) for strip in strips]
        return strips

    @property
    def draws_itself(self) -> bool:
        """Whether its lines are all there is to draw of it: no border, no padding, nothing that shines through."""
        return self.content_size == self.outer_size and self.opacity == 1

    def _filtered(self, strips: list[Strip]) -> list[Strip]:
        # All themes are in true colours: there is nothing of the terminal's own palette to be replaced.
        filters = [each for each in self.get_line_filters() if not isinstance(each, ANSIToTruecolor)]
        if filters:
            _, background = self.background_colors
            for each in filters:
                strips = [strip.apply_filter(each, background) for strip in strips]
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
        self._codes_of_tones.clear()
        self.forget_strips()
