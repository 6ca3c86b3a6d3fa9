"""Historical bars as they stand on the wire."""

from ibtui.broker.bar_frames import bar_start, read_bars, read_head_timestamp
from ibtui.market.bars import Bar


def test_intraday_bars_start_at_utc_seconds() -> None:
    fields = ["17", "4", "start", "end", "1", "1681300800", "1", "3", "0.5", "2", "1000", "1.9", "12"]
    assert read_bars(fields) == [Bar(1681300800, 1.0, 3.0, 0.5, 2.0, 1000.0, 1.9, 12)]


def test_daily_bars_start_at_midnight_utc_of_their_date() -> None:
    assert bar_start("20230413") == 1681344000


def test_values_that_a_kind_does_not_have_are_unknown() -> None:
    fields = ["17", "4", "", "", "1", "1681300800", "1", "3", "0.5", "2", "-1", "-1.0", "-1"]
    assert read_bars(fields)[0][5:] == (None, None, None)


def test_a_bar_that_can_not_be_read_is_left_out() -> None:
    good = ["1681300800", "1", "3", "0.5", "2", "1", "1", "1"]
    odd = ["1681300860", "?", "?", "?", "?", "0", "0", "0"]
    assert [bar.start for bar in read_bars(["17", "4", "", "", "3", *good, *odd, *good])] == [1681300800] * 2


def test_no_bars_and_a_bar_without_fields_are_no_bars() -> None:
    assert read_bars(["17", "4", "", "", "0"]) == []
    assert read_bars(["17", "4", "", "", "1", "1681300800"]) == []


def test_head_timestamps_come_in_two_shapes() -> None:
    assert read_head_timestamp("1560346200") == 1560346200
    assert read_head_timestamp("19801212-14:30:00") == 345479400
    assert read_head_timestamp("odd") is None
