"""Brackets: an order with the target and the stop that close what it opens."""

from collections.abc import Callable, Iterable

from ibtui.market.prices import exact
from ibtui.trading.orders import ENDED, Action, Order, OrderIntent, Status

OPPOSITE: dict[Action, Action] = {"BUY": "SELL", "SELL": "BUY"}

_AT_THE_BROKER = frozenset({Status.SENT, Status.WORKING, Status.INACTIVE})
_STOPS = frozenset({"STP", "STP LMT", "TRAIL"})


def bracket(
    parent: OrderIntent, leg: Callable[..., OrderIntent], target: float | None, stop: float | None
) -> tuple[OrderIntent, ...]:
    """The order and the legs that its fill sets to work, in the order in which they are sent.

    Args:
        parent: The order that opens.
        leg: Makes an intent with a reference of its own, of the same contract and account, from the keywords
            ``action``, ``quantity``, ``order_type``, ``limit_price``, ``stop_price``, ``tif``, ``outside_rth``,
            ``parent_ref``, ``oca_group``.
        target: Limit of the order that takes the profit; None for none.
        stop: Where the loss is cut; None for none.
    """
    common = {
        "action": OPPOSITE[parent.action],
        "quantity": parent.quantity,
        "tif": "GTC",
        "outside_rth": parent.outside_rth,
        "parent_ref": parent.order_ref,
        "oca_group": parent.order_ref if target is not None and stop is not None else None,
    }
    legs = [parent]
    if target is not None:
        legs.append(leg(order_type="LMT", limit_price=target, **common))
    if stop is not None:
        legs.append(leg(order_type="STP", stop_price=stop, **common))
    return tuple(legs)


def side_problem(action: Action, price: float, target: float | None, stop: float | None) -> str | None:
    """Why target or stop lie on the wrong side of the price that the order opens at; None if they don't."""
    sign = 1 if action == "BUY" else -1
    if target is not None and (target - price) * sign <= 0:
        return (
            f"the target {exact(target)} of a {action} at {exact(price)} must lie {'above' if sign > 0 else 'below'} it"
        )
    if stop is not None and (price - stop) * sign <= 0:
        return f"the stop {exact(stop)} of a {action} at {exact(price)} must lie {'below' if sign > 0 else 'above'} it"
    return None


def stranded(orders: Iterable[Order]) -> list[Order]:
    """Legs that reached the gateway while the last one, which transmits them all, did not.

    A crash between two frames leaves them there untransmitted, waiting for ever.
    """
    families: dict[str, list[Order]] = {}
    for order in orders:
        families.setdefault(order.intent.parent_ref or order.intent.order_ref, []).append(order)
    found: list[Order] = []
    for legs in families.values():
        last = max(legs, key=lambda each: each.order_id or 0)
        never_came = last.status is Status.UNKNOWN and last.perm_id is None and last.acknowledged_ns is None
        if len(legs) > 1 and never_came:
            found += [each for each in legs if each is not last and each.status in _AT_THE_BROKER and not each.filled]
    return found


def unprotected(orders: Iterable[Order], holds: Callable[[int], bool]) -> list[Order]:
    """Stops of brackets that went without a fill while the position that they protect is still there.

    Args:
        orders: All orders.
        holds: Whether a position in a contract may be held.
    """
    by_ref = {each.intent.order_ref: each for each in orders}
    found: list[Order] = []
    for order in by_ref.values():
        parent = by_ref.get(order.intent.parent_ref or "")
        gone = order.intent.order_type in _STOPS and order.status in ENDED and order.status is not Status.FILLED
        if parent is None or not gone or not parent.filled or not holds(order.intent.con_id):
            continue
        others = (each for each in by_ref.values() if each.intent.con_id == order.intent.con_id)
        closes = order.intent.action
        if not any(
            each.intent.action == closes and each.intent.order_type in _STOPS and each.status not in ENDED
            for each in others
        ):
            found.append(order)
    return found
