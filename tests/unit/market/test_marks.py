import math

import pytest

from ibtui.market.board import DELAYED, DELAYED_FROZEN, FROZEN, LIVE, Quote
from ibtui.market.marks import Mark, mark


def judged(*, session=1, vouched=True, now=10.0, open_now=True, **facts):
    quote = Quote(1, session=facts.pop("quote_session", 1), updated=facts.pop("updated", 9.0))
    for name, value in facts.items():
        setattr(quote, name, value)
    return mark(quote, session=session, vouched=vouched, now=now, open_now=open_now, stale_after=60.0)


def test_a_fresh_quote_of_this_session_is_live():
    assert judged() is Mark.LIVE
    assert judged(open_now=None) is Mark.LIVE


def test_a_quiet_quote_turns_stale():
    assert judged(now=69.0) is Mark.LIVE
    assert judged(now=69.1) is Mark.STALE
    assert judged(now=69.1, data_type=DELAYED) is Mark.STALE
    assert judged(updated=-math.inf) is Mark.STALE
    assert judged(updated=math.nan) is Mark.STALE


@pytest.mark.parametrize("facts", [{"session": None}, {"session": 2}, {"vouched": False}, {"quote_session": 0}])
def test_what_no_working_link_vouches_for_is_stale_whatever_else_it_is(facts):
    assert judged(**facts) is Mark.STALE
    assert judged(**facts, open_now=False, halted=True, data_type=FROZEN) is Mark.STALE


def test_closed_comes_only_from_the_hours():
    assert judged(open_now=False, now=5000.0) is Mark.CLOSED
    assert judged(open_now=None, now=5000.0) is Mark.STALE


def test_each_state_of_an_open_market_has_its_own_word():
    assert judged(halted=True) is Mark.HALTED
    assert judged(halted=False) is Mark.LIVE
    assert judged(data_type=LIVE) is Mark.LIVE
    assert judged(data_type=DELAYED) is Mark.DELAYED
    assert judged(data_type=FROZEN, now=5000.0) is Mark.FROZEN
    assert judged(data_type=DELAYED_FROZEN) is Mark.FROZEN
