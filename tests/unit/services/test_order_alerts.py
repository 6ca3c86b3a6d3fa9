from dataclasses import replace

import pytest

from ibtui.clock import system_clock
from ibtui.config import AlertSettings
from ibtui.services.alerts import Alerts
from ibtui.services.order_alerts import OrderAlerts
from ibtui.trading.orders import Order, OrderIntent, Status

INTENT = OrderIntent("A", 1, 1, "SPY", "DU1", "BUY", "LMT", 10, 450.0)


@pytest.fixture
def told():
    return []


@pytest.fixture
def alerts(told):
    return Alerts(
        AlertSettings(),
        write=lambda text: None,
        toast=lambda text, severity: told.append(text),
        record=lambda alert: None,
        clock=system_clock(),
        environment={},
    )


def test_each_fill_is_told_once(alerts, told):
    listener = OrderAlerts(alerts)
    order = Order(INTENT, Status.PARTIAL, filled=5, average_price=450.0)
    listener(order)
    listener(replace(order, perm_id=7))
    listener(replace(order, status=Status.FILLED, filled=10))
    assert told == ["5 of 10 filled at 450: BUY 10 SPY LMT 450", "10 of 10 filled at 450: BUY 10 SPY LMT 450"]


def test_fills_of_an_earlier_run_are_no_news_and_new_ones_are(alerts, told):
    before = Order(INTENT, Status.UNKNOWN, filled=5, average_price=450.0)
    listener = OrderAlerts(alerts, [before])
    listener(replace(before, status=Status.PARTIAL))
    assert told == []
    listener(replace(before, status=Status.PARTIAL, filled=6))
    assert told == ["6 of 10 filled at 450: BUY 10 SPY LMT 450"]
