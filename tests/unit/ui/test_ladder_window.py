"""Which rows stay where they are, and which one is chosen."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.increments import Scale, increments
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


@given(st.integers(1, 5_000), st.sampled_from([1, 2, 5, 10]), st.sampled_from([1, 2, 5, 10]))
def test_another_grouping_or_rule_keeps_the_choice_at_its_price_and_in_sight(cent, before, after):
    old = Scale(increments([(0.0, 0.01)], 0.01), before)
    new = Scale(increments([(0.0, 0.01), (3.0, 0.05)], 0.01), after)
    window, row = LadderWindow(), old.row(cent / 100)
    window.place(*market(row), now=0.0)
    window.move(1, row, 0.0)
    window.rescale(lambda each: new.row(old.price(each)))
    window.place(*market(10_000), now=0.0)
    assert window.cursor is not None
    assert abs(new.price(window.cursor) - old.price(row)) <= new.group * new.grid.step(window.cursor * new.group)
    assert window.cursor in window.rows()


def test_only_a_row_that_is_visible_is_chosen_by_pointing():
    window = LadderWindow()
    window.place(*market(0), now=0.0)
    window.choose(500, 0.0)
    assert window.cursor is None
    window.choose(3, 0.0)
    assert window.cursor == 3


def test_an_unknown_market_has_no_rows_and_no_choice():
    window = LadderWindow()
    window.place(None, HEIGHT, Side(), Side(), 0.0)
    window.move(1, None, 0.0)
    window.move_page(1, None, 0.0)
    window.move_to_end(top=True, now=0.0)
    assert (window.cursor, window.rows()) == (None, range(0))
