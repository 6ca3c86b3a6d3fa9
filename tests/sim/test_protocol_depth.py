"""What a client is shown of the book is the book, and never more rows than it asked for."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.sim.depth_feed import changes
from ibtui.sim.events import DELETE, INSERT, UPDATE, BookLevel

LEVELS = st.builds(BookLevel, st.integers(1, 12).map(float), st.integers(1, 3), st.sampled_from(["ARCA", "NYSE"]))
SIDES = st.lists(LEVELS, max_size=6, unique_by=lambda level: level.price).map(sorted)


def applied(rows: list[BookLevel], operations: list[tuple[int, int, BookLevel]]) -> list[BookLevel]:
    """What a client makes of the operations; it fails where a position is not there."""
    rows = list(rows)
    for operation, position, level in operations:
        if operation == INSERT:
            assert 0 <= position <= len(rows)
            rows.insert(position, level)
        elif operation == UPDATE:
            rows[position] = level
        else:
            assert operation == DELETE
            del rows[position]
        assert len(rows) <= 6
    return rows


@given(SIDES, SIDES)
def test_the_operations_turn_one_window_into_the_other(old: list[BookLevel], new: list[BookLevel]) -> None:
    assert applied(old, list(changes(old, new))) == new


@given(SIDES)
def test_nothing_is_sent_for_a_book_that_did_not_change(rows: list[BookLevel]) -> None:
    assert list(changes(rows, list(rows))) == []


@given(SIDES.filter(bool), st.integers(0, 5), LEVELS)
def test_one_row_that_changed_is_one_update(rows: list[BookLevel], at: int, level: BookLevel) -> None:
    position = at % len(rows)
    new = [*rows[:position], level, *rows[position + 1 :]]
    assert len(list(changes(rows, new))) == (new != rows)


@given(st.lists(LEVELS, min_size=6, max_size=6), st.integers(0, 4), LEVELS)
def test_a_row_that_comes_into_a_full_window_pushes_the_last_one_out_first(
    rows: list[BookLevel], position: int, level: BookLevel
) -> None:
    new = [*rows[:position], level, *rows[position:-1]]
    operations = list(changes(rows, new))
    assert applied(rows, operations) == new
    assert len(operations) <= 2
