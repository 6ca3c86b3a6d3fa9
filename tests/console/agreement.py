"""Whether the journal and the gateway tell the same story, order by order."""

import sqlite3
from collections.abc import Collection, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.conftest import Gateway

SAME = {
    "WORKING": {"Submitted", "PreSubmitted", "PendingSubmit"},
    "PARTIAL": {"Submitted", "PreSubmitted"},
    "FILLED": {"Filled"},
    "CANCELLED": {"Cancelled"},
    "REJECTED": {"Inactive"},
    "INACTIVE": {"Inactive"},
}
"""IB's words for each status of ours that an order at the broker can have."""

NEVER_THERE = {"REFUSED", "NOT_SENT", "UNKNOWN"}
"""Statuses of an order of which the broker has no trace."""


@dataclass(frozen=True)
class Books:
    """What the journal holds, and what the gateway says of one client's orders.

    Attributes:
        kept: Rows of the journal by order reference: status, filled, order id, sum of the executions that hold.
        there: The gateway's orders by order reference.
        doubled: References that the gateway has more than one order of.
    """

    kept: dict[str, tuple[str, float, int | None, float]]
    there: dict[str, dict[str, Any]]
    doubled: list[str]

    def problems(self, *, settled: bool = True, lost: Collection[str] = ()) -> list[str]:
        """Everything that differs, in words.

        Args:
            settled: A console has reconciled since; without it only what may never be, not even for a moment.
            lost: References that the gateway never got and that were closed by hand: no trace of them may be there.
        """
        found = [f"{ref}: more than one order" for ref in self.doubled]
        found += [
            f"{ref}: placed {each['placed_count']} times"
            for ref, each in self.there.items()
            if each["placed_count"] != 1
        ]
        found += [f"{ref}: not in the journal" for ref in self.there.keys() - self.kept.keys()]
        numbers = [number for _, _, number, _ in self.kept.values() if number]
        found += ["an order id was used twice"] if len(numbers) != len(set(numbers)) else []
        if settled:
            for ref, row in self.kept.items():
                found += _differences(ref, row, self.there.get(ref), "CANCELLED" if ref in lost else "")
        return found


def _differences(
    ref: str, row: tuple[str, float, int | None, float], there: dict[str, Any] | None, by_hand: str
) -> Iterable[str]:
    status, filled, _, executed = row
    if there is None:
        return (
            []
            if status in NEVER_THERE or status == by_hand
            else [f"{ref}: {status}, and the gateway has no trace of it"]
        )
    found = [] if there["status"] in SAME.get(status, ()) else [f"{ref}: {status}, there {there['status']}"]
    found += [] if filled == there["filled"] else [f"{ref}: {filled:g} filled, there {there['filled']}"]
    return found + ([] if executed == filled else [f"{ref}: {filled:g} filled, executions of {executed:g}"])


async def books(directory: Path, gateway: Gateway, client_id: int = 10) -> Books:
    """Both sides as they are now."""
    orders = [each for each in (await gateway.control("stats"))["orders"] if each["client_id"] == client_id]
    refs = [each["order_ref"] for each in orders]
    return Books(
        {ref: (status, filled, number, executed) for ref, status, filled, number, executed in _kept(directory)},
        {each["order_ref"]: each for each in orders},
        sorted({ref for ref in refs if refs.count(ref) > 1}),
    )


def _kept(directory: Path) -> list[tuple[Any, ...]]:
    sql = """
        SELECT order_ref, status, filled, order_id, coalesce(
            (SELECT sum(quantity) FROM executions
             WHERE executions.order_ref = orders.order_ref AND superseded_by IS NULL), 0.0)
        FROM orders"""
    # Read-write: the log of a process that was killed is only recovered by one who may write.
    with closing(sqlite3.connect(directory / "journal.db")) as connection:
        return connection.execute(sql).fetchall()
