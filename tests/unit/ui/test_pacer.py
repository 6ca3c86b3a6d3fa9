from hypothesis import given
from hypothesis import strategies as st

from ibtui.ui.pacer import LOST_AFTER, PATIENCE, FrameGate, inside_tmux


class Ticking:
    """A clock that the test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_next_frame_waits_for_the_answer_to_the_last():
    gate = FrameGate(Ticking())
    assert gate.frame_due(0)
    assert gate.painted()
    assert not gate.frame_due(0)
    gate.answered()
    assert gate.frame_due(0)
    assert gate.skipped == 1


def test_a_key_paints_one_frame_ahead_and_no_more():
    gate = FrameGate(Ticking())
    gate.painted()
    assert not gate.may_paint(0)
    gate.key_pressed()
    assert gate.may_paint(3)
    gate.painted()
    gate.key_pressed()
    assert not gate.may_paint(0)


def test_a_terminal_that_never_answers_is_not_waited_for():
    clock = Ticking()
    gate = FrameGate(clock)
    gate.painted()
    clock.now = PATIENCE + 0.1
    assert gate.frame_due(0)
    assert not gate.painted()
    assert not gate.frame_due(2), "then the queue alone says whether it takes more"
    assert not gate.measured


def test_a_terminal_that_answered_once_is_waited_for_however_long_it_stalls():
    clock = Ticking()
    gate = FrameGate(clock)
    gate.painted()
    gate.answered()
    gate.painted()
    clock.now = 1000.0
    assert not gate.frame_due(0)


def test_the_round_trip_is_the_last_answered_probes():
    clock = Ticking()
    gate = FrameGate(clock)
    gate.painted()
    clock.now = 0.25
    gate.answered()
    assert (gate.round_trip, gate.measured) == (0.25, True)


async def test_the_last_answer_can_be_awaited():
    gate = FrameGate(Ticking())
    await gate.all_answered()
    gate.painted()
    gate.answered()
    await gate.all_answered()


@given(st.lists(st.sampled_from(["frame", "key", "answer"]), max_size=60))
def test_never_more_than_two_frames_are_on_their_way(steps):
    gate = FrameGate(Ticking())
    gate.painted()
    gate.answered()
    for step in steps:
        if step == "answer":
            gate.answered()
        elif step == "key":
            gate.key_pressed()
            if gate.may_paint(0):
                gate.painted()
        elif gate.frame_due(0):
            gate.painted()
        assert gate.outstanding <= 2


def test_inside_tmux_the_link_is_not_measured():
    gate = FrameGate(Ticking(), measured=False)
    gate.painted()
    gate.answered()
    assert not gate.measured
    assert inside_tmux({"TMUX": "/tmp/tmux-0/default,1,0"})
    assert inside_tmux({"TERM": "screen-256color"})
    assert not inside_tmux({"TERM": "xterm-256color"})


def test_a_lost_answer_stops_painting_for_seconds_and_not_for_ever():
    clock = Ticking()
    gate = FrameGate(clock)
    gate.painted()
    gate.answered()
    gate.painted()
    gate.key_pressed()
    gate.painted()
    clock.now = LOST_AFTER - 0.1
    assert not gate.ask_again(0)
    clock.now = LOST_AFTER
    assert not gate.ask_again(1), "the terminal has not even taken the last frame"
    assert gate.ask_again(0)
    assert not gate.ask_again(0), "once for each such time"
    assert not gate.frame_due(0)
    gate.answered()
    assert gate.frame_due(0)


def test_a_link_that_a_frame_keeps_busy_is_left_idle_for_as_long():
    clock = Ticking()
    gate = FrameGate(clock)
    for took, idle in ((0.02, 0.0), (0.12, 0.1), (0.32, 0.3), (0.02, 0.0), (0.8, 0.2), (5.0, 0.0)):
        assert gate.frame_due(0)
        gate.painted()
        clock.now += took
        gate.answered()
        assert gate.frame_due(0) == (idle == 0.0), "never below one frame a second that the link could carry"
        gate.key_pressed()
        assert gate.may_paint(0), "a key need not wait for it"
        clock.now += idle + 0.001


def test_a_terminal_far_away_on_a_fast_link_is_not_taken_for_a_slow_one():
    clock = Ticking()
    gate = FrameGate(clock)
    for _ in range(20):
        assert gate.frame_due(0)
        gate.painted()
        clock.now += 0.25
        gate.answered()
