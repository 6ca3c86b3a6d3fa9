"""Orders and fills as the protocol writes them."""

from ibtui.market.instruments import Instrument
from ibtui.sim.contract_values import contract_values
from ibtui.sim.events import Charged, Executed, OrderState, SimOrder
from ibtui.sim.history_request import zoned
from ibtui.sim.schema import Values
from ibtui.sim.trailing import TRAILING
from ibtui.sim.valuation import BASE

SIDES = {"BUY": "BOT", "SELL": "SLD"}
"""An execution's word for an order's."""


def status_values(order: SimOrder, state: OrderState) -> Values:
    """An order's status, message 3."""
    return {
        "order_id": order.order_id,
        "status": state.status,
        "filled": state.filled,
        "remaining": state.remaining,
        "average_price": state.average_price,
        "perm_id": order.order_key,
        "parent_id": order.parent_id,
        "last_price": state.last_fill_price,
        "client_id": order.client_id,
    }


def order_values(order: SimOrder, state: OrderState, instrument: Instrument) -> Values:
    """What open and completed orders have in common, messages 5 and 101."""
    return {
        **contract_values(instrument),
        "right": instrument.right or "?",
        "order_id": order.order_id,
        "action": order.action,
        "quantity": order.quantity,
        "order_type": order.order_type,
        "limit_price": (order.limit_price if state.limit_price is None else state.limit_price) or 0.0,
        "aux_price": order.aux_price or 0.0,
        "tif": order.tif,
        "oca_group": order.oca_group,
        "oca_type": order.oca_type,
        "account": order.account,
        "order_ref": order.order_ref,
        "client_id": order.client_id,
        "perm_id": order.order_key,
        "outside_rth": order.outside_rth,
        "good_till_date": order.good_till,
        "parent_id": order.parent_id,
        "status": state.status,
        **({} if state.commission is None else {"commission": state.commission, "commission_currency": BASE}),
        **(_trailing_values(order, state) if order.order_type in TRAILING else {}),
    }


def _trailing_values(order: SimOrder, state: OrderState) -> Values:
    """A trailing order's stop, as it is now, and its distances; a recorded ``TRAIL LIMIT`` has the stop twice."""
    stop = order.trail_stop if state.stop_price is None else state.stop_price
    offset = None
    if order.order_type == "TRAIL LIMIT" and stop is not None and state.limit_price is not None:
        offset = round(abs(state.limit_price - stop), 10)
    return {
        "trail_stop_price": stop,
        "adjusted_trail_stop_price": stop,
        "trailing_percent": order.trailing_percent,
        "limit_price_offset": order.limit_offset if offset is None else offset,
    }


def completed_values(order: SimOrder, state: OrderState, instrument: Instrument) -> Values:
    """An order that has ended, message 101."""
    words = {"Filled": f"Filled Size: {state.filled:g}", "Inactive": state.reason}.get(
        state.status, f"Cancelled by {state.reason or 'Trader'}"
    )
    return {
        **order_values(order, state, instrument),
        # A completed order's quantity is what is left of it, and its filled quantity stands in a field of its own.
        "quantity": order.quantity - state.filled,
        "filled": state.filled,
        **({"parent_perm_id": order.parent_key} if order.parent_key else {}),
        "completed_time": zoned(state.changed_ns),
        "completed_status": words,
    }


def execution_values(executed: Executed, instrument: Instrument, req_id: int) -> Values:
    """A fill, message 11."""
    order = executed.order
    return {
        **contract_values(instrument, executed.venue),
        "req_id": req_id,
        "order_id": order.order_id,
        "exec_id": executed.exec_id,
        "time": zoned(executed.time_ns),
        "account": order.account,
        "venue": executed.venue,
        "side": SIDES[order.action],
        "shares": executed.size,
        "price": executed.price,
        "perm_id": order.order_key,
        "client_id": order.client_id,
        "cumulative": executed.cumulative,
        "average_price": executed.average_price,
        "order_ref": order.order_ref,
        "last_liquidity": executed.liquidity,
    }


def commission_values(charged: Charged) -> Values:
    """What a fill cost, message 59."""
    return {
        "exec_id": charged.exec_id,
        "commission": charged.commission,
        "currency": charged.currency,
        "realized_pnl": charged.realized_pnl,
    }
