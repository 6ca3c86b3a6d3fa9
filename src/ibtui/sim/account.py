"""The simulated account: cash, positions and what follows from them. Everything comes out of fills.

Margin is a simplified portfolio of IB's Reg T rules: a quarter of every position's value, and four times the available
funds as buying power, as IB's paper accounts show it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

START_CASH = 1_000_000.0
MARGIN_RATE = 0.25
LEVERAGE = 4.0
CURRENCY = "USD"

COMMISSION_A_SHARE, LEAST_COMMISSION, MOST_COMMISSION = 0.005, 1.0, 0.01
"""IB's fixed schedule for US shares: dollars a share, dollars an order at least, part of the value at most."""

_EPSILON = 1e-9


class Pnl(NamedTuple):
    """Profit and loss in USD: of the day, of what is open, of what was closed today."""

    daily: float
    unrealized: float
    realized: float


@dataclass(slots=True)
class Holding:
    """One position.

    Attributes:
        average_cost: A share, commissions included, as IB counts it.
        realized: Closed today, commissions taken off.
        day_quantity: Shares held when the day began.
        day_cash: Cash that today's fills of this contract brought, commissions taken off.
    """

    con_id: int
    quantity: int = 0
    average_cost: float = 0.0
    realized: float = 0.0
    day_quantity: int = 0
    day_price: float = 0.0
    day_cash: float = 0.0


class Position(NamedTuple):
    """One position, marked to the market; a flat one has no price.

    Money is USD; ``daily_pnl`` and ``realized_pnl`` are today's.
    """

    con_id: int
    quantity: int
    average_cost: float
    market_price: float
    market_value: float
    unrealized_pnl: float
    realized_pnl: float
    daily_pnl: float


_NOTHING = Holding(0)


