import math
from itertools import pairwise

import pyte
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibtui.ui import text
from ibtui.ui.text import TONES, Column

COLUMNS = (
    Column("A", 5, stretch=True),
    Column("B", 8, right=True),
    Column("C", 6, rank=2),
    Column("D", 4, rank=1),
)
SPANS = st.tuples(st.text(max_size=12), st.sampled_from(TONES))


@given(st.integers(14, 200), st.lists(SPANS, min_size=4, max_size=4))
def test_a_row_fills_its_line_exactly_whatever_its_cells_hold(width, row):
    line = text.lay(tuple(row), text.fit(COLUMNS, width), width)
    assert text.length(line) == width


@given(st.integers(30, 80), st.lists(SPANS, min_size=4, max_size=4))
@example(40, [("", "plain"), ("", "plain"), ("", "plain"), ("\x1b", "plain")])
def test_a_spread_row_shows_every_letter_of_its_columns_and_nothing_is_wider_than_its_column(width, row):
    places = text.fit(COLUMNS, width)
    lines = text.spread(tuple(row), places)
    for place in places:
        pieces = [line[place.index][0] for line in lines]
        assert "".join("".join(pieces).split()) == "".join(text.clean(row[place.index][0]).split())
        assert len(lines) == 1 or all(text.cells(piece) <= place.width for piece in pieces)
        assert {line[place.index][1] for line in lines} == {row[place.index][1]}


@given(st.lists(SPANS, max_size=6), st.integers(0, 60))
def test_a_cut_line_fills_its_width_exactly(line, width):
    assert text.length(text.cut(tuple(line), width)) == width


NAMES = st.text(
    st.sampled_from(
        [*"Aa1é▲…─█→", "ト", "騰", "한", "ﾊ", "🚀", "👩", "\u200d", "☺", "\ufe0f", "🏽", "🇯", "🇵", "\u0301"]
    )
)


@given(NAMES, st.integers(1, 20))
def test_a_cell_with_wide_characters_takes_the_cells_of_its_column_on_a_terminal_that_knows_nothing_of_emoji(
    name, width
):
    screen = pyte.Screen(60, 1)
    pyte.Stream(screen).feed(text.pad(name, width) + "|")
    assert screen.cursor.x == width + 1
    assert screen.buffer[0][width].data == "|"


@given(st.lists(SPANS, max_size=8))
def test_merging_changes_neither_text_nor_tones(line):
    merged = text.merge(line)
    assert [(char, tone) for words, tone in merged for char in words] == [
        (char, tone) for words, tone in line for char in words
    ]
    assert all(one[1] != other[1] for one, other in pairwise(merged))


def test_columns_leave_by_rank_when_the_line_gets_narrow():
    titles = [[COLUMNS[each.index].title for each in text.fit(COLUMNS, width)] for width in (14, 19, 26)]
    assert titles == [["A", "B"], ["A", "B", "D"], ["A", "B", "C", "D"]]


def test_the_stretching_column_takes_what_is_left():
    places = text.fit(COLUMNS, 40)
    assert sum(each.width for each in places) + len(places) - 1 == 40


@given(st.lists(st.text("abc", min_size=1, max_size=9), max_size=9), st.integers(0, 60))
def test_what_does_not_fit_drops_from_the_right_whole(words, width):
    line = text.join([((word, "plain"),) for word in words], width)
    shown = "".join(each for each, _ in line)
    kept = next(count for count in range(len(words), -1, -1) if len("  ".join(words[:count])) <= width)
    assert shown == "  ".join(words[:kept])


def test_control_characters_of_a_gateway_never_reach_the_terminal():
    assert text.pad("a\x1b[31mb\nc", 10) == "a [31mb c "


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (None, "—"),
        (-math.inf, "—"),
        (math.inf, "—"),
        (0, "0.0s"),
        (9.94, "9.9s"),
        (75, "75s"),
        (300, "5m"),
        (7200, "2h"),
        (4e5, "4d"),
    ],
)
def test_an_age_is_short_and_an_unknown_one_is_a_dash(seconds, shown):
    assert text.age(seconds) == shown


def test_unknown_is_never_zero():
    assert {text.amount(None), text.quantity(None), text.compact(None), text.duration(None), text.wall(None)} == {"—"}
    assert text.signed(None) == ("—", "dim")


def test_a_change_carries_its_sign_and_not_only_its_colour():
    assert text.signed(1.234) == ("+1.23", "up")
    assert text.signed(-1234.5) == ("-1,234.50", "down")
    assert text.signed(-0.001) == ("0.00", "plain")


@given(st.integers(0, 10**12 - 10**9))
def test_a_large_count_takes_five_cells_at_most(value):
    assert len(text.compact(value)) <= 5


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (950, "950"),
        (9_999, "9,999"),
        (14_400, "14.4k"),
        (99_999, "100k"),
        (123_456, "123k"),
        (1_234_567, "1.23M"),
        (56_789_000, "56.8M"),
        (9.5e8, "950M"),
        (0.25, "0.25"),
    ],
)
def test_a_count_keeps_three_digits(value, shown):
    assert text.compact(value) == shown


def test_a_clock_names_its_zone():
    assert text.wall(1_700_000_000_123_456_789, "America/New_York", millis=True, named=True) == "17:13:20.123 EST"
    assert text.wall(0, "no such zone") == "19:00:00"


@pytest.mark.parametrize("at_ns", [None, 10**48, -(10**48)])
def test_a_time_that_no_calendar_has_is_unknown(at_ns):
    assert text.wall(at_ns) == "—"
