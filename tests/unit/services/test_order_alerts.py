from dataclasses import replace

import pytest

from ibtui.clock import system_clock
from ibtui.config import AlertSettings
from ibtui.market.instruments import Instrument
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
    assert told == [
        "5 of 10 filled at 450.00: BUY 10 SPY LMT 450.00",
        "10 of 10 filled at 450.00: BUY 10 SPY LMT 450.00",
    ]


def test_fills_of_an_earlier_run_are_no_news_and_new_ones_are(alerts, told):
    before = Order(INTENT, Status.UNKNOWN, filled=5, average_price=450.0)
    listener = OrderAlerts(alerts, [before])
    listener(replace(before, status=Status.PARTIAL))
    assert told == []
    listener(replace(before, status=Status.PARTIAL, filled=6))
    assert told == ["6 of 10 filled at 450.00: BUY 10 SPY LMT 450.00"]


def test_a_fill_is_told_by_the_contracts_own_name_and_places(alerts, told):
    option = Instrument(1, "SPY", "OPT", local_symbol="SPY   261218C00680000", min_tick=0.05)
    OrderAlerts(alerts, instrument={INTENT.con_id: option}.get)(
        Order(replace(INTENT, limit_price=9.1), Status.FILLED, filled=10, average_price=9.0333333333)
    )
    assert told == ["10 of 10 filled at 9.03333: BUY 10 SPY 261218C680 LMT 9.10"]
