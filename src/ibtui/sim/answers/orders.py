"""Answers about orders: place, modify, cancel, and the lists of orders and fills."""

from dataclasses import replace
from datetime import datetime

from ibtui.clock import NS
from ibtui.sim import messages, requests
from ibtui.sim.client import SYSTEM, Client
from ibtui.sim.contract_values import NO_CONTRACT, NO_CONTRACT_TEXT, find
from ibtui.sim.events import REDUCE_WITHOUT_BLOCK, CancelRefused, Executed, OrderRejected, SimOrder
from ibtui.sim.gateway import Answer, Gateway
from ibtui.sim.history_request import BadHistoryError, parse_time
from ibtui.sim.order_values import SIDES, commission_values, completed_values, execution_values, order_values
from ibtui.sim.permissions import READ_ONLY
from ibtui.sim.schema import Values
from ibtui.sim.simclock import NEW_YORK

DUPLICATE_ORDER_ID = 103
BAD_VALUE = 321
NO_ORDER_TO_CANCEL = 10147
FRACTIONAL = 10243
NO_ACCOUNT = 435

NOT_OFFERED = {
    "conditions": "Conditional orders",
    "good_after_time": "Orders with a good-after time",
    "algo_strategy": "Algorithms",
    "all_or_none": "All-or-none orders",
    "hidden": "Hidden orders",
    "cash_quantity": "Orders for an amount of cash",
}
"""What would make an order work otherwise than its other fields say."""


def place_order(gateway: Gateway, client: Client, ask: Values) -> None:
    """Places an order, or modifies the one that this client has under that id."""
    order_id = ask["order_id"] or 0
    listings = find(gateway.exchange.universe, ask)
    if not listings:
        client.error(order_id, NO_CONTRACT, NO_CONTRACT_TEXT)
        return
    problem = _problem(gateway, ask)
    if problem is not None:
        client.error(order_id, *problem)
        return
    order = _order(gateway, client, ask, listings[0].con_id)
    if ask["what_if"]:
        refusal = gateway.faults.rejection("what_if")
        if refusal is not None:
            client.error(order_id, *refusal)
        else:
            _what_if(gateway, client, order)
        return
    key = gateway.exchange.key_of(order.client_id, order_id)
    rejection = gateway.faults.rejection("place")
    if rejection is not None:
        if key is None:
            gateway.orders.used(order)
        gateway.deliver([OrderRejected(gateway.exchange.now_ns, replace(order, order_key=key or 0), *rejection)])
    elif key is None:
        gateway.orders.used(order)
        gateway.deliver(gateway.exchange.place(order))
    else:
        gateway.orders.modified(key)
        gateway.deliver(gateway.exchange.modify(key, order))


def cancel_order(gateway: Gateway, client: Client, ask: Values) -> None:
    """Cancels this client's order of that id."""
    order_id = ask["order_id"] or 0
    key = gateway.exchange.key_of(client.client_id or 0, order_id)
    if key is None:
        text = f"OrderId {order_id} that needs to be cancelled is not found."
        client.error(order_id, NO_ORDER_TO_CANCEL, text)
        return
    rejection = gateway.faults.rejection("cancel")
    if rejection is not None:
        client.error(order_id, *rejection)
        return
    events = gateway.exchange.cancel(key)
    for refused in events:
        if isinstance(refused, CancelRefused):
            client.error(order_id, refused.code, refused.text)
    gateway.deliver(events)


def global_cancel(gateway: Gateway, _: Client, __: Values) -> None:
    """Cancels every open order, whosever it is."""
    for order, _state in list(gateway.exchange.open_orders()):
        gateway.deliver(gateway.exchange.cancel(order.order_key))


def open_orders(gateway: Gateway, client: Client, _: Values) -> None:
    """Lists the open orders of this client."""
    for order, state in gateway.exchange.open_orders():
        if order.client_id == client.client_id:
            gateway.orders.send_open(client, order, state)
    client.send(messages.OPEN_ORDERS_END)


def all_open_orders(gateway: Gateway, client: Client, _: Values) -> None:
    """Lists the open orders of all clients."""
    for order, state in gateway.exchange.open_orders():
        gateway.orders.send_open(client, order, state)
    client.send(messages.OPEN_ORDERS_END)


def completed_orders(gateway: Gateway, client: Client, _: Values) -> None:
    """Lists the orders that have ended today."""
    for order, state in gateway.exchange.completed_orders():
        instrument = gateway.exchange.describe(order.con_id)
        client.send(messages.COMPLETED_ORDER, **completed_values(order, state, instrument))
    client.send(messages.COMPLETED_ORDERS_END)


