"""Orders between clients and the exchange: whose they are, who hears of them, how often each was sent."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from ibtui.sim import messages
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.events import (
    CancelRefused,
    Charged,
    Executed,
    OrderChanged,
    OrderEvent,
    OrderMessage,
    OrderRejected,
    OrderState,
    SimOrder,
)
from ibtui.sim.exchange import Exchange
from ibtui.sim.order_values import commission_values, execution_values, order_values, status_values
from ibtui.sim.saved import SavedDesk
from ibtui.sim.working import INACTIVE

MASTER_CLIENT = 0
"""The client that hears of every order, as TWS's own."""


class OrderDesk:
    """Knows each order by its client's id and hands what happens to it to those it concerns.

    An order lives on when its client leaves; a client of the same id finds it again.
    """

    def __init__(self, exchange: Exchange, clients: Collection[Client]) -> None:
        self._exchange = exchange
        self._clients = clients
        self._refused: list[SimOrder] = []
        self._placed: Counter[tuple[int, str]] = Counter()
        self._modified: Counter[int] = Counter()
        self._highest_id: dict[int, int] = {}
        self._lowest_id = 1

    def next_id(self, client_id: int) -> int:
        """The lowest order id above all that this client has used."""
        return max(self._highest_id.get(client_id, 0) + 1, self._lowest_id)

    def roll_back(self, order_id: int) -> None:
        """Forgets which ids were used: every client's next is this one, as after a restart that lost some."""
        self._highest_id.clear()
        self._lowest_id = order_id

    def used(self, order: SimOrder) -> None:
        """Counts a placement under a client's order id."""
        self._highest_id[order.client_id] = max(self._highest_id.get(order.client_id, 0), order.order_id)
        self._placed[order.client_id, order.order_ref or f"#{order.order_id}"] += 1

    def modified(self, key: int) -> None:
        """Counts a modification."""
        self._modified[key] += 1

    def deliver(self, event: OrderEvent) -> None:
        """Hands an event of an order to its client and to the master client."""
        if isinstance(event, CancelRefused):
            return  # concerns only who asked, who is told by the answer
        if isinstance(event, OrderRejected) and not event.order.order_key:
            self._refused.append(event.order)
        for client in self._concerned(event):
            self.tell(client, event)

    def tell(self, client: Client, event: OrderEvent) -> None:
        """Sends one client what an event of an order says."""
        if isinstance(event, OrderChanged):
            self.send_open(client, event.order, event.state)
        elif isinstance(event, Executed):
            instrument = self._exchange.describe(event.order.con_id)
            client.send(messages.EXECUTION, **execution_values(event, instrument, SYSTEM))
        elif isinstance(event, Charged):
            client.send(messages.COMMISSION, **commission_values(event))
        elif isinstance(event, OrderRejected | OrderMessage):
            client.error(event.order.order_id, event.code, event.text)

    def send_open(self, client: Client, order: SimOrder, state: OrderState) -> None:
        """Sends an order and its status, as every change of it does."""
        client.send(messages.OPEN_ORDER, **order_values(order, state, self._exchange.describe(order.con_id)))
        client.send(messages.ORDER_STATUS, **status_values(order, state))

    def as_json(self) -> list[dict[str, Any]]:
        """Every order, as the control verb ``stats`` shows them."""
        exchange = self._exchange
        orders = [*exchange.open_orders(), *exchange.completed_orders()]
        refused = OrderState(INACTIVE, 0, 0, 0.0, 0.0)
        orders += [(order, replace(refused, remaining=order.quantity)) for order in self._refused]
        return [
            {
                "order_ref": order.order_ref,
                "order_id": order.order_id,
                "perm_id": order.order_key,
                "client_id": order.client_id,
                "account": order.account,
                "con_id": order.con_id,
                "action": order.action,
                "quantity": order.quantity,
                "limit_price": order.limit_price,
                "status": state.status,
                "filled": state.filled,
                "placed_count": self._placed[order.client_id, order.order_ref or f"#{order.order_id}"],
                "modified_count": self._modified[order.order_key],
            }
            for order, state in orders
        ]

    def saved(self) -> SavedDesk:
        """The counts as they are now."""
        return SavedDesk(
            list(self._refused),
            [(*who, count) for who, count in self._placed.items()],
            list(self._modified.items()),
            list(self._highest_id.items()),
        )

    def restore(self, saved: SavedDesk) -> None:
        """Goes on with the counts of an earlier run."""
        self._refused += saved.refused
        self._placed.update({(client_id, ref): count for client_id, ref, count in saved.placed})
        self._modified.update(dict(saved.modified))
        self._highest_id.update(dict(saved.highest_ids))

    def _concerned(self, event: OrderChanged | Executed | Charged | OrderRejected | OrderMessage) -> list[Client]:
        owner = event.order.client_id
        return [
            each for each in self._clients if each.client_id is not None and each.client_id in (owner, MASTER_CLIENT)
        ]
