"""Rows of the account screen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ibtui.ui.text import UNKNOWN, Column, Line, Row, amount, quantity, signed

if TYPE_CHECKING:
    from ibtui.broker.account import Position

COLUMNS = (
    Column("SYMBOL", 8, stretch=True),
    Column("QUANTITY", 10, right=True),
    Column("AVERAGE", 11, right=True, rank=2),
    Column("PRICE", 11, right=True, rank=1),
    Column("VALUE", 13, right=True, rank=3),
    Column("UNREALIZED", 12, right=True),
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


def position_row(position: "Position") -> Row:
    """One position; a price that is not known makes its value unknown, never zero."""
    worth = None if position.market_price is None else position.market_price * position.quantity
    return (
        (position.symbol, "title"),
        (quantity(position.quantity), "bid" if position.quantity > 0 else "ask"),
        (amount(position.average_cost, 4), "plain"),
        (amount(position.market_price, 4), "plain"),
        (amount(worth), "plain"),
        signed(position.unrealized),
    )


def summary(
    account: str,
    values: Mapping[tuple[str, str], str],
    daily: float | None,
    unrealized: float | None,
    realized: float | None,
) -> list[Line]:
    """The account's lines over its positions.

    Args:
        account: Its id.
        values: IB's key and currency to its value, as IB sends them.
        daily: Profit and loss of the day.
        unrealized: Of the open positions.
        realized: Of the day's closed ones.
    """
    lines: list[Line] = [
        (
            (f" {account or 'no account yet'}", "title"),
            ("   day ", "dim"),
            signed(daily),
            ("   unrealized ", "dim"),
            signed(unrealized),
            ("   realized ", "dim"),
            signed(realized),
        )
    ]
    shown = [(key, currency, value) for key in KEY_VALUES for currency, value in _currencies(values, key)]
    for at in range(0, len(shown), 2):
        pair = [f" {key:<18} {_number(value):>14} {currency:<4}" for key, currency, value in shown[at : at + 2]]
        lines.append((("".join(pair), "plain"),))
    return lines


def _currencies(values: Mapping[tuple[str, str], str], key: str) -> list[tuple[str, str]]:
    return sorted((currency, value) for (name, currency), value in values.items() if name == key)


def _number(text: str) -> str:
    try:
        return f"{float(text):,.2f}"
    except ValueError:
        return text or UNKNOWN
