"""The lines over the board, and what is drawn of characters."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibtui.market.board import Quote
from ibtui.market.breadth import SECTORS, Breadth
from ibtui.ui.rows.glyphs import range_bar, sparkline
from ibtui.ui.rows.overview import breadth_line, sector_line, tab_line
from ibtui.ui.text import length


def text(line) -> str:
    return "".join(each for each, _ in line)


def test_breadth_that_nobody_knows_is_a_dash_and_says_how_to_know_it():
    shown = text(breadth_line(Breadth(), 0, 200))
    assert "▲ — ▼ — = —" in shown
    assert 'over 50d —  (ibtui backfill SYMBOL… --bar "1 day")' in shown
    assert "0" not in shown.replace("50d", "")


def test_breadth_counts_and_says_how_many_it_is_about():
    found = Breadth(4, 3, 1, 4, at_high=1, ranged=4, new_low=1, yearly=4, above=3, averaged=4)
    shown = text(breadth_line(found, 5, 200))
    assert "▲ 3 ▼ 1 = 0" in shown
    assert "of 4/5 quoted" in shown
    assert "at high 1 low 0" in shown
    assert "52w high 0 low 1" in shown
    assert "over 50d 3/4 75%" in shown


@pytest.mark.parametrize(("width", "seen"), [(80, "K▲1.5"), (200, "XLK▲1.5")])
def test_all_sectors_fit_with_an_arrow_each(width, seen):
    quotes = {symbol: Quote(1, last=101.5, close=100.0) for symbol in SECTORS} | {"XLRE": None}
    line = sector_line(quotes, width)
    assert length(line) <= width
    assert seen in text(line)
    assert text(line).count("▲") == 10
    assert "RE—" in text(line)


@given(st.integers(0, 12), st.integers(20, 100))
def test_the_current_tab_is_always_seen(current, width):
    tabs = [("all", 9), *((f"list{number}", number) for number in range(12))]
    line = tab_line(tabs, current, "", width)
    assert length(line) <= width
    assert f"[{tabs[current][0]} {tabs[current][1]}]" in text(line)


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=30))
@example([0.0, 2.3e-308])
def test_a_line_has_a_block_for_each_price_and_a_blank_for_each_hole(values):
    shown = sparkline(values)
    known = [each for each in values if each is not None]
    if not known:
        assert shown == ""
        return
    assert len(shown) == len(values)
    assert all((mark == " ") is (value is None) for mark, value in zip(shown, values, strict=True))
    pairs = [(value, mark) for value, mark in zip(values, shown, strict=True) if value is not None]
    assert [mark for _, mark in sorted(pairs)] == sorted(mark for _, mark in pairs), "higher is never drawn lower"


@given(st.floats(-1, 2), st.integers(3, 40))
def test_a_place_in_a_range_is_marked_once_inside_it(place, width):
    shown = range_bar(place, width)
    assert len(shown) == width
    assert shown.count("●") == 1
    assert shown[0] + shown[-1] == "├┤"
    assert range_bar(0, width)[1] == range_bar(1, width)[-2] == "●"
