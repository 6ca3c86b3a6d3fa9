"""An order as ibtui knows it: what was asked for (intent) and what became of it (order)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Action = Literal["BUY", "SELL"]


class Status(StrEnum):
    """The words of ``orders.status``."""

    NEW = "NEW"
    REFUSED = "REFUSED"
    NOT_SENT = "NOT_SENT"
    SENT = "SENT"
    WORKING = "WORKING"
    PARTIAL = "PARTIAL"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    INACTIVE = "INACTIVE"
    UNKNOWN = "UNKNOWN"


ENDED = frozenset({Status.REFUSED, Status.NOT_SENT, Status.FILLED, Status.CANCELLED, Status.REJECTED})
"""Statuses that an order never leaves (but for FILLED, which late fills may still reach)."""

LIVE = frozenset({Status.SENT, Status.WORKING, Status.PARTIAL, Status.INACTIVE, Status.UNKNOWN})
"""Statuses in which an order is, or may be, at the broker: its whole remainder counts in every check."""


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """What the user asked for, written to the journal before anything is sent.

    Attributes:
        order_ref: Our own id, see :func:`ibtui.trading.refs.new_order_ref`; echoed by IB as ``orderRef``.
        created_ns: UTC nanoseconds.
        quantity: Contracts or shares, always positive.
        limit_price: In the contract's currency; None for orders without one.
        trail_amount: How far a trailing stop stays behind the market, in the contract's currency.
        trail_percent: The same in percent of the price; one of the two for ``TRAIL``.
    """

    order_ref: str
    created_ns: int
    con_id: int
    symbol: str
    account: str
    action: Action
    order_type: str
    quantity: float
    limit_price: float | None = None
    stop_price: float | None = None
    tif: str = "DAY"
    outside_rth: bool = False
    parent_ref: str | None = None
    oca_group: str | None = None
    trail_amount: float | None = None
    trail_percent: float | None = None


def execution_root(exec_id: str) -> str:
    """What an execution and its corrections have in common: the id without what follows its last dot."""
    return exec_id.rpartition(".")[0] or exec_id


def execution_revision(exec_id: str) -> tuple[int, str]:
    """Which correction an execution id names; the highest is the one that holds."""
    root, _, revision = exec_id.rpartition(".")
    return (int(revision), "") if root and revision.isdecimal() else (0, revision if root else "")


@dataclass(frozen=True, slots=True)
class Execution:
    """One fill. ``exec_id`` differs only after its last dot where IB corrects an earlier one."""

    exec_id: str
    order_ref: str
    ts_ns: int
    con_id: int
    side: Action
    quantity: float
    price: float
    venue: str = ""


@dataclass(frozen=True, slots=True)
class Commission:
    """What one execution cost; unknown until IB reports it."""

    exec_id: str
    amount: float
    currency: str
    realized: float | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """An intent and all that is known of its life, folded from events by :func:`ibtui.trading.machine.apply`.

    Attributes:
        filled: Sum of the unique executions, corrections replacing what they correct.
        average_price: Of those executions; None while nothing is filled.
        reason: Why it was refused, rejected, not sent or is unknown, in plain words.
        executions: By execution id without its revision.
        commissions: By execution id without its revision.
        sent_ns: When the frame was handed to the socket.
        acknowledged_ns: When the broker first confirmed it.
        change: Other terms that were asked for and are not confirmed; both count until then.
    """

    intent: OrderIntent
    status: Status = Status.NEW
    order_id: int | None = None
    perm_id: int | None = None
    client_id: int | None = None
    filled: float = 0.0
    average_price: float | None = None
    reason: str = ""
    executions: tuple[Execution, ...] = ()
    commissions: tuple[Commission, ...] = ()
    sent_ns: int | None = None
    acknowledged_ns: int | None = None
    cancel_requested: bool = False
    change: OrderIntent | None = None

    @property
    def largest(self) -> float:
        """Quantity that it may stand for: the larger one, while a change of it is asked for and not confirmed."""
        return max(self.intent.quantity, self.change.quantity if self.change else 0.0)

    @property
    def remaining(self) -> float:
        """Quantity that may still fill; nothing once the order has ended."""
        return 0.0 if self.status in ENDED else max(0.0, self.largest - self.filled)

    @property
    def commission(self) -> float | None:
        """Sum of the fills' commissions, or None while one of the fills has none."""
        amounts = {execution_root(each.exec_id): each.amount for each in self.commissions}
        owed = [amounts.get(execution_root(each.exec_id)) for each in self.executions]
        reported = [each for each in owed if each is not None]
        return sum(reported) if owed and len(reported) == len(owed) else None
