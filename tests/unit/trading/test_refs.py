from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.refs import LENGTH, new_order_ref
from ibtui.trading.states import TradingState

times = st.integers(0, 2**48 - 1)
randoms = st.integers(0, 2**80 - 1)


@given(times, randoms)
def test_a_ref_is_26_harmless_characters_that_tell_what_they_were_made_of(milliseconds, random_bits):
    ref = new_order_ref(milliseconds * 1_000_000, random_bits)
    assert len(ref) == LENGTH == 26
    assert set(ref) <= set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")
    number = 0
    for each in ref:
        number = number * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(each)
    assert divmod(number, 2**80) == (milliseconds, random_bits)


@given(times, times, randoms, randoms)
def test_refs_sort_by_time(first, second, one, other):
    if first < second:
        assert new_order_ref(first * 1_000_000, one) < new_order_ref(second * 1_000_000, other)


def test_random_bits_beyond_80_never_touch_the_time():
    assert new_order_ref(5_000_000, 2**200 + 7) == new_order_ref(5_000_000, 7)


def test_the_trading_states_are_the_words_of_the_status_bar():
    assert [str(state) for state in TradingState] == ["ACTIVE", "REDUCING", "HALTED"]
