"""Fills on the books: what they do to the order and the account, their ids, and what they cost a moment later."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ibtui.clock import NS
from ibtui.sim.account import Account
from ibtui.sim.commissions import commission
from ibtui.sim.events import Charged, Event, Executed, OrderChanged
from ibtui.sim.sizes import mixed
from ibtui.sim.working import Working

_COMMISSION_DELAY_NS = 90_000_000
_COMMISSION_JITTER_NS = 120_000_000


@dataclass(frozen=True, slots=True)
class Fee:
    """The commission of one fill before it is charged.

    Attributes:
        charged_ns: When it will be.
        shares: Of the fill, negative for a sale; ``closed`` of them closed a position.
        amount: In USD.
        realized_pnl: What the fill realised, USD, commission taken off; None where it opened a position.
    """

    exec_id: str
    charged_ns: int
    shares: int
    closed: int
    amount: float
    realized_pnl: float | None


class Blotter:
    """All fills.

    Args:
        accounts: By name.
        later: Has a function called at a market time.
        order: Finds an order by its permanent id.

    Attributes:
        count: Fills ever booked.
    """

    def __init__(
        self,
        accounts: Mapping[str, Account],
        later: Callable[[int, Callable[[], list[Event]]], None],
        order: Callable[[int], Working | None],
    ) -> None:
        self._accounts = accounts
        self._later = later
        self._order = order
        self._owed: dict[str, Fee] = {}
        self.count = 0
        self._fills: dict[str, tuple[Executed, Charged | None]] = {}

    def fills(self) -> list[tuple[Executed, Charged | None]]:
        """All fills with their commissions, None for one that wasn't charged yet."""
        return list(self._fills.values())

    def owed(self) -> list[Fee]:
        """Commissions that were not charged yet."""
        return list(self._owed.values())

    def book(self, working: Working, now_ns: int, price: float, size: int, venue: str, liquidity: int) -> Executed:
        """Books one fill of an order; its commission follows."""
        order = working.order
        account = self._accounts[order.account]
        instrument = account.prices.listing(order.con_id).instrument
        shares = size if order.action == "BUY" else -size
        held, cost = account.quantity(order.con_id), account.average_cost(order.con_id)
        closed = min(abs(held), size) if held * shares < 0 else 0
        rate = account.prices.rate(instrument.currency)
        gross = closed * (price * instrument.multiplier - cost) * (1 if held > 0 else -1) * rate
        account.fill(order.con_id, shares, price)
        working.filled += size
        working.value += size * price
        working.last_price, working.changed_ns = price, now_ns
        self.count += 1
        number = self.count
        exec_id = f"{mixed(order.order_key, number, 21) & 0xFFFFFFFF:08x}.{now_ns // NS:08x}.{number:02d}.01"
        average = round(working.value / working.filled, 8)
        executed = Executed(now_ns, exec_id, order, price, size, venue, liquidity, working.filled, average)
        self._fills[exec_id] = executed, None
        # Cheaper fills later may bring options to a lower rate: what was charged stays charged.
        fee = max(working.fee, commission(instrument, working.filled, working.value * instrument.multiplier * rate))
        due, working.fee = fee - working.fee, fee
        charged_ns = now_ns + _COMMISSION_DELAY_NS + mixed(number, order.order_key, 22) % _COMMISSION_JITTER_NS
        self._owe(Fee(exec_id, charged_ns, shares, closed, due, gross - due * closed / size if closed else None))
        return executed

    def restore(self, fills: list[tuple[Executed, Charged | None]], fees: list[Fee], count: int) -> None:
        """Takes over the fills of an earlier run; commissions that it still owed follow."""
        self._fills.update({executed.exec_id: (executed, charged) for executed, charged in fills})
        self.count = count
        for fee in fees:
            self._owe(fee)

    def _owe(self, fee: Fee) -> None:
        self._owed[fee.exec_id] = fee
        self._later(fee.charged_ns, lambda: self._charge(fee))

    def _charge(self, fee: Fee) -> list[Event]:
        del self._owed[fee.exec_id]
        executed, _ = self._fills[fee.exec_id]
        order = executed.order
        self._accounts[order.account].charge(order.con_id, fee.shares, fee.closed, fee.amount)
        working = self._order(order.order_key)
        if working is not None:
            working.charged = (working.charged or 0.0) + fee.amount
        charged = Charged(fee.charged_ns, fee.exec_id, order, round(fee.amount, 6), "USD", fee.realized_pnl)
        self._fills[fee.exec_id] = executed, charged
        if working is None or not working.ended or self._owes(order.order_key):
            return [charged]
        # As with IB, an order that has ended is told once more with what it cost.
        return [charged, OrderChanged(fee.charged_ns, working.order, working.state())]

    def _owes(self, order_key: int) -> bool:
        return any(self._fills[exec_id][0].order.order_key == order_key for exec_id in self._owed)
