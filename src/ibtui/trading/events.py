"""What can happen to an order: the events that :func:`ibtui.trading.machine.apply` folds into it."""

from dataclasses import dataclass
from typing import Literal

from ibtui.trading.orders import Commission, Execution, OrderIntent

Effect = Literal["warning", "rejected", "cancel_refused", "unknown"]
"""What one of IB's messages means for the order that it names."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The frame was handed to the socket."""

    order_id: int
    client_id: int
    ts_ns: int


@dataclass(frozen=True, slots=True)
class NotSent:
    """The guards stopped it after the journal; no frame left."""

    reason: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The checks or the journal stopped it; no frame left."""

    reason: str


@dataclass(frozen=True, slots=True)
class Terms:
    """What an order stands for at the broker, as ``openOrder`` says; None where a message doesn't say."""

    quantity: float | None = None
    limit_price: float | None = None
    stop_price: float | None = None


@dataclass(frozen=True, slots=True)
class ChangeAsked:
    """A changed order was handed to the socket; the broker's word on its terms confirms it."""

    intent: OrderIntent


@dataclass(frozen=True, slots=True)
class Reported:
    """IB's word on the order, out of ``orderStatus``, ``openOrder`` or a completed order.

    Attributes:
        status: IB's own word, such as ``PreSubmitted``.
        filled: Cumulative quantity; None where the message doesn't carry it.
        ts_ns: When it was received, UTC nanoseconds.
    """

    status: str
    filled: float | None = None
    remaining: float | None = None
    average_price: float | None = None
    perm_id: int | None = None
    client_id: int | None = None
    ts_ns: int | None = None
    terms: Terms | None = None


@dataclass(frozen=True, slots=True)
class Executed:
    """A fill, or the correction of an earlier one."""

    execution: Execution


@dataclass(frozen=True, slots=True)
class CommissionReported:
    """What a fill cost; may come before the fill itself."""

    commission: Commission


@dataclass(frozen=True, slots=True)
class Problem:
    """One of IB's messages that names the order, with its effect from the table of codes."""

    code: int
    text: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class CancelRequested:
    """A cancel was asked for."""

    ts_ns: int


@dataclass(frozen=True, slots=True)
class LinkLost:
    """The session that the order lived in is gone."""


@dataclass(frozen=True, slots=True)
class NotFound:
    """A complete reconciliation found no trace of the order at the broker."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """The user closed an unknown order by hand and said why."""

    reason: str


Event = (
    Sent
    | NotSent
    | Refused
    | ChangeAsked
    | Reported
    | Executed
    | CommissionReported
    | Problem
    | CancelRequested
    | LinkLost
    | NotFound
    | Resolved
)
