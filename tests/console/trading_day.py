"""A day of trading: orders of every kind and whatever goes wrong with a gateway, over several starts of the console."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from ibtui.broker.flattening import Flattening
from ibtui.broker.session import Session
from ibtui.config import RiskSettings
from ibtui.errors import OrderRefusedError
from ibtui.market.instruments import Instrument
from ibtui.trading.brackets import bracket
from ibtui.trading.orders import ENDED, LIVE, Order, Status
from tests.conftest import Gateway, until
from tests.console.rig import Rig, running

SYMBOLS = ("SPY", "QQQ", "IWM")
RISK = RiskSettings(
    max_notional=10_000_000,
    max_position=100_000,
    orders_per_minute=10_000,
    collar_percent=10,
    duplicate_seconds=0,
    daily_loss=1_000_000,
)

PLACE = 3
STATUS, EXECUTION, COMMISSION = 3, 11, 59


@dataclass
class Day:
    """What a trader and a gateway do to each other.

    Attributes:
        random: Chooses symbols, sides, sizes and orders; the same seed makes the same choices.
        done: How often each act was carried out.
        lost: References of orders that the gateway never got.
    """

    gateway: Gateway
    path: Path
    random: Random
    done: Counter[str] = field(default_factory=Counter)
    lost: set[str] = field(default_factory=set)
    instruments: dict[str, Instrument] = field(default_factory=dict)
    _rig: Rig | None = None

    @property
    def rig(self) -> Rig:
        assert self._rig is not None, "the console is not running"
        return self._rig

    @asynccontextmanager
    async def console(self) -> AsyncIterator[Rig]:
        """A start of the console, up to its end."""
        async with running(self.path, self.gateway.host, self.gateway.port, risk=RISK) as self._rig:
            await self.ready()
            yield self._rig
            await self.rig.writer.durable()

    async def trade(self, acts: Iterable["Act"]) -> None:
        """Carries these out, one after the other."""
        for act in acts:
            self.done[act.__name__] += 1
            await act(self)
            await self.answered()

    async def ready(self) -> None:
        """Waits until orders can go again, and has looked at what happened meanwhile."""
        await self.rig.ready()
        self.instruments = {symbol: await self.rig.quoted(symbol) for symbol in SYMBOLS}
        self.rig.desk.acknowledge()

    async def answered(self) -> None:
        """Waits until the broker has said something of every order that reached it."""
        orders = self.rig.desk.orders
        waits = (Status.NEW, Status.SENT)
        await until(lambda: all(each.status not in waits for each in orders.values()), 10, f"answers: {orders}")

    async def over_the_loss(self, session: Session | None) -> None:
        """Waits until this session is lost and another one is ready."""
        await until(lambda: self.rig.supervisor.session not in (None, session), 10, "another session")
        await self.ready()

    async def room(self) -> None:
        """Sees to it that no limit on working orders refuses the next one."""
        if len(self.live()) > 12:
            await self.rig.desk.cancel_all()
            await until(lambda: not self.live(), 10, f"no order that works: {self.live()}")

    # --- asking ---

    def instrument(self) -> Instrument:
        return self.instruments[self.random.choice(SYMBOLS)]

    def price(self, instrument: Instrument, factor: float) -> float:
        quote = self.rig.market.board.quote(instrument.con_id)
        assert quote.bid
        return round(quote.bid * factor, 2)

    async def order(
        self, factor: float | None, order_type: str = "LMT", *, stop: float | None = None, **terms: Any
    ) -> Order:
        """An order of either side, its prices so far into the market (above 1) or away from it (below 1)."""
        instrument, action = self.instrument(), self.random.choice(("BUY", "SELL"))

        def price(at: float | None) -> float | None:
            return None if at is None else self.price(instrument, at if action == "BUY" else 2 - at)

        intent = self.rig.desk.intent(
            instrument, action, self.random.randint(5, 60), order_type, price(factor), stop_price=price(stop), **terms
        )
        return await self.rig.desk.submit(intent, instrument)

    def live(self, *statuses: Status) -> list[Order]:
        """Orders that work, or those of some statuses."""
        return [each for each in self.rig.desk.orders.values() if each.status in (statuses or LIVE)]

    async def move(self, instrument: Instrument, percent: float) -> None:
        """Moves a market."""
        await self.gateway.control("price", symbol=instrument.symbol, percent=percent)

    def resolve_lost(self) -> None:
        """Closes by hand what the gateway has no trace of."""
        for order in self.live(Status.UNKNOWN):
            assert "not found" in order.reason
            self.rig.desk.resolve(order.intent.order_ref, "the gateway never got it")
            self.lost.add(order.intent.order_ref)

    def flattening(self) -> Flattening:
        return Flattening(self.rig.desk, self.rig.account, self.rig.market, self.rig.feeds.mark)

    async def close(self) -> None:
        """Ends the day flat, with no order working."""
        flattening = self.flattening()
        for instrument in self.instruments.values():
            closing = await flattening.flatten(instrument)
            if closing is not None:
                ref = closing.intent.order_ref
                await until(lambda ref=ref: self.rig.desk.orders[ref].status in ENDED, 10, f"the end of {closing}")
        filled = [ref for ref, each in self.rig.desk.orders.items() if each.executions]
        await until(lambda: all(self.rig.desk.orders[ref].commission for ref in filled), 10, "the last commissions")

    def cash(self) -> float:
        """The account's cash as the gateway told the console when it connected."""
        return float(self.rig.account.values["TotalCashBalance", "USD"])

    def unexplained(self, start: float) -> float:
        """Cash that the journal does not account for since the day began with so much; the gateway rounds to cents."""
        return round(abs(start - self.cost() - self.cash()), 3)

    def cost(self) -> float:
        """What the journal says was paid since the day began, commissions included; below zero where it was earned."""
        ((paid, charged, uncharged),) = self.rig.rows("""
            SELECT sum(quantity * price * iif(side = 'BUY', 1, -1)), sum(amount), sum(amount IS NULL)
            FROM executions LEFT JOIN commissions USING (exec_id) WHERE superseded_by IS NULL""")
        assert uncharged == 0
        return float(paid + charged)


