"""The day's profit by IB and by our own fills: told when they lie apart for long, and only where they must agree."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from ibtui.clock import NS, Clock, MarketClock
from ibtui.market.trading_day import DAY_ZONE
from ibtui.services.day_watch import TOLD_AFTER, DayWatch
from ibtui.trading.events import Executed
from ibtui.trading.orders import Commission, Execution, Order
from ibtui.ui.parts import Parts
from tests.console.harness import SPY, console_parts

NOON = int(datetime(2026, 11, 20, 12, tzinfo=DAY_ZONE).timestamp()) * NS


class Hand:
    """A watch over real parts, an account that holds nothing, and clocks moved by hand."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.now = 1000.0
        self.told: list[str] = []
        clock = Clock(lambda: self.now, lambda: int(self.now) * NS)
        self.market_clock = MarketClock(clock)
        self.market_clock.measured(NOON)
        parts.account.values["NetLiquidation", "USD"] = "1000000"
        parts.account.holdings.listed({}, 0.0)
        parts.contracts.learn(SPY)
        self.watch = DayWatch(
            parts.orders,
            parts.account,
            parts.contracts.known,
            parts.market,
            parts.feeds.mark,
            clock,
            self.market_clock,
            lambda kind, text: self.told.append(f"{kind}: {text}"),
        )

    def look(self, seconds: float = 0.0) -> list[str]:
        self.now += seconds
        self.watch.look()
        return self.told

    def fill(self, number: int, action: str, price: float) -> None:
        intent = self.parts.orders.intent(SPY, action, 10, "LMT", price)  # type: ignore[arg-type]
        ledger = self.parts.orders._ledger
        ledger.add(Order(intent))
        execution = Execution(f"e{number}.01", intent.order_ref, NOON, SPY.con_id, action, 10, price)  # type: ignore[arg-type]
        ledger.executed(intent.order_ref, Executed(execution))
        ledger.charged(Commission(f"e{number}.01", 1.0, "USD"))


@asynccontextmanager
async def watching(path: Path) -> AsyncIterator[Hand]:
    async with console_parts(path) as parts:
        yield Hand(parts)


async def test_a_difference_that_stays_is_told_once_and_again_only_after_they_agreed(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        hand.fill(1, "BUY", 500.0)
        hand.fill(2, "SELL", 499.0)
        assert hand.watch.own is None, "before the first look"
        hand.parts.account.daily_pnl = -12.0
        assert hand.look() == []
        assert (hand.watch.own, hand.watch.difference) == (-12.0, 0.0)
        hand.parts.account.daily_pnl = -112.0
        assert hand.look() == []
        assert hand.look(TOLD_AFTER - 1) == [], "figures that are seconds apart are no news"
        (told,) = hand.look(1)
        assert told.startswith("position: IB's profit of the day is -100.00 USD from what our own fills come to")
        assert len(hand.look(TOLD_AFTER)) == 1
        hand.parts.account.daily_pnl = -12.0
        hand.look()
        hand.parts.account.daily_pnl = -112.0
        hand.look()
        assert len(hand.look(TOLD_AFTER)) == 2


async def test_nothing_is_compared_where_the_figures_need_not_agree(tmp_path: Path) -> None:
    async with watching(tmp_path) as hand:
        account = hand.parts.account
        account.daily_pnl = -100.0
        hand.look()
        assert hand.watch.difference == -100.0
        account.holdings.forget()
        assert hand.watch.difference is None, "positions are not known"
        account.holdings.listed({}, 0.0)
        account.daily_pnl = None
        assert hand.watch.difference is None, "IB's figure is not known"
        account.daily_pnl = -100.0
        hand.market_clock.measured(NOON + 6 * 3600 * NS)
        assert hand.watch.difference is None, "the evening's figure may be the ended day's"
        hand.market_clock.measured(NOON)
        hand.fill(1, "BUY", 500.0)
        hand.look()
        assert (hand.watch.own, hand.watch.difference) == (None, None), "open, and no price to mark it at"
