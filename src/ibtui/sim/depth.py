"""Differences between two views of one side of a book, as IB tells them: insert, update and delete by position."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from ibtui.sim.events import DELETE, INSERT, UPDATE


class _Row(Protocol):
    @property
    def price(self) -> float: ...
    @property
    def size(self) -> int: ...
    @property
    def maker(self) -> str: ...


class Operation(NamedTuple):
    """One operation. A delete carries the row that goes."""

    op: int
    position: int
    price: float
    size: int
    maker: str


def changes(before: Sequence[_Row], after: Sequence[_Row], *, rising: bool) -> list[Operation]:
    """Operations that turn ``before`` into ``after``, applied one after the other.

    Args:
        before: Rows, best first, one a price.
        after: The same later.
        rising: True for asks, whose prices rise from the best on.
    """
    if before == after:
        return []
    operations: list[Operation] = []
    sign = 1 if rising else -1
    position = old = new = 0
    while old < len(before) or new < len(after):
        gone = new == len(after) or (old < len(before) and (before[old].price - after[new].price) * sign < 0)
        if gone:
            operations.append(_operation(DELETE, position, before[old]))
            old += 1
        elif old == len(before) or before[old].price != after[new].price:
            operations.append(_operation(INSERT, position, after[new]))
            new, position = new + 1, position + 1
        else:
            if (before[old].size, before[old].maker) != (after[new].size, after[new].maker):
                operations.append(_operation(UPDATE, position, after[new]))
            old, new, position = old + 1, new + 1, position + 1
    return operations


def _operation(op: int, position: int, row: _Row) -> Operation:
    return Operation(op, position, row.price, row.size, row.maker)
