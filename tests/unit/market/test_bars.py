import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.errors import UsageError
from ibtui.market.bars import BAR_SIZES, DAY, Bar, bar_size

sizes = st.sampled_from(BAR_SIZES)
UNITS = {"S": 1, "D": DAY, "Y": 365 * DAY}


@given(sizes, st.floats(0, 1e8))
def test_a_duration_covers_what_is_asked_within_what_ib_allows(size, seconds):
    match = re.fullmatch(r"(\d+) ([SDY])", size.duration(seconds))
    assert match
    count, unit = int(match[1]), match[2]
    wanted = max(size.seconds, min(seconds, size.longest))
    assert count >= 1
    assert wanted <= count * UNITS[unit] < wanted + UNITS[unit]
    assert unit != "S" or count <= DAY
    assert unit != "D" or count <= 365
    assert unit != "S" or not size.daily


@given(sizes)
def test_a_size_is_found_by_every_way_to_write_it(size):
    for text in (size.text, size.alias, size.text.upper(), size.text.replace(" ", ""), f"  {size.text} "):
        assert bar_size(text) is size
    assert bar_size(size.text.removesuffix("s")) is size
    assert bar_size(size.text.removesuffix("s") + "s") is size


@pytest.mark.parametrize("text", ["", "7 mins", "m", "s", "1", "minute", "1 1 min x"])
def test_an_unknown_size_lists_what_is_allowed(text):
    with pytest.raises(UsageError, match=r"1 secs, 5 secs.*1 month"):
        bar_size(text)


def test_sizes_grow_and_no_name_means_two():
    assert [size.seconds for size in BAR_SIZES] == sorted({size.seconds for size in BAR_SIZES})
    assert len({size.alias for size in BAR_SIZES}) == len(BAR_SIZES)
    assert all(size.longest >= size.seconds for size in BAR_SIZES)


def test_a_bar_without_volume_says_so():
    bar = Bar(60, 1.0, 2.0, 0.5, 1.5)
    assert (bar.volume, bar.wap, bar.count) == (None, None, None)
