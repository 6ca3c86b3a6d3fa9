"""Brackets: their legs, legs left at the gateway, positions whose stop went."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.brackets import bracket, side_problem, stranded, unprotected
from ibtui.trading.orders import ENDED, Execution, Order, OrderIntent, Status

PARENT = OrderIntent("P", 1, 756733, "SPY", "DU0000001", "BUY", "LMT", 10.0, 450.0)
SELLING = replace(PARENT, action="SELL")


def leg(**terms: Any) -> OrderIntent:
    name = "T" if terms["order_type"] == "LMT" else "S"
    return OrderIntent(name, 2, 756733, "SPY", "DU0000001", **terms)


def family(*statuses: Status, filled: float = 0.0) -> list[Order]:
    """Parent, target and stop in these statuses, with rising order ids; the parent has filled so much."""
    intents = bracket(PARENT, leg, 460.0, 440.0)
    orders = [
        Order(intent, status, order_id=number, client_id=10)
        for number, (intent, status) in enumerate(zip(intents, statuses, strict=True), 41)
    ]
    fill = Execution("1.01", "P", 3, 756733, "BUY", filled, 450.0)
    return [replace(orders[0], filled=filled, executions=(fill,) if filled else ()), *orders[1:]]


def refs(orders: list[Order]) -> list[str]:
    return [each.intent.order_ref for each in orders]


@pytest.mark.parametrize("parent", [PARENT, SELLING])
def test_legs_close_what_the_order_opens_and_end_each_other(parent: OrderIntent) -> None:
    first, target, stop = bracket(parent, leg, 460.0, 440.0)
    assert first is parent
    for each in (target, stop):
        assert each.action != parent.action
        assert (each.quantity, each.parent_ref, each.tif) == (10.0, "P", "GTC")
    assert target.oca_group == stop.oca_group == "P"
    assert (target.order_type, target.limit_price, stop.order_type, stop.stop_price) == ("LMT", 460.0, "STP", 440.0)


def test_a_single_leg_has_nothing_to_end_and_the_stop_is_sent_last() -> None:
    assert [each.oca_group for each in bracket(PARENT, leg, None, 440.0)] == [None, None]
    assert [each.order_ref for each in bracket(PARENT, leg, 460.0, 440.0)] == ["P", "T", "S"]
    assert bracket(PARENT, leg, None, None) == (PARENT,)


@given(st.floats(1, 1000), st.floats(-100, 100), st.floats(-100, 100))
def test_target_and_stop_lie_on_their_own_sides_or_it_is_said(price: float, up: float, down: float) -> None:
    target, stop = price + up, price - down
    right = target > price and stop < price
    assert (side_problem("BUY", price, target, stop) is None) == right
    assert (side_problem("SELL", price, stop, target) is None) == right


def test_legs_whose_last_never_left_are_called_back() -> None:
    waiting = family(Status.WORKING, Status.WORKING, Status.UNKNOWN)
    assert refs(stranded(waiting)) == ["P", "T"]
    only_parent = family(Status.SENT, Status.UNKNOWN, Status.UNKNOWN)
    assert refs(stranded(only_parent)) == ["P"]


def test_a_bracket_that_reached_the_gateway_whole_is_left_alone() -> None:
    lost = family(Status.UNKNOWN, Status.UNKNOWN, Status.UNKNOWN)
    assert stranded(lost) == [], "nothing is known of it: reconciliation first"
    seen = family(Status.WORKING, Status.WORKING, Status.UNKNOWN)
    seen[2] = replace(seen[2], perm_id=77)
    assert stranded(seen) == [], "the gateway had the last leg: it was transmitted"
    assert stranded(family(Status.FILLED, Status.WORKING, Status.CANCELLED, filled=10)) == []


def test_a_parent_that_filled_is_never_called_back_and_a_single_order_is_no_bracket() -> None:
    assert refs(stranded(family(Status.PARTIAL, Status.WORKING, Status.UNKNOWN, filled=4))) == ["T"]
    assert stranded([Order(PARENT, Status.UNKNOWN, order_id=41, client_id=10)]) == []


@given(st.lists(st.sampled_from(list(Status)), min_size=3, max_size=3), st.sampled_from([0.0, 4.0, 10.0]))
def test_nothing_is_called_back_that_filled_ended_or_may_be_working_whole(
    statuses: list[Status], filled: float
) -> None:
    orders = family(*statuses, filled=filled)
    for each in stranded(orders):
        assert not each.filled
        assert each.status not in ENDED
        assert orders[-1].status is Status.UNKNOWN


@pytest.mark.parametrize("gone", [Status.CANCELLED, Status.REJECTED, Status.NOT_SENT, Status.REFUSED])
def test_a_position_whose_stop_went_is_unprotected(gone: Status) -> None:
    orders = family(Status.FILLED, Status.WORKING, gone, filled=10)
    assert refs(unprotected(orders, lambda _: True)) == ["S"]
    assert unprotected(orders, lambda _: False) == [], "nothing is held any more"


def test_a_stop_that_works_filled_or_was_replaced_protects() -> None:
    for status in (Status.WORKING, Status.SENT, Status.UNKNOWN, Status.INACTIVE, Status.FILLED):
        assert unprotected(family(Status.FILLED, Status.WORKING, status, filled=10), lambda _: True) == []
    gone = family(Status.FILLED, Status.WORKING, Status.CANCELLED, filled=10)
    other = replace(gone[2].intent, order_ref="N", parent_ref=None, oca_group=None)
    assert unprotected([*gone, Order(other, Status.WORKING)], lambda _: True) == []
    assert refs(unprotected([*gone, Order(replace(other, action="BUY"), Status.WORKING)], lambda _: True)) == ["S"]


def test_a_stop_of_an_order_that_never_filled_protects_nothing() -> None:
    assert unprotected(family(Status.CANCELLED, Status.CANCELLED, Status.CANCELLED), lambda _: True) == []
