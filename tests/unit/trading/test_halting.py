"""A HALT takes back what could hurt and leaves what protects."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.trading.halting import opening_orders
from ibtui.trading.orders import Status

from .makers import NOW, order


def refs(orders, position):
    """References of the orders that a HALT takes back while so much is held."""

    def reducible(each):
        return max(0.0, position if each.intent.action == "SELL" else -position)

    return [each.intent.order_ref for each in opening_orders(orders, reducible)]


def working(ref, action="BUY", quantity=10.0, **changes):
    return order(Status.WORKING, order_ref=ref, action=action, quantity=quantity, **changes)


def test_what_opens_goes_and_what_closes_stays():
    assert refs([working("OPENS"), working("CLOSES", "SELL")], 10.0) == ["OPENS"]
    assert refs([working("OPENS"), working("ALSO", "SELL")], 0.0) == ["OPENS", "ALSO"]


def test_stops_are_the_last_to_go():
    target = working("TARGET", "SELL", created_ns=NOW)
    stop = working("STOP", "SELL", order_type="STP", stop_price=440.0, created_ns=NOW + NS)
    assert refs([target, stop], 10.0) == ["TARGET"]


def test_target_and_stop_of_one_position_both_stay():
    target, stop = (working(ref, "SELL", oca_group="G") for ref in ("TARGET", "STOP"))
    assert refs([target, stop], 10.0) == []


def test_legs_that_wait_for_their_parent_end_with_it():
    parent, leg = working("PARENT"), working("LEG", "SELL", parent_ref="PARENT")
    assert refs([parent, leg], 0.0) == ["PARENT"]


def test_what_may_be_out_there_counts_too():
    assert refs([order(Status.UNKNOWN, order_ref="UNKNOWN"), order(Status.CANCELLED, order_ref="GONE")], 0.0) == [
        "UNKNOWN"
    ]


@given(st.lists(st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 50)), max_size=8), st.integers(-100, 100))
def test_what_stays_can_only_make_the_position_smaller(orders, position):
    made = [working(f"R{number}", action, float(size)) for number, (action, size) in enumerate(orders)]
    gone = set(refs(made, float(position)))
    left = [each for each in made if each.intent.order_ref not in gone]
    for action, held in (("SELL", position), ("BUY", -position)):
        assert sum(each.remaining for each in left if each.intent.action == action) <= max(0, held)
