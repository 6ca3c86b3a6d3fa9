"""Only what differs is drawn again, and with that drawn over what stood there, the whole new line stands."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.ui.changes import CLOSE, changed_cells, changed_spans
from ibtui.ui.text import Column, cut, fit, lay

COLUMNS = (Column("A", 4), Column("B", 6, right=True), Column("C", 2), Column("D", 8), Column("E", 3, stretch=True))

spans = st.tuples(st.text("ab1 ▲日", max_size=9), st.sampled_from(["plain", "up", "dim"]))
rows = st.lists(spans, min_size=len(COLUMNS), max_size=len(COLUMNS)).map(tuple)
lines = st.lists(spans, max_size=8).map(tuple)


def cells(line, width):
    """What stands in each cell; a character of two cells takes both."""
    found = []
    for text, tone in line:
        for each in text:
            found += [(each, tone)] * (2 if each == "日" else 1)
    assert len(found) == width
    return found


def drawn(before, parts, width):
    after = list(before)
    for x, part in parts:
        new = cells(part, sum(2 if each == "日" else 1 for text, _ in part for each in text))
        after[x : x + len(new)] = new
    assert len(after) == width
    return after


@given(rows, rows, st.integers(27, 60))
def test_the_changed_cells_of_a_row_make_the_old_one_the_new_one(before, after, width):
    places = fit(COLUMNS, width)
    parts = changed_cells(before, after, places, width)
    assert drawn(cells(lay(before, places, width), width), parts, width) == cells(lay(after, places, width), width)
    assert bool(parts) == (before != after)


@given(lines, lines, st.integers(1, 40))
def test_the_changed_spans_of_a_line_make_the_old_one_the_new_one(before, after, width):
    old, new = cut(before, width), cut(after, width)
    parts = changed_spans(old, new)
    assert drawn(cells(old, width), parts, width) == cells(new, width)
    assert parts or old == new


def test_a_cell_alone_is_drawn_alone_and_neighbours_together():
    before = (("a", "up"), ("1", "up"), ("b", "up"), ("c", "up"), ("d", "up"))
    places = fit(COLUMNS, 40)
    parts = changed_cells(before, (*before[:1], ("2", "up"), *before[2:]), places, 40)
    assert parts == [(5, (("     2 ", "up"),))]
    parts = changed_cells(before, (("A", "up"), *before[1:4], ("D", "dim")), places, 40)
    assert [x for x, _ in parts] == [0, 24]
    parts = changed_cells(before, (before[0], ("2", "up"), ("B", "dim"), *before[3:]), places, 40)
    assert parts == [(5, (("     2 ", "up"), ("B  ", "dim")))]


def test_between_two_spans_that_lie_close_what_stays_is_drawn_too():
    before = (("a" * 9, "up"), ("b" * CLOSE, "dim"), ("c", "up"))
    after = (("A" * 9, "up"), before[1], ("C", "up"))
    assert changed_spans(before, after) == [(0, after)]
    before = (before[0], ("b" * (CLOSE + 1), "dim"), before[2])
    after = (after[0], before[1], after[2])
    assert changed_spans(before, after) == [(0, after[:1]), (CLOSE + 10, after[2:])]


def test_a_row_that_takes_the_whole_line_is_drawn_whole():
    places = fit(COLUMNS, 40)
    assert changed_cells((("title", "accent"),), (("other", "accent"),), places, 40) == [
        (0, (("other".ljust(40), "accent"),))
    ]
