"""What is wrong for a while: told once, ended once."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.services.conditions import ENDS_AFTER, Conditions, Trouble

OVER = ("feed back", "quotes are LIVE again")


def silent(who: str, what: str = "no ticks come", after: float = 5.0) -> Trouble:
    return Trouble("feed lost", what, OVER, who, after=after)


class Desk:
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.conditions = Conditions(lambda kind, text: self.told.append((kind, text)))

    def look(self, now: float, *troubles: Trouble) -> list[tuple[str, str]]:
        """What one look tells."""
        before = len(self.told)
        self.conditions.look({each.who: each for each in troubles}, now)
        return self.told[before:]


def test_it_is_told_once_when_it_has_lasted_and_once_when_it_has_been_over():
    desk = Desk()
    assert desk.look(0, silent("SPY")) == []
    assert desk.look(5, silent("SPY")) == [("feed lost", "SPY: no ticks come")]
    assert desk.look(60, silent("SPY")) == []
    assert desk.look(61) == []
    assert desk.look(61 + ENDS_AFTER) == [("feed back", "SPY: quotes are LIVE again")]
    assert desk.look(100) == []


def test_what_is_short_is_not_told_and_what_flaps_is_told_once():
    desk = Desk()
    desk.look(0, silent("SPY"))
    assert desk.look(1) == []
    assert desk.look(5.5, silent("SPY")) == []
    desk.look(6)
    for second in range(11, 40, 2):
        desk.look(second, silent("SPY"))
        desk.look(second + 1)
    assert desk.told == []
    for second in range(50, 90):
        desk.look(second, *[silent("SPY")] * (second < 60 or second % 2))
    assert desk.told == [("feed lost", "SPY: no ticks come")]


def test_many_in_the_same_trouble_are_one_alert():
    desk = Desk()
    everybody = [silent(f"S{number}", after=0) for number in range(8)]
    assert desk.look(0, *everybody) == [("feed lost", "S0, S1, S2, S3, S4 and 3 more: no ticks come")]


def test_figures_may_change_and_other_words_are_news():
    desk = Desk()
    trouble = Trouble("margin", "margin cushion under 10 %", ("margin back", "over"), detail="9.0%")
    assert desk.look(0, trouble) == [("margin", "margin cushion under 10 % (9.0%)")]
    assert desk.look(1, Trouble("margin", trouble.what, trouble.over, detail="4.0%")) == []
    assert desk.look(2, Trouble("margin", "none left", trouble.over)) == [("margin", "none left")]


def test_what_nobody_can_judge_is_dropped_without_a_word():
    desk = Desk()
    desk.look(0, silent("SPY", after=0))
    desk.conditions.forget(lambda key: key == "SPY")
    assert desk.look(100) == []


@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from(["", "silent", "halted"]))))
def test_an_end_is_told_only_after_a_beginning_and_never_twice(looks):
    desk = Desk()
    now, open_ = 0.0, False
    for step, what in looks:
        now += step
        for kind, _ in desk.look(now, *([silent("SPY", what)] if what else [])):
            assert kind == "feed lost" or open_
            open_ = kind == "feed lost"
