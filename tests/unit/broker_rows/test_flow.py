"""After a link came back: who is asked again, and who is left alone."""

import math

from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.flow import FLOW_WAIT, Flow, Reminder, silent

SINCE = 100.0


def flow(last: float, asked_at: float = 10.0, trading: bool | None = True) -> Flow:
    return Flow(7, asked_at, last, trading)


def test_only_what_stayed_silent_in_its_session_is_asked_again() -> None:
    assert silent([flow(last=99.0)], SINCE) == [7]
    assert silent([flow(last=-math.inf)], SINCE) == [7]
    assert silent([flow(last=99.0, trading=None)], SINCE) == [7]
    assert silent([flow(last=100.5)], SINCE) == []
    assert silent([flow(last=99.0, trading=False)], SINCE) == []
    assert silent([flow(last=99.0, asked_at=101.0)], SINCE) == []


@given(st.lists(st.floats(0, 200), max_size=8), st.lists(st.floats(0, 10), max_size=60))
def test_each_return_of_a_link_is_looked_at_once_after_its_time(returns: list[float], steps: list[float]) -> None:
    reminder, now, told = Reminder(), 0.0, []
    waiting = sorted(returns)
    for step in [*steps, 300.0, FLOW_WAIT]:
        now += step
        while waiting and waiting[0] <= now:
            reminder.returned(waiting.pop(0))
        due = reminder.due(now)
        assert all(now - since >= FLOW_WAIT for since in due)
        told += due
    assert sorted(told) == sorted(returns)


def test_a_session_that_ended_is_not_looked_at() -> None:
    reminder = Reminder()
    reminder.returned(1.0)
    reminder.forget()
    assert reminder.due(100.0) == []
