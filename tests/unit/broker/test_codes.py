import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker import codes
from ibtui.broker.codes import CODES, WORDS, is_read_only, lookup
from ibtui.trading.events import Problem, Reported, Sent
from ibtui.trading.machine import apply
from ibtui.trading.orders import ENDED, Order, OrderIntent, Status


def test_each_cell_of_the_table_is_one_of_the_columns_words() -> None:
    for code in CODES.values():
        for column, words in WORDS.items():
            assert getattr(code, column) in words, code


def test_no_code_stands_in_the_table_twice() -> None:
    lines = [re.split(r"\s*\|", line)[0] for line in codes._TABLE.strip().splitlines()]
    spans = [(int(first), int(last or first)) for first, _, last in (line.partition("-") for line in lines)]
    assert spans == sorted(spans)
    assert all(before[1] < after[0] for before, after in pairwise(spans))


@given(st.integers(-10, 20_000))
def test_a_code_that_is_not_listed_never_changes_an_order_or_a_link(number: int) -> None:
    code = lookup(number)
    assert code.number == number
    if number not in CODES:
        assert not code.listed
        assert (code.order, code.link) == ("warning", "-")
        assert code.sentence("As it came.") == f"As it came (IB code {number})"


@pytest.mark.parametrize("number", [399, 404, 481, 2109, 2137, 10233, 10311, 10329, 10331, 10335, 10349, 202, 2161])
def test_warnings_that_come_as_errors_leave_the_order_alone(number: int) -> None:
    assert lookup(number).order == "warning"


@pytest.mark.parametrize("number", [104, 135, 136, 161, 10147, 10148])
def test_a_refused_cancel_is_not_a_cancel(number: int) -> None:
    assert lookup(number).order == "cancel_refused"


@pytest.mark.parametrize("number", [110, 201, 203, 321, 10318])
def test_rejections_are_rejections(number: int) -> None:
    assert lookup(number).order == "rejected"


def test_an_order_whose_data_was_lost_is_unknown() -> None:
    assert lookup(10328).order == "unknown"


@pytest.mark.parametrize(
    "number", [354, 10089, 10090, 10091, 10167, 10168, 10186, 10197, 101, 309, 10190, 317, 162, 200]
)
def test_what_a_user_meets_every_day_is_explained(number: int) -> None:
    assert lookup(number).meaning


def test_the_sentence_keeps_ibs_words_and_adds_what_helps() -> None:
    assert lookup(1300).sentence("TWS socket port has been reset to 4003.") == (
        "TWS socket port has been reset to 4003 (IB code 1300). Set [gateway] port to the one it names"
    )


def test_no_code_between_100_and_12000_ends_an_order_that_the_broker_acknowledged() -> None:
    intent = OrderIntent("ref", 0, 1, "SPY", "DU1", "BUY", "LMT", 10, 450.0)
    order = apply(Order(intent), Sent(7, 10, 1))
    order = apply(order, Reported("Submitted", 0, 10, None, 55, 10, 2))
    assert order.status is Status.WORKING
    ended = [
        code
        for code in range(100, 12_001)
        if (effect := lookup(code).order) != "none" and apply(order, Problem(code, "words", effect)).status in ENDED
    ]
    assert ended == []


def test_only_words_about_read_only_make_a_refusal_one_of_a_read_only_gateway() -> None:
    assert is_read_only(
        321, "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."
    )
    assert not is_read_only(321, "Missing order exchange.")
    assert not is_read_only(201, "read-only")
