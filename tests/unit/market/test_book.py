import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.book import ASK, BID, CLEAR, DELETE, INSERT, MOST_LEVELS, UPDATE, DepthBook, Level


def row(side, operation, position, price=10.0, size=1.0, maker=""):
    return (1, 0, 0, side, operation, position, price, size, maker, 13)


def seen(levels):
    return [(level.price, level.size, level.maker) for level in levels]


operations = st.lists(
    st.tuples(
        st.sampled_from([ASK, BID]),
        st.sampled_from([INSERT, INSERT, INSERT, UPDATE, UPDATE, DELETE, CLEAR, 7]),
        st.integers(-1, 6),
        st.none() | st.floats(1, 100),
        st.none() | st.floats(0, 100),
        st.sampled_from(["ARCA", "NSDQ"]),
    ),
    max_size=60,
)


@given(operations)
def test_the_book_is_what_lists_by_position_would_be(rows):
    book = DepthBook(1)
    model = {ASK: [], BID: []}
    problem = False
    for number, (side, operation, position, price, size, maker) in enumerate(rows):
        book.apply(row(side, operation, position, price, size, maker), float(number))
        levels, entry = model[side], (price, size, maker)
        if operation == CLEAR:
            model, problem = {ASK: [], BID: []}, False
        elif operation == INSERT and price is not None and position in range(len(levels) + 1):
            model[side] = [*levels[:position], entry, *levels[position:]]
        elif operation == UPDATE and price is not None and position in range(len(levels)):
            model[side] = [*levels[:position], entry, *levels[position + 1 :]]
        elif operation == DELETE and position in range(len(levels)):
            model[side] = [*levels[:position], *levels[position + 1 :]]
        else:
            problem = True
        assert (seen(book.asks), seen(book.bids)) == (model[ASK], model[BID])
        assert (book.problem is not None) == problem
        assert (book.operations, book.updated) == (number + 1, float(number))


@given(st.lists(st.floats(1, 5), max_size=6), st.lists(st.floats(1, 5), max_size=6))
def test_a_book_passes_only_when_sorted_and_uncrossed(bids, asks):
    book = DepthBook(1)
    for side, prices in ((BID, bids), (ASK, asks)):
        for position, price in enumerate(prices):
            book.apply(row(side, INSERT, position, price), 0.0)
    ordered = bids == sorted(bids, reverse=True) and asks == sorted(asks)
    crossed = bool(bids and asks) and bids[0] > asks[0]
    assert (book.check() is None) == (ordered and not crossed)


def filled_book():
    book = DepthBook(1)
    for side, price in ((BID, 10.0), (ASK, 10.1)):
        book.apply(row(side, INSERT, 0, price), 1.0)
    return book


def test_the_top_must_agree_with_the_quote_where_one_is_given():
    book = filled_book()
    assert book.check(10.0, 10.1) is None
    assert book.check(bid=9.9) == "best bid 10 differs from the quote's 9.9"
    assert book.check(ask=10.2) == "best ask 10.1 differs from the quote's 10.2"
    assert DepthBook(1).check(10.0, 10.1) is None


@pytest.mark.parametrize(
    ("bad", "words"),
    [
        (row(BID, UPDATE, 5), "update at row 5 of 1 bids"),
        (row(ASK, INSERT, 7), "insert at row 7 of 1 asks"),
        (row(ASK, DELETE, 1), "delete at row 1 of 1 asks"),
        (row(BID, INSERT, 0, None), "insert without a price"),
        (row(BID, 9, 0), "operation 9 at row 0 of 1 bids"),
    ],
)
def test_a_row_that_does_not_fit_is_told_and_changes_nothing_until_cleared(bad, words):
    book = filled_book()
    before = seen(book.bids), seen(book.asks)
    book.apply(bad, 2.0)
    assert (seen(book.bids), seen(book.asks)) == before
    assert book.problem == book.check() == words
    book.apply(row(ASK, CLEAR, 0, None, None), 3.0)
    assert (book.bids, book.asks, book.problem) == ([], [], None)


def test_rows_out_of_order_are_named():
    book = filled_book()
    book.apply(row(BID, INSERT, 1, 10.05), 1.0)
    assert book.check() == "bids out of order: 10.05 below 10"
    book = filled_book()
    book.apply(row(ASK, INSERT, 1, 10.05), 1.0)
    assert book.check() == "asks out of order: 10.05 below 10.1"
    book = filled_book()
    book.apply(row(BID, UPDATE, 0, 10.2), 1.0)
    assert book.check() == "crossed: bid 10.2 over ask 10.1"


def test_an_update_changes_its_row_and_a_delete_moves_the_rest_up():
    book = filled_book()
    book.apply(row(BID, INSERT, 1, 9.9, 2.0, "ARCA"), 1.0)
    book.apply(row(BID, UPDATE, 1, 9.8, 3.0, "NSDQ"), 1.0)
    assert seen(book.bids) == [(10.0, 1.0, ""), (9.8, 3.0, "NSDQ")]
    book.apply(row(BID, DELETE, 0, None, None), 1.0)
    assert seen(book.bids) == [(9.8, 3.0, "NSDQ")]
    assert book.problem is None


def test_a_feed_without_end_is_a_problem_not_a_memory_leak():
    book = DepthBook(1)
    for position in range(MOST_LEVELS + 5):
        book.apply(row(BID, INSERT, position), 0.0)
    assert len(book.bids) == MOST_LEVELS
    assert book.problem is not None


def test_a_new_book_was_never_updated():
    assert DepthBook(1).updated == -math.inf
    assert repr(Level(10.0, 5.0, "ARCA")) == "Level(10.0, 5.0, 'ARCA')"


def read_as_a_list(levels, operation, position, entry):
    """How ib_insync reads a row: an insert past the end is put at the end, an update or delete there raises."""
    if operation == INSERT:
        levels.insert(position, entry)
    elif operation == UPDATE:
        levels[position] = entry
    else:
        levels.pop(position)


def read_by_position(levels, operation, position, entry):
    """How ib_async reads it: by number, an insert overwrites, and nothing moves up or down."""
    if operation == DELETE:
        levels.pop(position, None)
    else:
        levels[position] = entry


steps = st.lists(st.tuples(st.sampled_from([INSERT, UPDATE, DELETE]), st.integers(0, 4), st.floats(1, 9)), max_size=30)


@given(steps)
def test_a_row_past_the_end_which_libraries_raise_at_or_put_elsewhere_makes_the_book_untrue(rows):
    book, as_list = DepthBook(1), []
    for operation, position, price in rows:
        past = position > len(as_list) or (operation != INSERT and position == len(as_list))
        book.apply(row(BID, operation, position, price), 0.0)
        if past:
            assert book.problem is not None
            assert seen(book.bids) == as_list
            return
        read_as_a_list(as_list, operation, position, (price, 1.0, ""))
        assert book.problem is None
        assert seen(book.bids) == as_list


@given(steps)
def test_where_rows_come_and_go_only_at_the_end_all_readings_are_the_same(rows):
    book, as_list, by_number = DepthBook(1), [], {}
    for operation, position, price in rows:
        at = len(as_list) if operation == INSERT else len(as_list) - 1 if operation == DELETE else position
        if at < 0 or (operation == UPDATE and at >= len(as_list)):
            continue
        book.apply(row(BID, operation, at, price), 0.0)
        for levels, read in ((as_list, read_as_a_list), (by_number, read_by_position)):
            read(levels, operation, at, (price, 1.0, ""))
    assert seen(book.bids) == as_list == [by_number[at] for at in sorted(by_number)]
