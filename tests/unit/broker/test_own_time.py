from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.own_time import JUMP, STALL, OwnTime
from ibtui.clock import NS, Clock


@given(expected=st.floats(0.1, 10), late=st.floats(0, 7200), set_by=st.floats(-86400, 86400), start=st.floats(0, 1e6))
def test_time_is_lost_when_a_wait_overran_or_the_wall_clock_parted_from_it(expected, late, set_by, start):
    now, wall = start, 1_700_000_000.0
    own = OwnTime(Clock(lambda: now, lambda: int(wall * NS)))
    now, wall = now + expected + late, wall + expected + late + set_by
    lost = own.lost(expected)
    if late > STALL + 0.01 or abs(set_by) > JUMP + 0.01:
        assert lost > 0
    if late < STALL - 0.01 and abs(set_by) < JUMP - 0.01:
        assert lost == 0
