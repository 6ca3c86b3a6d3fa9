"""What the orders screen lists: sections, and in them families, a bracket's legs under the order that opens."""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from enum import Enum

from ibtui.trading.orders import ENDED, Order
from ibtui.ui.text import UNKNOWN, Row, age


class Section(Enum):
    """A title in the list, in the order in which they stand there."""

    WORKING = "Working"
    EXTERNAL = "External: of other programs and of TWS"
    FILLED = "Filled today"
    ENDED = "Refused, rejected, cancelled, and before today"


@dataclass(frozen=True, slots=True)
class ExternalKey:
    """The key of another client's order, by IB's permanent id; our own orders' keys are their references."""

    perm_id: int


@dataclass(frozen=True, slots=True)
class OrderList:
    """The list at one instant.

    Attributes:
        keys: Of all rows: a section, an order's reference, or an :class:`ExternalKey`.
        counts: Orders in each section.
        branches: By reference, what is drawn before the symbol of a bracket's leg.
    """

    keys: tuple[Hashable, ...]
    counts: dict[Section, int]
    branches: dict[str, str]


def list_orders(orders: Iterable[Order], external: Iterable[int], day_ns: int) -> OrderList:
    """Every order in its section, newest families first, a leg right under its parent.

    Args:
        orders: Ours. A family stands where its most urgent order belongs: a bracket with a leg that works is working.
        external: Permanent ids of other clients' orders.
        day_ns: When the trading day began, market time; what filled before it was not today.
    """
    sections: dict[Section, list[list[Order]]] = {each: [] for each in Section}
    for family in _families(orders):
        sections[_section(family, day_ns)].append(family)
    keys: list[Hashable] = []
    counts: dict[Section, int] = {}
    branches: dict[str, str] = {}
    for section, families in sections.items():
        newest = sorted(families, key=lambda family: family[0].intent.created_ns, reverse=True)
        rows: list[Hashable] = [order.intent.order_ref for family in newest for order in family]
        if section is Section.EXTERNAL:
            rows = [ExternalKey(each) for each in external]
        counts[section] = len(rows)
        keys += [section, *rows] if rows else []
        for _, *legs in families:
            branches |= {leg.intent.order_ref: "└" if leg is legs[-1] else "├" for leg in legs}
    return OrderList(tuple(keys), counts, branches)


def section_row(section: Section, count: int, listed_s: float | None) -> Row:
    """A title; that of others' orders says how long ago they were listed."""
    words = f"{section.value}: {count}" if section is not Section.EXTERNAL else f"{section.value}: {count}, listed "
    since = "" if section is not Section.EXTERNAL else UNKNOWN if listed_s is None else f"{age(listed_s)} ago"
    return ((words + since, "accent"),)


def _families(orders: Iterable[Order]) -> list[list[Order]]:
    by_ref = {each.intent.order_ref: each for each in orders}
    families: dict[str, list[Order]] = {}
    for ref, order in by_ref.items():
        parent = order.intent.parent_ref
        families.setdefault(parent if parent in by_ref else ref, []).append(order)
    return [sorted(each, key=lambda order: order.intent.parent_ref is not None) for each in families.values()]


def _section(family: list[Order], day_ns: int) -> Section:
    if any(each.status not in ENDED for each in family):
        return Section.WORKING
    today = any(fill.ts_ns >= day_ns for each in family for fill in each.executions)
    return Section.FILLED if today else Section.ENDED
