"""What the orders screen lists, and in which order."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.orders import Execution, Order, OrderIntent, Status
from ibtui.ui.rows.order_list import ExternalKey, Section, list_orders, section_row

INTENT = OrderIntent("", 0, 1, "SPY", "DU1", "BUY", "LMT", 10, limit_price=450.1)
TODAY = 1_000


def order(ref: str, at: int, status: Status, parent: str | None = None, filled_at: int | None = None) -> Order:
    fills = () if filled_at is None else (Execution(f"{ref}.1", ref, filled_at, 1, "BUY", 10, 450.1),)
    return Order(replace(INTENT, order_ref=ref, created_ns=at, parent_ref=parent), status, executions=fills)


def test_working_orders_come_first_newest_first_and_each_section_has_its_title():
    orders = [
        order("a", 1, Status.FILLED, filled_at=TODAY),
        order("b", 2, Status.WORKING),
        order("c", 3, Status.CANCELLED),
        order("d", 4, Status.UNKNOWN),
        order("e", 5, Status.FILLED, filled_at=TODAY - 1),
    ]
    listed = list_orders(orders, [77], TODAY)
    assert listed.keys == (
        *(Section.WORKING, "d", "b"),
        *(Section.EXTERNAL, ExternalKey(77)),
        *(Section.FILLED, "a"),
        *(Section.ENDED, "e", "c"),
    )
    assert listed.counts == {Section.WORKING: 2, Section.EXTERNAL: 1, Section.FILLED: 1, Section.ENDED: 2}


def test_a_brackets_legs_stand_under_what_they_close_as_long_as_one_of_them_works():
    family = [
        order("target", 2, Status.WORKING, "parent"),
        order("parent", 1, Status.FILLED, filled_at=TODAY),
        order("stop", 3, Status.WORKING, "parent"),
    ]
    listed = list_orders([*family, order("new", 9, Status.WORKING)], [], TODAY)
    assert listed.keys == (Section.WORKING, "new", "parent", "target", "stop")
    assert listed.branches == {"target": "├", "stop": "└"}


def test_a_leg_whose_parent_is_not_known_stands_for_itself():
    assert list_orders([order("leg", 1, Status.WORKING, "gone")], [], TODAY).keys == (Section.WORKING, "leg")


@given(st.lists(st.tuples(st.sampled_from(list(Status)), st.integers(0, 5), st.booleans()), max_size=12))
def test_every_order_is_listed_once(drawn):
    orders = [
        order(str(number), number, status, str(parent) if has_parent and parent < number else None)
        for number, (status, parent, has_parent) in enumerate(drawn)
    ]
    listed = list_orders(orders, [1, 2], TODAY)
    refs = [each for each in listed.keys if isinstance(each, str)]
    assert sorted(refs) == sorted(each.intent.order_ref for each in orders)
    assert sum(listed.counts.values()) == len(refs) + 2


def test_the_title_of_others_orders_says_when_they_were_listed():
    assert section_row(Section.EXTERNAL, 2, 12.0)[0][0].endswith("2, listed 12s ago")
    assert section_row(Section.EXTERNAL, 2, None)[0][0].endswith("listed —")
    assert section_row(Section.FILLED, 2, None)[0][0] == "Filled today: 2"
