"""Orders on their way out: what stands in the frame, and what may never stand in one."""

import re
from typing import TYPE_CHECKING

from ibtui.broker.window import room
from ibtui.market.instruments import Instrument
from ibtui.trading.checks import is_paper
from ibtui.trading.orders import OrderIntent

if TYPE_CHECKING:
    from ib_insync import Order

    from ibtui.broker.session import Session

HIGHEST_ORDER_ID = 2**31 - 1
"""IB can't read a greater one (error 320)."""

_REDUCE_THE_REST = 2
"""OCA type: a fill of one order takes its size off the others, so that no part of a position loses its stop (IB's page
on OCA groups, "proportionately reduced in size with block")."""

_SENDABLE = re.compile(r"[ -~]*")


def unsendable_field(intent: OrderIntent, instrument: Instrument) -> str | None:
    """The first text field that holds anything but printable ASCII, or None.

    A NUL would end its field and shift all that follow it (measured with ib_insync 0.9.86: 116 fields instead of 115),
    so that a quantity could be read as a price; beyond ASCII the official client refuses (code 579).
    """
    texts = {
        "orderRef": intent.order_ref,
        "account": intent.account,
        "action": intent.action,
        "order type": intent.order_type,
        "time in force": intent.tif,
        "OCA group": intent.oca_group or "",
        "symbol": instrument.symbol,
        "security type": instrument.sec_type,
        "exchange": instrument.exchange,
        "primary exchange": instrument.primary_exchange,
        "currency": instrument.currency,
        "local symbol": instrument.local_symbol,
        "trading class": instrument.trading_class,
        "last trade date": instrument.last_trade_date,
        "right": instrument.right,
    }
    return next((name for name, text in texts.items() if not _SENDABLE.fullmatch(text)), None)


def frame_problem(session: "Session", intent: OrderIntent, instrument: Instrument) -> str | None:
    """Why no frame of this order may be sent in this session now; None if it may."""
    if not (is_paper(intent.account) and intent.account in session.accounts):
        return f"'{intent.account}' is not a paper account of this session: VIEW ONLY"
    field = unsendable_field(intent, instrument)
    if field is not None:
        return f"the {field} holds a character that may not be sent"
    if room(session) == 0:
        return "this second's messages to the gateway are used up; try again"
    return None


def order_frame(intent: OrderIntent, order_id: int, client_id: int, *, what_if: bool = False) -> "Order":
    """The order as ib_insync sends it: our own id as ``orderRef``, the account named.

    Args:
        intent: The order.
        order_id: Its number.
        client_id: Ours.
        what_if: Only ask what it would need and cost.
    """
    from ib_insync import Order

    order = Order(
        orderId=order_id,
        clientId=client_id,
        action=intent.action,
        totalQuantity=intent.quantity,
        orderType=intent.order_type,
        tif=intent.tif,
        account=intent.account,
        orderRef=intent.order_ref,
        outsideRth=intent.outside_rth,
        ocaGroup=intent.oca_group or "",
        ocaType=_REDUCE_THE_REST if intent.oca_group else 0,
        whatIf=what_if,
    )
    if intent.limit_price is not None:
        order.lmtPrice = intent.limit_price
    if intent.stop_price is not None:
        order.auxPrice = intent.stop_price
    if intent.trail_amount is not None:
        order.auxPrice = intent.trail_amount
    elif intent.trail_percent is not None:
        order.trailingPercent = intent.trail_percent
    return order
