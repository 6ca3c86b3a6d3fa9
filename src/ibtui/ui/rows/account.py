"""Rows of the account screen."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from ibtui.market.instruments import Instrument
from ibtui.market.prices import decimals
from ibtui.market.values import known
from ibtui.trading.day_result import ContractResult
from ibtui.trading.orders import Commission, Execution
from ibtui.ui.rows.orders import price
from ibtui.ui.text import UNKNOWN, Column, Line, Row, Span, amount, join, quantity, signed, wall

if TYPE_CHECKING:
    from ibtui.broker.account import Position

COLUMNS = (
    Column("SYMBOL", 8, stretch=True),
    Column("CCY", 3, rank=4),
    Column("QUANTITY", 10, right=True),
    Column("AVERAGE", 11, right=True, rank=2),
    Column("PRICE", 11, right=True, rank=1),
    Column("VALUE", 13, right=True, rank=6),
    Column("UNREALIZED", 12, right=True),
    Column("REALIZED", 10, right=True, rank=3),
    Column("OWN DAY", 10, right=True, rank=5),
    Column("FEES", 7, right=True, rank=7),
)

CURRENCY_COLUMNS = (
    Column("CURRENCY", 8, stretch=True),
    Column("CASH", 16, right=True),
    Column("NET VALUE", 16, right=True),
    Column("UNREALIZED", 12, right=True),
    Column("REALIZED", 12, right=True),
    Column("RATE", 9, right=True, rank=1),
)

FILL_COLUMNS = (
    Column("TIME", 8),
    Column("SIDE", 4),
    Column("SYMBOL", 8, stretch=True),
    Column("QUANTITY", 9, right=True),
    Column("PRICE", 11, right=True),
    Column("FEE", 8, right=True),
    Column("CCY", 3),
    Column("REALIZED", 11, right=True),
    Column("VENUE", 7, rank=1),
    Column("EXECUTION", 26, rank=2),
)

KEY_VALUES = (
    "NetLiquidation",
    "TotalCashValue",
    "AvailableFunds",
    "BuyingPower",
    "GrossPositionValue",
    "InitMarginReq",
    "MaintMarginReq",
    "ExcessLiquidity",
)
"""IB's names of the account values that are shown first."""


def position_row(
    position: "Position | None",
    result: ContractResult | None = None,
    name: str = "",
    instrument: Instrument | None = None,
) -> Row:
    """One contract that is held, or was traded today; what is not known is a dash, never zero.

    Args:
        position: None where nothing is held any more.
        result: What our own fills of the day came to; None without any.
        name: Its name; empty where nothing but the position tells it.
        instrument: For the places of its prices, and for its multiplier: IB's average is the cost of a whole contract.
            None while it is unknown, and with it the position's value.
    """
    fees = UNKNOWN if result is None or result.fees is None else amount(sum(result.fees.values()))
    day: tuple[Span, ...] = (
        signed(None if result is None else result.realized),
        signed(None if result is None else result.net),
        (fees if result is None or len(result.fees or {}) < 2 else "mixed", "plain"),
    )
    if position is None:
        currency = UNKNOWN if result is None else result.currency or UNKNOWN
        flat: tuple[Span, ...] = (("", "plain"),) * 3
        return ((name, "title"), (currency, "dim"), ("0", "dim"), *flat, ("", "plain"), *day)
    worth, average, places = None, position.average_cost, 2
    if instrument is not None:
        places, units = decimals(instrument.min_tick), instrument.multiplier
        average = None if average is None else average / units
        worth = None if position.market_price is None else position.market_price * position.quantity * units
    return (
        (name or position.symbol, "title"),
        (position.currency or UNKNOWN, "dim"),
        (quantity(position.quantity), "bid" if position.quantity > 0 else "ask"),
        (price(average, 4, places), "plain"),
        (price(position.market_price, 4, places), "plain"),
        (amount(worth), "plain"),
        signed(position.unrealized),
        *day,
    )


def fill_row(fill: Execution, cost: Commission | None, symbol: str, zone: str) -> Row:
    """One execution of ours, what it cost and what it realised by IB's figure."""
    return (
        (wall(fill.ts_ns, zone), "dim"),
        (fill.side, "bid" if fill.side == "BUY" else "ask"),
        (symbol, "title"),
        (quantity(fill.quantity), "plain"),
        (price(fill.price), "plain"),
        (amount(None if cost is None else cost.amount), "plain"),
        (UNKNOWN if cost is None else cost.currency, "dim"),
        signed(None if cost is None else cost.realized),
        (fill.venue, "dim"),
        (fill.exec_id, "dim"),
    )


def currencies(values: Mapping[tuple[str, str], str]) -> list[str]:
    """The currencies that the account has balances in, that of all together last."""
    found = {unit for name, unit in values if name == "CashBalance"}
    return sorted(found - {"BASE"}) + ["BASE"] * ("BASE" in found)


def currency_row(currency: str, values: Mapping[tuple[str, str], str]) -> Row:
    """One currency's balances in itself; ``BASE`` is all of them in the account's own."""

    def value(key: str) -> float | None:
        return number(values.get((key, currency), ""))

    rate = value("ExchangeRate")
    return (
        ("all, in base" if currency == "BASE" else currency, "title"),
        (amount(value("CashBalance")), "plain"),
        (amount(value("NetLiquidationByCurrency")), "plain"),
        signed(value("UnrealizedPnL")),
        signed(value("RealizedPnL")),
        (UNKNOWN if rate is None else f"{rate:.6g}", "dim"),
    )


def summary(
    account: str,
    values: Mapping[tuple[str, str], str],
    daily: float | None,
    unrealized: float | None,
    realized: float | None,
    own: float | None = None,
    apart: float | None = None,
    width: int = 80,
) -> list[Line]:
    """The account's lines over its positions.

    Args:
        account: Its id.
        values: IB's key and currency to its value, as IB sends them.
        daily: Profit and loss of the day.
        unrealized: Of the open positions.
        realized: Of the day's closed ones.
        own: Result of the day by our own fills, in base currency.
        apart: IB's figure less ours; None where they can't be compared.
        width: Cells of the first line; a figure that does not fit there is left out whole.
    """
    figures = (("day", daily), ("unrealized", unrealized), ("realized", realized), ("own fills", own), ("apart", apart))
    parts: list[Line] = [((f" {account or 'no account yet'}", "title"),)]
    parts += [((f"{name} ", "dim"), signed(value)) for name, value in figures]
    shown = [(key, currency, value) for key in KEY_VALUES for currency, value in _currencies(values, key)]
    cells = [f" {key:<18} {_shown(value):>14} {currency:<4}" for key, currency, value in shown]
    cushion = number(next((value for (name, _), value in values.items() if name == "Cushion"), ""))
    cells.append(f" {'margin cushion':<18} {UNKNOWN if cushion is None else f'{cushion:.1%}':>14} {'':<4}")
    return [join(parts, width), *_in_pairs(cells)]


def number(text: str) -> float | None:
    """A value of the account as a number; None where it is none."""
    try:
        return known(float(text))
    except ValueError:
        return None


def _in_pairs(cells: Iterable[str]) -> list[Line]:
    row = list(cells)
    return [(("".join(row[at : at + 2]), "plain"),) for at in range(0, len(row), 2)]


def _currencies(values: Mapping[tuple[str, str], str], key: str) -> list[tuple[str, str]]:
    return sorted((currency, value) for (name, currency), value in values.items() if name == key)


def _shown(text: str) -> str:
    value = number(text)
    return text or UNKNOWN if value is None else f"{value:,.2f}"
