from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.backfill.ledger import Coverage, Range
from ibtui.backfill.planner import FRESH_SECONDS, TAIL_BARS, Request, ended, judge, plan, wanted
from ibtui.market.bars import BAR_SIZES, DAY, Bar, BarSize, bar_size

TEN = BarSize("10 s", "10s", 10, 60)
"""A small bar with room for six in a request, so that a model can look at every bar."""

NOW = 1005
stretch = st.builds(lambda a, b: Range(10 * min(a, b), 10 * max(a, b)), st.integers(0, 110), st.integers(0, 110))
coverage = st.lists(
    st.builds(
        lambda r, o: Coverage(r.start, r.end, o), stretch, st.sampled_from(["data", "empty", "error", "missing"])
    ),
    max_size=6,
)


def lacking(of: Range, rows: list[Coverage], trading: list[Range] | None) -> set[int]:
    """The model: the bars, by their start, that have ended, that can exist and that no answer has settled."""
    return {
        start
        for start in range(of.start, of.end, 10)
        if start + 10 <= NOW
        and (trading is None or any(each.start <= start < each.end for each in trading))
        and not any(row.start <= start < row.end for row in rows if row.outcome in ("data", "empty"))
    }


@given(stretch, coverage, st.none() | st.lists(stretch, max_size=6))
def test_a_plan_asks_for_every_bar_that_is_lacking_and_for_each_once(of, rows, trading):
    requests = plan(of, rows, TEN, NOW, trading=trading)
    asked = [start for each in requests for start in range(each.start, each.end, 10)]
    assert len(asked) == len(set(asked))
    assert lacking(of, rows, trading) <= set(asked)


@given(stretch, coverage, st.none() | st.lists(stretch, max_size=6))
def test_a_plan_is_newest_first_and_every_request_is_allowed_and_of_use(of, rows, trading):
    requests = plan(of, rows, TEN, NOW, trading=trading)
    missing = lacking(of, rows, trading)
    for each in requests:
        assert each.end - each.start <= TEN.longest
        assert int(each.duration.removesuffix(" S")) >= each.end - each.start
        assert each.start in missing
        assert each.end - 10 in missing
    assert all(newer.start >= older.end for newer, older in pairwise(requests))


@given(stretch, coverage)
def test_what_was_answered_is_never_asked_again(of, rows):
    answered = [Coverage(each.start, each.end, "data") for each in plan(of, rows, TEN, NOW)]
    assert plan(of, [*rows, *answered], TEN, NOW) == []


@given(stretch, coverage, st.integers(1, 8))
def test_gaps_that_are_too_small_to_be_worth_it_are_left(of, rows, min_gap):
    for each in plan(of, rows, TEN, NOW, min_gap=min_gap):
        assert each.end - each.start >= 10 * min(min_gap, 6) or each.duration


def test_a_session_that_fits_one_request_is_not_torn():
    minute = bar_size("1 min")
    monday = Range(4 * DAY + 9 * 3600, 5 * DAY + 1 * 3600)
    tuesday = Range(5 * DAY + 9 * 3600, 5 * DAY + 12 * 3600)
    requests = plan(Range(0, 6 * DAY), [], minute, 6 * DAY, trading=[monday, tuesday])
    assert [(each.start, each.end) for each in requests] == [tuesday, monday]


@pytest.mark.parametrize("bar", BAR_SIZES, ids=lambda bar: bar.text)
def test_the_bar_that_is_forming_is_never_asked_for(bar):
    now = 1_763_650_000 + 7
    for each in plan(Range(now - 3 * bar.longest, now + bar.longest), [], bar, now):
        assert each.end <= now
    assert now - 2 * 31 * DAY < ended(bar, now) <= now


def test_weeks_end_on_mondays():
    thursday, monday = 0, 4 * DAY
    week = bar_size("1 week")
    assert ended(week, monday + 7 * DAY - 1) == monday
    assert ended(week, monday + 7 * DAY) == monday + 7 * DAY
    assert ended(week, thursday + 14 * DAY) == monday + 7 * DAY