def executions(gateway: Gateway, client: Client, ask: Values) -> None:
    """Lists today's fills that pass the filter, each with its commission."""
    try:
        since = parse_time(ask["time"], 0)
    except BadHistoryError as error:
        client.error(ask["req_id"], error.code, str(error))
        return
    today = _date(gateway.exchange.now_ns)
    for executed, charged in gateway.exchange.executions():
        instrument = gateway.exchange.describe(executed.order.con_id)
        if _date(executed.time_ns) != today or executed.time_ns < since:
            continue
        if not _fits(executed, ask, instrument.symbol, instrument.sec_type):
            continue
        client.send(messages.EXECUTION, **execution_values(executed, instrument, ask["req_id"]))
        if charged is not None:
            client.send(messages.COMMISSION, **commission_values(charged))
    client.send(messages.EXECUTIONS_END, req_id=ask["req_id"])


def auto_open_orders(_: Gateway, client: Client, __: Values) -> None:
    """Binds orders entered by hand to the master client; there are none here to bind."""
    if client.client_id != 0:
        client.error(
            SYSTEM, BAD_VALUE, "Error validating request.-'cm' : cause - Only the default client can auto bind orders."
        )


def _problem(gateway: Gateway, ask: Values) -> tuple[int, str] | None:
    if not ask["account"] and len(gateway.managed_accounts) > 1:
        return NO_ACCOUNT, "You must specify an account."
    if gateway.account_for(ask["account"]) is None:
        return BAD_VALUE, f"Error validating request.-'bN' : cause - Invalid account code '{ask['account']}'"
    if ask["action"] not in SIDES:
        return BAD_VALUE, f"Error validating request.-'bN' : cause - Invalid side '{ask['action']}'"
    wanted = next((words for name, words in NOT_OFFERED.items() if ask[name]), None)
    if wanted is not None:
        return BAD_VALUE, f"Error validating request.-'bN' : cause - {wanted} are not offered here"
    quantity = ask["quantity"] or 0
    if quantity != int(quantity):
        return FRACTIONAL, "Fractional-sized order cannot be placed via API. Please submit this order using TWS"
    return None


def _order(gateway: Gateway, client: Client, ask: Values, con_id: int) -> SimOrder:
    return SimOrder(
        client_id=client.client_id or 0,
        order_id=ask["order_id"] or 0,
        account=gateway.account_for(ask["account"]) or "",
        con_id=con_id,
        action=ask["action"],
        order_type=(ask["order_type"] or "").upper(),
        quantity=int(ask["quantity"] or 0),
        limit_price=ask["limit_price"],
        aux_price=ask["aux_price"],
        tif=ask["tif"] or "DAY",
        outside_rth=bool(ask["outside_rth"]),
        order_ref=ask["order_ref"] or "",
        parent_id=ask["parent_id"] or 0,
        oca_group=ask["oca_group"] or "",
        oca_type=ask["oca_type"] or REDUCE_WITHOUT_BLOCK,
        transmit=bool(ask["transmit"]),
        good_till=ask["good_till_date"] or "",
        trail_stop=ask["trail_stop_price"] or None,
        trailing_percent=ask["trailing_percent"] or None,
        limit_offset=ask["limit_price_offset"],
    )


def _what_if(gateway: Gateway, client: Client, order: SimOrder) -> None:
    """Tells what an order would cost and need, without placing it."""
    instrument = gateway.exchange.describe(order.con_id)
    state, margins = gateway.exchange.what_if(order)
    client.send(messages.OPEN_ORDER, **order_values(order, state, instrument), **margins, what_if=True)


def _fits(executed: Executed, ask: Values, symbol: str, sec_type: str) -> bool:
    order = executed.order
    wanted_side = (ask["side"] or "").upper()
    return (
        ask["client_id"] in (None, 0, order.client_id)
        and ask["account"] in (None, "", order.account)
        and ask["symbol"] in (None, "", symbol)
        and ask["sec_type"] in (None, "", sec_type)
        and ask["exchange"] in (None, "", "SMART", executed.venue)
        and wanted_side in ("", order.action, SIDES[order.action])
    )


def _date(at_ns: int) -> object:
    return datetime.fromtimestamp(at_ns / NS, NEW_YORK).date()


def _unless_read_only(answer: Answer) -> Answer:
    def answered(gateway: Gateway, client: Client, ask: Values) -> None:
        if gateway.permissions.read_only:
            client.error(ask.get("order_id") or SYSTEM, *READ_ONLY)
        else:
            answer(gateway, client, ask)

    return answered


ANSWERS = {
    requests.EXECUTIONS: executions,
    **{
        request: _unless_read_only(answer)
        for request, answer in (
            (requests.PLACE_ORDER, place_order),
            (requests.CANCEL_ORDER, cancel_order),
            (requests.GLOBAL_CANCEL, global_cancel),
            (requests.OPEN_ORDERS, open_orders),
            (requests.ALL_OPEN_ORDERS, all_open_orders),
            (requests.COMPLETED_ORDERS, completed_orders),
            (requests.AUTO_OPEN_ORDERS, auto_open_orders),
        )
    },
}
