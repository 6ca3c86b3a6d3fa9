"""The broker's side of orders: accepts, holds, works, modifies, cancels and charges them."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from ibtui.sim.acceptance import Acceptance
from ibtui.sim.account import Account
from ibtui.sim.auctions import AT_OPEN, Auction, AuctionOrder, auction_of, auction_times, day_of_auction, ends_ns
from ibtui.sim.blotter import Blotter
from ibtui.sim.book import Match, Resting
from ibtui.sim.events import (
    ADDED_LIQUIDITY,
    REMOVED_LIQUIDITY,
    CancelRefused,
    Event,
    OrderChanged,
    OrderMessage,
    OrderRejected,
    OrderState,
    Side,
    SimOrder,
    Traded,
)
from ibtui.sim.funds import needs
from ibtui.sim.live import LiveMarket, OwnFill
from ibtui.sim.oca import left_after
from ibtui.sim.order_checks import BY_SERVER, WITH_LIMIT, Refusal, held, no_order, not_cancellable, not_found
from ibtui.sim.register import Register
from ibtui.sim.saved import SavedExchange
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.trailing import stop_after, stop_of_modified
from ibtui.sim.universe import Universe
from ibtui.sim.working import (
    CANCELLED,
    FILLED,
    INACTIVE,
    PENDING_CANCEL,
    PRE_SUBMITTED,
    SUBMITTED,
    Working,
    expiry_ns,
    may_trade,
    next_change_ns,
    next_session_ns,
)


class Later(Protocol):
    """Has a function called at a market time, before what the market does at that time, or after it."""

    def __call__(self, time_ns: int, action: Callable[[], list[Event]], *, after_market: bool = False) -> None:
        """Has ``action`` called; what it returns is told."""


class Brokerage:
    """All orders of the account.

    Args:
        live: The running market of a contract; the contract stays live while an order works or a position is held.
        later: Calls back at a market time.
        now: Market time.

    Attributes:
        register: All orders.
        blotter: All fills.
    """

    def __init__(
        self,
        universe: Universe,
        account: Account,
        live: Callable[[int], LiveMarket],
        later: Later,
        now: Callable[[], int],
    ) -> None:
        self._universe = universe
        self._account = account
        self._live = live
        self._later = later
        self._now = now
        self._looked_after: set[int] = set()
        self.register = Register()
        self._acceptance = Acceptance(universe, account, self.register)
        self.blotter = Blotter(account, later, self.register.orders.get)

    # what clients ask for

    def place(self, order: SimOrder) -> list[Event]:
        """Takes an order; see :meth:`Exchange.place`."""
        now = self._now()
        problem = self._acceptance.refusal_of(order, now)
        if problem is not None:
            return self._refuse(order, problem)
        parent = self.register.key_of(order.client_id, order.parent_id) if order.parent_id else None
        working = self.register.enter(order, parent or 0, now)
        if not order.transmit:
            return [self._changed(working)]
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
            return [rejected] if working.ended else [rejected, self._changed(working)]
        events: list[Event] = []
        in_place = working.resting and order.limit_price == before.limit_price and order.quantity <= before.quantity
        working.order = order
        if working.trails:
            working.stop = stop_of_modified(before, order, working.stop)
        if in_place and self._may_work(working):  # fewer shares at the same price keep their place in the queue
            self._plan_end(working)
            events += self._live(order.con_id).shrink(now, key, working.remaining)
            return [*events, self._changed(working)]
        events += self._out_of_book(working)
        if not order.transmit:
            return events
        return [*events, *self._accept(working)]

    def cancel(self, key: int, reason: str = "") -> list[Event]:
        """Cancels a working order."""
        working = self.register.orders.get(key)
        if working is None:
            return [CancelRefused(self._now(), key, *not_found(key))]
        if working.ended:
            problem = not_cancellable(working.order.order_id, key, working.status)
            return [CancelRefused(self._now(), key, *problem)]
        asked = OrderChanged(self._now(), working.order, replace(working.state(), status=PENDING_CANCEL))
        return [asked, *self._end(working, reason)]

    def place_of(self, working: Working) -> tuple[int, int] | None:
        """The shares ahead of an order in the book and its place among ours; None for one that isn't there."""
        return self._live(working.order.con_id).book.place_of(working.order.order_key) if working.resting else None

    def what_if(self, order: SimOrder) -> tuple[OrderState, dict[str, float | str]]:
        """What an order would need and cost; the names are those of IB's order state."""
        state = OrderState(PRE_SUBMITTED, 0, order.quantity, 0.0, 0.0, placed_ns=self._now())
        return state, needs(self._account, order)

    def restore(self, saved: SavedExchange) -> None:
        """Takes over account, orders and fills of an earlier run; what works goes back to the market."""
        account = self._account
        account.cash, account.day_value = saved.cash, saved.day_value
        account.holdings.update({each.con_id: each for each in saved.holdings})
        keys = {(client_id, order_id): key for client_id, order_id, key in saved.keys}
        self.register.restore(saved.orders, keys, saved.next_key)
        self.blotter.restore(saved.fills, saved.fees, saved.fill_count)
        for working in sorted(self.register.working.values(), key=lambda each: each.place):
            self._plan_end(working, working.expires_ns)
            self._reconsider(working.order.order_key)

    # what the market does to them

    def traded(self, prints: Iterable[Traded]) -> list[Event]:
        """Sets off the stops that these prints touch."""
        events: list[Event] = []
        for printed in prints:
            for working in self.register.in_contract(printed.con_id):
                ready = working.waits_for_stop and working.status == PRE_SUBMITTED and self._may_work(working)
                if ready and working.touched(printed.price):
                    working.triggered = True
                    events += self._work(working)
                elif ready:
                    events += self._trail(working, printed.price)
        return events

    def filled(self, fills: Iterable[OwnFill]) -> list[Event]:
        """Books what traded of orders in the book."""
        events: list[Event] = []
        for fill in fills:
            working = self.register.orders[fill.key]
            events += self._fill(working, fill.price, fill.size, fill.venue, ADDED_LIQUIDITY)
        return events

    def reconsider(self, con_id: int) -> list[Event]:
        """Looks at a contract's orders again after its trading was halted or resumed."""
        keys = [each.order.order_key for each in self.register.in_contract(con_id)]
        return [event for key in keys for event in self._reconsider(key)]

    def pull_all(self) -> None:
        """Forgets which orders stood in the book, because all books were made anew."""
        for working in self.register.working.values():
            working.resting = False

    def reconsider_all(self) -> list[Event]:
        """Looks at all orders again, after market time made a leap."""
        return [event for key in list(self.register.working) for event in self._reconsider(key)]

    def _accept(self, working: Working) -> list[Event]:
        order, now = working.order, self._now()
        self._plan_end(working)
        events: list[Event] = []
        self._begin_to_trail(working)
        if working.status != SUBMITTED or not self._may_work(working):
            working.status = PRE_SUBMITTED
            events.append(self._changed(working))
        if self.register.waits_for_parent(working):
            return events
        if not may_trade(order, now) and order.tif != AT_OPEN:
            listing = self._universe.by_con_id(order.con_id)
            symbol = listing.instrument.symbol if listing else ""
            events.append(OrderMessage(now, order, *held(order, symbol, next_session_ns(order, now))))
        self._look_again(working)
        return [*events, *self._work(working)]

    def _work(self, working: Working) -> list[Event]:
        """Sends an order to the market, if it may trade now and isn't there yet."""
        if working.ended or working.resting or not self._may_work(working):
            return []
        if working.waits_for_stop:
            return [self._changed(working)] if self._begin_to_trail(working) else []
        auction = auction_of(working.order)
        if auction is not None:
            return self._enlist(working, auction)
        order, now = working.order, self._now()
        market = self._live(order.con_id)
        side: Side = "ask" if order.action == "BUY" else "bid"
        limit = self._limit(working)
        if order.tif == "FOK" and market.book.available(side, limit, working.remaining) < working.remaining:
            return self._end(working, "Fill or kill order could not be filled")
        events: list[Event] = []
        if working.status != SUBMITTED and order.order_type != "MKT":
            working.status = SUBMITTED
            events.append(self._changed(working))
        elif working.status == SUBMITTED:
            events.append(self._changed(working))
        matches, told = market.take(now, side, limit, working.remaining)
        events += told
        fills, market.fills = market.fills, []
        events += self.filled(fills)
        for match in matches:
            events += self._fill(working, match.price, match.size, match.venue, REMOVED_LIQUIDITY)
        events += self.traded([event for event in told if isinstance(event, Traded)])
        if not working.remaining:
            return events
        if order.tif in ("IOC", "FOK"):
            return [*events, *self._end(working, "")]
        return [*events, *self._rest(working, market, limit, matches)]

    def _begin_to_trail(self, working: Working) -> bool:
        """Finds the first stop of a trailing order that may work; says whether it had none."""
        if not working.trails or working.stop is not None or not self._may_work(working):
            return False
        order = working.order
        worth = self._live(order.con_id).top().worth
        working.stop = order.trail_stop or stop_after(order, None, worth, self._min_tick(order))
        return True

    def _trail(self, working: Working, price: float) -> list[Event]:
        """Moves the stop of a trailing order after a trade, and tells where it moved."""
        if not working.trails:
            return []
        stop = stop_after(working.order, working.stop, price, self._min_tick(working.order))
        if stop == working.stop:
            return []
        working.stop = stop
        return [self._changed(working)]

    def _rest(self, working: Working, market: LiveMarket, limit: int | None, matches: list[Match]) -> list[Event]:
        """What is left of an order stands in the book; of a market order, at the last price that it reached."""
        order, now = working.order, self._now()
        side: Side = "bid" if order.action == "BUY" else "ask"
        if limit is None:
            limit = matches[-1].price if matches else market.book.best("ask" if side == "bid" else "bid")
            working.status = SUBMITTED
        working.resting = True
        resting = Resting(
            order.order_key, side, limit, working.remaining, 0, "IBKRATS", order.oca_group, order.oca_type
        )
        events: list[Event] = [*market.add(now, resting)]
        if working.ahead is not None:  # it stood there before a restart
            resting.ahead, working.ahead = min(resting.ahead, working.ahead), None
        return events

    def _enlist(self, working: Working, auction: Auction) -> list[Event]:
        """Has an order wait for an auction."""
        order = working.order
        side: Side = "bid" if order.action == "BUY" else "ask"
        waits = AuctionOrder(order.order_key, auction, side, self._limit(working), working.remaining)
        self._live(order.con_id).enlist(waits)
        working.resting = True
        if working.status == SUBMITTED or not may_trade(order, self._now()):
            return []
        working.status = SUBMITTED
        return [self._changed(working)]

    def _fill(self, working: Working, ticks: int, size: int, venue: str, liquidity: int) -> list[Event]:
        price = ticks / round(1 / self._min_tick(working.order))
        if size > working.remaining:  # it was reduced or cancelled too late: these shares had traded
            working.order = replace(working.order, quantity=working.filled + size)
        before = working.remaining
        executed = self.blotter.book(working, self._now(), price, size, venue, liquidity)
        if not working.remaining:
            working.status, working.resting = FILLED, False
            self.register.working.pop(working.order.order_key, None)
        elif working.status == PRE_SUBMITTED:
            working.status = SUBMITTED
        return [executed, self._changed(working), *self._relatives_of(working, before)]

    def _relatives_of(self, working: Working, before: int) -> list[Event]:
        """A fill sets the order's children to work when it was the last, and concerns the others of its OCA group.

        Args:
            working: The order.
            before: Its shares that were not filled before.
        """
        events: list[Event] = []
        order = working.order
        for other in list(self.register.working.values()):
            if other is working or other.ended:
                continue
            if order.oca_group and other.order.oca_group == order.oca_group:
                left = left_after(other.remaining, before, working.remaining, order.oca_type)
                events += self._reduce(other, left, "OCA order filled")
            elif other.order.parent_key == order.order_key and working.ended and other.order.transmit:
                self._look_again(other)
                events += self._work(other)
        return events

    def _end(self, working: Working, reason: str) -> list[Event]:
        """Cancels an order, and its children with it."""
        events = self._out_of_book(working)
        order, now = working.order, self._now()
        working.status, working.reason, working.changed_ns = CANCELLED, reason, now
        self.register.working.pop(order.order_key, None)
        events.append(OrderMessage(now, order, 202, f"Order Canceled - reason:{reason}"))
        events.append(self._changed(working))
        for child in [each for each in self.register.working.values() if each.order.parent_key == order.order_key]:
            events += self._reduce(child, min(child.remaining, working.filled), "Parent order cancelled")
            if not child.ended and child.order.transmit:
                self._look_again(child)
                events += self._work(child)
        return events

    def _reduce(self, working: Working, left: int, reason: str) -> list[Event]:
        """Leaves an order with so many shares to fill; without any it ends."""
        if left == working.remaining:
            return []
        if not left:
            return self._end(working, reason)
        working.order = replace(working.order, quantity=working.filled + left)
        shown: list[Event] = []
        if working.resting:
            shown += self._live(working.order.con_id).shrink(self._now(), working.order.order_key, left)
        return [*shown, self._changed(working)]

    def _refuse(self, order: SimOrder, problem: Refusal) -> list[Event]:
        now = self._now()
        if problem.code not in BY_SERVER:
            self.register.keys.setdefault((order.client_id, order.order_id), None)
            return [OrderRejected(now, order, *problem)]
        working = self.register.enter(order, 0, now)
        working.status, working.reason = INACTIVE, problem.text
        del self.register.working[working.order.order_key]
        return [self._changed(working), OrderRejected(now, working.order, *problem)]

    def _plan_end(self, working: Working, expires_ns: int | None = None) -> None:
        """Finds out when the order ends by itself, and has it end then where no phase of the day ends with it."""
        order, now = working.order, self._now()
        working.expires_ns = expires_ns or self._expiry_ns(order, now)
        if order.tif in ("GTD", AT_OPEN) and working.expires_ns is not None:
            self._later(max(working.expires_ns, now), lambda: self._reconsider(order.order_key))

    def _expiry_ns(self, order: SimOrder, now_ns: int) -> int | None:
        listing = self._universe.by_con_id(order.con_id)
        if auction_of(order) is None or listing is None:
            return expiry_ns(order, now_ns)
        return ends_ns(order, day_of_auction(order, listing, now_ns))

    def _look_again(self, working: Working) -> None:
        """Has the order reconsidered when the next phase of the day begins or ends."""
        key = working.order.order_key
        if key not in self._looked_after:
            self._looked_after.add(key)
            self._later(next_change_ns(self._now()), lambda: self._reconsider(key, timer=True))

    def _reconsider(self, key: int, *, timer: bool = False) -> list[Event]:
        working = self.register.working.get(key)
        if timer:
            self._looked_after.discard(key)
        if working is None or not working.order.transmit:
            return []
        if working.expires_ns is not None and self._now() >= working.expires_ns:
            return self._end(working, "")
        self._look_again(working)
        if self.register.waits_for_parent(working):
            return []
        if not self._may_work(working):
            return self._out_of_book(working)
        if not timer:
            return self._work(working)
        # A phase begins: first the market's own first moment and its auction, then the orders that waited for it.
        self._later(self._now() + 1, lambda: self._work_after_auction(working), after_market=True)
        auction = auction_of(working.order) or self._opening(working)
        return [] if auction is None else self._enlist(working, auction)

    def _opening(self, working: Working) -> Auction | None:
        """The auction that opens the session now, for an order that waited for the session; else None."""
        listing = self._universe.by_con_id(working.order.con_id)
        if working.resting or working.waits_for_stop or listing is None:
            return None
        day = listing.calendar.day_of(self._now() // MINUTE_NS)
        return auction_times(listing, day).get(self._now() + 1)

    def _work_after_auction(self, working: Working) -> list[Event]:
        """An order that didn't trade in the opening auction goes into the book, unless it was for an auction only."""
        events: list[Event] = []
        if (
            auction_of(working.order) is None
            and working.order.order_key in self._live(working.order.con_id).auctions.orders
        ):
            events += self._out_of_book(working)
        return [*events, *self._work(working)]

    def _may_work(self, working: Working) -> bool:
        if self.register.waits_for_parent(working) or not working.order.transmit:
            return False
        open_now = auction_of(working.order) is not None or may_trade(working.order, self._now())
        return open_now and not self._live(working.order.con_id).halted

    def _out_of_book(self, working: Working) -> list[Event]:
        if not working.resting:
            return []
        working.resting = False
        return list(self._live(working.order.con_id).remove(self._now(), working.order.order_key))

    def _limit(self, working: Working) -> int | None:
        """The limit in increments; None for an order that takes any price."""
        limit = working.limit_price
        if working.order.order_type not in WITH_LIMIT or limit is None:
            return None
        return round(limit / self._min_tick(working.order))

    def _min_tick(self, order: SimOrder) -> float:
        listing = self._universe.by_con_id(order.con_id)
        assert listing is not None
        return listing.instrument.min_tick

    def _changed(self, working: Working) -> OrderChanged:
        return OrderChanged(self._now(), working.order, working.state())
