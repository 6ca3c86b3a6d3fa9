"""Nobody closes a position twice, or is told a position that isn't true."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.holdings import GRACE, Held, Holdings

SPY = 756733


def holdings(quantity: float = 0.0) -> Holdings:
    known = Holdings()
    known.listed({SPY: quantity}, 0.0)
    return known


@st.composite
def deliveries(draw):
    """Our fills, and an order in which fills and positions arrive; IB may leave out positions but never the last."""
    fills = draw(st.lists(st.integers(-50, 50).filter(bool), min_size=1, max_size=8))
    kept = [draw(st.booleans()) for _ in fills[:-1]] + [True]
    positions = [sum(fills[: number + 1]) for number, keep in enumerate(kept) if keep]
    messages = [("fill", each) for each in fills]
    waiting = list(positions)
    order = []
    while messages or waiting:
        take_fill = bool(messages) and (not waiting or draw(st.booleans()))
        order.append(messages.pop(0) if take_fill else ("position", waiting.pop(0)))
    return fills, order


@given(deliveries(), st.integers(-100, 100))
def test_whatever_order_the_messages_come_in_the_true_position_is_never_outside(delivery, start):
    fills, order = delivery
    known = holdings(start)
    for kind, value in order:
        if kind == "fill":
            known.filled(SPY, value, 1.0)
        else:
            known.reported(SPY, start + value, 1.0)
    held = known.held(SPY)
    assert held is not None
    assert held.least <= start + sum(fills) <= held.most
    assert not known.unexplained(1.0 + 2 * GRACE), "our own fills are nobody else's"


@given(st.lists(st.integers(-50, 50).filter(bool), min_size=1, max_size=8), st.booleans(), st.integers(-100, 100))
def test_a_position_after_each_fill_or_before_it_leaves_no_doubt(fills, position_first, start):
    known = holdings(start)
    total = start
    for fill in fills:
        total += fill
        steps = [lambda fill=fill: known.filled(SPY, fill, 1.0), lambda total=total: known.reported(SPY, total, 1.0)]
        for step in reversed(steps) if position_first else steps:
            step()
        assert known.held(SPY) == Held(total, total)
    assert not known.unexplained(1.0 + 2 * GRACE)
    assert not known.overdue(1.0 + 2 * GRACE)


def test_until_the_broker_lists_its_positions_nothing_is_known_and_nothing_reduces():
    known = Holdings()
    known.reported(SPY, 100, 0.0)
    assert known.held(SPY) is None
    known.listed({}, 1.0)
    assert known.held(SPY) == Held(0, 0)
    known.forget()
    assert known.held(SPY) is None


def test_what_a_fill_has_closed_can_not_be_closed_again_before_the_broker_says_so():
    known = holdings(100)
    assert known.held(SPY).reducible("SELL") == 100
    known.filled(SPY, -100, 1.0)
    held = known.held(SPY)
    assert (held.reducible("SELL"), held.reducible("BUY"), held.agreed) == (0, 0, None)
    known.reported(SPY, 0, 1.1)
    assert known.held(SPY) == Held(0, 0)


def test_what_closes_a_position_opens_nothing_whichever_figure_is_true():
    assert [Held(-10.0, -4.0).opened("BUY", quantity) for quantity in (5.0, 10.0, 15.0)] == [-5.0, 0.0, 5.0]
    assert [Held(4.0, 10.0).opened("SELL", quantity) for quantity in (5.0, 10.0, 15.0)] == [-5.0, 0.0, 5.0]
    assert Held(4.0, 10.0).opened("BUY", 5.0) == Held(0.0, 0.0).opened("SELL", 5.0) == 5.0


def test_what_was_bought_counts_against_the_limit_before_the_broker_says_so():
    known = holdings(100)
    known.filled(SPY, 50, 1.0)
    assert known.held(SPY).after("BUY", 10) == 160
    assert known.held(SPY).after("SELL", 10) == -90


@pytest.mark.parametrize("now", [GRACE, GRACE + 2])
def test_a_change_that_is_not_ours_is_told_once_after_a_while(now):
    known = holdings(100)
    known.reported(SPY, 40, 1.0)
    assert known.unexplained(now) == ({SPY: -60} if now > GRACE + 1 else {})
    assert known.unexplained(GRACE + 3) == ({} if now > GRACE + 1 else {SPY: -60})


def test_flat_is_only_who_is_known_to_hold_nothing():
    known = Holdings()
    assert not known.flat
    known.listed({SPY: 0.0}, 0.0)
    assert known.flat
    known.filled(SPY, 1.0, 1.0)
    assert not known.flat


def test_of_a_change_that_is_partly_ours_the_rest_is_told():
    known = holdings(100)
    known.reported(SPY, 115, 1.0)
    known.filled(SPY, 10, 1.1)
    assert known.unexplained(2 + GRACE) == {SPY: 5}


def test_a_fill_without_its_position_makes_the_list_be_asked_for_and_that_settles_it():
    known = holdings(10)
    known.filled(SPY, 10, 1.0)
    known.filled(SPY, -10, 1.1)
    assert not known.overdue(GRACE)
    assert known.overdue(GRACE + 2)
    known.filled(SPY, 5, 8.0)
    known.listed({SPY: 10}, 7.0)
    assert known.held(SPY) == Held(10, 15)
