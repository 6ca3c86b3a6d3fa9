"""What an order would need and cost, in one line of the ticket."""

from ibtui.trading.what_if import WhatIf
from ibtui.ui.text import UNKNOWN, Line, amount, join

_WHOLE_FROM = 1000
"""Margins above it are shown without their cents, which the journal keeps."""


def what_if_line(answer: WhatIf | None, wanted: bool, currency: str, width: int) -> Line:
    """The broker's answer, or why there is none; what does not fit drops from the right.

    Args:
        answer: None while it is awaited.
        wanted: Whether the ticket holds an order that can be asked about.
        currency: The account's own, in which margins are.
        width: Cells.
    """
    name: Line = (("   what-if", "plain"),)
    if not wanted:
        return (*name, (f"  {UNKNOWN}", "dim"))
    if answer is None:
        return (*name, ("  asking the broker …", "dim"))
    if answer.initial is None and answer.commission is None:
        return (*name, (f"  margin unknown: {answer.problem}", "warn"))
    parts: list[Line] = [
        name,
        (("margin ", "dim"), (_money(answer.initial), "plain"), (f" {currency}", "dim")),
        ((answer.problem, "warn"),),
        (("to keep ", "dim"), (_money(answer.maintenance), "plain")),
        (("fee ", "dim"), (_fee(answer), "plain"), (f" {answer.currency}".rstrip(), "dim")),
        (("equity ", "dim"), (_money(answer.equity), "plain")),
        ((answer.warning, "warn"),),
    ]
    return join([part for part in parts if part[0][0]], width)


def _money(value: float | None) -> str:
    return amount(value, 2 if value is None or abs(value) < _WHOLE_FROM else 0)


def _fee(answer: WhatIf) -> str:
    """The commission, or the range that it lies in."""
    if answer.least is not None and answer.most is not None:
        return f"{amount(answer.least)} to {amount(answer.most)}"
    return amount(answer.commission)
