"""Funds that a working order will need are nobody else's, and what nobody knows is not taken for nothing."""

from ibtui.market.instruments import Instrument
from ibtui.trading.margin import committed
from ibtui.trading.orders import Order, Status

from .makers import SPY, order

FUTURE = Instrument(con_id=1, symbol="ES", sec_type="FUT", multiplier=50.0)


def working(ref, action="BUY", quantity=10.0, **changes):
    return order(Status.WORKING, order_ref=ref, action=action, quantity=quantity, **changes)


def needed(orders, position=0.0, instrument=SPY, unit=None):
    """Margin that the orders need while so much is held, at 100 apiece."""

    def reducible(each: Order) -> float:
        return max(0.0, position if each.intent.action == "SELL" else -position)

    return committed(orders, reducible, lambda each: (each.intent, instrument, each.remaining * 100.0, unit))


def test_what_opens_needs_its_margin_and_what_closes_needs_none():
    assert needed([working("A")]) == 500.0
    assert needed([working("A", "SELL")]) == 500.0
    assert needed([working("A", "SELL")], position=10.0) == 0.0
    assert needed([working("A", "SELL", 11.0)], position=10.0) == 550.0


def test_a_position_is_closed_only_once_and_what_comes_after_opens_the_other_side():
    assert needed([working("A", "SELL"), working("B", "SELL")], position=10.0) == 500.0
    assert needed([working("A", "SELL", 4.0), working("B", "SELL", 6.0)], position=10.0) == 0.0


def test_target_and_stop_need_nothing_of_their_own_and_still_close_the_position():
    legs = [working(ref, "SELL", parent_ref="PARENT", oca_group="G") for ref in ("TARGET", "STOP")]
    assert needed([working("PARENT"), *legs]) == 500.0
    assert needed([*legs, working("MORE", "SELL")], position=10.0) == 500.0
    assert needed(legs) == 0.0


def test_where_the_margin_of_one_is_unknown_the_sum_is_unknown():
    assert needed([working("A")], instrument=FUTURE) is None
    assert needed([working("A")], instrument=FUTURE, unit=20.0) == 200.0
    assert committed([working("A")], lambda _: 0.0, lambda _: None) is None