class TestWhatAModeMeans:
    rows = (Coverage(300, 400, "data"), Coverage(500, 600, "data"), Coverage(700, 800, "error"))

    def of(self, mode, rows=rows, **given):
        return wanted(mode, rows, TEN, NOW, oldest=100, trading=given.pop("trading", None), **given)

    def test_tail_goes_on_where_the_newest_answer_ends(self):
        assert self.of("tail") == Range(600, 1000)

    def test_backfill_goes_back_from_the_oldest_answer(self):
        assert self.of("backfill") == Range(100, 300)

    def test_full_is_everything(self):
        assert self.of("full") == Range(100, 1000)

    def test_with_nothing_stored_backfill_is_everything(self):
        assert self.of("backfill", ()) == Range(100, 1000)

    def test_with_nothing_stored_tail_is_the_newest_thousand_bars(self):
        assert self.of("tail", ()) == Range(1000 - 10 * TAIL_BARS, 1000)

    def test_the_newest_thousand_bars_are_counted_in_trading_time(self):
        sessions = [Range(-30_000, -25_000), Range(-20_000, -15_000), Range(-5_000, -1_000), Range(0, 500)]
        assert self.of("tail", (), trading=sessions) == Range(-25_500, 1000)

    def test_bounds_given_by_the_user_win(self):
        assert self.of("tail", start=250, end=450) == Range(250, 450)
        assert self.of("full", end=2000) == Range(100, 1000)
        assert self.of("tail", end=450) == Range(450, 450)


class TestWhatAnAnswerProves:
    request = Request(0, 600, "600 S")
    late = 600 + FRESH_SECONDS

    def bars(self, *starts):
        return [Bar(start, 1, 1, 1, 1) for start in starts]

    def test_bars_settle_the_whole_request(self):
        answer = judge(self.request, self.bars(10, 20), TEN, self.late)
        assert answer.coverage == Coverage(0, 600, "data")
        assert answer.bars == self.bars(10, 20)

    def test_no_bars_are_an_answer_too(self):
        assert judge(self.request, [], TEN, self.late).coverage == Coverage(0, 600, "empty")

    def test_bars_outside_of_the_request_are_left(self):
        assert judge(self.request, self.bars(-10, 0, 600), TEN, self.late).bars == self.bars(0)

    def test_an_unfinished_bar_is_not_stored_and_its_time_stays_open(self):
        answer = judge(Request(0, 610, ""), self.bars(590, 600), TEN, 605)
        assert answer.bars == self.bars(590)
        assert answer.coverage == Coverage(0, 600, "data")

    def test_near_now_only_bars_prove_anything(self):
        assert judge(self.request, self.bars(540), TEN, 600).coverage == Coverage(0, 550, "data")
        assert judge(self.request, [], TEN, 600).coverage == Coverage(0, 600 - FRESH_SECONDS, "empty")
        assert judge(Request(590, 600, ""), [], TEN, 600).coverage is None

    def test_a_daily_bar_is_stored_only_after_its_day(self):
        day, now = bar_size("1 day"), 2 * DAY + 3600
        answer = judge(Request(0, 3 * DAY, ""), self.bars(0, DAY, 2 * DAY), day, now)
        assert answer.bars == self.bars(0, DAY)
        assert answer.coverage == Coverage(0, 2 * DAY, "data")


@given(st.integers(0, 600), st.lists(st.integers(-5, 70).map(lambda n: n * 10), unique=True, max_size=30))
def test_a_bar_that_is_not_stored_is_never_called_settled(age, starts):
    now = 600 + age - 300
    answer = judge(Request(0, 600, ""), [Bar(start, 1, 1, 1, 1) for start in starts], TEN, now)
    kept = {bar.start for bar in answer.bars}
    assert all(start + 10 <= now for start in kept)
    if answer.coverage:
        settled = range(answer.coverage.start, answer.coverage.end)
        assert all(start in kept for start in starts if start in settled)
        assert answer.coverage.end <= 600
