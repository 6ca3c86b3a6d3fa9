"""How the board is looked at: order, filter, columns."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.ui.board_view import BoardView, column_names, fits, ordered, read_view, with_pinned
from ibtui.ui.rows.quote_columns import COLUMNS, DEFAULT, visible
from ibtui.ui.text import GAP

names = st.lists(st.sampled_from(list(COLUMNS)), max_size=40).map(with_pinned)
values = st.none() | st.floats(-5, 5) | st.integers(-2, 2)


@given(st.lists(values, max_size=12), st.booleans())
def test_rows_stand_by_value_equal_ones_as_listed_and_unknown_ones_last(column, descending):
    """Against an insertion that looks at every row already placed."""
    placed = []
    for key, value in enumerate(column):
        at = len(placed)
        while at and _before(value, column[placed[at - 1]], descending):
            at -= 1
        placed.insert(at, key)
    assert ordered(range(len(column)), lambda key: column[key], descending=descending) == tuple(placed)


def _before(one, other, descending):
    if one is None or other is None:
        return other is None and one is not None
    return one > other if descending else one < other


@given(st.lists(st.text("aBc", max_size=2), max_size=8))
def test_texts_are_ordered_in_any_case_of_letters(texts):
    shown = [texts[key].lower() for key in ordered(range(len(texts)), lambda key: texts[key], descending=False)]
    assert shown == sorted(shown)


@given(names, st.integers(0, 300), st.integers(0, 50))
def test_columns_fill_the_width_in_the_users_order_and_none_is_cut(chosen, width, first):
    shown = [each.name for each in visible(chosen, width, first)]
    rest = list(chosen[1 + first :])
    assert shown[0] == "symbol"
    in_order = shown[1:] == rest[: len(shown) - 1]
    assert in_order or (shown[-1] == "mark" and shown[1:-1] == rest[: len(shown) - 2])
    used = sum(COLUMNS[name].width + GAP for name in shown) - GAP
    assert used <= max(width, COLUMNS["symbol"].width)
    left = rest[len(shown) - 1 :] if in_order else rest[len(shown) - 2 :]
    assert not left or used + GAP + COLUMNS[left[0]].width > width


@given(names, st.integers(90, 300), st.integers(0, 50))
def test_the_mark_is_seen_wherever_it_was_chosen(chosen, width, first):
    assert "mark" not in chosen[1 + first :] or "mark" in {each.name for each in visible(chosen, width, first)}


@given(names, st.sampled_from(["", *COLUMNS]), st.booleans(), st.text(max_size=5))
def test_a_view_is_the_same_after_a_restart_but_for_its_filter(columns, sort, descending, tab):
    view = BoardView(columns, sort, descending, tab, "spy")
    assert read_view(view.document()) == BoardView(columns, sort, descending, tab)


@pytest.mark.parametrize("document", [{}, {"columns": "last", "sort": 5, "tab": None}, {"columns": ["gone"]}])
def test_a_document_of_another_version_means_the_defaults(document):
    assert read_view(document) == BoardView()
    assert read_view({"columns": ["gone", "bid"], "sort": "gone"}) == BoardView(("symbol", "bid"))


def test_ordering_by_a_column_again_turns_it_round_and_then_off():
    view = BoardView().sorted_by("last")
    assert (view.sort, view.descending) == ("last", True)
    view = view.sorted_by("last")
    assert (view.sort, view.descending) == ("last", False)
    assert view.sorted_by("last").sort == ""
    assert BoardView().sorted_by("name").descending is False, "names begin with A"


def test_columns_are_named_with_blanks_or_commas_and_a_wrong_one_is_told_with_those_that_there_are():
    assert column_names(["BID,ask", "last"]) == ("symbol", "bid", "ask", "last")
    assert column_names(["last", "symbol", "last"]) == ("symbol", "last")
    with pytest.raises(UsageError, match="no column 'bit'; there are: symbol last"):
        column_names(["bit"])
    assert set(DEFAULT) <= set(COLUMNS)


def test_a_filter_looks_at_symbol_name_kind_and_exchange_for_every_word():
    spy = Instrument(1, "SPY", primary_exchange="ARCA", long_name="SPDR S&P 500 ETF")
    assert all(fits(spy, text) for text in ("", "sp", "s&p arca", "STK usd", "500"))
    assert not any(fits(spy, text) for text in ("nasdaq", "spy nasdaq"))
    assert fits(Instrument(2, "EUR", "CASH", currency="USD"), "eur.usd")
