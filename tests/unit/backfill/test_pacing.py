from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ibtui.backfill.pacing import PENALTY_SECONDS, Ask, Pacing

# A step of 1/64 s keeps every sum exact, so that the model may compare without a tolerance.
STEP = 1 / 64


def ask(con_id: int = 1, what: str = "TRADES", bar_seconds: int = 1, end: int = 0) -> Ask:
    return Ask(con_id, "SMART", what, bar_seconds, end, "1800 S")


asks = st.builds(
    ask,
    con_id=st.integers(1, 2),
    what=st.sampled_from(["TRADES", "BID_ASK"]),
    bar_seconds=st.sampled_from([1, 30, 60]),
    end=st.integers(0, 3),
)
pauses = st.integers(0, 20 * 64).map(lambda steps: steps * STEP)


def breaks_a_rule(sent: list[tuple[float, Ask]], at: float, new: Ask) -> bool:
    """The model: IB's three rules, read off the whole log."""
    log = [*sent, (at, new)]

    def counted(seconds: float, **same: object) -> int:
        return sum(
            each.weight
            for when, each in log
            if when > at - seconds and all(getattr(each, name) == value for name, value in same.items())
        )

    identical = new.small and any(each == new and when > at - 15 for when, each in sent)
    crowd = counted(2, feed=new.feed) >= 6
    flood = new.small and counted(600, small=True) > 60
    return identical or crowd or flood


@given(st.lists(st.tuples(pauses, asks), max_size=120))
def test_who_waits_as_told_never_breaks_a_rule_and_never_waits_longer_than_needed(script):
    pacing, sent, now = Pacing(), [], 0.0
    for pause, new in script:
        now += pause
        wait = pacing.wait(new, now)
        assert not breaks_a_rule(sent, now + wait, new)
        if wait:
            assert breaks_a_rule(sent, now + wait - STEP, new)
        now += wait
        pacing.sent(new, now)
        sent.append((now, new))


@given(st.lists(asks, min_size=2, max_size=20), st.integers(1, 300))
def test_a_spacing_of_the_users_own_holds_between_any_two(script, spacing):
    pacing, now, times = Pacing(min_spacing=spacing), 0.0, []
    for new in script:
        now += pacing.wait(new, now)
        pacing.sent(new, now)
        times.append(now)
    assert all(later - earlier >= spacing for earlier, later in pairwise(times))


def test_sixty_small_bar_requests_go_and_the_next_waits_for_the_first_to_leave_the_window():
    pacing = Pacing()
    for number in range(60):
        assert pacing.wait(ask(con_id=number, end=number), float(number)) == 0
        pacing.sent(ask(con_id=number, end=number), float(number))
    assert pacing.wait(ask(con_id=99), 60.0) == 540.0


def test_larger_bars_are_held_by_the_two_second_rule_alone():
    pacing = Pacing()
    for number in range(200):
        new = ask(con_id=number // 5, bar_seconds=60)
        assert pacing.wait(new, 0.0) == 0
        pacing.sent(new, 0.0)
    assert pacing.wait(ask(con_id=0, bar_seconds=60), 0.5) == 1.5


def test_after_a_violation_nothing_goes_for_ten_minutes():
    pacing = Pacing()
    pacing.violated(100.0)
    assert pacing.wait(ask(bar_seconds=60), 100.0) == PENALTY_SECONDS
    assert pacing.wait(ask(bar_seconds=60), 100.0 + PENALTY_SECONDS) == 0
