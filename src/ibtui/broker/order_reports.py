"""Orders on their way in: ib_insync's decoded arguments become events of the order state machine.

Only arguments are read here, never the library's ``Trade``: it calls a live order cancelled on any error code that it
does not know, counts a corrected execution twice, and forgets everything with the connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibtui.clock import NS
from ibtui.market.values import known
from ibtui.trading.events import Reported, Terms
from ibtui.trading.orders import Action, Commission, Execution

if TYPE_CHECKING:
    import ib_insync

_SIDES: dict[str, Action] = {"BOT": "BUY", "SLD": "SELL", "BUY": "BUY", "SELL": "SELL"}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a message says about which order it means; 0 and empty where it does not say."""

    order_ref: str = ""
    client_id: int | None = None
    order_id: int = 0
    perm_id: int = 0


@dataclass(frozen=True, slots=True)
class ExternalOrder:
    """An order of another client, or one placed by hand in TWS: shown, never touched.

    Attributes:
        status: IB's own word.
        where: Where it can be cancelled, in plain words.
    """

    client_id: int
    order_id: int
    perm_id: int
    account: str
    con_id: int
    symbol: str
    action: str
    order_type: str
    quantity: float
    limit_price: float | None
    status: str
    order_ref: str = ""

    @property
    def where(self) -> str:
        """Where it can be cancelled: a cancel frame carries no client id, so from here it would hit another order."""
        return "in TWS" if self.order_id <= 0 else f"by the program with client id {self.client_id}, or in TWS"


def status_report(arguments: Sequence[object], ts_ns: int) -> tuple[Identity, Reported]:
    """Reads the arguments of ``orderStatus``.

    They are: orderId, status, filled, remaining, avgFillPrice, permId, parentId, lastFillPrice, clientId, whyHeld.
    """
    order_id, status, filled, remaining, average, perm_id, _, _, client_id, *_ = arguments
    assert isinstance(order_id, int)
    assert isinstance(perm_id, int)
    assert isinstance(client_id, int)
    report = Reported(
        status=str(status),
        filled=_number(filled),
        remaining=_number(remaining),
        average_price=_number(average) or None,
        perm_id=perm_id or None,
        client_id=client_id,
        ts_ns=ts_ns,
    )
    return Identity(client_id=client_id, order_id=order_id, perm_id=perm_id), report


def open_order_report(order: "ib_insync.Order", state: "ib_insync.OrderState", ts_ns: int) -> tuple[Identity, Reported]:
    """Reads ``openOrder``, whose state the library ignores for an order that it knows already."""
    identity = Identity(order.orderRef, order.clientId, order.orderId, order.permId)
    terms = Terms(known(order.totalQuantity), known(order.lmtPrice), known(order.auxPrice))
    report = Reported(
        status=state.status, perm_id=order.permId or None, client_id=order.clientId, ts_ns=ts_ns, terms=terms
    )
    return identity, report


def completed_report(order: "ib_insync.Order", state: "ib_insync.OrderState", ts_ns: int) -> tuple[Identity, Reported]:
    """Reads ``completedOrder``, which carries neither order id nor client id."""
    report = Reported(
        status=state.status,
        filled=known(order.filledQuantity),
        perm_id=order.permId or None,
        ts_ns=ts_ns,
    )
    return Identity(order_ref=order.orderRef, perm_id=order.permId), report


def execution_identity(execution: "ib_insync.Execution") -> Identity:
    """Which order an execution belongs to."""
    return Identity(execution.orderRef, execution.clientId, execution.orderId, execution.permId)


def read_execution(order_ref: str, con_id: int, execution: "ib_insync.Execution", received_ns: int) -> Execution | None:
    """One fill; None where the message lacks what makes one. Its time is the exchange's, or else that of receipt."""
    side = _SIDES.get(execution.side)
    quantity, price = known(execution.shares), known(execution.price)
    if side is None or quantity is None or price is None or not execution.execId:
        return None
    time = execution.time
    at_ns = int(time.timestamp()) * NS if time.tzinfo and time.timestamp() > 0 else received_ns
    return Execution(execution.execId, order_ref, at_ns, con_id, side, quantity, price, execution.exchange)


def read_commission(report: "ib_insync.CommissionReport") -> Commission | None:
    """What a fill cost; None where the amount is unset. A realized profit that IB leaves unset is unknown, not 0."""
    amount = known(report.commission)
    if amount is None:
        return None
    return Commission(report.execId, amount, report.currency, known(report.realizedPNL))


def external_order(
    contract: "ib_insync.Contract", order: "ib_insync.Order", state: "ib_insync.OrderState"
) -> ExternalOrder:
    """An ``openOrder`` message of somebody else's order."""
    return ExternalOrder(
        client_id=order.clientId,
        order_id=order.orderId,
        perm_id=order.permId,
        account=order.account,
        con_id=contract.conId,
        symbol=contract.localSymbol or contract.symbol,
        action=order.action,
        order_type=order.orderType,
        quantity=order.totalQuantity,
        limit_price=known(order.lmtPrice) if order.orderType in ("LMT", "STP LMT") else None,
        status=state.status,
        order_ref=order.orderRef,
    )


def _number(value: object) -> float | None:
    return known(value) if isinstance(value, int | float) else None
