"""What a gateway goes on with at its next start: account, orders, fills, ids and market time, in one JSON file."""

import json
import logging
from collections.abc import Iterable
from copy import copy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from ibtui.sim.account import Holding
from ibtui.sim.blotter import Fee
from ibtui.sim.events import Charged, Executed, SimOrder
from ibtui.sim.working import Working

log = logging.getLogger(__name__)

FORMAT = 2

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class SavedAccount:
    """One account.

    Attributes:
        cash: By currency; ``day_value`` in USD.
        holdings: Positions, those closed today included.
    """

    name: str
    cash: dict[str, float]
    day_value: float
    holdings: list[Holding]


@dataclass(frozen=True, slots=True)
class SavedExchange:
    """The exchange at a market time, UTC nanoseconds.

    Attributes:
        orders: Those that work and those that ended.
        keys: Client, its order id, permanent id or None.
        fills: Each with its commission, None where it is still owed and stands in ``fees``.
        fill_count: Fills ever booked.
        offsets: By contract: when it was steered, and the increments that it is off its seeded path since.
        minutes: Contract, minute and prints of minutes in which clients traded or which were steered.
    """

    market_ns: int
    accounts: list[SavedAccount]
    orders: list[Working]
    keys: list[tuple[int, int, int | None]]
    next_key: int
    fills: list[tuple[Executed, Charged | None]]
    fees: list[Fee]
    fill_count: int
    offsets: list[tuple[int, list[tuple[int, int]]]]
    minutes: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SavedDesk:
    """What is counted about orders.

    Attributes:
        refused: Orders that were refused.
        placed: Client, order reference, how often it was placed.
        modified: Permanent id, how often the order was modified.
        highest_ids: Client, the highest order id it has used.
    """

    refused: list[SimOrder] = field(default_factory=list)
    placed: list[tuple[int, str, int]] = field(default_factory=list)
    modified: list[tuple[int, int]] = field(default_factory=list)
    highest_ids: list[tuple[int, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Saved:
    """A gateway's state. It shares nothing that changes with the gateway, so that another thread may write it.

    Attributes:
        accounts: Names of the managed ones.
    """

    seed: int
    accounts: list[str]
    symbols: list[str]
    exchange: SavedExchange
    desk: SavedDesk
    format: int = FORMAT


def frozen_copies(items: Iterable[T]) -> list[T]:
    """Copies of what goes on changing."""
    return [copy(each) for each in items]


def write(file: Path, saved: Saved) -> None:
    """Replaces the file as a whole, so that a kill leaves the old or the new one."""
    new = file.with_name(file.name + ".new")
    new.write_text(json.dumps(asdict(saved)), encoding="utf-8")
    new.chmod(0o600)
    new.replace(file)


def read(file: Path) -> Saved | None:
    """The state in the file; None where there is none. One that can't be read is put aside and said so."""
    try:
        return _saved(json.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        aside = file.with_name(file.name + ".unreadable")
        file.replace(aside)
        log.warning("the saved state can't be read (%r): it is kept as %s, and the gateway starts anew", error, aside)
        return None


def _saved(fields: dict[str, Any]) -> Saved:
    if fields["format"] != FORMAT:
        raise ValueError(f"format {fields['format']} instead of {FORMAT}")
    exchange = fields["exchange"]
    exchange["accounts"] = [
        SavedAccount(**{**each, "holdings": [Holding(**holding) for holding in each["holdings"]]})
        for each in exchange["accounts"]
    ]
    exchange["orders"] = [_with_order(Working, each) for each in exchange["orders"]]
    exchange["fills"] = [
        (_with_order(Executed, executed), None if charged is None else _with_order(Charged, charged))
        for executed, charged in exchange["fills"]
    ]
    exchange["fees"] = [Fee(**each) for each in exchange["fees"]]
    for name in ("keys", "offsets", "minutes"):
        exchange[name] = [tuple(each) for each in exchange.get(name, ())]
    exchange["offsets"] = [(con_id, [(at, by) for at, by in moves]) for con_id, moves in exchange["offsets"]]
    desk = fields["desk"]
    desk["refused"] = [SimOrder(**each) for each in desk["refused"]]
    return Saved(**{**fields, "exchange": SavedExchange(**exchange), "desk": SavedDesk(**desk)})


def _with_order(kind: type[Any], fields: dict[str, Any]) -> Any:
    return kind(**{**fields, "order": SimOrder(**fields["order"])})
