"""Orders of another client id are out of reach: nothing new beside them."""

from hypothesis import given
from hypothesis import strategies as st

from ibtui.trading.identity import left_behind
from ibtui.trading.orders import LIVE, Order, OrderIntent, Status

IDS = st.sampled_from([None, 10, 11, 12])


def order(status: Status, client_id: int | None) -> Order:
    intent = OrderIntent("ref", 0, 1, "SPY", "DU1", "BUY", "LMT", 10, 450.0)
    return Order(intent, status, client_id=client_id)


@given(st.lists(st.tuples(st.sampled_from(Status), IDS)), st.sampled_from([10, 11]))
def test_only_orders_that_may_live_under_another_id_hold_back(
    orders: list[tuple[Status, int | None]], client_id: int
) -> None:
    theirs = {number for status, number in orders if status in LIVE and number is not None and number != client_id}
    words = left_behind([order(*each) for each in orders], client_id)
    assert (words is None) == (not theirs)
    assert all(f"{number}" in (words or "") for number in theirs)
