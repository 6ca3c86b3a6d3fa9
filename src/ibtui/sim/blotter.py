"""Fills on the books: what they do to the order and the account, their ids, and what they cost a moment later."""

from collections.abc import Callable

from ibtui.clock import NS
from ibtui.sim.account import Account, commission
from ibtui.sim.events import Charged, Event, Executed
from ibtui.sim.sizes import mixed
from ibtui.sim.working import Working

_COMMISSION_DELAY_NS = 90_000_000
_COMMISSION_JITTER_NS = 120_000_000


class Blotter:
    """All fills of the account.

    Args:
        later: Has a function called at a market time.
    """

    def __init__(self, account: Account, later: Callable[[int, Callable[[], list[Event]]], None]) -> None:
        self._account = account
        self._later = later
        self._fills: dict[str, tuple[Executed, Charged | None]] = {}

    def fills(self) -> list[tuple[Executed, Charged | None]]:
        """All fills with their commissions, None for one that wasn't charged yet."""
        return list(self._fills.values())

    def book(self, working: Working, now_ns: int, price: float, size: int, venue: str, liquidity: int) -> Executed:
        """Books one fill of an order; its commission follows."""
        order, account = working.order, self._account
        shares = size if order.action == "BUY" else -size
        held, cost = account.quantity(order.con_id), account.average_cost(order.con_id)
        closed = min(abs(held), size) if held * shares < 0 else 0
        gross = closed * (price - cost) * (1 if held > 0 else -1)
        account.fill(order.con_id, shares, price)
        working.filled += size
        working.value += size * price
        working.last_price, working.changed_ns = price, now_ns
        number = len(self._fills) + 1
        exec_id = f"{mixed(order.order_key, number, 21) & 0xFFFFFFFF:08x}.{now_ns // NS:08x}.{number:02d}.01"
        average = round(working.value / working.filled, 8)
        executed = Executed(now_ns, exec_id, order, price, size, venue, liquidity, working.filled, average)
        self._fills[exec_id] = executed, None
        fee = commission(working.filled, working.value)
        due, working.fee = fee - working.fee, fee
        charged_ns = now_ns + _COMMISSION_DELAY_NS + mixed(number, order.order_key, 22) % _COMMISSION_JITTER_NS

        def charge() -> list[Event]:
            account.charge(order.con_id, shares, closed, due)
            working.charged = (working.charged or 0.0) + due
            realized = gross - due * closed / size if closed else None
            charged = Charged(charged_ns, exec_id, order, round(due, 6), "USD", realized)
            self._fills[exec_id] = executed, charged
            return [charged]

        self._later(charged_ns, charge)
        return executed
