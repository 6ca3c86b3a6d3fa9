"""An account's values, with the keys and currencies that the account messages of real gateways have.

Futures have a segment of their own (``-C``, commodities). IB moves cash between the segments by itself; here the
commodities segment has what its positions tie up, and their profit since it was settled.
"""

from collections.abc import Iterable
from typing import NamedTuple

from ibtui.sim.account import Account, Position
from ibtui.sim.margins import Margin
from ibtui.sim.valuation import BASE

Row = tuple[str, str, str]
"""Key, value, currency."""

LEVERAGE = 4.0
"""Buying power is this many times the available funds, as IB's paper accounts show it."""
LEDGER = "$LEDGER"
"""Prefix of the account summary's tags for the balances: alone the base currency, ``:USD`` one, ``:ALL`` each."""

_EPSILON = 1e-9
_ONLY_SECURITIES = frozenset(
    {"BuyingPower", "GrossPositionValue", "PreviousDayEquityWithLoanValue", "RegTEquity", "RegTMargin", "SMA"}
)
_STOCKS = ("STK", "IND")


class _Totals(NamedTuple):
    """One segment, or all of the account, USD."""

    net: float
    cash: float
    gross: float
    margin: Margin
    day_before: float


def account_values(account: Account) -> list[Row]:
    """Everything that an account update says."""
    positions = account.positions()
    whole, futures = _whole(account, positions), _of_futures(account, positions)
    securities = _Totals(
        whole.net - futures.net,
        whole.cash - futures.cash,
        whole.gross,
        Margin(*(a - b for a, b in zip(whole.margin, futures.margin, strict=True))),
        whole.day_before,
    )
    rows: list[Row] = [(key, value, "") for key, value in _words(account, whole).items()]
    rows += [(key, f"{value:.2f}", BASE) for key, value in _money(whole).items()]
    rows += [(f"{key}-S", f"{value:.2f}", BASE) for key, value in _money(securities).items()]
    rows += [
        (f"{key}-C", f"{value:.2f}", BASE) for key, value in _money(futures).items() if key not in _ONLY_SECURITIES
    ]
    return [*rows, *ledger(account, positions)]


def ledger(account: Account, positions: Iterable[Position] | None = None) -> list[Row]:
    """The balances of each currency, those of all together as currency ``BASE`` before them."""
    held = account.positions() if positions is None else list(positions)
    by_currency = {currency: _balances(account, currency, held) for currency in account.cash}
    rates = {currency: account.prices.rate(currency) for currency in account.cash}
    everything = {
        key: sum(balances[key] * rates[currency] for currency, balances in by_currency.items())
        for key in by_currency[BASE]
    }
    rows: list[Row] = []
    for currency, balances in {"BASE": everything, **by_currency}.items():
        rate = rates.get(currency, 1.0)
        rows.append(("Currency", currency, currency))
        rows += [(key, f"{value:.2f}", currency) for key, value in balances.items()]
        rows.append(("ExchangeRate", "1.00" if rate == 1 else f"{rate:.7f}", currency))
        rows.append(("AccountOrGroup", account.name, currency))
        rows.append(("RealCurrency", currency, currency))
    return rows


def summary(account: Account, tags: frozenset[str]) -> list[Row]:
    """The values that an account summary's tags ask for."""
    wanted = {tag.partition(":")[2] or "BASE" for tag in tags if tag.partition(":")[0] == LEDGER}
    rows = [row for row in account_values(account) if row[0] in tags]
    if not wanted:
        return rows
    return rows + [row for row in ledger(account) if row[0] not in tags and ("ALL" in wanted or row[2] in wanted)]


def _whole(account: Account, positions: list[Position]) -> _Totals:
    prices = account.prices
    futures = sum(account.futures_pnl(each) * each.rate for each in positions)
    cash = futures + sum(amount * prices.rate(currency) for currency, amount in account.cash.items())
    beside = [each for each in positions if _kind(account, each) not in ("FUT", "CASH")]
    return _Totals(
        cash + sum(each.market_value * each.rate for each in beside),
        cash,
        sum(abs(each.market_value) * each.rate for each in beside),
        account.margin(),
        account.day_value,
    )


