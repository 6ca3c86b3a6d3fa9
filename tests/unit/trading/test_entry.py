"""What was mistyped is refused with its reason, and never traded as something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.trading.entry import MOST, read_price, read_quantity


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("100", 100), (" 100 ", 100), ("1,000", 1000), ("10k", 10_000), ("2.5K", 2500), ("1m", 1e6), ("0.5", 0.5),
     (".5", 0.5),      ("\uff11\uff10\uff10", 100), ("\u0661\u0662", 12), ("1,234,567", 1_234_567)],
)  # fmt: skip
def test_a_quantity_means_what_it_plainly_says(text, quantity):
    assert read_quantity(text) == quantity


@pytest.mark.parametrize(
    ("text", "why"),
    [("", "no quantity"), ("k", "no quantity"), ("1e9", "no quantity"), ("nan", "no quantity"), ("inf", "no quantity"),
     ("-1", "negative"), ("0", "above zero"), ("0k", "above zero"), ("1,00", "thousands"), ("1,5", "thousands"),
     ("1/8", "no quantity"), ("ten", "no quantity"), ("1 0", "no quantity"), ("10kk", "no quantity"),
     ("0x10", "no quantity"),      ("1.2.3", "no quantity"),
     ("2000m", "too large"), ("9" * 400, "too large"), ("1\x000", "no quantity")],
)  # fmt: skip
def test_anything_else_is_no_quantity_and_says_why(text, why):
    with pytest.raises(UsageError, match=why):
        read_quantity(text)


@pytest.mark.parametrize(
    ("text", "tick", "price"),
    [("450.10", 0.01, 450.10), ("1,234.5", 0.25, 1234.5), ("110 1/8", 0.0078125, 110.125), ("110-1/8", 0.125, 110.125),
     ("1/8", 0.125, 0.125), ("\uff14\uff15", 0.01, 45.0), ("7.", 0.01, 7.0)],
)  # fmt: skip
def test_a_price_means_what_it_plainly_says(text, tick, price):
    assert read_price(text, tick) == price


@pytest.mark.parametrize(
    ("text", "why"),
    [("450.101", "450.10 and 450.11"), ("1/3", "0.33 and 0.34"), ("1/0", "zero"), ("-5", "negative"),
     ("10k", "no price"),      ("1e2", "no price"), ("NaN", "no price"), ("450,10", "thousands"), ("2e9", "no price"),
     ("2000000000", "too large")],
)  # fmt: skip
def test_anything_else_is_no_price_and_says_why(text, why):
    with pytest.raises(UsageError, match=why):
        read_price(text, 0.01)


def outcome(read, text):
    try:
        return read(text)
    except UsageError as error:
        return str(error)


@given(st.text())
def test_whatever_is_typed_gives_a_sane_number_or_a_printable_reason(text):
    for read in (read_quantity, lambda typed: read_price(typed, 0.01)):
        read_as = outcome(read, text)
        assert read_as.isprintable() if isinstance(read_as, str) else 0 < read_as <= MOST
