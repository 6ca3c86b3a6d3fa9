"""Whether the broker takes an order, or a change of one: what it says, when it comes, what the account can carry."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ibtui.sim.account import Account
from ibtui.sim.auctions import AT_CLOSE, AT_OPEN, has_auctions, too_late
from ibtui.sim.catalogue import NOT_SHORTABLE
from ibtui.sim.events import OCA_TYPES, SimOrder
from ibtui.sim.funds import shortfall
from ibtui.sim.order_checks import (
    BAD_GROUP,
    BAD_TYPE,
    CLOSED,
    DUPLICATE_ID,
    MODIFY_FILLED,
    MODIFY_OTHER,
    NO_CONTRACT,
    NOT_ALLOWED,
    NOT_SHORT,
    TOO_LATE,
    Refusal,
    no_order,
    not_cancellable,
    refusal,
)
from ibtui.sim.register import Register
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.universe import Listing, Universe
from ibtui.sim.working import FILLED, INACTIVE, Working, may_trade


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Decides on orders by what is listed, held and working."""

    universe: Universe
    accounts: Mapping[str, Account]
    register: Register

    def refusal_of(self, order: SimOrder, now_ns: int) -> Refusal | None:
        """Why a new order is refused; None if it is taken."""
        if (order.client_id, order.order_id) in self.register.keys:
            return DUPLICATE_ID
        problem = self._refusal_of(order, now_ns, None)
        if problem is None and order.parent_id and not self.register.key_of(order.client_id, order.parent_id):
            return no_order(order.parent_id)
        return problem

    def refusal_of_change(self, working: Working, order: SimOrder, now_ns: int) -> Refusal | None:
        """Why an order is not changed into ``order``; None if it is."""
        before = working.order
        if working.status == FILLED:
            return MODIFY_FILLED
        if working.status == INACTIVE:
            return DUPLICATE_ID
        if working.ended:
            return not_cancellable(before.order_id, before.order_key, working.status)
        if _identity(order) != _identity(before):
            return MODIFY_OTHER
        if order.quantity <= working.filled:
            return MODIFY_OTHER
        return self._refusal_of(order, now_ns, working)

    def _refusal_of(self, order: SimOrder, now_ns: int, changed: Working | None) -> Refusal | None:
        listing = self.universe.by_con_id(order.con_id)
        problem = refusal(order, listing)
        if problem is not None or listing is None:
            return problem
        account = self.accounts[order.account]
        others = [
            each
            for each in self.register.working.values()
            if each is not changed and each.order.account == order.account
        ]
        shares = order.quantity - (changed.filled if changed else 0)
        if not all(account.prices.knows(each) for each in _currencies(listing)):
            return NOT_ALLOWED
        return (
            _refusal_by_exchange(order, listing, now_ns)
            or _refusal_of_short_sale(order, listing, account.quantity(order.con_id), shares, others)
            or shortfall(account, order, shares if order.action == "BUY" else -shares, others)
        )


def _identity(order: SimOrder) -> tuple[str, int, str, str]:
    """What no change of an order can change."""
    return order.account, order.con_id, order.action, order.order_type


def _currencies(listing: Listing) -> tuple[str, ...]:
    """The currencies whose balances a trade moves."""
    instrument = listing.instrument
    return (instrument.symbol, instrument.currency) if instrument.sec_type == "CASH" else (instrument.currency,)


def _refusal_of_short_sale(
    order: SimOrder, listing: Listing, held: int, quantity: int, others: Iterable[Working]
) -> Refusal | None:
    """What can't be borrowed is sold only by who holds it, and has not offered it already."""
    if order.action == "BUY" or order.parent_id or not _only_sold_if_held(listing):
        return None
    offered = sum(
        each.remaining
        for each in others
        if each.order.con_id == order.con_id
        and each.order.action == "SELL"
        and not each.order.parent_key
        and not (order.oca_group and each.order.oca_group == order.oca_group)
    )
    return NOT_SHORT if quantity > held - offered else None


def _only_sold_if_held(listing: Listing) -> bool:
    instrument = listing.instrument
    return instrument.sec_type == "CRYPTO" or (bool(listing.stock_type) and instrument.symbol in NOT_SHORTABLE)


def _refusal_by_exchange(order: SimOrder, listing: Listing, now_ns: int) -> Refusal | None:
    if not listing.quoted:
        return NOT_ALLOWED
    if listing.expired_by(listing.calendar.day_of(now_ns // MINUTE_NS).date):
        return NO_CONTRACT
    if order.oca_group and order.oca_type not in OCA_TYPES:
        return BAD_GROUP
    if order.order_type in AT_CLOSE or order.tif == AT_OPEN:
        if not has_auctions(listing):
            return BAD_TYPE
        if order.oca_group:
            return BAD_GROUP
        return TOO_LATE if too_late(order, listing, now_ns) else None
    if order.tif in ("IOC", "FOK") and not may_trade(order, listing.calendar, now_ns):
        return CLOSED
    return None
