"""The desk fits every terminal: no pane over another, none too small, the one that has the keys always there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.ui.desk_layout import NARROWEST, PANES, WIDE, Layout, arrange, kept_layout, read_layout

names = st.permutations(list(PANES)).flatmap(lambda order: st.integers(1, len(order)).map(lambda n: order[:n]))
layouts = st.tuples(names, st.lists(st.booleans(), min_size=5, max_size=5)).map(
    lambda made: read_layout("".join(name + "+ "[cut] for name, cut in zip(*made, strict=False)).rstrip("+ ").split())
)


@given(layouts, st.integers(0, 4), st.integers(80, 300), st.integers(21, 80))
def test_panes_fill_the_desk_without_touching_each_other_and_the_focused_one_is_always_there(
    layout: Layout, at: int, width: int, height: int
) -> None:
    focus = layout.panes[at % len(layout.panes)]
    places = arrange(layout, focus, width, height)
    assert focus in [place.name for place in places]
    covered = [[0] * width for _ in range(height)]
    for place in places:
        assert place.height >= PANES[place.name].least
        assert place.width >= min(NARROWEST, width)
        for y in range(place.y, place.y + place.height):
            for x in range(place.x, place.x + place.width):
                covered[y][x] += 1
    columns = len({place.x for place in places})
    assert max(map(max, covered)) == 1
    assert all(sum(line) == width - (columns - 1) for line in covered)
    if width < WIDE:
        assert columns == 1


@given(st.integers(1, 20))
def test_a_desk_too_low_for_anything_shows_the_focused_pane_alone(height: int) -> None:
    places = arrange(Layout(), "tape", 80, height)
    assert places[-1].height + places[-1].y == height
    assert "tape" in [place.name for place in places]


def test_a_wide_terminal_has_the_columns_and_a_middling_one_puts_the_last_ones_together() -> None:
    def columns(width: int) -> list[list[str]]:
        places = arrange(Layout(), "board", width, 40)
        return [[each.name for each in places if each.x == x] for x in sorted({each.x for each in places})]

    assert columns(200) == [["board", "orders"], ["ladder"], ["tape"]]
    assert columns(150) == [["board", "orders"], ["ladder", "tape"]]
    assert columns(120) == [["board", "orders", "ladder", "tape"]]


def test_a_layout_is_read_and_kept_as_it_is_written() -> None:
    layout = read_layout(["tape+chart", "orders"])
    assert layout.columns == (("tape", "chart"), ("orders",))
    assert kept_layout(layout.document()) == layout
    for nothing in ({}, {"columns": 3}, {"columns": [["nothing"]]}, {"columns": []}):
        assert kept_layout(nothing) == Layout()


@pytest.mark.parametrize("words", [["board", "board"], ["nothing"], [""], ["board+"], []])
def test_what_is_no_layout_is_refused(words: list[str]) -> None:
    with pytest.raises(UsageError):
        read_layout(words)
