"""Verbs about fills that have been told."""

from dataclasses import replace

from ibtui.errors import UsageError
from ibtui.sim.events import Executed
from ibtui.sim.verbs.controls import Answer, Controls


def correct(
    controls: Controls, exec_id: str | None = None, price: float | None = None, size: int | None = None
) -> Answer:
    """Sends a correction of a fill, the newest one or that of an id: the same but for price and size.

    Its id differs from the fill's in what follows the last dot. Account and later reports stay as they are.
    """
    fills = [executed for executed, _ in controls.gateway.exchange.executions()]
    found = [each for each in fills if exec_id in (None, each.exec_id)]
    if not found:
        raise UsageError("there is no such fill")
    corrected = _corrected(found[-1], price, size)
    controls.gateway.orders.deliver(corrected)
    return {"exec_id": corrected.exec_id}


def _corrected(fill: Executed, price: float | None, size: int | None) -> Executed:
    head, _, revision = fill.exec_id.rpartition(".")
    return replace(
        fill,
        exec_id=f"{head}.{int(revision) + 1:02d}",
        price=fill.price if price is None else float(price),
        size=fill.size if size is None else int(size),
    )
