import pyte
from hypothesis import given
from hypothesis import strategies as st

from ibtui.ui.sgr import lighten

COLOURS = st.sampled_from(["38;2;1;2;3", "38;2;200;0;9", "38;5;7", "31", "97", ""])
GROUNDS = st.sampled_from(["48;2;1;2;3", "48;5;200", "41", "107", ""])
ATTRIBUTES = st.sampled_from(["", "1", "4", "1;3", "7", "9"])
STYLES = st.tuples(ATTRIBUTES, COLOURS, GROUNDS).map(lambda parts: ";".join(filter(None, parts)))
RUNS = st.lists(st.tuples(STYLES, st.sampled_from(["a", "bc", "\r\n", "\x1b[3;4Hx", ""]), st.booleans()), max_size=30)


def written(runs) -> str:
    """Runs of text as Textual writes them; some without the reset at their end."""
    return "".join(f"\x1b[{style}m{text}" + ("\x1b[0m" if ends else "") for style, text, ends in runs)


def picture(*writes: str) -> list:
    screen = pyte.Screen(20, 6)
    stream = pyte.Stream(screen)
    for each in writes:
        stream.feed(each)
    return [[screen.buffer[line][column] for column in range(20)] for line in range(6)]


@given(RUNS, RUNS)
def test_the_picture_is_the_same(first, second):
    assert picture(lighten(written(first)), lighten(written(second)) + "end") == picture(
        written(first), written(second) + "end"
    )


@given(RUNS)
def test_it_never_gets_longer(runs):
    assert len(lighten(written(runs))) <= len(written(runs))


def test_what_stays_the_same_is_not_said_again():
    assert lighten("\x1b[0m\x1b[31;40ma\x1b[0m\x1b[32;40mb\x1b[0m\x1b[32;40mc\x1b[0m") == (
        "\x1b[0m\x1b[31;40ma\x1b[32mbc\x1b[0m"
    )


def test_an_attribute_that_ends_needs_the_reset():
    text = "\x1b[0m\x1b[1;31ma\x1b[0m\x1b[31mb\x1b[0m"
    assert lighten(text) == "\x1b[0m\x1b[1;31ma\x1b[0;31mb\x1b[0m"


def test_other_sequences_pass_untouched():
    text = "\x1b[?2026h\x1b[>4;2m\x1b[6n\x1b]0;title\x07"
    assert lighten(text) == text
