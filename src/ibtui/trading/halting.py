"""Which working orders could open or grow a position: a HALT takes them back and leaves what protects one."""

from collections.abc import Callable, Iterable

from ibtui.trading.orders import LIVE, Order

_STOPS = frozenset({"STP", "STP LMT", "TRAIL"})


def opening_orders(orders: Iterable[Order], reducible: Callable[[Order], float]) -> list[Order]:
    """Working orders that could open or grow a position, stops considered last to go.

    Legs that wait for their parent are left to the broker, which ends them with it; of an OCA group one order counts.

    Args:
        orders: All orders.
        reducible: How much an order's side can take off the position.
    """
    live = [each for each in orders if each.status in LIVE]
    unfilled = {each.intent.order_ref for each in live if not each.filled}
    room: dict[tuple[int, str], float] = {}
    covered: dict[str, float] = {}
    found: list[Order] = []
    for order in sorted(live, key=lambda each: (each.intent.order_type not in _STOPS, each.intent.created_ns)):
        intent = order.intent
        if intent.parent_ref in unfilled:
            continue
        if order.remaining <= covered.get(intent.oca_group or "", 0.0):
            continue
        side = intent.con_id, intent.action
        if side not in room:
            room[side] = reducible(order)
        if order.remaining > room[side]:
            found.append(order)
            continue
        room[side] -= order.remaining
        if intent.oca_group:
            covered[intent.oca_group] = order.remaining
    return found
