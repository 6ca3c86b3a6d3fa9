"""What nobody would notice in time: a day's loss, an unknown profit, a stop that went, a position that others moved."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ibtui.clock import NS, Clock, MarketClock
from ibtui.config import RiskSettings
from ibtui.market.trading_day import day_began_ns
from ibtui.services.order_watch import OrderWatch
from ibtui.trading.holdings import GRACE
from ibtui.trading.orders import Status
from ibtui.trading.restraints import SETTLE_SECONDS
from ibtui.trading.states import TradingState
from ibtui.ui.parts import Parts
from tests.console.harness import console_parts
from tests.unit.trading.makers import execution, order

DAY = 86_400


class Hand:
    """A watch over real parts, and clocks moved by hand."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.now = 1000.0
        self.ready = True
        self.told: list[tuple[str, str]] = []
        clock = Clock(lambda: self.now, lambda: int(self.now) * NS)
        self.market_clock = MarketClock(clock)
        self.market_clock.measured(1_795_000_000 * NS)
        self.watch = OrderWatch(
            parts.orders,
            parts.account,
            clock,
            self.market_clock,
            RiskSettings(),
            lambda: self.ready,
            lambda kind, text: self.told.append((kind, text)),
        )

    async def look(self, seconds: float = 1.0) -> TradingState:
        self.now += seconds
        await self.watch.look()
        return self.parts.orders.trading_state


@asynccontextmanager
async def watching(path: Path) -> AsyncIterator[Hand]:
    async with console_parts(path) as parts:
        yield Hand(parts)


async def test_a_days_loss_holds_back_until_a_reason_is_given_or_the_next_trading_day(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        account = hand.parts.account
        account.daily_pnl = -499.0
        assert await hand.look() is TradingState.ACTIVE
        account.daily_pnl = -501.0
        assert await hand.look() is TradingState.REDUCING
        account.daily_pnl = 100.0
        assert await hand.look() is TradingState.REDUCING, "a latch"
        assert [kind for kind, _ in hand.told] == ["trading state"]
        await hand.parts.orders.release("daily loss", "seen")
        assert await hand.look() is TradingState.ACTIVE
        account.daily_pnl = -600.0
        assert await hand.look() is TradingState.REDUCING
        account.daily_pnl = 0.0
        assert await hand.look(DAY) is TradingState.ACTIVE


async def test_a_typed_reason_ends_a_days_loss_that_is_still_there_until_it_is_reached_anew(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        account, desk = hand.parts.account, hand.parts.orders
        account.daily_pnl = -501.0
        assert await hand.look() is TradingState.REDUCING
        await desk.release("daily loss", "seen")
        assert [await hand.look() for _ in range(3)] == [TradingState.ACTIVE] * 3, "not for a second only"
        account.daily_pnl = -499.0
        assert await hand.look() is TradingState.ACTIVE
        account.daily_pnl = -501.0
        assert await hand.look() is TradingState.REDUCING
        assert await hand.look(DAY) is TradingState.REDUCING, "yesterday's loss that goes on is today's too"
        assert [kind for kind, _ in hand.told] == ["trading state"] * 3


async def test_a_profit_that_ib_does_not_report_holds_back_and_lets_go_by_itself(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        account = hand.parts.account
        account.daily_pnl = None
        account.holdings.listed({1: 10.0}, 0.0)
        assert await hand.look() is TradingState.ACTIVE
        assert await hand.look(SETTLE_SECONDS) is TradingState.REDUCING
        account.daily_pnl = 1.0
        assert await hand.look() is TradingState.ACTIVE
        account.daily_pnl = None
        account.holdings.listed({}, 0.0)
        assert await hand.look() is TradingState.ACTIVE, "flat without executions is a known zero"


async def test_only_fills_of_this_trading_day_make_the_profit_of_who_is_flat_unknown(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        hand.parts.account.daily_pnl = None
        hand.parts.account.holdings.listed({}, 0.0)
        today = day_began_ns(hand.market_clock.now_ns() or 0)
        for at_ns, state in ((today - 1, TradingState.ACTIVE), (today, TradingState.REDUCING)):
            fill = execution(f"{at_ns}.01", ts_ns=at_ns, order_ref=f"REF{at_ns}")
            filled = replace(order(Status.FILLED, order_ref=fill.order_ref), executions=(fill,), filled=10.0)
            hand.parts.orders.load([*hand.parts.orders.orders.values(), filled])
            await hand.look()
            assert await hand.look(SETTLE_SECONDS) is state


async def test_a_position_that_others_moved_is_told_once_and_others_orders_are_listed(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        hand.parts.account.daily_pnl = 0.0
        holdings = hand.parts.account.holdings
        holdings.listed({7: 100.0}, 0.0)
        for held, change in ((40.0, "-60"), (1_234_567.0, "+1,234,527")):
            hand.told.clear()
            holdings.reported(7, held, hand.now)
            await hand.look()
            await hand.look(GRACE)
            await hand.look()
            assert hand.told == [("position", f"#7 changed by {change} without an order of ours")]
