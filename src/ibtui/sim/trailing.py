"""Trailing stops: a stop that follows the best trade at a distance and never moves back.

A sale's stop stays below the highest trade since the order works, a purchase's above the lowest. The limit of a
``TRAIL LIMIT`` order keeps its distance from the stop, beyond it.
"""

from ibtui.market.prices import round_to_tick
from ibtui.sim.events import SimOrder

TRAILING = frozenset({"TRAIL", "TRAIL LIMIT"})


def stop_after(order: SimOrder, stop: float | None, price: float, min_tick: float) -> float:
    """Where the stop is after a trade.

    Args:
        order: A trailing order.
        stop: Where it was; None for an order that begins to trail.
        price: Of the trade, or what a share is worth when it begins.
        min_tick: The contract's increment; a stop lies on it, and where a percentage doesn't, further away.
    """
    away = price * (order.trailing_percent or 0.0) / 100 if order.trailing_percent else order.aux_price or 0.0
    if order.action == "SELL":
        new = max(min_tick, round_to_tick(price - away, min_tick, "down"))
        return new if stop is None else max(stop, new)
    new = round_to_tick(price + away, min_tick, "up")
    return new if stop is None else min(stop, new)


def stop_of_modified(before: SimOrder, after: SimOrder, stop: float | None) -> float | None:
    """Where the stop of a modified order is: where it was, unless another stop or another distance was given.

    Returns:
        None for a stop that is to be found anew from the next price.
    """
    if after.trail_stop != before.trail_stop:
        return after.trail_stop
    same = (after.aux_price, after.trailing_percent) == (before.aux_price, before.trailing_percent)
    return stop if same else None


def limit_of(order: SimOrder, stop: float | None) -> float | None:
    """The limit that an order has: a ``TRAIL LIMIT`` order's follows its stop, any other's is as it was given."""
    if order.order_type != "TRAIL LIMIT" or stop is None:
        return order.limit_price
    offset = order.limit_offset
    if offset is None:
        offset = abs((order.limit_price or 0.0) - (order.trail_stop or 0.0))
    return round(stop - offset if order.action == "SELL" else stop + offset, 10)


def problem_of(order: SimOrder) -> str | None:
    """What a trailing order lacks or says twice, in words; None for one that is whole.

    IB wants one of amount and percentage, and for a limit either its offset from the stop or limit and first stop.
    """
    if order.order_type not in TRAILING:
        return None
    if bool(order.aux_price) == bool(order.trailing_percent):
        return "Please specify either the trailing amount or the trailing percent"
    if (order.trailing_percent or 0.0) >= 100 or (order.trailing_percent or 0.0) < 0:
        return "The trailing percent must lie between 0 and 100"
    if (
        order.order_type == "TRAIL LIMIT"
        and order.limit_offset is None
        and not (order.limit_price and order.trail_stop)
    ):
        return "Please specify the limit price offset, or both the limit price and the trailing stop price"
    return None
