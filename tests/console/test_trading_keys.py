"""Keys that trade, on a whole console with a simulated gateway: what they send, and when they don't."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from ibtui.config import RiskSettings, Settings
from ibtui.console import Console
from ibtui.launch import parts_of
from ibtui.market.instruments import Instrument
from ibtui.trading.differences import Difference
from ibtui.trading.holdings import Held
from ibtui.trading.orders import ENDED, Order, Status
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState
from ibtui.ui.app import ConsoleApp
from ibtui.ui.screens.dialogs import CHOICES, QuitDialog
from ibtui.ui.screens.ticket import OrderTicket
from ibtui.ui.widgets.linebox import LineBox
from tests.conftest import Gateway, until
from tests.console.harness import nothing
from tests.console.whole import console_on


@dataclass
class Desk:
    """A console with its screens, and SPY selected."""

    console: Console
    app: ConsoleApp
    pilot: Pilot[Any]
    spy: Instrument

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, command: str) -> None:
        await self.press(":", *command, "enter")

    async def painted(self) -> None:
        """A frame with the quote as it is now."""
        self.app.paint_soon()
        await self.pilot.pause()

    async def ticket(self) -> None:
        """Waits for a ticket to stand open."""
        await until(lambda: isinstance(self.app.screen, OrderTicket), 10, "a ticket")
        await self.pilot.pause()

    async def armed(self) -> None:
        """Presses the key until it arms: a machine that lags arms nobody."""
        async with asyncio.timeout(20):
            while self.app.armed.until is None:
                await self.press("a")

    def said(self, words: str) -> bool:
        return any(words in each.text for each in self.app.words.standing)

    async def order(self, *statuses: Status, number: int = -1) -> Order:
        """The last order, once it stands so."""

        def last() -> Order | None:
            orders = list(self.console.orders.orders.values())
            return orders[number] if -len(orders) <= number < len(orders) else None

        await until(lambda: (found := last()) is not None and found.status in statuses, 10, f"{statuses}: {last()}")
        found = last()
        assert found is not None
        return found

    def sent(self) -> list[Order]:
        """Those that were neither refused nor held back."""
        orders = self.console.orders.orders.values()
        return [each for each in orders if each.status not in (Status.REFUSED, Status.NOT_SENT)]

    async def held(self, quantity: float) -> None:
        await until(lambda: self.console.account.held(self.spy.con_id) == Held(quantity, quantity), 10, "the position")


@asynccontextmanager
async def trading(path: Path, gateway: Gateway, risk: RiskSettings | None = None) -> AsyncIterator[Desk]:
    settings = Settings(risk=risk or RiskSettings())
    async with console_on(path, gateway.host, gateway.port, settings=settings) as console:
        spy = await console.contracts.resolve("SPY")
        console.feeds.want(spy, quotes=True)
        await until(lambda: console.feeds.mark(spy.con_id) == "LIVE", 10, "a LIVE quote")
        await until(lambda: console.account.daily_pnl is not None, 10, "the profit of the day")
        app = ConsoleApp(parts_of(console), start=nothing, stop=nothing)
        async with app.run_test(size=(100, 30)) as pilot:
            app.select(spy)
            yield Desk(console, app, pilot, spy)


async def bought(desk: Desk, quantity: float) -> None:
    quote = desk.console.market.board.quote(desk.spy.con_id)
    assert quote.ask
    orders = desk.console.orders
    await orders.submit(orders.intent(desk.spy, "BUY", quantity, limit_price=round(quote.ask * 1.01, 2)), desk.spy)
    await desk.order(Status.FILLED)
    await desk.held(quantity)


async def test_instant_keys_trade_only_when_armed_and_after_a_first_ticket(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway, RiskSettings(duplicate_seconds=0)) as desk:
        await desk.press("B")
        assert desk.said("not ARMED")
        await desk.armed()
        assert desk.said("after a first ticket B and S trade at once")
        await desk.press("B")
        assert desk.said("goes through a ticket")
        assert not desk.console.orders.orders
        await desk.press("b", "enter")
        await desk.order(Status.WORKING, Status.FILLED)
        async with asyncio.timeout(30):  # refused while the market moves faster than this machine paints
            while len(desk.sent()) < 2:
                await desk.armed()
                await desk.painted()
                await desk.press("B")
                await until(lambda: all(each.status is not Status.NEW for each in desk.sent()))
        order = await desk.order(Status.WORKING, Status.FILLED)
        assert (order.intent.action, order.intent.quantity, order.intent.order_type) == ("BUY", 10, "LMT")
        await desk.press("z")
        assert desk.said("DISARMED")
        await desk.armed()
        assert desk.said("min: B and S trade at once")
        await desk.press("z", "B")
        assert len(desk.sent()) == 2


async def test_no_frame_is_painted_between_a_key_and_the_order_that_it_sends(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibtui.ui.ordering.FRAMES_WAIT", 10.0)
    async with trading(tmp_path, gateway) as desk:
        painted: list[Status] = []
        record, show = desk.console.journal.intend, desk.app.armed.painted

        async def recorded(*orders: Any) -> None:
            desk.app.paint_soon()
            for _ in range(50):
                await asyncio.sleep(0)  # the loop turns in which a frame would be painted
            await record(*orders)

        def shown(now: float) -> None:
            painted.extend(each.status for each in desk.console.orders.orders.values())
            show(now)

        monkeypatch.setattr(desk.console.journal, "intend", recorded)
        monkeypatch.setattr(desk.app.armed, "painted", shown)
        await desk.press("b", "enter")
        await desk.order(Status.WORKING, Status.FILLED)
        await until(lambda: bool(painted), 10, "a frame")
        assert Status.NEW not in painted


async def test_flatten_asks_once_and_closes_what_is_held(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        await bought(desk, 20)
        await desk.press("f", "escape")
        assert len(desk.console.orders.orders) == 1
        await desk.press("f", "enter")
        order = await desk.order(Status.FILLED, number=1)
        assert (order.intent.action, order.intent.quantity) == ("SELL", 20)
        await desk.held(0)
        await desk.press("F")
        assert desk.said("Nothing is held")


async def test_halt_works_from_inside_an_input_and_ends_only_by_a_typed_reason(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(tmp_path, gateway) as desk:
        await bought(desk, 20)
        await desk.type("sell SPY 20 @ 999.00")
        await desk.ticket()
        await desk.press("enter")
        closing = await desk.order(Status.WORKING, number=1)
        await desk.press("b")
        await desk.ticket()
        await desk.press("enter")
        opening = await desk.order(Status.WORKING, Status.FILLED, number=2)
        await desk.press("/", "X", "ctrl+k")
        orders = desk.console.orders
        await until(lambda: orders.trading_state is TradingState.HALTED, 5, "HALTED")
        if opening.status is not Status.FILLED:
            await until(lambda: orders.orders[opening.intent.order_ref].status in ENDED, 10, "a cancel")
        assert orders.orders[closing.intent.order_ref].status is Status.WORKING, "what closes stays"
        await desk.press("escape")
        await desk.type("release checked with TWS")
        await until(lambda: orders.trading_state is TradingState.ACTIVE, 5, "ACTIVE")


async def test_a_picked_up_order_is_moved_by_increments(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        quote = desk.console.market.board.quote(desk.spy.con_id)
        assert quote.bid
        below = round(quote.bid * 0.98, 2)
        orders = desk.console.orders
        await orders.submit(orders.intent(desk.spy, "BUY", 10, limit_price=below), desk.spy)
        order = await desk.order(Status.WORKING)
        await desk.press("4")
        await desk.painted()
        await desk.press("m", "down", "down", "enter")
        ref, lower = order.intent.order_ref, round(below - 0.02, 2)
        await until(lambda: orders.orders[ref].intent.limit_price == lower, 10, "the new price")


async def test_after_a_reconnect_with_differences_a_sheet_asks_to_be_acknowledged(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(tmp_path, gateway) as desk:
        quote = desk.console.market.board.quote(desk.spy.con_id)
        assert quote.bid
        below = round(quote.bid * 0.98, 2)
        orders = desk.console.orders
        await orders.submit(orders.intent(desk.spy, "BUY", 10, limit_price=below), desk.spy)
        await desk.order(Status.WORKING)
        await gateway.control("refuse", seconds=0.5)
        await gateway.control("drop", how="rst")
        await until(lambda: desk.console.supervisor.status.state != "READY", 10, "a loss")
        await gateway.control("price", symbol="SPY", bid=round(below - 0.02, 2), ask=round(below - 0.01, 2))
        await until(lambda: bool(orders.differences), 15, "differences")
        await desk.painted()
        assert type(desk.app.screen).__name__ == "Sheet"
        later = Difference("moved", "QQQ is 5, was 0, without fills of ours")
        orders.differences = (*orders.differences, later)
        await desk.painted()
        await desk.press("enter")
        assert orders.differences == (later,), "nobody acknowledges what the sheet did not show"
        assert orders._guards.unacknowledged
        await until(lambda: type(desk.app.screen).__name__ == "Sheet", 5, "a sheet of what came later")
        await desk.press("enter")
        assert not orders.differences
        assert not orders._guards.unacknowledged


async def test_a_line_opens_a_ticket_with_target_and_stop_and_enter_sends_all_three(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(tmp_path, gateway) as desk:
        await desk.type("buy 10 SPY @ bid stop 2% target 3% tif gtc")
        await desk.ticket()
        await desk.press("enter")
        stop = await desk.order(Status.WORKING, Status.SENT, number=2)
        parent, target, _ = list(desk.console.orders.orders.values())
        assert [each.intent.order_type for each in (parent, target, stop)] == ["LMT", "LMT", "STP"]
        assert target.intent.parent_ref == stop.intent.parent_ref == parent.intent.order_ref
        limit, loss, gain = parent.intent.limit_price, stop.intent.stop_price, target.intent.limit_price
        assert limit is not None
        assert (loss, gain) == (round(limit * 0.98, 2), round(limit * 1.03, 2))
        assert parent.intent.tif == "GTC"


async def test_a_type_is_walked_to_with_the_arrows_and_has_its_own_prices(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        await bought(desk, 20)
        await desk.press("s")
        ticket = desk.app.screen
        what_if = ticket.query_one("#ticket-what-if", LineBox)
        await until(lambda: any(text == "fee " for text, _ in what_if.lines[0]), 10, f"an answer: {what_if.lines}")
        ticket.query_one("#type").focus()
        await desk.press("up")
        stop = ticket.query_one("#stop")
        stop.focus()
        stop.value = "1%"
        ticket.query_one("#quantity").value = "$5000"
        await desk.press("enter")
        order = await desk.order(Status.WORKING, number=1)
        assert (order.intent.order_type, order.intent.trail_percent) == ("TRAIL", 1.0)
        assert 0 < order.intent.quantity * 600 < 5600


async def test_quitting_with_an_order_that_works_asks_and_does_what_is_chosen(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        quote = desk.console.market.board.quote(desk.spy.con_id)
        assert quote.bid
        orders = desk.console.orders
        intent = orders.intent(desk.spy, "BUY", 10, limit_price=round(quote.bid * 0.98, 2))
        await orders.submit(intent, desk.spy)
        await desk.order(Status.WORKING)
        await desk.press("q")
        assert isinstance(desk.app.screen, QuitDialog)
        await desk.press("enter")
        assert not isinstance(desk.app.screen, QuitDialog), "to stay is what enter means"
        assert orders.orders[intent.order_ref].status is Status.WORKING
        await desk.press("q", next(key for name, key, _ in CHOICES if name == "cancel"))
        await desk.order(Status.CANCELLED)


async def test_a_typed_reason_ends_a_halt_and_a_days_loss_and_is_kept(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        orders, now_ns = desk.console.orders, desk.app.parts.market_clock.now_ns()
        assert now_ns
        for source in ("user", "daily loss"):
            await orders.hold_back(Restraint(source, TradingState.HALTED, "by a test", now_ns))  # type: ignore[arg-type]
        await desk.type("release")
        assert orders.trading_state is TradingState.HALTED, "not without a reason"
        await desk.type("release seen and understood")
        await until(lambda: orders.trading_state is TradingState.ACTIVE, 5, "ACTIVE")
        await desk.console.writer.durable()
    with closing(sqlite3.connect(tmp_path / "journal.db")) as journal:
        released = journal.execute(
            "SELECT source, reason FROM trading_state WHERE restraint = 'ACTIVE' ORDER BY source"
        )
        assert released.fetchall() == [(source, "seen and understood") for source in ("daily loss", "user")]
