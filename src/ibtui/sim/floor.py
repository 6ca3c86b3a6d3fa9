"""Orders at work: when they go to market, what the market does to them, and what that does to their relatives."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Protocol

from ibtui.sim.auctions import (
    AT_OPEN,
    Auction,
    AuctionOrder,
    auction_of,
    auction_times,
    day_of_auction,
    ends_ns,
    venue_of_auction,
)
from ibtui.sim.blotter import Blotter
from ibtui.sim.book import Match, Resting
from ibtui.sim.events import (
    ADDED_LIQUIDITY,
    REMOVED_LIQUIDITY,
    Event,
    OrderChanged,
    OrderMessage,
    Side,
    SimOrder,
    Traded,
)
from ibtui.sim.live import LiveMarket, OwnFill
from ibtui.sim.oca import left_after
from ibtui.sim.order_checks import WITH_LIMIT
from ibtui.sim.register import Register
from ibtui.sim.sizes import own_venue
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.trailing import stop_after
from ibtui.sim.universe import Listing, Universe
from ibtui.sim.working import (
    CANCELLED,
    FILLED,
    PRE_SUBMITTED,
    SUBMITTED,
    Working,
    expiry_ns,
    may_trade,
    next_change_ns,
)


class Later(Protocol):
    """Has a function called at a market time, before what the market does at that time, or after it."""

    def __call__(self, time_ns: int, action: Callable[[], list[Event]], *, after_market: bool = False) -> None:
        """Has ``action`` called; what it returns is told."""


class Floor:
    """Takes the account's orders to market.

    Args:
        live: The running market of a contract; the contract stays live while an order works or a position is held.
        later: Calls back at a market time.
        now: Market time.
    """

    def __init__(
        self,
        universe: Universe,
        register: Register,
        blotter: Blotter,
        live: Callable[[int], LiveMarket],
        later: Later,
        now: Callable[[], int],
    ) -> None:
        self._universe = universe
        self._register = register
        self._blotter = blotter
        self._live = live
        self._later = later
        self._now = now
        self._looked_after: set[int] = set()

    def traded(self, prints: Iterable[Traded]) -> list[Event]:
        """Sets off the stops that these prints touch."""
        events: list[Event] = []
        for printed in prints:
            for working in self._register.in_contract(printed.con_id):
                ready = working.waits_for_stop and working.status == PRE_SUBMITTED and self.may_work(working)
                if ready and working.touched(printed.price):
                    working.triggered = True
                    events += self.work(working)
                elif ready:
                    events += self._trail(working, printed.price)
        return events

    def filled(self, fills: Iterable[OwnFill]) -> list[Event]:
        """Books what traded of orders in the book."""
        events: list[Event] = []
        for fill in fills:
            working = self._register.orders[fill.key]
            events += self._fill(working, fill.price, fill.size, fill.venue, ADDED_LIQUIDITY)
        return events

    def reconsider_contract(self, con_id: int) -> list[Event]:
        """Looks at a contract's orders again after its trading was halted or resumed."""
        keys = [each.order.order_key for each in self._register.in_contract(con_id)]
        return [event for key in keys for event in self.reconsider(key)]

    def pull_all(self) -> None:
        """Forgets which orders stood in the book, because all books were made anew."""
        for working in self._register.working.values():
            working.resting = False

    def reconsider_all(self) -> list[Event]:
        """Looks at all orders again, after market time made a leap."""
        return [event for key in list(self._register.working) for event in self.reconsider(key)]

    def work(self, working: Working) -> list[Event]:
        """Sends an order to the market, if it may trade now and isn't there yet."""
        if working.ended or working.resting or not self.may_work(working):
            return []
        if working.waits_for_stop:
            return [self.changed(working)] if self.begin_to_trail(working) else []
        auction = auction_of(working.order)
        if auction is not None:
            return self._enlist(working, auction)
        order, now = working.order, self._now()
        market = self._live(order.con_id)
        side: Side = "ask" if order.action == "BUY" else "bid"
        limit = self._limit(working)
        if order.tif == "FOK" and market.book.available(side, limit, working.remaining) < working.remaining:
            return self.end(working, "Fill or kill order could not be filled")
        events: list[Event] = []
        if working.status != SUBMITTED and order.order_type != "MKT":
            working.status = SUBMITTED
            events.append(self.changed(working))
        elif working.status == SUBMITTED:
            events.append(self.changed(working))
        matches, told = market.take(now, side, limit, working.remaining)
        events += told
        fills, market.fills = market.fills, []
        events += self.filled(fills)
        for match in matches:
            events += self._fill(working, match.price, match.size, match.venue, REMOVED_LIQUIDITY)
        events += self.traded([event for event in told if isinstance(event, Traded)])
        if order.order_key not in self._register.working:
            return events
        if order.tif in ("IOC", "FOK"):
            return [*events, *self.end(working, "")]
        return [*events, *self._rest(working, market, limit, matches)]

    def end(self, working: Working, reason: str) -> list[Event]:
        """Cancels an order, and its children with it."""
        events = self.out_of_book(working)
        order, now = working.order, self._now()
        working.status, working.reason, working.changed_ns = CANCELLED, reason, now
        self._register.working.pop(order.order_key, None)
        events.append(OrderMessage(now, order, 202, f"Order Canceled - reason:{reason}"))
        events.append(self.changed(working))
        for child in [each for each in self._register.working.values() if each.order.parent_key == order.order_key]:
            events += self._reduce(child, min(child.remaining, working.filled), "Parent order cancelled")
            if not child.ended and child.order.transmit:
                self.look_again(child)
                events += self.work(child)
        return events

    def out_of_book(self, working: Working) -> list[Event]:
        """Takes an order out of the book, or off the list for its auction."""
        if not working.resting:
            return []
        working.resting = False
        return list(self._live(working.order.con_id).remove(self._now(), working.order.order_key))

    def plan_end(self, working: Working, expires_ns: int | None = None) -> None:
        """Finds out when the order ends by itself, and has it end then where no phase of the day ends with it."""
        order, now = working.order, self._now()
        working.expires_ns = expires_ns or self._expiry_ns(order, now)
        if order.tif in ("GTD", AT_OPEN) and working.expires_ns is not None:
            self._later(max(working.expires_ns, now), lambda: self.reconsider(order.order_key))

    def look_again(self, working: Working) -> None:
        """Has the order reconsidered when the next phase of the day begins or ends."""
        key = working.order.order_key
        if key not in self._looked_after:
            self._looked_after.add(key)
            self._later(
                next_change_ns(self._listing(working.order).calendar, self._now()),
                lambda: self.reconsider(key, timer=True),
            )

    def reconsider(self, key: int, *, timer: bool = False) -> list[Event]:
        """Looks at an order again: it may have ended, have to leave the market, or may go there.

        Args:
            key: The order's permanent id.
            timer: Whether a phase of the day begins or ends.
        """
        working = self._register.working.get(key)
        if timer:
            self._looked_after.discard(key)
        if working is None or not working.order.transmit:
            return []
        if working.expires_ns is not None and self._now() >= working.expires_ns:
            return self._leapt_over(working, working.expires_ns) or self.end(working, "")
        self.look_again(working)
        if self._register.waits_for_parent(working):
            return []
        if not self.may_work(working):
            return self.out_of_book(working)
        if not timer:
            return self.work(working)
        # A phase begins: first the market's own first moment and its auction, then the orders that waited for it.
        self._later(self._now() + 1, lambda: self._work_after_auction(working), after_market=True)
        auction = auction_of(working.order) or self._opening(working)
        return [] if auction is None else self._enlist(working, auction)

    def may_work(self, working: Working) -> bool:
        """Whether an order may be at the market now."""
        if self._register.waits_for_parent(working) or not working.order.transmit:
            return False
        open_now = auction_of(working.order) is not None or self._market_open(working.order)
        return open_now and not self._live(working.order.con_id).halted

    def begin_to_trail(self, working: Working) -> bool:
        """Finds the first stop of a trailing order that may work; says whether it had none."""
        if not working.trails or working.stop is not None or not self.may_work(working):
            return False
        order = working.order
        worth = self._live(order.con_id).top().worth
        working.stop = order.trail_stop or stop_after(order, None, worth, self._min_tick(order))
        return True

    def changed(self, working: Working) -> OrderChanged:
        """What clients are told of an order."""
        return OrderChanged(self._now(), working.order, working.state())

    def _trail(self, working: Working, price: float) -> list[Event]:
        """Moves the stop of a trailing order after a trade, and tells where it moved."""
        if not working.trails:
            return []
        stop = stop_after(working.order, working.stop, price, self._min_tick(working.order))
        if stop == working.stop:
            return []
        working.stop = stop
        return [self.changed(working)]

    def _rest(self, working: Working, market: LiveMarket, limit: int | None, matches: list[Match]) -> list[Event]:
        """What is left of an order stands in the book; of a market order, at the last price that it reached."""
        order, now = working.order, self._now()
        side: Side = "bid" if order.action == "BUY" else "ask"
        if limit is None:
            limit = matches[-1].price if matches else market.book.best("ask" if side == "bid" else "bid")
            working.status = SUBMITTED
        working.resting = True
        venue = own_venue(self._listing(order))
        resting = Resting(order.order_key, side, limit, working.remaining, 0, venue, order.oca_group, order.oca_type)
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
        if working.status == SUBMITTED or not self._market_open(order):
            return []
        working.status = SUBMITTED
        return [self.changed(working)]

    def _fill(self, working: Working, ticks: int, size: int, venue: str, liquidity: int) -> list[Event]:
        price = ticks / round(1 / self._min_tick(working.order))
        if size > working.remaining:  # it was reduced or cancelled too late: these shares had traded
            working.order = replace(working.order, quantity=working.filled + size)
        before = working.remaining
        executed = self._blotter.book(working, self._now(), price, size, venue, liquidity)
        if not working.remaining:
            working.status, working.resting = FILLED, False
            self._register.working.pop(working.order.order_key, None)
        elif working.status == PRE_SUBMITTED:
            working.status = SUBMITTED
        return [executed, self.changed(working), *self._relatives_of(working, before)]

    def _relatives_of(self, working: Working, before: int) -> list[Event]:
        """A fill sets the order's children to work when it was the last, and concerns the others of its OCA group.

        Args:
            working: The order.
            before: Its shares that were not filled before.
        """
        events: list[Event] = []
        order = working.order
        for other in list(self._register.working.values()):
            if other is working or other.ended:
                continue
            if order.oca_group and other.order.oca_group == order.oca_group:
                left = left_after(other.remaining, before, working.remaining, order.oca_type)
                events += self._reduce(other, left, "OCA order filled")
            elif other.order.parent_key == order.order_key and working.ended and other.order.transmit:
                self.look_again(other)
                events += self.work(other)
        return events

    def _reduce(self, working: Working, left: int, reason: str) -> list[Event]:
        """Leaves an order with so many shares to fill; without any it ends."""
        if left == working.remaining:
            return []
        if not left:
            return self.end(working, reason)
        working.order = replace(working.order, quantity=working.filled + left)
        shown: list[Event] = []
        if working.resting:
            shown += self._live(working.order.con_id).shrink(self._now(), working.order.order_key, left)
        return [*shown, self.changed(working)]

    def _expiry_ns(self, order: SimOrder, now_ns: int) -> int | None:
        listing = self._listing(order)
        if auction_of(order) is None:
            return expiry_ns(order, listing.calendar, now_ns)
        return ends_ns(order, day_of_auction(order, listing, now_ns))

    def _leapt_over(self, working: Working, expires_ns: int) -> list[Event]:
        """The fill of an order whose auction nobody lived through: market time leapt, but its price is known."""
        auction, market = auction_of(working.order), self._live(working.order.con_id)
        lived = working.resting or self._now() - expires_ns >= MINUTE_NS
        if auction is None or lived or market.withheld or not self.may_work(working):
            return []
        price, limit = market.day.open if auction == "open" else market.day.last, self._limit(working)
        if not price or (limit is not None and (price > limit if working.order.action == "BUY" else price < limit)):
            return []
        venue = venue_of_auction(market.listing)
        return self._fill(working, price, working.remaining, venue, ADDED_LIQUIDITY)

    def _opening(self, working: Working) -> Auction | None:
        """The auction that opens the session now, for an order that waited for the session; else None."""
        if working.resting or working.waits_for_stop:
            return None
        listing = self._listing(working.order)
        day = listing.calendar.day_of(self._now() // MINUTE_NS)
        return auction_times(listing, day).get(self._now() + 1)

    def _work_after_auction(self, working: Working) -> list[Event]:
        """An order that didn't trade in the opening auction goes into the book, unless it was for an auction only."""
        waits = working.order.order_key in self._live(working.order.con_id).auctions.orders
        left = self.out_of_book(working) if waits and auction_of(working.order) is None else []
        return [*left, *self.work(working)]

    def _limit(self, working: Working) -> int | None:
        """The limit in increments; None for an order that takes any price."""
        limit = working.limit_price
        if working.order.order_type not in WITH_LIMIT or limit is None:
            return None
        return round(limit / self._min_tick(working.order))

    def _market_open(self, order: SimOrder) -> bool:
        return may_trade(order, self._listing(order).calendar, self._now())

    def _min_tick(self, order: SimOrder) -> float:
        return self._listing(order).instrument.min_tick

    def _listing(self, order: SimOrder) -> Listing:
        listing = self._universe.by_con_id(order.con_id)
        assert listing is not None, "an order is accepted for what is listed only"
        return listing
