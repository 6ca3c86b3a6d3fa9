"""A typed cancel means exactly what it says."""

from dataclasses import replace

import pytest

from ibtui.errors import UsageError
from ibtui.trading.orders import Order, OrderIntent, Status
from ibtui.trading.scopes import in_scope

INTENT = OrderIntent("", 0, 1, "SPY", "DU1", "BUY", "LMT", 10, limit_price=450.1)
ORDERS = [
    Order(replace(INTENT, order_ref=ref, symbol=symbol, action=action), status)
    for ref, symbol, action, status in (
        ("a", "SPY", "BUY", Status.WORKING),
        ("b", "SPY", "SELL", Status.UNKNOWN),
        ("c", "QQQ", "BUY", Status.NEW),
        ("d", "QQQ", "SELL", Status.FILLED),
    )
]


@pytest.mark.parametrize(
    ("typed", "refs"),
    [("", "abc"), ("buys", "ac"), ("SELLS", "b"), ("spy", "ab"), ("sells SPY", "b"), ("sells QQQ", "")],
)
def test_all_a_sides_a_symbols_or_both(typed, refs):
    assert "".join(each.intent.order_ref for each in in_scope(ORDERS, typed.split())) == refs


def test_a_symbol_without_orders_is_an_error_that_names_those_that_have_some():
    with pytest.raises(UsageError, match="no order of IWM works; there are orders of: QQQ, SPY"):
        in_scope(ORDERS, ["buys", "iwm"])
