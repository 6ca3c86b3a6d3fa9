"""An order as its words stand in a ticket or a line, and what they mean on a contract. Read, or refused with why."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price, round_to_tick
from ibtui.trading.brackets import bracket, side_problem
from ibtui.trading.entry import read_price
from ibtui.trading.order_line import TIMES_IN_FORCE, TOUCHES, OrderLine, leg_price
from ibtui.trading.orders import Action, OrderIntent
from ibtui.trading.sizing import WAYS, read_distance, read_size

HOURS = ("regular", "any")


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of order, and which prices it has."""

    limit: bool
    stop: bool


KINDS: dict[str, Kind] = {
    "LMT": Kind(limit=True, stop=False),
    "MKT": Kind(limit=False, stop=False),
    "STP": Kind(limit=False, stop=True),
    "STP LMT": Kind(limit=True, stop=True),
    "TRAIL": Kind(limit=False, stop=True),
}
"""The types, in the order in which the arrows walk through them. Of TRAIL the stop is its distance: 0.50 or 1%."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An order in words.

    Attributes:
        quantity: See :func:`ibtui.trading.sizing.read_size`.
        type: One of :data:`KINDS`.
        stop: What sets a STP or STP LMT off, or how far a TRAIL stays behind: ``0.50`` or ``1%``.
        target: Where the profit is taken: a price, or a percentage away from the order's own.
        loss: Where the loss is cut, likewise.
        hours: One of :data:`HOURS`.
    """

    action: Action
    quantity: str
    type: str = "LMT"
    limit: str = ""
    stop: str = ""
    target: str = ""
    loss: str = ""
    tif: str = "DAY"
    hours: str = "regular"


def draft_of(line: OrderLine) -> Draft:
    """A line as a ticket's words, its type by what it names; a touch is not yet a price."""
    price = line.price.lower()
    if line.trail:
        order_type = "TRAIL"
    elif line.when:
        order_type = "STP" if price in ("", "mkt") else "STP LMT"
    else:
        order_type = "MKT" if price == "mkt" else "LMT"
    return Draft(
        line.action,
        line.quantity,
        order_type,
        line.price if KINDS[order_type].limit else "",
        line.trail or line.when,
        line.target,
        line.stop,
        line.tif or "DAY",
        "any" if line.outside_rth else "regular",
    )


def priced(draft: Draft, bid: float | None, ask: float | None, min_tick: float) -> Draft:
    """The draft, its limit as the contract writes prices: a touch as of now, the middle rounded to our side.

    Raises:
        UsageError: It is no price, or there is no quote to take it from.
    """
    said = draft.limit.lower()
    if said not in TOUCHES:
        return replace(draft, limit=format_price(read_price(said, min_tick), min_tick)) if said else draft
    if bid is None or ask is None or bid <= 0 or ask <= 0:
        raise UsageError(f"there is no quote to take '{said}' from")
    middle = round_to_tick((bid + ask) / 2, min_tick, "down" if draft.action == "BUY" else "up")
    return replace(draft, limit=format_price({"bid": bid, "ask": ask, "mid": middle}[said], min_tick))


def read_draft(
    draft: Draft, instrument: Instrument, far_touch: float | None, intent: Callable[..., OrderIntent]
) -> tuple[OrderIntent, ...]:
    """The order, with target and stop loss where there are any, in the order in which they are sent.

    Args:
        draft: The words.
        instrument: Gives increments and multiplier.
        far_touch: What a market order opens at; None without a quote.
        intent: Makes an intent for the contract with a reference of its own, see
            :meth:`ibtui.broker.orders.OrderDesk.intent`.

    Raises:
        UsageError: A word is missing, or is none; says which and why.
    """
    order_type, tif, kind = draft.type.upper(), draft.tif.upper(), _kind(draft)
    tick, trailing = instrument.min_tick, order_type == "TRAIL"
    limit = read_price(draft.limit, tick) if kind.limit else None
    stop = read_price(draft.stop, tick) if kind.stop and not trailing else None
    opens_at = limit or stop or far_touch
    distance, percent = read_distance(draft.stop, opens_at) if trailing else (None, False)
    target = leg_price(draft.target, draft.action, opens_at, tick, gains=True)
    loss = leg_price(draft.loss, draft.action, opens_at, tick, gains=False)
    wrong = None if opens_at is None else side_problem(draft.action, opens_at, target, loss)
    if wrong is not None:
        raise UsageError(wrong)
    parent = intent(
        action=draft.action,
        quantity=read_size(draft.quantity, opens_at, loss, instrument.multiplier, instrument.size_increment),
        order_type=order_type,
        limit_price=limit,
        tif=tif,
        stop_price=stop,
        trail_amount=None if percent else distance,
        trail_percent=distance if percent else None,
        outside_rth=draft.hours.lower() == "any",
    )
    return bracket(parent, intent, target, loss)


def _kind(draft: Draft) -> Kind:
    order_type = draft.type.upper()
    kind = KINDS.get(order_type)
    if kind is None:
        raise UsageError(f"types: {', '.join(KINDS)}")
    if draft.tif.upper() not in TIMES_IN_FORCE:
        raise UsageError(f"times in force: {', '.join(TIMES_IN_FORCE)}")
    if draft.hours.lower() not in HOURS:
        raise UsageError(f"hours: {' or '.join(HOURS)}")
    if not draft.quantity or (kind.limit and not draft.limit) or (kind.stop and not draft.stop):
        raise UsageError(f"type {WAYS}; and each price that a {order_type} has")
    return kind
