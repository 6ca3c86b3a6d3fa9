"""What makes the broker refuse an order at sight, with IB's codes and words."""

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ibtui.clock import NS
from ibtui.market.prices import on_tick
from ibtui.sim.events import SimOrder
from ibtui.sim.history_request import BadHistoryError, parse_time
from ibtui.sim.trailing import TRAILING, problem_of
from ibtui.sim.universe import Listing

WITH_LIMIT = frozenset({"LMT", "STP LMT", "LIT", "TRAIL LIMIT", "LOC"})
IF_TOUCHED = frozenset({"MIT", "LIT"})
"""Set off by a price that is as good as their trigger or better, where a stop is set off by one that is worse."""
WITH_STOP = frozenset({"STP", "STP LMT"}) | IF_TOUCHED | TRAILING
ORDER_TYPES = frozenset({"MKT", "MOC"}) | WITH_LIMIT | WITH_STOP
TIMES_IN_FORCE = frozenset({"DAY", "GTC", "GTD", "IOC", "FOK", "OPG"})
_OF_ONE_TIME = {"MOC": {"DAY"}, "LOC": {"DAY"}}
_OPENING = frozenset({"MKT", "LMT"})


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
TOO_LATE = Refusal(
    201,
    "Order rejected - reason:The exchange takes no more orders for the coming auction; its cut-off time has passed.",
)
CLOSED = Refusal(201, "Order rejected - reason:Exchange is closed.")
NOT_SHORT = Refusal(201, "Order rejected - reason:The contract is not available for short sale.")
BAD_GROUP = Refusal(201, "Order rejected - reason:Invalid OCA handling method")
NOT_ALLOWED = Refusal(203, "The security is not available or allowed for this account.")
BY_SERVER = frozenset({201, 203})
"""Codes of refusals by IB's server or the exchange: the order has a permanent id by then and stays as ``Inactive``."""
RTH_IGNORED = Refusal(
    2109,
    "Order Event Warning: Attribute 'Outside Regular Trading Hours' is ignored based on the order type and "
    "destination. PlaceOrder is now being processed.",
)
LEAST_FOREX = {"EUR": 20_000, "GBP": 20_000, "USD": 25_000}
"""Below this an order in a currency pair is an odd lot, in units of the pair's first currency."""
BAD_GOOD_TILL = Refusal(
    391, "The Good-Till-Date time must be entered as yyyymmdd hh:mm:ss, where hh:mm:ss and the time zone are optional."
)


def good_till_ns(order: SimOrder) -> int | None:
    """When a GTD order ends, UTC nanoseconds; a date alone means its end. None where what it says is no time."""
    text = order.good_till.strip()
    try:
        return parse_time(f"{text} 23:59:59" if len(text) == 8 else text, 0) or None
    except BadHistoryError:
        return None


def refusal(order: SimOrder, listing: Listing | None) -> Refusal | None:
    """Why an order is refused for what it says, whatever the market and the account are like; None if it is not."""
    if listing is None:
        return NO_CONTRACT
    if order.quantity <= 0:
        return NO_SIZE
    if order.order_type not in ORDER_TYPES:
        return BAD_TYPE
    if order.tif not in _OF_ONE_TIME.get(order.order_type, TIMES_IN_FORCE):
        return BAD_TIF
    if order.tif == "OPG" and order.order_type not in _OPENING:
        return BAD_TIF
    if order.tif == "GTD" and good_till_ns(order) is None:
        return BAD_GOOD_TILL
    incomplete = problem_of(order)
    if incomplete is not None:
        return invalid(incomplete)
    min_tick = listing.instrument.min_tick
    if any(price is None or price <= 0 or not on_tick(price, min_tick) for price in _prices(order)):
        return OFF_TICK
    return None


def invalid(cause: str) -> Refusal:
    """A request that makes no sense."""
    return Refusal(321, f"Error validating request.-'bN' : cause - {cause}")


def _prices(order: SimOrder) -> list[float | None]:
    """The prices that an order of its type needs, None where it hasn't got one."""
    if order.order_type in TRAILING:
        given = (order.aux_price, order.trail_stop, order.limit_price, order.limit_offset)
        return [price for price in given if price]
    limit = [order.limit_price] if order.order_type in WITH_LIMIT else []
    return limit + ([order.aux_price] if order.order_type in WITH_STOP else [])


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


def held(order: SimOrder, listing: Listing, opens_ns: int) -> Refusal:
    """The warning about an order that waits for the market to open; it is no refusal."""
    zone = listing.instrument.time_zone
    opens = datetime.fromtimestamp(opens_ns / NS, ZoneInfo(zone))
    return _warning(
        order, listing, f"your order will not be placed at the exchange until {opens:%Y-%m-%d %H:%M:%S} {zone}"
    )


def warnings(order: SimOrder, listing: Listing) -> list[Refusal]:
    """What IB has to say about an order that it takes."""
    found = []
    if order.outside_rth and listing.calendar.overnight:
        found.append(RTH_IGNORED)
    least = LEAST_FOREX.get(listing.instrument.symbol, 0) if listing.instrument.sec_type == "CASH" else 0
    if order.quantity < least:
        words = (
            f"Your order size is below the {listing.instrument.symbol} {least} IdealPro minimum and will be routed "
            "as an odd lot order."
        )
        found.append(_warning(order, listing, words))
    return found


def _warning(order: SimOrder, listing: Listing, words: str) -> Refusal:
    name = listing.instrument.local_symbol if listing.calendar.overnight else listing.instrument.symbol
    what = f"{order.action} {order.quantity} {name} {listing.instrument.exchange}"
    return Refusal(399, f"Order Message:\n{what}\nWarning: {words}")
