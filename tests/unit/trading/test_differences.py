"""What happened while nobody watched is said, and nothing else."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.differences import Moved, differences
from ibtui.trading.orders import ENDED, LIVE, Status
from ibtui.trading.reconcile import SeenOrder

from .makers import order


def kinds(before, after, strangers=(), moved=()):
    return [each.kind for each in differences({"REF": before}, {"REF": after}, strangers, moved)]


def test_an_order_that_was_never_answered_and_works_is_told():
    assert kinds(order(Status.SENT), order(Status.WORKING)) == ["found"]


@pytest.mark.parametrize("status", sorted(LIVE - {Status.SENT}))
def test_an_order_that_works_as_before_is_no_difference(status):
    assert kinds(order(status), order(Status.WORKING)) == []


@pytest.mark.parametrize("status", sorted(ENDED - {Status.FILLED}))
def test_an_order_that_ended_meanwhile_is_told(status):
    assert kinds(order(Status.UNKNOWN), order(status)) == ["ended"]
    assert kinds(order(status), order(status)) == []


def test_an_order_that_should_not_be_there_is_told_before_all_else():
    here = order(Status.CANCELLED)
    filled = order(Status.FILLED, order_ref="B", filled=10.0)
    first, second = differences({"B": order(order_ref="B")}, {"B": filled}, (), (), [here])
    assert (first.kind, first.order_ref, second.kind) == ("amiss", "REF", "filled")
    assert "is CANCELLED here" in first.text


def test_a_fill_found_is_told_once_with_its_size():
    (one,) = differences({"REF": order(filled=2.0)}, {"REF": order(Status.FILLED, filled=10.0)}, (), ())
    assert (one.kind, one.order_ref) == ("filled", "REF")
    assert "8 more, 10 of 10" in one.text


def test_an_order_without_a_trace_is_told():
    assert kinds(order(Status.UNKNOWN), order(Status.UNKNOWN)) == ["not found"]


def test_somebody_elses_new_order_is_told():
    assert kinds(order(Status.WORKING), order(Status.WORKING), [SeenOrder("", 7, "Submitted", client_id=3)]) == ["new"]


@given(st.integers(-50, 50), st.integers(0, 10), st.sampled_from(["BUY", "SELL"]))
def test_a_position_is_told_only_where_our_fills_do_not_explain_it(outside, filled, action):
    before = order(action=action)
    after = replace(before, filled=float(filled))
    moved = Moved(before.intent.con_id, "SPY", 100.0, 100.0 + (filled if action == "BUY" else -filled) + outside)
    assert ("moved" in kinds(before, after, moved=[moved])) == (outside != 0)
