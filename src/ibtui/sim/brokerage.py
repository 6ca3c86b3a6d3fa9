"""The broker's side of orders: what clients ask for, accepted or refused, modified, cancelled and kept."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from ibtui.sim.acceptance import Acceptance
from ibtui.sim.account import Account
from ibtui.sim.auctions import AT_OPEN, too_late
from ibtui.sim.blotter import Blotter
from ibtui.sim.events import CancelRefused, Event, OrderChanged, OrderMessage, OrderRejected, OrderState, SimOrder
from ibtui.sim.floor import Floor, Later
from ibtui.sim.funds import needs
from ibtui.sim.live import LiveMarket
from ibtui.sim.order_checks import BY_SERVER, Refusal, held, no_order, not_cancellable, not_found, warnings
from ibtui.sim.register import Register
from ibtui.sim.saved import SavedExchange
from ibtui.sim.trading_days import Calendar
from ibtui.sim.trailing import stop_of_modified
from ibtui.sim.universe import Listing, Universe
from ibtui.sim.working import (
    INACTIVE,
    PENDING_CANCEL,
    PRE_SUBMITTED,
    SUBMITTED,
    Working,
    may_trade,
    next_session_ns,
)


class Brokerage:
    """All orders.

    Args:
        accounts: By name; every order is for one of them.
        live: The running market of a contract; the contract stays live while an order works or a position is held.
        later: Calls back at a market time.
        now: Market time.

    Attributes:
        register: All orders.
        blotter: All fills.
        floor: Where orders work.
    """

    def __init__(
        self,
        universe: Universe,
        accounts: Mapping[str, Account],
        live: Callable[[int], LiveMarket],
        later: Later,
        now: Callable[[], int],
    ) -> None:
        self._universe = universe
        self._accounts = accounts
        self._live = live
        self._now = now
        self.register = Register()
        self.blotter = Blotter(accounts, later, self.register.orders.get)
        self.floor = Floor(universe, self.register, self.blotter, live, later, now)
        self._acceptance = Acceptance(universe, accounts, self.register)

    def place(self, order: SimOrder) -> list[Event]:
        """Takes an order; see :meth:`Exchange.place`."""
        now = self._now()
        problem = self._acceptance.refusal_of(order, now)
        if problem is not None:
            return self._refuse(order, problem)
        parent = self.register.key_of(order.client_id, order.parent_id) if order.parent_id else None
        working = self.register.enter(order, parent or 0, now)
        if not order.transmit:
            return [self.floor.changed(working)]
        released = [each for each in self.register.family(working) if not each.order.transmit]
        events: list[Event] = []
        for each in [*released, working]:
            each.order = replace(each.order, transmit=True)
            events += self._accept(each)
        return events

    def modify(self, key: int, order: SimOrder) -> list[Event]:
        """Changes price, stop, quantity, time in force or session of a working order."""
        now = self._now()
        working = self.register.orders.get(key)
        if working is None:
            return [OrderRejected(now, order, *no_order(order.order_id))]
        before = working.order
        group = order.oca_group or before.oca_group
        order = replace(order, order_key=key, parent_key=before.parent_key, oca_group=group)
        problem = self._acceptance.refusal_of_change(working, order, now)
        if problem is not None:
            rejected = OrderRejected(now, order, *problem)
            return [rejected] if working.ended else [rejected, self.floor.changed(working)]
        events: list[Event] = []
        in_place = working.resting and order.limit_price == before.limit_price and order.quantity <= before.quantity
        working.order = order
        if working.trails:
            working.stop = stop_of_modified(before, order, working.stop)
        if in_place and self.floor.may_work(working):  # fewer shares at the same price keep their place in the queue
            self.floor.plan_end(working)
            events += self._live(order.con_id).shrink(now, key, working.remaining)
            return [*events, self.floor.changed(working)]
        events += self.floor.out_of_book(working)
        if not order.transmit:
            return events
        return [*events, *self._accept(working)]

    def cancel(self, key: int, reason: str = "") -> list[Event]:
        """Cancels a working order; one for an auction only as long as its exchange takes such orders."""
        working = self.register.orders.get(key)
        if working is None:
            return [CancelRefused(self._now(), key, *not_found(key))]
        listing = self._universe.by_con_id(working.order.con_id)
        if working.ended or (listing is not None and too_late(working.order, listing, self._now())):
            problem = not_cancellable(working.order.order_id, key, working.status)
            return [CancelRefused(self._now(), key, *problem)]
        asked = OrderChanged(self._now(), working.order, replace(working.state(), status=PENDING_CANCEL))
        return [asked, *self.floor.end(working, reason)]

    def place_of(self, working: Working) -> tuple[int, int] | None:
        """The shares ahead of an order in the book and its place among ours; None for one that isn't there."""
        return self._live(working.order.con_id).book.place_of(working.order.order_key) if working.resting else None

    def what_if(self, order: SimOrder) -> tuple[OrderState, dict[str, float | str]]:
        """What an order would need and cost; the names are those of IB's order state."""
        state = OrderState(PRE_SUBMITTED, 0, order.quantity, 0.0, 0.0, placed_ns=self._now())
        return state, needs(self._accounts[order.account], order)

    def restore(self, saved: SavedExchange) -> None:
        """Takes over the orders and fills of an earlier run; what works goes back to the market."""
        keys = {(client_id, order_id): key for client_id, order_id, key in saved.keys}
        self.register.restore([each for each in saved.orders if self._lists(each.order)], keys, saved.next_key)
        fills = [fill for fill in saved.fills if self._lists(fill[0].order)]
        booked = {executed.exec_id for executed, _ in fills}
        self.blotter.restore(fills, [fee for fee in saved.fees if fee.exec_id in booked], saved.fill_count)
        for working in sorted(self.register.working.values(), key=lambda each: each.place):
            self.floor.plan_end(working, working.expires_ns)
            self.floor.reconsider(working.order.order_key)

    def expire(self, calendar: Calendar, following: date) -> list[Event]:
        """Ends orders in a calendar's contracts that have expired by the date of the session that follows."""
        listed = ((each, self._listing(each.order)) for each in self.register.working.values())
        ended = [each for each, of in listed if of.calendar is calendar and of.expired_by(following)]
        return [event for each in ended for event in self.floor.end(each, "Contract has expired")]

    def _accept(self, working: Working) -> list[Event]:
        order, now = working.order, self._now()
        self.floor.plan_end(working)
        events: list[Event] = []
        self.floor.begin_to_trail(working)
        if working.status != SUBMITTED or not self.floor.may_work(working):
            working.status = PRE_SUBMITTED
            events.append(self.floor.changed(working))
        if self.register.waits_for_parent(working):
            return events
        listing = self._listing(order)
        events += [OrderMessage(now, order, *each) for each in warnings(order, listing)]
        if not may_trade(order, listing.calendar, now) and order.tif != AT_OPEN:
            opens_ns = next_session_ns(order, listing.calendar, now)
            events.append(OrderMessage(now, order, *held(order, listing, opens_ns)))
        self.floor.look_again(working)
        return [*events, *self.floor.work(working)]

    def _refuse(self, order: SimOrder, problem: Refusal) -> list[Event]:
        now = self._now()
        if problem.code not in BY_SERVER:
            self.register.keys.setdefault((order.client_id, order.order_id), None)
            return [OrderRejected(now, order, *problem)]
        working = self.register.enter(order, 0, now)
        working.status, working.reason = INACTIVE, problem.text
        del self.register.working[working.order.order_key]
        return [self.floor.changed(working), OrderRejected(now, working.order, *problem)]

    def _lists(self, order: SimOrder) -> bool:
        return self._universe.by_con_id(order.con_id) is not None

    def _listing(self, order: SimOrder) -> Listing:
        listing = self._universe.by_con_id(order.con_id)
        assert listing is not None, "an order is accepted for what is listed only"
        return listing
