"""Which rows stay where they are, and which one is chosen."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.ui.panes.ladder_window import CURSOR_FOR, LadderWindow
from ibtui.ui.rows.ladder_book import Side

HEIGHT = 17


def market(at):
    return at, HEIGHT, Side({at: 1.0}), Side({at + 1: 1.0})


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=20), st.integers(-30, 30))
def test_no_market_moves_a_row_while_one_is_chosen(path, steps):
    window = LadderWindow()
    window.place(*market(0), now=0.0)
    window.move(1, 0, 0.0)
    window.move(steps, 0, 0.0)
    chosen, rows = window.cursor, window.rows()
    assert chosen in rows
    for at in path:
        window.place(*market(at), now=CURSOR_FOR - 1)
        assert (window.cursor, window.rows()) == (chosen, rows)


@given(st.lists(st.integers(-40, 40), min_size=1, max_size=20))
def test_without_a_choice_the_touch_is_always_in_sight(path):
    window = LadderWindow()
    for at in path:
        window.place(*market(at), now=0.0)
        assert at in window.rows()
        assert at + 1 in window.rows()


def test_a_choice_runs_out_but_not_while_an_order_is_being_moved():
    window = LadderWindow()
    window.place(*market(0), now=0.0)
    window.move(-1, 0, 0.0)
    window.place(*market(30), now=CURSOR_FOR, busy=True)
    assert window.cursor == 0
    window.place(*market(30), now=CURSOR_FOR)
    assert window.cursor is None
    assert 30 in window.rows()


def test_the_choice_goes_to_the_ends_by_pages_and_back_to_the_market():
    window = LadderWindow()
    window.place(*market(0), now=0.0)
    window.move_to_end(top=True, now=0.0)
    assert window.cursor == window.rows()[0]
    window.move_page(1, None, 0.0)
    assert window.cursor == window.rows()[0] == HEIGHT // 2 + HEIGHT - 2
    window.release()
    assert window.cursor is None
    window.move(-1, 0, 0.0)
    window.centre()
    window.place(*market(5), now=0.0)
    assert (window.cursor, window.rows()[HEIGHT // 2]) == (None, 5)


def test_another_grouping_keeps_the_choice_at_its_price():
    window = LadderWindow()
    window.place(*market(10_000), now=0.0)
    window.move(1, 10_000, 0.0)
    window.regroup(1, 10)
    assert window.cursor == 1_000
    assert 1_000 in window.rows()


def test_an_unknown_market_has_no_rows_and_no_choice():
    window = LadderWindow()
    window.place(None, HEIGHT, Side(), Side(), 0.0)
    window.move(1, None, 0.0)
    window.move_page(1, None, 0.0)
    window.move_to_end(top=True, now=0.0)
    assert (window.cursor, window.rows()) == (None, range(0))
