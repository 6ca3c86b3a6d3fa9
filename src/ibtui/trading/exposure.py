"""What working orders may still do to a position."""

from collections.abc import Iterable

from ibtui.trading.orders import Order


def may_trade(orders: Iterable[Order]) -> float:
    """Contracts that orders of one side may still trade; of an OCA group only one of its orders will."""
    groups: dict[str, float] = {}
    for order in orders:
        group = order.intent.oca_group or order.intent.order_ref
        groups[group] = max(groups.get(group, 0.0), order.remaining)
    return sum(groups.values())