@dataclass(slots=True)
class Account:
    """Cash and holdings of one account.

    Args:
        mark: Says what a share of a contract is worth now, USD.
    """

    name: str
    mark: Callable[[int], float]
    cash: float = START_CASH
    holdings: dict[int, Holding] = field(default_factory=dict)
    day_value: float = START_CASH

    def fill(self, con_id: int, shares: int, price: float) -> None:
        """Books a fill; ``shares`` negative for a sale."""
        holding = self.holdings.setdefault(con_id, Holding(con_id))
        self.cash -= shares * price
        holding.day_cash -= shares * price
        before, after = holding.quantity, holding.quantity + shares
        if before * shares >= 0:
            holding.average_cost = (holding.average_cost * abs(before) + price * abs(shares)) / abs(after)
        else:
            closed = min(abs(before), abs(shares))
            holding.realized += closed * (price - holding.average_cost) * (1 if before > 0 else -1)
            if abs(shares) > abs(before):
                holding.average_cost = price
        holding.quantity = after
        if not after:
            holding.average_cost = 0.0

    def charge(self, con_id: int, shares: int, closed: int, amount: float) -> None:
        """Books a commission: onto the cost of what the fill opened, off the profit of what it closed.

        Args:
            con_id: What was traded.
            shares: Of the fill, negative for a sale.
            closed: How many of them closed a position.
            amount: The commission, USD.
        """
        holding = self.holdings[con_id]
        self.cash -= amount
        holding.day_cash -= amount
        onto_cost = amount * (abs(shares) - closed) / abs(shares) if holding.quantity * shares > 0 else 0.0
        if onto_cost:
            holding.average_cost += onto_cost / holding.quantity
        holding.realized -= amount - onto_cost

    def quantity(self, con_id: int) -> int:
        """Shares held, negative when short."""
        holding = self.holdings.get(con_id)
        return holding.quantity if holding else 0

    def average_cost(self, con_id: int) -> float:
        """Cost of a share held; 0 when flat."""
        holding = self.holdings.get(con_id)
        return holding.average_cost if holding else 0.0

    def positions(self) -> list[Position]:
        """Everything that was held today, in the order in which it was first bought."""
        return [self.position(con_id) for con_id in self.holdings]

    def position(self, con_id: int) -> Position:
        """The position in one contract, flat or not."""
        holding = self.holdings.get(con_id, _NOTHING)
        price = self.mark(con_id) if holding.quantity else 0.0
        value = holding.quantity * price
        return Position(
            con_id,
            holding.quantity,
            holding.average_cost,
            price,
            value,
            value - holding.quantity * holding.average_cost,
            holding.realized,
            value + holding.day_cash - holding.day_quantity * holding.day_price,
        )

    def pnl(self) -> Pnl:
        """Profit and loss of the whole account."""
        positions = self.positions()
        return Pnl(
            self.net_liquidation() - self.day_value,
            sum(each.unrealized_pnl for each in positions),
            sum(each.realized_pnl for each in positions),
        )

    def new_day(self) -> None:
        """Begins a trading day: what is held now, at its price now, is what the day is measured against."""
        self.holdings = {con_id: each for con_id, each in self.holdings.items() if each.quantity}
        for holding in self.holdings.values():
            holding.realized = holding.day_cash = 0.0
            holding.day_quantity, holding.day_price = holding.quantity, self.mark(holding.con_id)
        self.day_value = self.net_liquidation()

    def gross_value(self) -> float:
        """Value of all positions, long and short added up."""
        return sum(abs(each.market_value) for each in self.positions())

    def net_liquidation(self) -> float:
        """What the account is worth."""
        return self.cash + sum(each.market_value for each in self.positions())

    def available_funds(self) -> float:
        """What new positions' margin can be met with."""
        return self.net_liquidation() - MARGIN_RATE * self.gross_value()

    def values(self) -> list[tuple[str, str, str]]:
        """Keys, values and currencies as the account messages of real gateways have them."""
        positions = self.positions()
        worth = sum(each.market_value for each in positions)
        net, gross = self.cash + worth, sum(abs(each.market_value) for each in positions)
        margin = MARGIN_RATE * gross
        funds = net - margin
        money = {
            "AccruedDividend": 0.0, "AvailableFunds": funds, "Billable": 0.0,
            "BuyingPower": max(0.0, LEVERAGE * funds), "EquityWithLoanValue": net, "ExcessLiquidity": funds,
            "FullAvailableFunds": funds, "FullExcessLiquidity": funds, "FullInitMarginReq": margin,
            "FullMaintMarginReq": margin, "GrossPositionValue": gross, "Guarantee": 0.0, "IndianStockHaircut": 0.0,
            "InitMarginReq": margin, "LookAheadAvailableFunds": funds, "LookAheadExcessLiquidity": funds,
            "LookAheadInitMarginReq": margin, "LookAheadMaintMarginReq": margin, "MaintMarginReq": margin,
            "NetLiquidation": net, "NetLiquidationUncertainty": 0.0, "PASharesValue": 0.0,
            "PhysicalCertificateValue": 0.0, "PostExpirationExcess": 0.0, "PostExpirationMargin": 0.0,
            "PreviousDayEquityWithLoanValue": self.day_value, "RegTEquity": net, "RegTMargin": gross / 2,
            "SMA": net - gross / 2, "TotalCashValue": self.cash, "TotalDebitCardPendingCharges": 0.0,
        }  # fmt: skip
        ledger = {
            "CashBalance": self.cash, "TotalCashBalance": self.cash, "AccruedCash": 0.0, "StockMarketValue": worth,
            "OptionMarketValue": 0.0, "FutureOptionValue": 0.0, "FuturesPNL": 0.0, "NetLiquidationByCurrency": net,
            "UnrealizedPnL": sum(each.unrealized_pnl for each in positions),
            "RealizedPnL": sum(each.realized_pnl for each in positions), "ExchangeRate": 1.0, "FundValue": 0.0,
            "NetDividend": 0.0, "MutualFundValue": 0.0, "MoneyMarketFundValue": 0.0, "CorporateBondValue": 0.0,
            "TBondValue": 0.0, "TBillValue": 0.0, "WarrantValue": 0.0, "FxCashBalance": 0.0, "IssuerOptionValue": 0.0,
        }  # fmt: skip
        words = {
            "AccountCode": self.name, "AccountReady": "true", "AccountType": "INDIVIDUAL",
            "Cushion": f"{funds / net:.6g}" if net > _EPSILON else "0", "DayTradesRemaining": "-1",
            "DayTradesRemainingT+1": "-1", "DayTradesRemainingT+2": "-1", "DayTradesRemainingT+3": "-1",
            "DayTradesRemainingT+4": "-1", "Leverage-S": f"{gross / net:.2f}" if net > _EPSILON else "0.00",
            "LookAheadNextChange": "0", "NLVAndMarginInReview": "false", "SegmentTitle-S": "US Securities",
            "TradingType-S": "STKNOPT", "WhatIfPMEnabled": "true",
        }  # fmt: skip
        rows = [(key, value, "") for key, value in words.items()]
        rows += [(key, f"{value:.2f}", CURRENCY) for key, value in money.items()]
        rows += [(f"{key}-S", f"{value:.2f}", CURRENCY) for key, value in money.items()]
        for currency in ("BASE", CURRENCY):
            rows.append(("Currency", currency, currency))
            rows += [(key, f"{value:.2f}", currency) for key, value in ledger.items()]
            rows.append(("AccountOrGroup", self.name, currency))
            rows.append(("RealCurrency", currency, currency))
        return rows


def commission(shares: int, value: float) -> float:
    """What an order costs by the fixed schedule, USD.

    Args:
        shares: Filled so far.
        value: What they were traded for.
    """
    return round(min(max(COMMISSION_A_SHARE * shares, LEAST_COMMISSION), MOST_COMMISSION * value), 6)
