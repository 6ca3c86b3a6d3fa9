"""Breadth, daily facts and the line of the day."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.bars import DAY, Bar
from ibtui.market.board import Quote
from ibtui.market.breadth import Breadth, breadth, year_range
from ibtui.market.daily import AVERAGE_DAYS, YEAR, Daily, daily
from ibtui.market.day_lines import SLOT, DayLines, slot_of, spans

TODAY = 20_000 * DAY


def days(count: int, ago: int = 1) -> list[Bar]:
    """Bars up to so many days ago, closes 1, 2, 3 and so on."""
    return [Bar(TODAY - (count - at - 1 + ago) * DAY, 5, at + 2, at, at + 1) for at in range(count)]


def test_the_average_needs_fifty_sessions_and_does_not_count_today():
    assert daily(days(AVERAGE_DAYS - 1), TODAY).average is None
    assert daily(days(AVERAGE_DAYS), TODAY).average == sum(range(1, 51)) / 50
    assert daily([*days(AVERAGE_DAYS), Bar(TODAY, 1, 1, 1, 1e9)], TODAY).average == sum(range(1, 51)) / 50


def test_bars_that_end_weeks_ago_say_nothing_of_today():
    assert daily(days(60, ago=8), TODAY) == daily([], TODAY) == Daily()


def test_the_year_is_known_only_where_the_bars_reach_back_a_year():
    assert daily(days(200), TODAY).high is None
    year = daily(days(YEAR // DAY), TODAY)
    assert (year.low, year.high) == (0, YEAR // DAY + 1)


def test_ibs_own_range_of_the_year_stands_before_that_of_bars():
    quote = Quote(1)
    assert year_range(quote, Daily(high=2, low=1)) == (1, 2)
    quote.others |= {19: 3.0, 20: 4.0}
    assert year_range(quote, Daily(high=2, low=1)) == (3, 4)


price = st.none() | st.integers(1, 4).map(float)
quotes = st.lists(st.tuples(price, price, price, price), max_size=8)


@given(quotes)
def test_breadth_counts_each_quote_where_it_can_answer(prices):
    """Against one count a question, by hand."""
    board = [
        Quote(at, last=last, close=close, high=high, low=low) for at, (last, close, high, low) in enumerate(prices)
    ]
    averages = {at: Daily(2.0, high=3.0, low=2.0) for at in range(0, len(board), 2)}
    found = breadth(board, averages)
    compared = [(last, close) for last, close, _, _ in prices if last and close]
    ranged = [each for each in prices if each[0] and each[2] and each[3]]
    even = [each for at, each in enumerate(prices) if at % 2 == 0]
    assert found.total == len(prices)
    assert (found.compared, found.advancing) == (len(compared), sum(last > close for last, close in compared))
    assert found.declining == sum(last < close for last, close in compared)
    assert (found.ranged, found.at_high) == (len(ranged), sum(p[0] >= p[2] > p[3] for p in ranged))
    assert (found.averaged, found.above) == (sum(bool(p[0]) for p in even), sum((p[0] or 0) > 2 for p in even))
    assert found.new_high == sum(p in ranged and p[2] >= 3 for p in even)
    assert breadth([], {}) == Breadth()


@given(st.dictionaries(st.integers(100, 160), st.floats(1, 9), min_size=1), st.integers(1, 20))
def test_the_line_of_the_day_ends_at_the_last_price_and_has_a_hole_where_nothing_was_seen(seen, points):
    lines = DayLines()
    for slot, value in seen.items():
        lines.note(7, slot, value)
    line = lines.line(7, points)
    first, count = min(seen), max(seen) - min(seen) + 1
    assert line[-1] == seen[max(seen)]
    assert len(line) == min(points, count)
    for at, value in enumerate(line):  # each point against every slot that belongs to it
        inside = [slot for slot in sorted(seen) if (slot - first) * len(line) // count == at]
        assert value == (seen[inside[-1]] if inside else None)


def test_stored_prices_stand_behind_what_was_seen_and_a_new_day_drops_them():
    lines = DayLines()
    lines.note(7, 5, 2.0)
    lines.fill(7, {4: 1.0, 5: 9.0})
    assert lines.line(7, 9) == [1.0, 2.0]
    lines.begin_day(5)
    assert lines.line(7, 9) == [2.0]
    assert lines.line(8, 9) == ()


@given(
    st.lists(st.tuples(st.integers(1, 2000), st.sampled_from([0.0, 0.5, 1.0, 60.0])), min_size=1, max_size=4),
    st.integers(0, 3000),
)
def test_a_slots_span_holds_the_stamps_at_which_it_was_received(legs, begin):
    """Each second of this machine's clock against the market time that it stood for."""
    clocks, stamp, market = [], 1_000, 50_000
    for seconds, speed in legs:
        clocks.append((stamp * NS, market * NS, speed))
        stamp, market = stamp + seconds, market + int(seconds * speed)
    found = spans(clocks, (50_000 + begin) * NS, stamp * NS)
    assert [each.from_ns for each in found] == sorted(each.from_ns for each in found)
    for at in range(1_000, stamp, 7):
        leg = max(each for each in clocks if each[0] <= at * NS)
        then = leg[1] + int((at * NS - leg[0]) * leg[2])
        inside = [each.slot for each in found if each.from_ns <= at * NS < each.to_ns]
        if leg[2] == 0 or then < (50_000 + begin) * NS:
            assert not inside
        else:
            assert inside == [slot_of(then)] or then % (SLOT * NS) < 70 * NS
