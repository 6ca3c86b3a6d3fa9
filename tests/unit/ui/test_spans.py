"""What changed on the screen, in fewer bytes: the picture on a terminal is the one that Textual would draw."""

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate
from textual.strip import Strip

from ibtui.ui.spans import Spans

WIDTH, LINES = 12, 2
STYLES = [
    Style(color=Color.parse("#5fd787"), bgcolor=Color.parse("#121212")),
    Style(color=Color.parse("#ff8787"), bgcolor=Color.parse("#121212"), bold=True),
    Style(color=Color.parse("#ff8787"), bgcolor=Color.parse("#303a4a"), reverse=True),
    Style(),
]
CONSOLE = Console(color_system="truecolor", width=WIDTH, height=LINES)

runs = st.lists(st.tuples(st.text("ab▲日", min_size=1, max_size=4), st.sampled_from(STYLES)), max_size=6)
pictures = st.lists(runs, min_size=LINES, max_size=LINES)
spans = st.lists(
    st.tuples(st.integers(0, LINES - 1), st.integers(0, WIDTH - 1), st.integers(1, WIDTH)), min_size=1, max_size=6
)


def strips(picture) -> list[Strip]:
    return [Strip([Segment(*run) for run in line]).adjust_cell_length(WIDTH, STYLES[0]) for line in picture]


def halves(strip: Strip, at: int) -> dict[int, Strip | None]:
    return dict(zip((0, at), strip.divide([at, WIDTH]), strict=True))


@given(pictures, spans, st.integers(1, WIDTH - 1))
def test_the_terminal_shows_what_textual_would_have_drawn(picture, wanted, border):
    """Two widgets side by side; some cells of some lines are sent again, over a screen that shows something else."""
    lines = strips(picture)
    places = sorted({(y, min(x, end - 1), end) for y, x, end in wanted})
    update = ChopsUpdate([halves(line, border) for line in lines], places, [[border, WIDTH]] * LINES)
    whole = ChopsUpdate(
        [halves(line, border) for line in lines], [(y, 0, WIDTH) for y in range(LINES)], [[border, WIDTH]] * LINES
    )
    there = shown(whole.render_segments(CONSOLE).replace("\n", ""))
    assert shown(Spans(whole).render_segments(CONSOLE)) == there
    after = shown(Spans(update).render_segments(CONSOLE))
    blank = shown("")
    for y in range(LINES):
        for x in range(WIDTH):
            inside = any(line == y and first <= x < last for line, first, last in places)
            # A character of two cells that is cut in half leaves a blank, in one or the other way.
            assert after[y][x] == (there if inside else blank)[y][x] or _has_wide(picture[y])
    assert len(Spans(update).render_segments(CONSOLE)) <= len(update.render_segments(CONSOLE))


def _has_wide(line) -> bool:
    return any("日" in text for text, _ in line)


def shown(data: str) -> list[list[tuple]]:
    screen = pyte.Screen(WIDTH, LINES)
    pyte.Stream(screen).feed(data)
    return [[tuple(screen.buffer[y][x]) for x in range(WIDTH)] for y in range(LINES)]


def test_without_colours_nothing_but_text_and_places_is_sent():
    lines = strips([[("abc", STYLES[1])]] * LINES)
    update = ChopsUpdate([{0: line} for line in lines], [(1, 1, 3)], [[WIDTH]] * LINES)
    plain = Console(color_system=None, width=WIDTH, height=LINES)
    assert Spans(update).render_segments(plain) == "\x1b[2;2Hbc"
