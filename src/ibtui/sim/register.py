"""All orders: which there are, by which ids clients know them, which still work."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ibtui.sim.events import OrderState, SimOrder
from ibtui.sim.working import Working

FIRST_KEY = 1_600_000_000
"""Permanent ids start here, in the range of IB's."""


@dataclass(slots=True)
class Register:
    """Orders by their permanent ids.

    Attributes:
        orders: Every order, oldest first.
        working: Those that have not ended.
        keys: By client and the client's order id: the permanent id, None where the order was refused.
        next_key: The permanent id of the next order.
    """

    orders: dict[int, Working] = field(default_factory=dict)
    working: dict[int, Working] = field(default_factory=dict)
    keys: dict[tuple[int, int], int | None] = field(default_factory=dict)
    next_key: int = FIRST_KEY

    def enter(self, order: SimOrder, parent_key: int, now_ns: int) -> Working:
        """Gives an order its permanent id, and children of one parent a group: as with IB, one cancels the other."""
        key, self.next_key = self.next_key, self.next_key + 1
        group = order.oca_group or (str(parent_key) if parent_key else "")
        order = replace(order, order_key=key, parent_key=parent_key, oca_group=group)
        working = Working(order, now_ns, now_ns)
        self.orders[key] = self.working[key] = working
        self.keys[order.client_id, order.order_id] = key
        return working

    def key_of(self, client_id: int, order_id: int) -> int | None:
        """The permanent id of a client's order."""
        return self.keys.get((client_id, order_id))

    def open_orders(self) -> list[tuple[SimOrder, OrderState]]:
        """Orders that have not ended, oldest first."""
        return [(each.order, each.state()) for each in self.working.values()]

    def completed_orders(self) -> list[tuple[SimOrder, OrderState]]:
        """Orders that have ended, oldest first."""
        return [(each.order, each.state()) for each in self.orders.values() if each.ended]

    def in_contract(self, con_id: int) -> list[Working]:
        """The orders that work in a contract."""
        return [each for each in self.working.values() if each.order.con_id == con_id]

    def family(self, working: Working) -> Iterator[Working]:
        """Parent and siblings of an order, as far as they work."""
        parent = working.order.parent_key
        for each in self.working.values():
            if parent and each is not working and parent in (each.order.order_key, each.order.parent_key):
                yield each

    def waits_for_parent(self, working: Working) -> bool:
        """Whether the order's parent still works."""
        parent = self.orders.get(working.order.parent_key)
        return parent is not None and not parent.ended

    def restore(self, orders: list[Working], keys: dict[tuple[int, int], int | None], next_key: int) -> None:
        """Takes over the orders of an earlier run; none of them stands in a book."""
        for each in orders:
            each.resting = False
            self.orders[each.order.order_key] = each
            if not each.ended:
                self.working[each.order.order_key] = each
        self.keys.update(keys)
        self.next_key = next_key
