"""What happened while nobody watched: orders and positions before a link was lost, and after it came back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from ibtui.market.prices import exact
from ibtui.trading.orders import ENDED, LIVE, Order, Status
from ibtui.trading.reconcile import SeenOrder

Kind = Literal["amiss", "filled", "found", "ended", "not found", "moved", "new"]

_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Moved:
    """A position that is not what it was; quantities are signed."""

    con_id: int
    symbol: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Difference:
    """One line of the sheet that is shown after a reconnect.

    Attributes:
        kind: ``amiss``: the broker has an order of ours that should not be there; ``filled``: fills were found;
            ``found``: an order whose answer had not come works; ``ended``: an order no longer works; ``not found``: the
            broker knows nothing of it; ``moved``: a position changed without a fill of ours; ``new``: somebody else's
            order.
        text: The same in plain words.
        order_ref: Of the order it is about; empty for none of ours.
    """

    kind: Kind
    text: str
    order_ref: str = ""


def differences(
    before: Mapping[str, Order],
    after: Mapping[str, Order],
    strangers: Iterable[SeenOrder],
    moved: Iterable[Moved],
    amiss: Iterable[Order] = (),
) -> tuple[Difference, ...]:
    """Everything that differs: what somebody has to look after first, then fills.

    Args:
        before: Our orders as they were when the link was lost, or as the journal held them at start.
        after: Our orders after a complete reconciliation.
        strangers: Open orders of others that were not known before.
        moved: Positions that differ.
        amiss: Orders of ours that ended here and work at the broker, or that it has more than once.
    """
    found: list[Difference] = []
    filled: dict[int, float] = {}
    for ref, old in before.items():
        new = after[ref]
        more = new.filled - old.filled
        if abs(more) > _TOLERANCE:
            con_id, sign = new.intent.con_id, 1 if new.intent.action == "BUY" else -1
            filled[con_id] = filled.get(con_id, 0.0) + sign * more
            text = f"{_told(new)} filled {exact(more)} more, {exact(new.filled)} of {exact(new.intent.quantity)} in all"
            found.append(Difference("filled", text, ref))
        elif old.status not in ENDED and new.status in ENDED:
            found.append(Difference("ended", f"{_told(new)} is {new.status}{_because(new)}", ref))
        elif old.status is Status.SENT and new.status in LIVE - {Status.UNKNOWN}:
            found.append(Difference("found", f"{_told(new)} is {new.status}: its answer had not come", ref))
        if old.status in LIVE and new.status is Status.UNKNOWN:
            found.append(Difference("not found", f"{_told(new)} is unknown to the broker", ref))
    for order in amiss:
        text = f"{_told(order)} is {order.status} here, and an order of it works at the broker: look after it in TWS"
        found.append(Difference("amiss", text, order.intent.order_ref))
    found += [Difference("new", f"an order of client {each.client_id} works: {each.status}") for each in strangers]
    for each in moved:
        rest = each.after - each.before - filled.get(each.con_id, 0.0)
        if abs(rest) > _TOLERANCE:
            text = f"{each.symbol} is {exact(each.after)}, was {exact(each.before)}, without fills of ours"
            found.append(Difference("moved", text))
    kinds = get_args(Kind)
    return tuple(sorted(found, key=lambda each: kinds.index(each.kind)))


def _told(order: Order) -> str:
    return f"{order.intent.action} {exact(order.intent.quantity)} {order.intent.symbol}"


def _because(order: Order) -> str:
    return f": {order.reason}" if order.reason else ""
