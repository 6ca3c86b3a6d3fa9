"""The account in every kind of contract: trades, settlements and charges add up in cash, value and profit."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibtui.sim.account import START_CASH, Account
from ibtui.sim.account_values import account_values, summary
from ibtui.sim.commissions import commission
from ibtui.sim.margins import FOREX_RATE, FUTURES
from ibtui.sim.night_calendars import FUTURES as FUTURES_DAYS
from ibtui.sim.night_calendars import REGULAR_ONLY
from ibtui.sim.universe import Listing, default_universe
from ibtui.sim.valuation import Valuation

UNIVERSE = default_universe()
SPY = UNIVERSE.search("STK", "SPY")[0]
ES, ZN = UNIVERSE.search("FUT", "ES")[0], UNIVERSE.search("FUT", "ZN")[0]
EURO, YEN = (each for each in UNIVERSE.search("CASH") if each.instrument.local_symbol in ("EUR.USD", "USD.JPY"))
BTC = UNIVERSE.search("CRYPTO", "BTC")[0]
OPTIONS = {each.instrument.right: each for each in UNIVERSE.options_on(SPY.con_id) if each.instrument.strike == 690}
CALL, PUT = OPTIONS["C"], OPTIONS["P"]
KINDS = (SPY, ES, ZN, EURO, YEN, BTC, CALL)

FILLS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(-50, 50).filter(bool), st.integers(-20, 20)), max_size=25
)


class Prices(dict[int, float]):
    """Prices by contract id, the catalogue's until they are set."""

    def of(self, con_id: int) -> float:
        listing = UNIVERSE.by_con_id(con_id)
        assert listing is not None
        return self.get(con_id, 5.0 if listing.underlying else listing.price)


def opened(prices: Prices | None = None) -> Account:
    return Account("DUSIM0001", Valuation(UNIVERSE, (prices or Prices()).of))


def traded(account: Account, listing: Listing, quantity: int, price: float) -> float:
    """Books a fill and its commission, which is returned."""
    held, con_id = account.quantity(listing.con_id), listing.con_id
    account.fill(con_id, quantity, price)
    value = abs(quantity) * price * listing.instrument.multiplier * account.prices.rate(listing.instrument.currency)
    fee = commission(listing.instrument, abs(quantity), value)
    account.charge(con_id, quantity, min(abs(held), abs(quantity)) if held * quantity < 0 else 0, fee)
    return fee


def values(account: Account, currency: str = "USD") -> dict[str, float]:
    words = ("Currency", "AccountOrGroup", "RealCurrency")
    return {key: float(value) for key, value, of in account_values(account) if of == currency and key not in words}


@given(FILLS)
def test_trades_at_the_going_price_cost_the_commission_and_nothing_else(
    fills: list[tuple[Listing, int, int]],
) -> None:
    account = opened()
    fees = sum(
        traded(account, listing, quantity, account.prices.mark(listing.con_id)) for listing, quantity, _ in fills
    )
    assert account.net_liquidation() == pytest.approx(START_CASH - fees, abs=0.01)
    pnl = account.pnl()
    assert pnl.daily == pytest.approx(-fees, abs=0.01)
    assert pnl.realized + pnl.unrealized == pytest.approx(-fees, abs=0.01)


@given(FILLS, st.lists(st.floats(0.9, 1.1), min_size=len(KINDS), max_size=len(KINDS)), st.booleans())
def test_value_changes_with_prices_by_what_is_held_and_balances_add_up(
    fills: list[tuple[Listing, int, int]], moves: list[float], settled: bool
) -> None:
    prices = Prices()
    account = opened(prices)
    paid = dict.fromkeys(KINDS, 0.0)
    fees = 0.0
    for listing, quantity, ticks in fills:
        price = account.prices.mark(listing.con_id) + ticks * listing.instrument.min_tick
        paid[listing] += quantity * price * listing.instrument.multiplier
        fees += traded(account, listing, quantity, price)
    for listing, move in zip(KINDS, moves, strict=True):
        prices[listing.con_id] = prices.of(listing.con_id) * move
    if settled:
        account.settle(FUTURES_DAYS, date(2026, 1, 5))
    for listing in KINDS:
        assert account.quantity(listing.con_id) == sum(quantity for each, quantity, _ in fills if each is listing)
    gained = sum(
        (account.quantity(each.con_id) * account.prices.worth(each.con_id) - paid[each])
        * account.prices.rate(each.instrument.currency)
        for each in KINDS
    )
    assert account.net_liquidation() == pytest.approx(START_CASH + gained - fees, abs=0.01)
    found = values(account)
    assert found["NetLiquidation"] == pytest.approx(account.net_liquidation(), abs=0.01)
    assert found["NetLiquidation-S"] + found["NetLiquidation-C"] == pytest.approx(found["NetLiquidation"], abs=0.02)
    assert values(account, "BASE")["NetLiquidationByCurrency"] == pytest.approx(found["NetLiquidation"], abs=0.01)
    assert found["AvailableFunds"] == pytest.approx(found["NetLiquidation"] - found["InitMarginReq"], abs=0.02)
    assert found["InitMarginReq"] >= found["MaintMarginReq"] >= 0


