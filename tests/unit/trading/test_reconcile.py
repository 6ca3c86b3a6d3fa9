import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.events import Executed, LinkLost, NotFound, Reported
from ibtui.trading.machine import apply
from ibtui.trading.orders import ENDED, Status
from ibtui.trading.reconcile import BrokerView, SeenOrder, reconcile

from .makers import NOW, execution, order


def lost(**changes):
    return apply(order(Status.WORKING, **changes), LinkLost())


def folded(state, result):
    for ref, event in result.events:
        if ref == state.intent.order_ref:
            state = apply(state, event)
    return state


def seen(status="Submitted", order_ref="REF", perm_id=7, **facts):
    return SeenOrder(order_ref, perm_id, status, **{"filled": 0.0, **facts})


def test_an_order_that_is_still_open_works_again():
    result = reconcile([lost()], BrokerView(open=[seen(client_id=10)], complete=True), NOW)
    after = folded(lost(), result)
    assert (after.status, after.perm_id, after.client_id, after.reason) == (Status.WORKING, 7, 10, "")
    assert result.changed == ("REF",)
    assert (result.not_found, result.strangers, result.doubles, result.fills) == ((), (), (), ())


def test_an_order_cancelled_while_away_is_found_among_the_completed():
    result = reconcile([lost()], BrokerView(completed=[seen("Cancelled")], complete=True), NOW)
    assert folded(lost(), result).status is Status.CANCELLED


def test_fills_while_away_appear_once_in_the_order_of_their_times():
    known = execution("a.01", 2.0)
    before = apply(apply(order(Status.WORKING), Executed(known)), LinkLost())
    late, early = execution("c.01", 4.0, ts_ns=NOW + 2), execution("b.01", 4.0, ts_ns=NOW + 1)
    result = reconcile([before], BrokerView(executions=[late, known, early, late], complete=True), NOW)
    assert result.fills == (early, late)
    after = folded(before, result)
    assert (after.status, after.filled) == (Status.FILLED, 10.0)
    assert reconcile([after], BrokerView(executions=[late, known, early], complete=True), NOW).events == ()


def test_no_trace_in_a_complete_view_is_not_found_and_stays_unknown():
    result = reconcile([lost()], BrokerView(complete=True), NOW)
    assert result.not_found == ("REF",)
    assert result.events == (("REF", NotFound()),)
    after = folded(lost(), result)
    assert (after.status, after.remaining) == (Status.UNKNOWN, 10.0)


def test_a_view_with_holes_proves_nothing():
    result = reconcile([lost(), order(Status.WORKING, order_ref="B")], BrokerView(complete=False), NOW)
    assert (result.events, result.not_found, result.changed) == ((), (), ())


def test_an_order_that_is_only_being_written_down_is_not_missed():
    assert reconcile([order(Status.NEW)], BrokerView(complete=True), NOW).not_found == ()


def test_an_order_without_our_id_is_known_by_ibs_permanent_one():
    before = lost(perm_id=7)
    result = reconcile([before], BrokerView(open=[seen(order_ref="")], complete=True), NOW)
    assert folded(before, result).status is Status.WORKING
    assert result.strangers == ()


def test_orders_placed_elsewhere_are_strangers():
    other = seen(order_ref="THEIRS", perm_id=9)
    manual = seen(order_ref="", perm_id=8)
    bare = seen(order_ref="", perm_id=None)
    result = reconcile([lost()], BrokerView(open=[other, seen(), manual, bare], complete=True), NOW)
    assert result.strangers == (other, manual, bare)


def test_two_live_orders_from_one_modify_are_told():
    result = reconcile([lost()], BrokerView(open=[seen(perm_id=7), seen(perm_id=8)], complete=True), NOW)
    assert result.doubles == ("REF",)
    twice = reconcile([lost()], BrokerView(open=[seen(perm_id=7), seen(perm_id=7)], complete=True), NOW)
    assert twice.doubles == ()


def test_an_order_that_ended_here_but_is_open_there_is_told():
    result = reconcile([order(Status.REJECTED)], BrokerView(open=[seen()], complete=True), NOW)
    assert result.contradicted == ("REF",)
    assert result.changed == ()


@pytest.mark.parametrize(
    "view",
    [
        BrokerView(open=[seen(), seen("Filled", filled=10.0)], complete=True),
        BrokerView(open=[seen()], executions=[execution("A.01", quantity=10)], complete=True),
        BrokerView(open=[seen()], completed=[seen("Cancelled")], complete=True),
    ],
)
def test_an_order_that_ends_while_the_lists_come_contradicts_nothing(view):
    ended = folded(lost(), reconcile([lost()], view, NOW))
    assert ended.status in ENDED
    assert reconcile([ended], view, NOW).contradicted == ()


def test_a_fill_reaches_an_order_that_was_cancelled():
    before = order(Status.CANCELLED)
    result = reconcile([before], BrokerView(executions=[execution("a.01", 4.0)], complete=True), NOW)
    after = folded(before, result)
    assert (after.status, after.filled) == (Status.CANCELLED, 4.0)


@given(
    st.lists(st.sampled_from(Status), max_size=6),
    st.lists(
        st.tuples(st.integers(0, 7), st.sampled_from(["Submitted", "Cancelled", "Filled", "Inactive"])), max_size=6
    ),
    st.lists(st.tuples(st.integers(0, 7), st.integers(1, 3)), max_size=6),
    st.booleans(),
)
def test_absence_is_never_an_end_and_presence_never_unknown(statuses, listed, fills, complete):
    orders = [order(status, order_ref=f"R{number}") for number, status in enumerate(statuses)]
    view = BrokerView(
        open=[seen(word, f"R{number}", perm_id=number + 1) for number, word in listed if word != "Cancelled"],
        completed=[seen(word, f"R{number}", perm_id=number + 1) for number, word in listed if word == "Cancelled"],
        executions=[execution(f"{number}-{part}.01", 1.0, order_ref=f"R{number}") for number, part in fills],
        complete=complete,
    )
    result = reconcile(orders, view, NOW)
    found = {f"R{number}" for number, _ in listed}
    for before in orders:
        ref = before.intent.order_ref
        after = folded(before, result)
        if ref not in found and before.status not in ENDED:
            assert after.status not in ENDED
        if ref in found:
            assert after.status is not Status.UNKNOWN
            assert ref not in result.not_found
        if not complete:
            assert ref not in result.not_found
        assert (ref in result.changed) == (after.status is not before.status)
    assert all(isinstance(event, Executed | Reported | NotFound) for _, event in result.events)
