"""What makes the broker refuse an order at sight, with IB's codes and words."""

from typing import NamedTuple

from ibtui.market.prices import on_tick
from ibtui.sim.events import SimOrder
from ibtui.sim.universe import Listing

WITH_LIMIT = frozenset({"LMT", "STP LMT"})
WITH_STOP = frozenset({"STP", "STP LMT"})
ORDER_TYPES = frozenset({"MKT"}) | WITH_LIMIT | WITH_STOP
TIMES_IN_FORCE = frozenset({"DAY", "GTC", "IOC", "FOK"})


class Refusal(NamedTuple):
    """IB's error code and text."""

    code: int
    text: str


DUPLICATE_ID = Refusal(103, "Duplicate order id")
MODIFY_FILLED = Refusal(104, "Cannot modify a filled order.")
MODIFY_OTHER = Refusal(105, "Order being modified does not match original order")
OFF_TICK = Refusal(110, "The price does not conform to the minimum price variation for this contract.")
NO_CONTRACT = Refusal(200, "No security definition has been found for the request")
NO_SIZE = Refusal(434, "The order size cannot be zero.")
BAD_TYPE = Refusal(387, "Unsupported order type for this exchange and security type.")
BAD_TIF = Refusal(201, "Order rejected - reason:Invalid time in force for this order.")


def refusal(order: SimOrder, listing: Listing | None) -> Refusal | None:
    """Why an order is refused for what it says, whatever the market and the account are like; None if it is not."""
    if listing is None:
        return NO_CONTRACT
    if order.quantity <= 0:
        return NO_SIZE
    if order.order_type not in ORDER_TYPES:
        return BAD_TYPE
    if order.tif not in TIMES_IN_FORCE:
        return BAD_TIF
    needed = [order.limit_price] if order.order_type in WITH_LIMIT else []
    needed += [order.aux_price] if order.order_type in WITH_STOP else []
    min_tick = listing.instrument.min_tick
    if any(price is None or price <= 0 or not on_tick(price, min_tick) for price in needed):
        return OFF_TICK
    return None


def no_order(order_id: int) -> Refusal:
    """A parent or an order to cancel that nobody knows."""
    return Refusal(135, f"Can't find order with ID ={order_id}")


def not_found(order_key: int) -> Refusal:
    """A cancel of an order that nobody knows."""
    return Refusal(10147, f"OrderId {order_key} that needs to be cancelled is not found.")


def not_cancellable(order_id: int, order_key: int, status: str) -> Refusal:
    """A cancel of an order that has ended."""
    if status == "Filled":
        return Refusal(161, f"Cancel attempted when order is not in a cancellable state. Order permId ={order_key}")
    return Refusal(10148, f"OrderId {order_id} that needs to be cancelled can not be cancelled, state: {status}.")


def no_funds(equity: float, margin: float) -> Refusal:
    """The account can't carry the order."""
    return Refusal(
        201,
        "Order rejected - reason:YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR EQUITY WITH "
        f"LOAN VALUE [{equity:.2f} USD] MUST EXCEED THE INITIAL MARGIN [{margin:.2f} USD]",
    )
