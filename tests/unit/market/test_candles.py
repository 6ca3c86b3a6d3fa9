from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ibtui.market.bars import Bar
from ibtui.market.candles import BREAK_SLOTS, State, begins_session, candles, merged, slots

STEP = 60


@st.composite
def histories(draw):
    """Bars of some sessions of an hour, of which some are missing, and what was asked for."""
    sessions = [(day * 36_000, day * 36_000 + 3600) for day in range(1, draw(st.integers(1, 4)) + 1)]
    starts = sorted(draw(st.sets(st.sampled_from([at for a, b in sessions for at in range(a, b, STEP)]), max_size=60)))
    bars = []
    for start in starts:
        one, two, three, four = sorted(draw(st.integers(1, 50)) for _ in range(4))
        opened, closed = draw(st.sampled_from([(two, three), (three, two), (one, four)]))
        bars.append(Bar(start, opened, four, one, closed, draw(st.integers(0, 9)), (one + four) / 2, 1))
    settled = draw(st.sampled_from([[], [(0, 40_000)], [(36_600, 37_200), (72_000, 73_000)]]))
    return bars, sessions, settled


def axis_of(history, trading=True):
    bars, sessions, settled = history
    bounds = sessions[0][0], sessions[-1][1]
    return slots(bars, STEP, bounds, sessions if trading else None, settled)


@given(histories(), st.booleans(), st.sampled_from([1, 2, 5, 30]))
def test_every_bar_is_on_the_axis_and_in_one_column_once(history, trading, per):
    axis = axis_of(history, trading)
    assert [slot.bar for slot in axis if slot.bar] == history[0]
    assert all(one.start < two.start for one, two in pairwise(axis))
    columns = candles(axis, STEP, per, daily=False, whole=True)
    assert sum(each.bars for each in columns) == len(history[0])
    for bar in history[0]:
        assert sum(each.start <= bar.start <= each.last for each in columns) == 1


@given(histories(), st.sampled_from([1, 3, 30]))
def test_a_column_spans_exactly_its_bars_and_no_session_but_its_own(history, per):
    axis = axis_of(history)
    for column in candles(axis, STEP, per, daily=False, whole=True):
        inside = [bar for bar in history[0] if column.start <= bar.start <= column.last]
        assert column.start // 36_000 == column.last // 36_000
        if not inside:
            assert column.bar is None
            continue
        assert (column.bar.open, column.bar.close) == (inside[0].open, inside[-1].close)
        assert column.bar.high == max(bar.high for bar in inside)
        assert column.bar.low == min(bar.low for bar in inside)
        assert column.bar.volume == sum(bar.volume for bar in inside)


@given(histories())
def test_the_axis_of_known_hours_has_a_place_for_every_minute_and_says_what_is_known_of_it(history):
    bars, sessions, settled = history
    axis = axis_of(history)
    assert [slot.start for slot in axis] == [at for a, b in sessions for at in range(a, b, STEP)]
    for slot in axis:
        if slot.bar is None:
            asked = any(start <= slot.start < end for start, end in settled)
            assert slot.state is (State.QUIET if asked else State.HOLE)
    assert len(bars) == sum(slot.state is State.BAR for slot in axis)


@given(histories())
def test_the_average_price_is_the_sessions_own_and_unknown_after_a_hole(history):
    axis = axis_of(history)
    columns = candles(axis, STEP, 1, daily=False, whole=True)
    for at, column in enumerate(columns):
        session = [slot for slot in axis[: at + 1] if slot.start // 36_000 == column.start // 36_000]
        bars = [slot.bar for slot in session if slot.bar]
        volume = sum(bar.volume for bar in bars)
        if any(slot.state is State.HOLE for slot in session) or not volume:
            assert column.vwap is None
        else:
            assert abs(column.vwap - sum(bar.wap * bar.volume for bar in bars) / volume) < 1e-9


def test_a_night_that_nobody_knows_the_hours_of_is_one_break_once_ib_confirmed_it():
    bars = [Bar(0, 1, 1, 1, 1), Bar(STEP * 500, 2, 2, 2, 2)]
    asked = slots(bars, STEP, (0, STEP * 501), None, [(0, STEP * 501)])
    assert [slot.state for slot in asked] == [State.BAR, State.BREAK, State.BAR]
    assert begins_session(asked[1], asked[2], STEP)
    unasked = slots(bars, STEP, (0, STEP * 501), None, [])
    assert [slot.state for slot in unasked].count(State.HOLE) == 499
    short = slots([bars[0], Bar(STEP * BREAK_SLOTS, 2, 2, 2, 2)], STEP, (0, STEP * 11), None, [(0, STEP * 11)])
    assert [slot.state for slot in short].count(State.QUIET) == BREAK_SLOTS - 1


def test_a_bar_outside_the_hours_is_there_all_the_same():
    early, late = Bar(0, 1, 1, 1, 1), Bar(STEP * 100, 2, 2, 2, 2)
    axis = slots([early, late], STEP, (0, STEP * 101), [(STEP * 10, STEP * 12)], [])
    assert [slot.bar for slot in axis] == [early, None, None, late]


def test_an_hour_that_begins_at_half_past_leaves_no_hole_before_the_full_one():
    starts = [34_200, 36_000, 39_600]
    bars = [Bar(start, 1, 1, 1, 1) for start in starts]
    axis = slots(bars, 3600, (34_200, 43_200), [(34_200, 57_600)], [])
    assert [slot.start for slot in axis] == starts


def test_what_is_unknown_of_one_bar_is_unknown_of_several():
    known, unknown = Bar(0, 1, 2, 1, 2, 10, 1.5, 3), Bar(60, 2, 3, 2, 3)
    assert merged([known, unknown]) == Bar(0, 1, 3, 1, 3)
    assert merged([known, Bar(60, 2, 3, 2, 3, 30, 2.5, 4)]) == Bar(0, 1, 3, 1, 3, 40, 2.25, 7)
