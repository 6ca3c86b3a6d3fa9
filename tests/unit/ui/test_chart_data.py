from datetime import UTC, date, datetime
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ibtui.backfill import calendar
from ibtui.backfill.jobs import Series
from ibtui.backfill.ledger import Range
from ibtui.clock import NS
from ibtui.market import nyse
from ibtui.market.bars import Bar, bar_size
from ibtui.market.candles import State, slots
from ibtui.market.instruments import Instrument, what_of
from ibtui.storage import history
from ibtui.storage.files import open_directory
from ibtui.ui.panes.chart_data import Loaded, carried_on, columns, load
from tests.unit.storage.conftest import HandClock, running

SPY = Instrument(756733, "SPY", time_zone="US/Eastern")
EURUSD = Instrument(12087792, "EUR", "CASH", exchange="IDEALPRO", time_zone="US/Eastern", min_tick=0.00005)
MINUTE = bar_size("1m")
DAYS = nyse.sessions(date(2026, 11, 18), date(2026, 11, 20))
OPENS = [day.open_ns // NS for day in DAYS]


def bar(start: int, price: float = 100.0) -> Bar:
    return Bar(start, price, price + 1, price - 1, price + 0.5, 10.0, price, 2)


async def test_the_newest_sessions_are_read_whole_with_their_holes_and_quiet_minutes(tmp_path: Path):
    first, middle, last = OPENS
    now = last + 3600
    stored = [bar(start) for start in range(middle, last + 1800, 60) if start % 600 and not 0 <= start - last < 300]
    stored = [each for each in stored if each.start < middle + 23_400 or each.start >= last]
    with open_directory(tmp_path / "data") as directory:
        async with running(directory, HandClock().clock) as writer:
            await writer.history(*history.bars(756733, "1 min", "TRADES", True, stored))
            await writer.history(*history.coverage(756733, "1 min", "TRADES", True, middle, last + 1800, "data", 1))
            found = load(directory, Series(SPY, MINUTE), now, 500)
            assert load(directory, Series(SPY, MINUTE), None, 10).end == stored[-1].start + 60
    assert found.axis[0].start == first, "the newest 500 places reach into it, and it is shown from its begin"
    assert [slot.bar for slot in found.axis if slot.bar] == stored
    states = {slot.start: slot.state for slot in found.axis}
    assert len(states) == 390 * 2 + 60
    assert states[first] is State.HOLE
    assert states[last + 60] is State.QUIET
    assert states[last + 1860] is State.HOLE
    assert found.stored == len(stored)


async def test_a_weekend_of_a_currency_is_one_break_and_takes_none_of_the_axis(tmp_path: Path):
    monday = int(datetime(2026, 11, 16, 0, tzinfo=UTC).timestamp())
    friday = monday - 2 * 86_400 - 7200
    stored = [bar(start, 1.1) for start in (*range(friday - 3600, friday, 60), *range(monday, monday + 3600, 60))]
    with open_directory(tmp_path / "data") as directory:
        async with running(directory, HandClock().clock) as writer:
            await writer.history(*history.bars(EURUSD.con_id, "1 min", "MIDPOINT", True, stored))
            key = (EURUSD.con_id, "1 min", "MIDPOINT", True, friday - 3600, monday + 3600)
            await writer.history(*history.coverage(*key, "data", 1))
            found = load(directory, Series(EURUSD, MINUTE, what_of(EURUSD)), monday + 3600, 100)
    assert len(found.axis) >= 100
    assert [slot.state for slot in found.axis if slot.bar is None].count(State.BREAK) == 1


@given(
    st.sampled_from([SPY, EURUSD]),
    st.sets(st.integers(0, 390 * 2), max_size=80),
    st.integers(0, 60),
    st.sampled_from([1, 2, 5, 30]),
    st.booleans(),
)
def test_columns_carried_on_are_those_of_the_whole_axis(instrument, minutes, lived, per, asked):
    starts = [OPENS[at // 390] + at % 390 * 60 for at in sorted(minutes)]
    now = OPENS[2] + 1800
    bounds = Range(OPENS[0], OPENS[2] + 600)
    series = Series(instrument, MINUTE, what_of(instrument))
    settled = (Range(OPENS[0], OPENS[2]),) if asked else ()
    hours = calendar.trading(instrument, MINUTE, True, bounds)
    stored = [bar(start) for start in starts if start < bounds.end]
    axis = slots(stored, 60, bounds, hours, settled)
    by_start = {each.start: each for each in stored}
    loaded = Loaded(series, 1, bounds.end, axis, hours is not None, settled, by_start, len(stored), ())
    live = {start: bar(start, 101.0) for start in range(bounds.end - 120, bounds.end - 120 + lived * 60, 60)}

    carried, kept = carried_on(loaded, live, now)
    assert [slot.bar for slot in carried if slot.bar] == [
        by_start.get(start) or live[start] for start in sorted(by_start | live)
    ]
    before = columns(loaded, axis, 0, per, ())
    assert columns(loaded, carried, kept, per, before) == columns(loaded, carried, 0, per, ())
