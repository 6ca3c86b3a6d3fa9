from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from ibtui.trading.breaker import FAILURES, PAUSE, WINDOW, Breaker


def broken(at=0.0):
    breaker = Breaker()
    for cause in "abc":
        breaker.failure(cause, at)
    return breaker


def test_three_causes_within_a_minute_stop_orders_for_thirty_seconds():
    breaker = Breaker()
    breaker.failure("a", 0.0)
    breaker.failure("b", 30.0)
    assert breaker.allows(30.0)
    assert breaker.remaining(30.0) == 0
    breaker.failure("c", 59.9)
    assert breaker.state == "open"
    assert not breaker.allows(59.9 + PAUSE - 0.1)
    assert breaker.remaining(59.9 + 10) == PAUSE - 10
    assert not breaker.take(60.0)


def test_the_minute_and_the_half_minute_are_what_they_are_called():
    assert (FAILURES, WINDOW, PAUSE) == (3, 60.0, 30.0)


def test_one_cause_counts_once_however_many_orders_it_took():
    breaker = Breaker()
    for _ in range(50):
        breaker.failure("link lost in session 3", 1.0)
    assert breaker.allows(1.0)


def test_failures_further_apart_than_the_window_never_add_up():
    breaker = Breaker()
    for number in range(10):
        breaker.failure(str(number), number * WINDOW / 2 + number)
    assert breaker.state == "closed"


def test_a_success_forgets_the_failures_before_it():
    breaker = Breaker()
    breaker.failure("a", 0.0)
    breaker.failure("b", 1.0)
    breaker.success(2.0)
    breaker.failure("c", 3.0)
    assert breaker.state == "closed"


def test_after_the_pause_exactly_one_order_probes():
    breaker = broken()
    assert breaker.allows(PAUSE)
    assert breaker.state == "probe"
    assert breaker.allows(PAUSE)
    assert breaker.take(PAUSE)
    assert not breaker.allows(PAUSE + 1)
    assert not breaker.take(PAUSE + 1)


def test_a_probe_that_works_closes_it_and_one_that_fails_opens_it_again():
    works = broken()
    works.take(PAUSE)
    works.success(PAUSE + 1)
    assert works.state == "closed"
    fails = broken()
    fails.take(PAUSE)
    fails.failure("d", PAUSE + 1)
    assert (fails.state, fails.remaining(PAUSE + 1)) == ("open", PAUSE)


def test_a_probe_without_an_answer_counts_as_failed():
    breaker = broken()
    breaker.take(PAUSE)
    assert not breaker.allows(2 * PAUSE)
    assert breaker.state == "open"


def test_an_old_orders_late_answer_does_not_close_it():
    breaker = broken()
    breaker.success(1.0)
    assert breaker.state == "open"
    breaker.success(PAUSE)
    assert breaker.state == "probe"


class AnyUse(RuleBasedStateMachine):
    """Whatever happens, an open breaker lets nothing through and a probing one a single order a pause."""

    def __init__(self):
        super().__init__()
        self.breaker, self.now, self.probe_taken = Breaker(), 0.0, None

    @rule(seconds=st.floats(0.01, 40))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(cause=st.sampled_from("abcdef"))
    def an_order_fails(self, cause):
        self.breaker.failure(cause, self.now)

    @rule()
    def an_order_is_answered(self):
        self.breaker.success(self.now)
        self.probe_taken = None

    @rule()
    def an_order_goes(self):
        allowed = self.breaker.allows(self.now)
        probing = self.breaker.state == "probe"
        assert self.breaker.take(self.now) == allowed
        if probing and allowed:
            assert self.probe_taken is None or self.now - self.probe_taken >= PAUSE
            self.probe_taken = self.now

    @invariant()
    def its_words_agree(self):
        allowed = self.breaker.allows(self.now)
        remaining = self.breaker.remaining(self.now)
        assert 0 <= remaining <= PAUSE + 1e-9
        assert (self.breaker.state == "open") == (remaining > 0)
        assert not (allowed and self.breaker.state == "open")
        assert allowed or self.breaker.state != "closed"


TestAnyUse = AnyUse.TestCase


@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from("abcd")), min_size=1, max_size=12))
def test_it_opens_exactly_when_three_causes_meet_in_a_window(failures):
    breaker, now, first_seen = Breaker(), 0.0, {}
    for pause, cause in failures:
        now += pause
        first_seen = {name: at for name, at in first_seen.items() if now - at < WINDOW}
        first_seen.setdefault(cause, now)
        breaker.failure(cause, now)
        assert (breaker.state == "open") == (len(first_seen) >= 3)
        if breaker.state == "open":
            return


def test_it_names_the_failures_that_it_counts_until_an_answer_comes():
    breaker = Breaker()
    breaker.failure("a", 0.0)
    breaker.failure("a", 1.0)
    breaker.failure("b", 1.0)
    assert breaker.causes(59.0) == ("a", "b")
    assert breaker.causes(60.5) == ("b",)
    breaker.failure("c", 60.5)
    breaker.failure("d", 60.6)
    assert (breaker.state, breaker.causes(60.7)) == ("open", ("b", "c", "d"))
    later = 60.6 + PAUSE
    assert breaker.take(later)
    assert breaker.causes(later) == ("b", "c", "d"), "while it probes"
    breaker.success(later)
    assert (breaker.state, breaker.causes(later)) == ("closed", ())