def _of_futures(account: Account, positions: list[Position]) -> _Totals:
    held = [each for each in positions if _kind(account, each) == "FUT"]
    margins = [account.requirement(each) for each in held]
    margin = Margin(sum(each.initial for each in margins), sum(each.maintenance for each in margins))
    cash = margin.initial + sum(account.futures_pnl(each) * each.rate for each in held)
    return _Totals(cash, cash, 0.0, margin, 0.0)


def _money(of: _Totals) -> dict[str, float]:
    margin, net = of.margin, of.net
    funds, excess = net - margin.initial, net - margin.maintenance
    return {
        "AccruedDividend": 0.0, "AvailableFunds": funds, "Billable": 0.0,
        "BuyingPower": max(0.0, LEVERAGE * funds), "EquityWithLoanValue": net, "ExcessLiquidity": excess,
        "FullAvailableFunds": funds, "FullExcessLiquidity": excess, "FullInitMarginReq": margin.initial,
        "FullMaintMarginReq": margin.maintenance, "GrossPositionValue": of.gross, "Guarantee": 0.0,
        "IndianStockHaircut": 0.0, "InitMarginReq": margin.initial, "LookAheadAvailableFunds": funds,
        "LookAheadExcessLiquidity": excess, "LookAheadInitMarginReq": margin.initial,
        "LookAheadMaintMarginReq": margin.maintenance, "MaintMarginReq": margin.maintenance,
        "NetLiquidation": net, "NetLiquidationUncertainty": 0.0, "PASharesValue": 0.0,
        "PhysicalCertificateValue": 0.0, "PostExpirationExcess": 0.0, "PostExpirationMargin": 0.0,
        "PreviousDayEquityWithLoanValue": of.day_before, "RegTEquity": net, "RegTMargin": of.gross / 2,
        "SMA": net - of.gross / 2, "TotalCashValue": of.cash, "TotalDebitCardPendingCharges": 0.0,
    }  # fmt: skip


def _balances(account: Account, currency: str, positions: list[Position]) -> dict[str, float]:
    """One currency's balances, in that currency."""
    held = [each for each in positions if account.prices.listing(each.con_id).instrument.currency == currency]
    futures, cash = sum(account.futures_pnl(each) for each in held), account.balance(currency)

    def value(*kinds: str) -> float:
        return sum(each.market_value for each in held if _kind(account, each) in kinds)

    return {
        "CashBalance": cash, "TotalCashBalance": cash + futures, "AccruedCash": 0.0,
        "StockMarketValue": value(*_STOCKS), "OptionMarketValue": value("OPT"), "FutureOptionValue": 0.0,
        "FuturesPNL": futures, "Cryptocurrency": value("CRYPTO"),
        "NetLiquidationByCurrency": cash + sum(account.value_of(each) for each in held),
        "UnrealizedPnL": sum(each.unrealized_pnl for each in held),
        "RealizedPnL": sum(each.realized_pnl for each in held), "FundValue": 0.0,
        "NetDividend": 0.0, "MutualFundValue": 0.0, "MoneyMarketFundValue": 0.0, "CorporateBondValue": 0.0,
        "TBondValue": 0.0, "TBillValue": 0.0, "WarrantValue": 0.0, "FxCashBalance": 0.0, "IssuerOptionValue": 0.0,
    }  # fmt: skip


def _words(account: Account, whole: _Totals) -> dict[str, str]:
    net, excess = whole.net, whole.net - whole.margin.maintenance
    return {
        "AccountCode": account.name, "AccountReady": "true", "AccountType": "INDIVIDUAL",
        "Cushion": f"{excess / net:.6g}" if net > _EPSILON else "0", "DayTradesRemaining": "-1",
        "DayTradesRemainingT+1": "-1", "DayTradesRemainingT+2": "-1", "DayTradesRemainingT+3": "-1",
        "DayTradesRemainingT+4": "-1", "Leverage-S": f"{whole.gross / net:.2f}" if net > _EPSILON else "0.00",
        "LookAheadNextChange": "0", "NLVAndMarginInReview": "false", "SegmentTitle-C": "US Commodities",
        "SegmentTitle-S": "US Securities", "TradingType-S": "STKNOPT", "WhatIfPMEnabled": "true",
    }  # fmt: skip


def _kind(account: Account, position: Position) -> str:
    return account.prices.listing(position.con_id).instrument.sec_type
