"""The account: cash, positions and profits are what the fills make them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.sim.account import START_CASH, Account
from ibtui.sim.account_values import account_values
from ibtui.sim.commissions import commission
from ibtui.sim.margins import SHARES_RATE
from ibtui.sim.trading_days import SHARES
from ibtui.sim.universe import default_universe
from ibtui.sim.valuation import Valuation

UNIVERSE = default_universe()
SHARES_HELD = tuple(UNIVERSE.search("STK", symbol)[0] for symbol in ("SPY", "QQQ", "AAPL"))
ONE, TWO, _ = (each.con_id for each in SHARES_HELD)

FILLS = st.lists(
    st.tuples(
        st.sampled_from([each.con_id for each in SHARES_HELD]),
        st.integers(-500, 500).filter(bool),
        st.integers(1, 100_000),
    ),
    max_size=30,
)


def account(price: float = 100.0) -> Account:
    return Account("DUSIM0001", Valuation(UNIVERSE, lambda con_id: price))


@given(FILLS, st.integers(1, 100_000))
def test_cash_and_positions_add_up_to_the_fills(fills: list[tuple[int, int, int]], mark: int) -> None:
    found = account(mark / 100)
    fees = 0.0
    for con_id, shares, cents in fills:
        held = found.quantity(con_id)
        found.fill(con_id, shares, cents / 100)
        fee = commission(SHARES_HELD[0].instrument, abs(shares), abs(shares) * cents / 100)
        found.charge(con_id, shares, min(abs(held), abs(shares)) if held * shares < 0 else 0, fee)
        fees += fee
    assert found.cash["USD"] == pytest.approx(START_CASH - fees - sum(s * c / 100 for _, s, c in fills))
    for con_id in (each.con_id for each in SHARES_HELD):
        assert found.quantity(con_id) == sum(shares for each, shares, _ in fills if each == con_id)
    worth = sum(found.quantity(each.con_id) * mark / 100 for each in SHARES_HELD)
    assert found.net_liquidation() == pytest.approx(found.cash["USD"] + worth)
    pnl = found.pnl()
    assert pnl.daily == pytest.approx(found.net_liquidation() - START_CASH, abs=1e-3)
    assert pnl.daily == pytest.approx(pnl.realized + pnl.unrealized, abs=1e-3)
    assert sum(each.daily_pnl for each in found.positions()) == pytest.approx(pnl.daily, abs=1e-3)


def test_average_cost_has_the_commission_in_it_and_a_sale_leaves_it() -> None:
    found = account()
    found.fill(ONE, 100, 50.0)
    found.charge(ONE, 100, 0, 1.0)
    assert found.average_cost(ONE) == pytest.approx(50.01)
    found.fill(ONE, -40, 52.0)
    found.charge(ONE, -40, 40, 1.0)
    assert found.average_cost(ONE) == pytest.approx(50.01)
    assert found.position(ONE).realized_pnl == pytest.approx(40 * (52.0 - 50.01) - 1.0)


def test_going_from_long_to_short_begins_a_new_cost() -> None:
    found = account()
    found.fill(ONE, 100, 50.0)
    found.fill(ONE, -150, 51.0)
    assert (found.quantity(ONE), found.average_cost(ONE)) == (-50, 51.0)
    assert found.position(ONE).realized_pnl == pytest.approx(100.0)
    found.fill(ONE, 50, 49.0)
    assert (found.quantity(ONE), found.average_cost(ONE)) == (0, 0.0)
    assert found.position(ONE).realized_pnl == pytest.approx(200.0)


def test_a_new_day_measures_from_here() -> None:
    found = account(60.0)
    found.fill(ONE, 10, 50.0)
    found.fill(TWO, 10, 50.0)
    found.fill(TWO, -10, 51.0)
    found.new_day(SHARES)
    assert found.pnl().daily == 0
    assert found.pnl().realized == 0
    assert [each.con_id for each in found.positions()] == [ONE]
    assert found.position(ONE).unrealized_pnl == pytest.approx(100.0)
    assert found.position(ONE).daily_pnl == 0


@pytest.mark.parametrize(
    ("shares", "price", "fee"), [(100, 50.0, 1.0), (200, 50.0, 1.0), (1000, 50.0, 5.0), (10, 2.0, 0.2), (1, 500.0, 1.0)]
)
def test_commission_follows_the_fixed_schedule(shares: int, price: float, fee: float) -> None:
    assert commission(SHARES_HELD[0].instrument, shares, shares * price) == pytest.approx(fee)


def test_account_values_have_the_keys_that_clients_look_for_and_agree() -> None:
    found = account(100.0)
    found.fill(ONE, 1000, 100.0)
    values = {(key, currency): value for key, value, currency in account_values(found)}
    assert values["AccountCode", ""] == "DUSIM0001"
    assert values["NetLiquidation", "USD"] == "1000000.00"
    assert values["TotalCashValue", "USD"] == "900000.00"
    assert values["GrossPositionValue", "USD"] == "100000.00"
    assert values["InitMarginReq", "USD"] == values["MaintMarginReq", "USD"] == f"{100_000 * SHARES_RATE:.2f}"
    assert values["AvailableFunds", "USD"] == values["ExcessLiquidity", "USD"] == "975000.00"
    assert values["BuyingPower", "USD"] == "3900000.00"
    assert values["Cushion", ""] == "0.975"
    assert {("UnrealizedPnL", "BASE"), ("RealizedPnL", "USD"), ("AccountType", ""), ("CashBalance", "BASE")} <= set(
        values
    )
    assert len(account_values(found)) == len(values)
