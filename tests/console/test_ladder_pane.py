"""The ladder on its screen: what the keys do at a row, what a broken book stops, and the second ladder."""

import re
from pathlib import Path

from ibtui.broker.subscriptions import Feed
from ibtui.market.increments import increments
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Status
from ibtui.ui.app import ConsoleApp
from ibtui.ui.panes.ladder import LadderPane
from ibtui.ui.panes.tape import TapePane
from ibtui.ui.screens.ticket import OrderTicket
from tests.conftest import Gateway, until
from tests.console.harness import QQQ, SPY, console_parts, feed, nothing, quote
from tests.console.test_screens import box, settle, text_of
from tests.console.test_trading_keys import trading

BID_SIDE, ASK_SIDE, INSERT, UPDATE = 1, 0, 0, 1


def level(side: int, op: int, position: int, price: float, size: float = 500.0, instrument: Instrument = SPY):
    return (instrument.con_id, 0, 1, side, op, position, price, size, "ARCA", 13)


async def test_rows_stay_under_a_choice_and_a_broken_book_is_grey_says_why_and_takes_no_order(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            feed(parts, depth=[level(BID_SIDE, INSERT, 0, 500.01), level(ASK_SIDE, INSERT, 0, 500.03)])
            await pilot.press("2", "i")
            await settle(app, pilot)
            pane = app.screen.query_one("#ladder", LadderPane)
            assert any("No row is chosen" in each.text for each in app.words.standing)
            await pilot.press("down", "j")
            await settle(app, pilot)
            assert pane.cursor_price == 500.0
            before = next(at for at, line in enumerate(box(app, "#ladder").splitlines()) if "▸" in line)
            quote(parts, SPY, 500.21, 500.23, 500.22)
            feed(parts, depth=[level(ASK_SIDE, UPDATE, 0, 500.23), level(BID_SIDE, UPDATE, 0, 500.21)])
            await settle(app, pilot)
            shown = box(app, "#ladder").splitlines()
            assert "500.00" in shown[before]
            assert "bid Σ 500" in shown[-1]
            pane.action_move(1)
            pane.action_ladder("buy")
            pane.action_move(-1)
            await settle(app, pilot)
            assert any("was not on the screen yet" in each.text for each in app.words.standing)
            assert not isinstance(app.screen, OrderTicket)
            await pilot.press("enter")
            await settle(app, pilot)
            assert isinstance(app.screen, OrderTicket)
            assert re.search("BUY +SPY", text_of(app))
            await pilot.press("escape")
            await settle(app, pilot)
            feed(parts, depth=[level(BID_SIDE, UPDATE, 7, 499.0)])
            await settle(app, pilot)
            assert "NOT BELIEVED: update at row 7 of 1 bids" in box(app, "#ladder")
            assert {tone for line in pane.lines[3:-1] for _, tone in line} <= {"dim"}
            await pilot.press("i")
            await settle(app, pilot)
            assert not isinstance(app.screen, OrderTicket)
            assert any("is not believed" in each.text for each in app.words.standing)
            await pilot.press("c")
            await settle(app, pilot)
            assert pane.cursor_price is None
            assert "500.22" in box(app, "#ladder")


async def test_where_there_is_no_book_that_is_told_before_all_else_on_the_smallest_terminal_too(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await pilot.press("2")
            await settle(app, pilot)
            facts = box(app, "#ladder").splitlines()[1]
            assert facts.startswith(" no depth, touch only: "), facts


async def test_a_spread_that_is_wider_than_the_rows_says_what_shows_both_sides(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.41, 500.02)
            await pilot.press("2")
            await settle(app, pilot)
            assert "u puts more prices into a row" in box(app, "#ladder")
            await pilot.press("u", "u")
            await settle(app, pilot)
            assert "choose a row" in box(app, "#ladder")
            facts = box(app, "#ladder").splitlines()[1]
            assert "5 ticks a row  no depth, touch only: " in facts, facts


async def test_what_traded_is_cleared_above_or_below_the_chosen_row_or_the_middle_and_the_profile_stays(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(120, 30)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            feed(parts, depth=[level(BID_SIDE, INSERT, 0, 500.01), level(ASK_SIDE, INSERT, 0, 500.03)])
            await pilot.press("2")
            await settle(app, pilot)

            def trade() -> None:
                """One size a price, told apart by it: at the bid up to the bid, at the ask from the ask on."""
                parts.market.flow(SPY.con_id).forget_lately(lambda price: True, lambda price: True)
                for number, price in enumerate((499.99, 500.0, 500.01, 500.03, 500.04, 500.05)):
                    side = -1 if price < 500.02 else 1
                    row = (SPY.con_id, 0, number, 10**18, price, 71.0 + number, "", "", side, 1, side, 0, 0)
                    feed(parts, prints=[row])

            async def left(*keys: str) -> set[int]:
                """The sizes that are still shown as traded lately after some keys."""
                trade()
                await pilot.press(*keys)
                await settle(app, pilot)
                flow, now = parts.market.flow(SPY.con_id), parts.clock.monotonic()
                counted = {int(size) for each in flow.traded(5.0, now) for size in each.values()}
                shown = box(app, "#ladder")
                at = shown.splitlines()[2].index("HIT") - 2, shown.splitlines()[2].index("LIFTED") + 6
                assert {int(word) for line in shown.splitlines()[3:-1] for word in line[slice(*at)].split()} == counted
                return counted

            everything = {71, 72, 73, 74, 75, 76}
            assert await left() == everything
            assert await left("K") == {71, 72, 73}
            assert await left("J") == {74, 75, 76}
            assert await left("d") == set()
            assert await left("up", "up", "K") == {71, 72, 73, 74, 75}
            assert await left("J") == {75, 76}
            assert sum(parts.market.flow(SPY.con_id).profile.values()) == 6 * sum(everything)


async def test_a_kept_symbol_stands_beside_the_next_one_where_there_is_room_and_holds_its_own_slots(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(160, 30)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            quote(parts, QQQ, 400.01, 400.02, 400.02)

            def depth() -> set[str]:
                return {each.instrument.symbol for each in parts.feeds.subscriptions() if each.feed is Feed.DEPTH}

            await pilot.press("2")
            await settle(app, pilot)
            second = app.screen.query_one("#second", LadderPane)
            tape = app.screen.query_one("#tape", TapePane)
            assert (second.display, tape.display) == (False, True)
            await pilot.press("p", "l")
            await settle(app, pilot)
            assert (second.display, tape.display) == (True, False)
            assert (app.selected, app.beside, depth()) == (QQQ, SPY, {"SPY", "QQQ"})
            assert "400.02" in box(app, "#ladder")
            assert "500.02" in box(app, "#second")
            await pilot.press("tab", "down", "u", "w", "n", "v")
            await settle(app, pilot)
            assert second.cursor_price is not None
            assert "2 ticks a row, ± from 10" in box(app, "#second")
            assert "VENUES" in box(app, "#second")
            assert "±10s" in box(app, "#second")
            assert "VENUES" not in box(app, "#ladder")
            await pilot.resize_terminal(120, 30)
            await settle(app, pilot)
            assert (second.display, tape.display, app.beside) == (False, False, None)
            await pilot.resize_terminal(160, 30)
            await settle(app, pilot)
            assert second.display
            await pilot.press("1")
            await settle(app, pilot)
            assert app.beside is None


async def test_a_wide_terminal_shows_the_symbols_tape_beside_its_ladder_which_keeps_the_keys(tmp_path: Path) -> None:
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(160, 30)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            feed(parts, depth=[level(BID_SIDE, INSERT, 0, 500.01), level(ASK_SIDE, INSERT, 0, 500.03)])
            await pilot.press("2")
            await settle(app, pilot)
            assert "VOLUME" in box(app, "#ladder")
            assert "no prints yet" in text_of(app)
            feed(parts, prints=[(SPY.con_id, 0, 1, 10**18, 500.03, 77.0, "IEX", "", 1, 2, 1, 0, 0)])
            await settle(app, pilot)
            assert "delta +77 inferred" in text_of(app)
            assert re.search(r"▲▲? +500\.03 +77 +IEX", text_of(app))
            await pilot.click("#prints", offset=(5, 1))
            await pilot.press("up", "p")
            await settle(app, pilot)
            assert app.screen.query_one("#ladder", LadderPane).cursor_price == 500.03
            assert "PAUSED" not in text_of(app)
            assert any("SPY is kept" in each.text for each in app.words.standing)


async def test_when_armed_the_keys_place_move_and_cancel_at_the_row(gateway: Gateway, tmp_path: Path) -> None:
    async with trading(tmp_path, gateway) as desk:
        app, orders = desk.app, desk.console.orders.orders
        await desk.press("b", "enter")
        await desk.order(Status.WORKING, Status.FILLED)
        await desk.press("2", "+")  # another quantity, so that no order is a duplicate of the first
        pane = app.screen.query_one("#ladder", LadderPane)
        con_id = desk.spy.con_id
        await until(lambda: desk.console.market.books.get(con_id) is not None, 10, "a book")
        await until(lambda: bool(desk.console.market.books[con_id].bids) and not pane.trouble, 10, "its rows")
        await until(lambda: pane._parts.contracts.rules._grids.get(con_id) == increments((), 0.01), 10, "its rule")
        await gateway.control("market", running=False)
        await desk.painted()
        await desk.press("down", "down", "down", "down")
        while pane.cursor_price in [each.intent.limit_price for each in orders.values()]:
            await desk.press("down")  # the first order rests here by now: at its row two would be told together
            await desk.painted()
        price = pane.cursor_price
        while len(orders) < 2:  # a machine that lags disarms
            await desk.armed()
            await desk.painted()
            await desk.press("i")
        placed = await desk.order(Status.WORKING)
        assert (placed.intent.action, placed.intent.limit_price) == ("BUY", price)
        await desk.painted()
        await until(lambda: "B20" in box(app, "#ladder"), 10, "the order at its row")
        while pane.held is None:
            await desk.armed()
            await desk.painted()
            await desk.press("m")
        await desk.press("down")
        moved = pane.cursor_price
        assert moved == round(price - 0.01, 2)
        while pane.held is not None:
            await desk.armed()
            await desk.painted()
            await desk.press("enter")
        told = [each.text for each in app.words.standing]
        await until(lambda: orders[placed.intent.order_ref].intent.limit_price == moved, 10, f"the new price: {told}")
        await desk.painted()
        await desk.press("x")
        await until(lambda: orders[placed.intent.order_ref].status is Status.CANCELLED, 10, "the cancel")