Act = Callable[[Day], Awaitable[None]]


# --- what a trader does ---


async def rests(day: Day) -> None:
    await day.order(0.985)


async def takes(day: Day) -> None:
    await day.order(1.01)


async def at_market(day: Day) -> None:
    await day.order(None, "MKT")


async def stop(day: Day) -> None:
    await day.order(None, "STP", stop=1.004)


async def stop_limit(day: Day) -> None:
    await day.order(1.012, "STP LMT", stop=1.006)


async def trails(day: Day) -> None:
    await day.order(None, "TRAIL", trail_percent=0.5)


async def fills_in_parts(day: Day) -> None:
    instrument = day.instrument()
    limit = day.price(instrument, 0.999)
    intent = day.rig.desk.intent(instrument, "BUY", 50, limit_price=limit)
    await day.rig.desk.submit(intent, instrument)
    await day.answered()
    steer = {"bid": round(limit - 0.01, 2), "ask": limit, "ask_size": 7}
    await day.gateway.control("price", symbol=instrument.symbol, **steer)


async def with_target_and_stop(day: Day) -> None:
    instrument, factor = day.instrument(), day.random.choice((0.99, 1.01))
    desk = day.rig.desk
    parent = desk.intent(instrument, "BUY", 20, limit_price=day.price(instrument, factor))
    target, stop = day.price(instrument, 1.03), day.price(instrument, 0.97)
    await desk.submit_bracket(
        bracket(parent, lambda **facts: desk.intent(instrument, **facts), target, stop), instrument
    )


async def changes(day: Day) -> None:
    working = [each for each in day.live(Status.WORKING) if each.intent.order_type == "LMT"]
    if working:
        order = day.random.choice(working)
        instrument = day.instruments[order.intent.symbol]
        with suppress(OrderRefusedError):
            await day.rig.desk.change(order.intent.order_ref, instrument, quantity=order.intent.quantity + 1)


async def cancels(day: Day) -> None:
    working = day.live(Status.WORKING, Status.PARTIAL)
    if working:
        await day.rig.desk.cancel(day.random.choice(working).intent.order_ref)


async def flattens(day: Day) -> None:
    with suppress(OrderRefusedError):
        await day.flattening().flatten(day.instrument())


async def reverses(day: Day) -> None:
    with suppress(OrderRefusedError):
        await day.flattening().reverse(day.instrument())


# --- what the market and the gateway do ---


async def rises(day: Day) -> None:
    await day.move(day.instrument(), 1.5)


async def falls(day: Day) -> None:
    await day.move(day.instrument(), -1.5)


async def rejects(day: Day) -> None:
    await day.gateway.control("reject", count=1)
    await day.order(0.98)


async def drops(day: Day) -> None:
    session = day.rig.supervisor.session
    await day.gateway.control("drop", how=day.random.choice(("fin", "rst")))
    await day.move(day.instrument(), day.random.choice((1.5, -1.5)))
    await day.over_the_loss(session)


async def loses_the_frame(day: Day) -> None:
    await day.room()
    session = day.rig.supervisor.session
    await day.gateway.control("drop", how="rst", on=PLACE)
    order = await day.order(0.98)
    assert order.status is Status.SENT, order.reason
    await day.over_the_loss(session)
    ref = order.intent.order_ref
    day.resolve_lost()
    assert ref in day.lost


async def loses_the_answer(day: Day) -> None:
    await day.room()
    session = day.rig.supervisor.session
    await day.gateway.control("drop", how="rst", on=PLACE, done=True)
    order = await day.order(1.01)
    assert order.status is Status.SENT, order.reason
    await day.over_the_loss(session)


async def restarts(day: Day) -> None:
    session = day.rig.supervisor.session
    await day.gateway.control("restart", seconds=0.2, next_valid_id=1, in_use=1)
    await day.over_the_loss(session)


async def loses_ib(day: Day) -> None:
    kept = day.random.choice((True, False))
    await day.gateway.control("upstream", state="lost")
    await until(lambda: day.rig.supervisor.status.state == "IB LOST", 5, "IB LOST")
    await day.move(day.instrument(), day.random.choice((1.5, -1.5)))
    await day.gateway.control("upstream", state="restored" if kept else "restored_data_lost")
    await day.ready()


async def repeats_itself(day: Day) -> None:
    for message in (STATUS, EXECUTION, COMMISSION):
        await day.gateway.control("duplicate", message=message, count=1)
    await day.order(1.01)


async def tells_late(day: Day) -> None:
    for message in (EXECUTION, COMMISSION):
        await day.gateway.control("delay", message=message, ms=300, count=1)
    await day.order(1.01)


TRADES: tuple[Act, ...] = (
    rests, takes, at_market, stop, stop_limit, trails, fills_in_parts, with_target_and_stop, changes, cancels,
    flattens, reverses, rises, falls, rejects, repeats_itself, tells_late,
)  # fmt: skip
LOSSES: tuple[Act, ...] = (drops, loses_the_frame, loses_the_answer, restarts, loses_ib)
