import asyncio
import time

from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import system_clock
from ibtui.services.loop_lag import LoopLag
from tests.conftest import until


@given(st.lists(st.floats(-0.01, 1.0), min_size=1, max_size=1100))
def test_the_worst_is_the_worst_and_one_in_a_hundred_exceeds_p99(readings):
    gauge = LoopLag(system_clock())
    for reading in readings:
        gauge.add(reading)
    late = [max(0.0, reading) * 1000 for reading in readings]
    assert gauge.worst_ms == max(late)
    assert sum(reading > gauge.p99_ms for reading in late) <= len(late) * 0.01
    assert gauge.p99_ms <= gauge.worst_ms


def test_what_was_a_minute_ago_is_not_recent() -> None:
    lag = LoopLag(system_clock())
    lag.add(2.0)
    for _ in range(30):
        lag.add(0.001)
    assert (lag.recent_ms, lag.worst_ms) == (1.0, 2000.0)


def test_before_the_first_reading_there_is_no_lag():
    gauge = LoopLag(system_clock())
    assert (gauge.p99_ms, gauge.worst_ms, gauge.worst_ever_ms) == (0.0, 0.0, 0.0)


async def test_a_handler_that_blocks_the_loop_is_seen():
    gauge = LoopLag(system_clock())
    task = asyncio.create_task(gauge.run())
    await asyncio.sleep(0)
    time.sleep(0.3)  # noqa: ASYNC251
    await until(lambda: gauge.worst_ms)
    task.cancel()
    assert gauge.worst_ms >= 200
    assert gauge.worst_ever_ms == gauge.worst_ms
