"""How far everything is from its limit, before any order is asked for."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.config import RiskSettings
from ibtui.trading.checks import run_checks
from ibtui.trading.distances import Distance, distances
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Status
from tests.unit.trading.makers import NOW, held, inputs, intent, order


def found(**changes):
    plain = {
        "orders": [],
        "account": "DU1",
        "positions": {},
        "held": lambda con_id: Held(0.0, 0.0),
        "notional": lambda each: each.remaining * 450.0,
        "limits": RiskSettings(),
        "profit": 0.0,
        "available": 1_000.0,
        "committed": 0.0,
        "currency": "USD",
        "now_ns": NOW,
    }
    return {each.name: each for each in distances(**plain | changes)}


def test_unknown_is_never_a_distance():
    unknown = found(
        orders=[order(Status.WORKING)],
        held=lambda con_id: None,
        notional=lambda each: None,
        profit=None,
        available=None,
        committed=None,
    )
    for name in ("position", "notional", "daily loss", "buying power"):
        assert (unknown[name].left, unknown[name].share) == (None, None)


def test_a_profit_is_further_from_the_days_loss_than_nothing():
    assert found(profit=100.0)["daily loss"].left == 600.0
    assert found(profit=-499.0)["daily loss"].left == 1.0
    assert found(profit=-499.0)["daily loss"].share == 499 / 500


def test_the_worst_position_counts_what_works_on_its_side_and_of_an_oca_group_one():
    legs = [order(Status.WORKING, order_ref=ref, action="SELL", oca_group="G") for ref in "ab"]
    orders = [*legs, order(Status.WORKING, order_ref="c"), order(Status.CANCELLED, order_ref="d")]
    worst = found(orders=orders, positions={1: "SPY"}, held=lambda con_id: Held(-100.0, -100.0))["position"]
    assert (worst.used, worst.about) == (110.0, "SPY")


def test_the_fullest_side_and_the_largest_order_are_named():
    orders = [order(Status.WORKING, order_ref=ref) for ref in "ab"]
    orders.append(order(Status.WORKING, order_ref="c", con_id=2, symbol="QQQ", action="SELL", quantity=50.0))
    assert (found(orders=orders)["working per side"].used, found(orders=orders)["working per side"].about) == (
        2.0,
        "BUY SPY",
    )
    assert (found(orders=orders)["notional"].used, found(orders=orders)["notional"].about) == (22_500.0, "QQQ")


def test_orders_older_than_a_minute_and_those_that_never_left_are_not_counted():
    orders = [order(Status.FILLED), order(Status.REFUSED, order_ref="b")]
    orders.append(order(Status.FILLED, order_ref="c", created_ns=NOW - 60 * NS))
    assert found(orders=orders)["orders per minute"].left == 59


def test_a_limit_of_zero_is_used_up():
    assert Distance("x", 0.0, 0.0).share == 1.0


@given(
    st.integers(-50, 50),
    st.lists(st.tuples(st.sampled_from(["BUY", "SELL"]), st.integers(1, 20), st.booleans()), max_size=6),
    st.integers(1, 30),
)
def test_an_order_that_fits_into_what_is_left_passes_the_check_of_its_limit(position, working, quantity):
    orders = [
        order(Status.WORKING, order_ref=str(at), action=action, quantity=float(size), oca_group="G" if oca else None)
        for at, (action, size, oca) in enumerate(working)
    ]
    limits = RiskSettings(max_position=60, working_per_side=4, orders_per_minute=5)
    distance = found(orders=orders, positions={1: "SPY"}, held=lambda con_id: held(position), limits=limits)
    for action in ("BUY", "SELL"):
        asked = inputs(
            intent=replace(intent(), action=action, quantity=float(quantity), order_ref="new"),
            orders=tuple(orders),
            held=held(position),
            limits=limits,
        )
        verdicts = {each.name: each.verdict for each in run_checks(asked)}
        if distance["position"].left >= quantity:
            assert verdicts["position"] == "pass"
        for name in ("working per side", "orders per minute"):
            if distance[name].left >= 1:
                assert verdicts[name] == "pass"