def test_a_futures_cost_has_its_multiplier_and_its_gain_is_cash_only_once_settled() -> None:
    prices = Prices({ES.con_id: 6900.0})
    account = opened(prices)
    fee = traded(account, ES, 2, 6900.0)
    assert fee == pytest.approx(4.5)
    assert account.average_cost(ES.con_id) == pytest.approx(6900.0 * 50 + 2.25)
    prices[ES.con_id] = 6910.0
    found = values(account)
    assert (found["FuturesPNL"], found["TotalCashBalance"]) == (1000.0, 1_000_995.5)
    assert account.balance("USD") == pytest.approx(START_CASH - fee)
    assert (found["GrossPositionValue"], found["InitMarginReq-C"]) == (0.0, 2 * FUTURES["ES"].initial)
    assert account.position(ES.con_id).market_value == 2 * 6910 * 50
    account.settle(FUTURES_DAYS, date(2026, 1, 5))
    assert values(account)["FuturesPNL"] == 0.0
    assert account.balance("USD") == pytest.approx(START_CASH - fee + 1000)
    assert account.position(ES.con_id).daily_pnl == pytest.approx(1000 - fee)
    account.new_day(FUTURES_DAYS)
    assert account.position(ES.con_id).daily_pnl == 0.0
    assert account.position(ES.con_id).unrealized_pnl == pytest.approx(1000 - fee)


def test_a_gain_of_futures_closed_within_the_day_is_settled_too() -> None:
    account = opened()
    account.fill(ES.con_id, 1, 6900.0)
    account.fill(ES.con_id, -1, 6901.0)
    assert (account.balance("USD"), account.net_liquidation()) == (START_CASH, START_CASH + 50)
    account.settle(FUTURES_DAYS, date(2026, 1, 5))
    account.new_day(FUTURES_DAYS)
    assert (account.balance("USD"), account.holdings) == (START_CASH + 50, {})


def test_a_currency_trade_moves_two_balances_and_shows_a_virtual_position() -> None:
    account = opened(Prices({YEN.con_id: 150.0}))
    fee = traded(account, YEN, -100_000, 151.0)
    assert account.cash == {"USD": START_CASH - 100_000 - fee, "JPY": 15_100_000.0}
    position = account.position(YEN.con_id)
    assert (position.quantity, position.market_price) == (-100_000, 150.0)
    assert account.pnl().daily == pytest.approx(100_000 / 150 - fee)
    rows = {key: value for key, value, currency in account_values(account) if currency == "JPY"}
    assert (rows["Currency"], rows["CashBalance"], rows["ExchangeRate"]) == ("JPY", "15100000.00", "0.0066667")
    assert account.margin().initial == pytest.approx(15_100_000 / 150 * FOREX_RATE)


def test_long_options_are_paid_in_full_and_short_ones_tie_up_more_than_their_premium() -> None:
    prices = Prices({SPY.con_id: 690.0, CALL.con_id: 8.0, PUT.con_id: 7.0})
    account = opened(prices)
    account.fill(CALL.con_id, 3, 8.0)
    assert account.average_cost(CALL.con_id) == 800.0
    assert values(account)["OptionMarketValue"] == account.margin().initial == 2400.0
    account.fill(CALL.con_id, -3, 8.0)
    account.fill(PUT.con_id, -1, 7.0)
    assert account.margin().initial == pytest.approx(100 * (7.0 + 0.2 * 690))
    assert values(account)["OptionMarketValue"] == -700.0


def test_what_expires_is_closed_at_its_price_and_is_gone_the_next_day() -> None:
    last = date.fromisoformat(CALL.instrument.last_trade_date)
    account = opened(Prices({CALL.con_id: 12.0}))
    account.fill(CALL.con_id, 2, 8.0)
    account.settle(REGULAR_ONLY, last)
    assert account.quantity(CALL.con_id) == 2
    account.settle(REGULAR_ONLY, date.fromordinal(last.toordinal() + 1))
    assert (account.quantity(CALL.con_id), account.position(CALL.con_id).realized_pnl) == (0, 800.0)
    account.new_day(REGULAR_ONLY)
    assert (account.holdings, account.balance("USD")) == ({}, START_CASH + 800)


@pytest.mark.parametrize(
    ("listing", "quantity", "price", "fee"),
    [
        (ES, 2, 6900.0, 4.5),
        (CALL, 1, 8.0, 1.0),
        (CALL, 10, 8.0, 6.5),
        (CALL, 10, 0.07, 5.0),
        (CALL, 10, 0.01, 2.5),
        (EURO, 25_000, 1.2, 2.0),
        (EURO, 1_000_000, 1.2, 24.0),
        (BTC, 1, 88_500.0, 159.3),
    ],
    ids=lambda each: each.instrument.sec_type if isinstance(each, Listing) else str(each),
)
def test_each_kind_is_charged_by_its_own_schedule(listing: Listing, quantity: int, price: float, fee: float) -> None:
    value = quantity * price * listing.instrument.multiplier
    assert commission(listing.instrument, quantity, value) == pytest.approx(fee)


def test_a_summary_tells_the_balances_of_one_currency_or_of_each() -> None:
    account = opened()
    traded(account, EURO, 30_000, 1.17)
    for tags, currencies in (
        ({"$LEDGER"}, {"BASE"}),
        ({"$LEDGER:EUR"}, {"EUR"}),
        ({"$LEDGER:ALL"}, {"BASE", "USD", "EUR"}),
    ):
        assert {row[2] for row in summary(account, frozenset(tags))} == currencies
    assert summary(account, frozenset({"NetLiquidation"})) == [
        row for row in account_values(account) if row[0] == "NetLiquidation"
    ]
