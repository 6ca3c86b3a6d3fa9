"""The simulated exchange and broker: one seeded market, its history, orders and the account.

No input or output, no threads, no wall clock. Market time goes forward only in :meth:`Exchange.advance`, and the same
calls at the same market times give the same events.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.market.bars import Bar
from ibtui.market.instruments import Instrument
from ibtui.market.nyse import ZONE
from ibtui.sim.account import Account, Pnl, Position
from ibtui.sim.account_days import AccountDays
from ibtui.sim.account_values import account_values
from ibtui.sim.bar_requests import BarRequest, answer
from ibtui.sim.brokerage import Brokerage
from ibtui.sim.contract_hours import hours_from
from ibtui.sim.events import BookLevel, Charged, Event, Executed, OrderState, SimOrder, Top, Traded
from ibtui.sim.history import History, Running, first_session_ns
from ibtui.sim.live import LiveMarket
from ibtui.sim.saved import SavedExchange
from ibtui.sim.saving import restored, saved_exchange
from ibtui.sim.seeded import SeededSource
from ibtui.sim.source import Source
from ibtui.sim.trading_days import MINUTE_NS
from ibtui.sim.universe import Listing, Universe, default_universe
from ibtui.sim.valuation import Valuation

LEAP_NS = 1800 * NS
"""A longer step is a leap: markets are looked at again at its end instead of being lived through."""

__all__ = ["Exchange", "Pnl", "Position"]

_BEFORE_MARKET, _MARKET, _AFTER_MARKET = range(3)
_time_of = attrgetter("time_ns")


class _Entry(NamedTuple):
    """Something due: the next step of a live market, or a timer before or after what markets do at that time."""

    time_ns: int
    rank: int
    number: int
    serial: int


class Exchange:
    """The market and the broker.

    Args:
        seed: Everything in the market follows from it and market time.
        account: Id of the account that there is from the start.
        start_ns: Market time at the start, UTC nanoseconds.
        symbols: Listed besides the catalogue, with invented facts; those that it has are as they are.
        rate: How lively the book's sizes are; prints are the same at every rate.
        universe: What is listed instead of the catalogue.
        source: Where the market comes from instead of the seed.
    """

    def __init__(
        self,
        seed: int,
        account: str,
        start_ns: int,
        symbols: Sequence[str] = (),
        rate: float = 1.0,
        *,
        universe: Universe | None = None,
        source: Source | None = None,
    ) -> None:
        self.now_ns = start_ns
        self.seed = seed
        self.symbols = tuple(symbols)
        self.universe = universe or default_universe(symbols, datetime.fromtimestamp(start_ns / NS, ZONE).date())
        self.source = source or SeededSource(seed)
        self.history = History(self.source)
        self._prices = Valuation(self.universe, self._mark)
        self.accounts = {account: Account(account, self._prices)}
        self._broker = Brokerage(self.universe, self.accounts, self._live, self._later, lambda: self.now_ns)
        self._markets: dict[int, LiveMarket] = {}
        self._serials: dict[int, int] = {}
        self._watched: Counter[int] = Counter()
        self._deep: Counter[int] = Counter()
        self._agenda: list[_Entry] = []
        self._alarms: list[_Entry] = []
        self._timers: dict[int, Callable[[], list[Event]]] = {}
        self._numbers = 0
        self._rate = rate
        self._running = True
        self._pending: list[Event] = []
        calendars = dict.fromkeys(each.calendar for each in self.universe)
        AccountDays(self.accounts, self._broker.expire, self._later, lambda: self.now_ns).begin(calendars)

    # the market

    @property
    def running(self) -> bool:
        """Whether the seeded flow goes on; stopped, quotes stand still and only clients trade."""
        return self._running

    @running.setter
    def running(self, running: bool) -> None:
        self._running = running
        for con_id, market in self._markets.items():
            self._pending += self._settle(market, list(market.stop(self.now_ns, not running)))
            self._schedule(con_id)

    @property
    def rate(self) -> float:
        """How lively the book's sizes are, 1 being ordinary."""
        return self._rate

    @rate.setter
    def rate(self, rate: float) -> None:
        self._rate = rate
        for con_id, market in self._markets.items():
            self._pending += market.retime(self.now_ns, rate)
            self._schedule(con_id)

    def watch(self, con_id: int, *, deep: bool = True) -> None:
        """Has a contract's market simulated event by event until :meth:`unwatch` was called as often.

        Args:
            con_id: The contract.
            deep: Whether its whole book is to be told; else only the quote.
        """
        self._watched[con_id] += 1
        self._deep[con_id] += deep
        self._live(con_id).shown.deepen(self._deep[con_id] > 0)

    def unwatch(self, con_id: int, *, deep: bool = True) -> None:
        """Takes back one :meth:`watch` of the same depth."""
        self._watched[con_id] -= 1
        self._deep[con_id] -= deep
        if con_id in self._markets:
            self._markets[con_id].shown.deepen(self._deep[con_id] > 0)
        self._forget_idle(con_id)

    def advance(self, to_ns: int) -> list[Event]:
        """Lets market time pass and tells everything that happened up to then, ``to_ns`` included, in time order."""
        if to_ns - self.now_ns > LEAP_NS:
            return self.leap(to_ns)
        pending, self._pending = self._pending, []
        events: list[Event] = []
        ran_ahead = False
        while (entry := self._next_entry()).time_ns <= to_ns:
            if entry.rank != _MARKET:
                events += self._ring()
                continue
            heapq.heappop(self._agenda)
            if self._serials.get(entry.number) == entry.serial:
                self.now_ns = max(self.now_ns, entry.time_ns)
                # Where no order works nothing looks at the market before the next alarm, so that it may run ahead.
                alone = not self._broker.register.working
                ran_ahead = ran_ahead or alone
                events += self._step(entry.number, min(to_ns, self._alarms[0].time_ns - 1) if alone else 0)
        if ran_ahead:
            events.sort(key=_time_of)
        self.now_ns = max(self.now_ns, to_ns)
        return [*pending, *events] if pending else events

    def leap(self, to_ns: int) -> list[Event]:
        """Moves market time on without living through it: timers ring, then every market is as it is at that time."""
        events, self._pending = self._pending, []
        before, self._markets = self._markets, {}
        for old in before.values():
            if old.altered:
                self.history.remember_cut(old.listing, old.minute, old.prints, self.now_ns)
        self._agenda.clear()
        while self._alarms[0].time_ns <= to_ns:
            self.now_ns = max(self.now_ns, self._alarms[0].time_ns)
            self._tear_down()
            events += self._ring()
        self._tear_down()
        self.now_ns = to_ns
        for con_id, old in before.items():
            market = self._live(con_id)
            if old.halted:
                market.halt(to_ns, True)
                self._schedule(con_id)
            events += market.seen_again(to_ns, old)
        return [*events, *self._broker.floor.reconsider_all()]

    def _tear_down(self) -> None:
        """Ends all markets, to be made anew at another time; orders in their books have to be put there again."""
        self._markets.clear()
        self._serials.clear()
        self._broker.floor.pull_all()

    def is_open(self, con_id: int) -> bool:
        """Whether the contract trades now, extended hours included."""
        listing = self.universe.by_con_id(con_id)
        return listing is not None and listing.calendar.moment_of(self.now_ns // MINUTE_NS) is not None

    def top(self, con_id: int) -> Top:
        """Quote and day of a contract."""
        return self._look(con_id).top()

    def market_at(self, con_id: int, at_ns: int) -> LiveMarket:
        """A contract's market as it was at a time, to be run beside the live one; without clients' part in it."""
        listing, history = self._listing(con_id), self.history
        day = history.day_until(listing, listing.calendar.last_open_minute(at_ns // MINUTE_NS))
        return LiveMarket(self.source, listing, at_ns, day, history.offset(con_id, at_ns), self._rate)

    def worth(self, con_id: int) -> float:
        """What a contract is worth now: by its market where it runs, else by its path, to the minute."""
        market = self._markets.get(con_id)
        if market is not None:
            return market.top().worth
        listing = self._listing(con_id)
        number = listing.calendar.last_open_minute(self.now_ns // MINUTE_NS)
        ticks = self.source.change(listing, number)[0] + self.history.offset(con_id, self.now_ns)
        return ticks * listing.instrument.min_tick

    def extremes(self, con_id: int, spans: Sequence[int]) -> list[tuple[float, float]]:
        """Lowest and highest price of so many sessions before today's, ascending; none where not known."""
        listing = self._listing(con_id)
        found = self.source.extremes(listing, listing.calendar.last_open_minute(self.now_ns // MINUTE_NS), spans)
        tick, offset = listing.instrument.min_tick, self.history.offset(con_id, self.now_ns)
        return [(round(lowest + offset) * tick, round(highest + offset) * tick) for lowest, highest in found]

    def book(self, con_id: int, rows: int) -> tuple[list[BookLevel], list[BookLevel]]:
        """The best rows of bids and asks."""
        market = self._look(con_id)
        return market.shown.levels("bid", rows), market.shown.levels("ask", rows)

    def steer(
        self,
        con_id: int,
        bid: float | None = None,
        ask: float | None = None,
        last: float | None = None,
        bid_size: int | None = None,
        ask_size: int | None = None,
    ) -> list[Event]:
        """Moves a contract's market there; it goes on from there along its seeded path.

        Raises:
            UsageError: A price or a size makes no sense, or the bid would not be below the ask.
        """
        listing = self._listing(con_id)
        ticks = [None if price is None else round(price / listing.instrument.min_tick) for price in (bid, ask, last)]
        if any(each is not None and each < 1 for each in (*ticks, bid_size, ask_size)):
            raise UsageError("prices and sizes must be above zero")
        if ticks[0] is not None and ticks[1] is not None and ticks[0] >= ticks[1]:
            raise UsageError("the bid must be below the ask")
        market = self._live(con_id)
        told = market.steer(self.now_ns, ticks[0], ticks[1], ticks[2], bid_size, ask_size)
        self.history.offsets.setdefault(con_id, []).append((self.now_ns, market.offset))
        events = self._settle(market, list(told))
        self._forget_idle(con_id)
        return events

    def print_trade(self, con_id: int, price: float, size: int) -> list[Event]:
        """A trade happens in a contract."""
        market = self._live(con_id)
        ticks = round(price / market.listing.instrument.min_tick)
        events = self._settle(market, list(market.print_trade(self.now_ns, ticks, size)))
        self._forget_idle(con_id)
        return events

    def halt(self, con_id: int, halted: bool = True) -> list[Event]:
        """Halts trading in a contract, or lets it go on."""
        market = self._live(con_id)
        events = self._settle(market, list(market.halt(self.now_ns, halted)))
        self._schedule(con_id)
        return [*events, *self._broker.floor.reconsider_contract(con_id)]

    # contracts and history

    def describe(self, con_id: int) -> Instrument:
        """A contract's facts with IB's strings of hours for the next days."""
        listing = self._listing(con_id)
        trading, liquid = hours_from(listing, datetime.fromtimestamp(self.now_ns / NS, ZONE).date())
        return replace(listing.instrument, trading_hours=trading, liquid_hours=liquid)

    def bars(
        self, con_id: int, bar_seconds: int, start_ns: int, end_ns: int, what: str = "TRADES", use_rth: bool = True
    ) -> list[Bar]:
        """Bars whose ``start`` lies in the half-open range of market time, up to now.

        A bar is whole whatever the range, so that requests that overlap agree; the running one ends at the last print.
        Bars of trades leave out times without any.

        Args:
            con_id: The contract.
            bar_seconds: Length, see :data:`ibtui.market.bars.BAR_SIZES`.
            start_ns: Begin of the range, UTC nanoseconds.
            end_ns: Its end, excluded.
            what: ``TRADES``, ``MIDPOINT``, ``BID``, ``ASK``, ``BID_ASK`` or ``ADJUSTED_LAST``.
            use_rth: Regular sessions only.
        """
        listing = self._listing(con_id)
        what = "TRADES" if what == "ADJUSTED_LAST" else what
        running = self.running_minute(con_id)
        bars = answer(
            self.history, BarRequest(listing, bar_seconds, start_ns, end_ns, what, use_rth, self.now_ns, running)
        )
        if what == "TRADES" and not listing.quoted:  # an index is only calculated: nothing changes hands
            bars = [bar._replace(volume=0.0, wap=0.0) for bar in bars]
        return bars

    def running_minute(self, con_id: int) -> Running | None:
        """The prints so far of a contract's minute that runs; None for one that nobody watches."""
        market = self._markets.get(con_id)
        return None if market is None else Running(market.minute, market.prints, market.altered)

    def head_timestamp(self, con_id: int) -> int:
        """When the contract's history begins, UTC seconds."""
        return first_session_ns(self._listing(con_id)) // NS

    # orders

    def place(self, order: SimOrder) -> list[Event]:
        """Takes an order. It gets its permanent id, ``order_key``, here; a refused one gets none."""
        return self._broker.place(order)

    def modify(self, order_key: int, order: SimOrder) -> list[Event]:
        """Changes a working order into ``order``."""
        return self._broker.modify(order_key, order)

    def cancel(self, order_key: int) -> list[Event]:
        """Cancels a working order."""
        return self._broker.cancel(order_key)

    def what_if(self, order: SimOrder) -> tuple[OrderState, dict[str, float | str]]:
        """What an order would need and cost, without placing it."""
        return self._broker.what_if(order)

    def key_of(self, client_id: int, order_id: int) -> int | None:
        """The permanent id of a client's order, or None."""
        return self._broker.register.key_of(client_id, order_id)

    def open_orders(self) -> list[tuple[SimOrder, OrderState]]:
        """Orders that have not ended."""
        return self._broker.register.open_orders()

    def completed_orders(self) -> list[tuple[SimOrder, OrderState]]:
        """Orders that have ended."""
        return self._broker.register.completed_orders()

    def executions(self) -> list[tuple[Executed, Charged | None]]:
        """All fills, each with its commission once that is known."""
        return self._broker.blotter.fills()

    # what outlives the process

    def saved(self) -> SavedExchange:
        """Account, orders and fills as they are now; shares nothing that changes."""
        for market in self._markets.values():
            if market.altered:
                self.history.remember_cut(market.listing, market.minute, market.prints, self.now_ns)
        return saved_exchange(self.now_ns, self.accounts.values(), self._broker, self.history)

    def restore(self, saved: SavedExchange) -> None:
        """Goes on with what an earlier exchange saved. Call it on a new one that starts at the saved market time."""
        self.history.offsets.update(saved.offsets)
        self.history.restore(saved.minutes)
        for each in saved.accounts:
            self.accounts[each.name] = restored(each, self._prices)
        self._broker.restore(saved)
        for listing in self.universe:
            if self._concerns(listing.con_id):
                self._live(listing.con_id)

    # the accounts

    @property
    def account(self) -> Account:
        """The account that there was from the start."""
        return next(iter(self.accounts.values()))

    def open_account(self, name: str) -> None:
        """Has an account of that name, a new one unless there is one."""
        if name not in self.accounts:
            self.accounts[name] = Account(name, self._prices)

    def positions(self) -> list[Position]:
        """Everything that the first account holds or held today."""
        return self.account.positions()

    def position(self, con_id: int) -> Position:
        """The first account's position in one contract."""
        return self.account.position(con_id)

    def account_values(self) -> list[tuple[str, str, str]]:
        """Key, value and currency of everything that an account update of the first account says."""
        return account_values(self.account)

    def pnl(self) -> Pnl:
        """Profit and loss of the first account."""
        return self.account.pnl()

    def _listing(self, con_id: int) -> Listing:
        listing = self.universe.by_con_id(con_id)
        if listing is None:
            raise UsageError(f"no contract has the id {con_id}")
        return listing

    def _live(self, con_id: int) -> LiveMarket:
        """The contract's running market, set going if it isn't."""
        market = self._markets.get(con_id)
        if market is None:
            market = self._started(con_id)
            market.stop(self.now_ns, not self._running)
            market.shown.deepen(self._deep[con_id] > 0)
            self._markets[con_id] = market
            self._schedule(con_id)
        return market

    def _look(self, con_id: int) -> LiveMarket:
        """The contract's market as it is, not set going."""
        return self._markets.get(con_id) or self._started(con_id)

    def _started(self, con_id: int) -> LiveMarket:
        listing = self._listing(con_id)
        history = self.history
        day = history.day_until(listing, listing.calendar.last_open_minute(self.now_ns // MINUTE_NS))
        offset = history.offset(con_id, self.now_ns)
        return LiveMarket(
            self.source, listing, self.now_ns, day, offset, self._rate,
            lambda minute, prints: history.remember(con_id, minute, prints),
        )  # fmt: skip

    def _schedule(self, con_id: int) -> None:
        self._numbers += 1
        self._serials[con_id] = self._numbers
        heapq.heappush(self._agenda, _Entry(self._markets[con_id].next_ns, _MARKET, con_id, self._numbers))

    def _later(self, time_ns: int, action: Callable[[], list[Event]], *, after_market: bool = False) -> None:
        self._numbers += 1
        self._timers[self._numbers] = action
        rank = _AFTER_MARKET if after_market else _BEFORE_MARKET
        heapq.heappush(self._alarms, _Entry(time_ns, rank, self._numbers, 0))

    def _next_entry(self) -> _Entry:
        """What is due first; there always is the alarm of the next day."""
        alarm = self._alarms[0]
        return min(alarm, self._agenda[0]) if self._agenda else alarm

    def _ring(self) -> list[Event]:
        """Does what the next alarm is for."""
        alarm = heapq.heappop(self._alarms)
        self.now_ns = max(self.now_ns, alarm.time_ns)
        return self._timers.pop(alarm.number)()

    def _step(self, con_id: int, until_ns: int) -> list[Event]:
        market = self._markets[con_id]
        minute = market.minute
        events = self._settle(market, list(market.step(until_ns)))
        self._schedule(con_id)
        if market.minute != minute:
            self._forget_idle(con_id)
        return events

    def _settle(self, market: LiveMarket, told: list[Event]) -> list[Event]:
        """Books what the market did to orders."""
        if market.fills:
            fills, market.fills = market.fills, []
            told += self._broker.floor.filled(fills)
        if self._broker.register.in_contract(market.listing.con_id):
            told += self._broker.floor.traded([event for event in told if isinstance(event, Traded)])
        return told

    def _forget_idle(self, con_id: int) -> None:
        """Stops a market that nobody looks at, at the end of a minute that isn't as seeded, else at once."""
        market = self._markets.get(con_id)
        if market is None or market.altered or market.halted or self._watched[con_id] > 0:
            return
        if not self._concerns(con_id) and not self._broker.register.in_contract(con_id):
            del self._markets[con_id]
            del self._serials[con_id]

    def _mark(self, con_id: int) -> float:
        return self._live(con_id).top().worth  # asked again soon: starting a market costs far more than keeping it

    def _concerns(self, con_id: int) -> bool:
        return any(each.concerns(con_id) for each in self.accounts.values())
