"""The screens under Textual's Pilot, on real parts without a gateway."""

import asyncio
import logging
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from ibtui.broker.status import ConnectionEvent
from ibtui.config import OrderSettings, Settings
from ibtui.market.instruments import Instrument
from ibtui.trading.events import Reported, Sent
from ibtui.trading.orders import LIVE, Order, Status
from ibtui.ui.app import SCREENS, ConsoleApp
from ibtui.ui.screens.alerts import AlertList
from ibtui.ui.screens.dialogs import HelpScreen, Prompt, QuitDialog
from ibtui.ui.screens.ticket import OrderTicket
from ibtui.ui.widgets.foot import Foot
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.conftest import until
from tests.console.harness import QQQ, SPY, Calls, console_parts, feed, nothing, quote

DIGITS = {
    "quotes": "1",
    "depth": "2",
    "tape": "3",
    "orders": "4",
    "backfill": "5",
    "connection": "6",
    "account": "7",
    "chart": "8",
    "log": "9",
    "desk": "0",
}


def text_of(app: ConsoleApp) -> str:
    """What the visible screen shows, line by line, as a terminal would."""
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


def box(app: ConsoleApp, name: str) -> str:
    return "\n".join("".join(text for text, _ in line) for line in app.screen.query_one(name, LineBox).lines)


async def settle(app: ConsoleApp, pilot) -> None:
    """A whole frame, shown."""
    app.paint_soon()
    await pilot.pause()
    await pilot.pause()


@pytest.mark.parametrize(("size", "no_color"), [((80, 24), False), ((200, 60), True)])
async def test_every_screen_opens_by_its_digit_and_carries_status_and_hints_with_colours_or_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size, no_color
):
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=size) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            for name, digit in DIGITS.items():
                await pilot.press(digit)
                await settle(app, pilot)
                shown = text_of(app).splitlines()
                assert app.current_mode == name
                assert len(shown) == size[1]
                assert {len(line) for line in shown} == {size[0]}
                assert shown[0].startswith("VIEW ONLY")
                assert "DISARMED" in shown[0]
                assert shown[-1].startswith(name)
            await pilot.press("1", "b")
            await settle(app, pilot)
            assert isinstance(app.screen, OrderTicket)
        assert set(DIGITS) == set(SCREENS)


async def test_the_board_shows_each_list_its_quotes_and_symbols_that_are_not_known_yet(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await settle(app, pilot)
            shown = text_of(app)
            assert "benchmarks" in shown
            assert "500.02" in shown
            assert "STALE" in shown, "no session vouches for it"
            assert "XLK" in shown
            quote(parts, SPY, 501.01, 501.03, 501.02)
            app.paint()
            await pilot.pause()
            assert "▲501.02" in text_of(app)
            assert "500.02" not in text_of(app)


async def test_the_selection_is_the_consoles_and_skips_titles(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            assert app.selected == SPY
            await pilot.press("j")
            assert app.selected == QQQ
            await pilot.press("enter")
            await settle(app, pilot)
            assert app.current_mode == "depth"
            assert "QQQ" in box(app, "#ladder")
            await pilot.press("l")
            await settle(app, pilot)
            assert "SPY" in box(app, "#ladder")


async def test_the_ladder_shows_the_book_around_the_touch(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            feed(
                parts,
                depth=[
                    (SPY.con_id, 0, 1, 1, 0, 0, 500.01, 700.0, "ARCA", 13),
                    (SPY.con_id, 0, 2, 0, 0, 0, 500.03, 900.0, "NSDQ", 13),
                ],
            )
            await pilot.press("2")
            await settle(app, pilot)
            shown = box(app, "#ladder")
            assert next(line for line in shown.splitlines() if "›500.01" in line).index("700") < 40
            assert next(line for line in shown.splitlines() if "500.03‹" in line).index("900") > 40
            assert "spread 2 " in shown


async def test_a_paused_tape_stays_still_and_counts_what_it_missed(tmp_path: Path):
    async with console_parts(tmp_path) as parts:

        def trade(seq: int, price: float) -> None:
            feed(parts, prints=[(SPY.con_id, 0, seq, 10**18, price, 100.0, "ARCA", "", 1, 2, 1, 0, 0)])

        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            trade(1, 500.01)
            await pilot.press("3")
            await settle(app, pilot)
            trade(2, 500.02)
            await settle(app, pilot)
            lines = text_of(app).splitlines()
            assert next(at for at, line in enumerate(lines) if " 500.02 " in line) < next(
                at for at, line in enumerate(lines) if " 500.01 " in line
            )
            await pilot.press("p")
            trade(3, 500.03)
            await settle(app, pilot)
            assert " 500.03 " not in text_of(app)
            assert "PAUSED +1" in text_of(app)
            await pilot.press("p")
            await settle(app, pilot)
            assert " 500.03 " in text_of(app)


async def test_a_ticket_joins_the_near_touch_and_shows_every_check_while_it_is_typed(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await settle(app, pilot)
            for key, action, price in (("b", "BUY", "500.01"), ("s", "SELL", "500.03")):
                await pilot.press(key)
                await settle(app, pilot)
                ticket = app.screen
                assert isinstance(ticket, OrderTicket), action
                assert (ticket.action, ticket.query_one("#limit", Input).value) == (action, price)
                await pilot.press("up", "up", "down")
                assert ticket.query_one("#limit", Input).value == f"{float(price) + 0.01:.2f}"
                checks = box(app, "#ticket-checks")
                assert "✓ quantity" in checks, action
                assert "✗ paper account" in checks, action
                field = ticket.query_one("#quantity", Input)
                field.value = "5000"
                await pilot.pause()
                assert "✗ quantity" in box(app, "#ticket-checks"), action
                await pilot.press("escape")
                assert not isinstance(app.screen, OrderTicket), action
                assert not parts.orders.orders, action


async def test_a_refused_order_leaves_the_ticket_open_and_says_why(tmp_path: Path):
    async with console_parts(tmp_path, Settings(orders=OrderSettings(confirm="first"))) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await settle(app, pilot)
            await pilot.press("b")
            assert "refused" in box(app, "#ticket-foot")
            await pilot.press("enter")
            await pilot.pause(0.2)
            assert isinstance(app.screen, OrderTicket)
            assert "REFUSED" in box(app, "#ticket-foot")
            assert [each.status for each in parts.orders.orders.values()] == [Status.REFUSED]
            await pilot.press("escape", "4")
            await settle(app, pilot)
            assert "REFUSED" in text_of(app)


async def test_the_command_line_opens_a_filled_ticket(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            await pilot.press(":")
            assert isinstance(app.screen, Prompt)
            await pilot.press(*"sel", "tab", "q", "tab", *"25 ", "at", *" 401.5 ti", "tab", "tab", "tab")
            line = app.screen.query_one(Input)
            assert line.value == ":sell QQQ 25 @ 401.5 tif GTC "
            assert "DAY  GTC  IOC" in box(app, "#label")
            await pilot.press("enter")
            await pilot.pause()
            await settle(app, pilot)
            ticket = app.screen
            assert isinstance(ticket, OrderTicket)
            values = {each.id: each.value for each in ticket.query(Input)}
            assert (ticket.instrument, ticket.action, values["quantity"], values["limit"]) == (
                QQQ,
                "SELL",
                "25",
                "401.50",
            )
            await pilot.press("escape", ":", *"lim", "up")
            line = app.screen.query_one(Input)
            assert line.value == ":sell QQQ 25 @ 401.5 tif GTC"
            await pilot.press("down")
            assert line.value == ":lim"


async def test_a_share_that_is_typed_is_never_an_option_on_it_that_stands_before_it_in_a_list(tmp_path: Path):
    option = Instrument(9, "SPY", "OPT", local_symbol="SPY   261218C00680000", multiplier=100.0)
    async with console_parts(tmp_path, lists={"mine": [option, SPY]}) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            await pilot.press(":", *"buy SPY 1 @ 400", "enter")
            await settle(app, pilot)
            assert isinstance(app.screen, OrderTicket)
            assert app.screen.instrument == SPY


async def test_an_alert_is_set_listed_and_taken_back_on_the_command_line(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:

            async def type_in(text: str) -> None:
                await pilot.press(":", *({" ": "space", ">": "greater_than_sign"}.get(each, each) for each in text))
                await pilot.press("enter")
                await settle(app, pilot)

            await type_in("alert QQQ > 401.5")
            assert [str(each.condition) for each in parts.price_alerts.all] == ["QQQ > 401.5"]
            await type_in("alerts")
            assert isinstance(app.screen, AlertList)
            assert "QQQ > 401.5" in text_of(app)
            await pilot.press("escape")
            await type_in("alert off 1")
            assert parts.price_alerts.all == []


async def test_a_wrong_command_says_how_it_is_written(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(":", *"bye", "enter")
            await pilot.pause()
            assert any("no command 'bye'" in each.text for each in app.words.standing)


async def test_a_symbol_on_a_list_is_found_without_asking_the_gateway(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("/", *"qqq", "enter")
            await pilot.pause()
            assert app.selected == QQQ


async def test_an_unknown_symbol_without_a_gateway_says_so_and_harms_nothing(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("/", *"nvda", "enter")
            await pilot.pause(0.1)
            assert len(app.words.standing) == 1
            assert app.is_running


async def test_words_stand_on_the_line_of_the_hints_lay_nothing_out_anew_and_reach_dialogs_too(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.pause()
            foot, board = app.screen.query_one(Foot), app.screen.query_one(RowGrid)
            hints, room = foot.lines, board.size
            laid_out: list[object] = []
            board.screen.screen_layout_refresh_signal.subscribe(board, laid_out.append)
            app.tell("Sent BUY 1 SPY")
            await pilot.pause(0.3)
            assert foot.lines == (((" · Sent BUY 1 SPY", "title"),),)
            assert (foot.region.y, foot.region.height) == (23, 1)
            assert laid_out == []
            app.tell("Refused: " + "the market moved since it was painted " * 3, bad=True)
            await pilot.pause(0.3)
            assert (foot.region.y, foot.region.height) == (21, 3)
            assert board.size == room
            await pilot.press("question_mark")
            await pilot.pause(0.3)
            assert app.screen.query_one(Foot).lines == foot.lines
            await pilot.press("escape")
            await until(lambda: foot.lines == hints and foot.region.height == 1, 10, "the hints again")


async def test_help_lists_every_key_and_command(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("?")
            await settle(app, pilot)
            assert isinstance(app.screen, HelpScreen)
            assert "Watchlists with live quotes" in text_of(app)
            await pilot.press("G")
            await settle(app, pilot)
            assert ":quit" in text_of(app)
            told = [row[1][0] for row in app.screen.query_one("#rows", RowGrid).all_rows() if len(row) > 1]
            assert "Export this view into the data directory: a list as CSV, else the screen's text" in " ".join(told)
            assert max(map(len, told)) <= 80 - len("│ KEY            ") - len("WHERE          │")
            await pilot.press("escape")
            assert not isinstance(app.screen, HelpScreen)


async def test_a_line_of_the_log_that_is_too_long_is_read_in_full_when_it_is_chosen(tmp_path: Path) -> None:
    long = "the gateway said " + " ".join(f"word{number}" for number in range(20))
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            for message in (long, "short"):
                parts.log.emit(logging.LogRecord("ibtui.broker.feeds", logging.INFO, "", 0, message, None, None))
            await pilot.press("9")
            await settle(app, pilot)
            assert "word19" not in text_of(app)
            await pilot.press("down")
            await settle(app, pilot)
            assert long in " ".join(text_of(app).split())


async def working_order(parts) -> Order:
    """An order that the broker has confirmed, folded from events as the desk folds them."""
    intent = parts.orders.intent(SPY, "BUY", 10, "LMT", 500.0)
    ledger = parts.orders._ledger
    ledger.add(Order(intent))
    ledger.fold(intent.order_ref, Sent(7, 10, 1), "sent", "")
    return ledger.fold(intent.order_ref, Reported("Submitted", 0, 10, 0, 99, 10, 2), "reported", "")


async def test_quitting_asks_while_orders_work_and_stays_by_default(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        stop = Calls()
        app = ConsoleApp(parts, start=nothing, stop=stop)
        async with app.run_test(size=(80, 24)) as pilot:
            order = await working_order(parts)
            assert order.status in LIVE
            await settle(app, pilot)
            for way in ("q", "ctrl+c", "ctrl+q"):
                await pilot.press(way)
                assert isinstance(app.screen, QuitDialog), way
                await settle(app, pilot)
                assert "BUY 10 SPY LMT @ 500.00" in text_of(app), way
                await pilot.press("enter")
                assert not isinstance(app.screen, QuitDialog), way
                assert app.is_running, way
                assert stop.count == 0, way
            await pilot.press("q", "k")
            await pilot.pause(0.2)
        assert stop.count == 1


async def test_quitting_without_orders_stops_the_parts_once(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        start, stop = Calls(), Calls()
        app = ConsoleApp(parts, start=start, stop=stop)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            await pilot.press("q")
            await pilot.pause(0.2)
        assert (start.count, stop.count) == (1, 1)
        assert app.return_code == 0


async def test_the_selection_follows_the_orders_reference_and_not_its_row(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            first = await working_order(parts)
            await pilot.press("4")
            await settle(app, pilot)
            grid = app.screen.query_one("#orders", RowGrid)
            assert grid.selected == first.intent.order_ref
            second = await working_order(parts)
            await settle(app, pilot)
            assert grid.keys[1] == second.intent.order_ref, "under the title of its section"
            assert grid.selected == first.intent.order_ref


async def test_cancel_all_works_inside_an_input(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            order = await working_order(parts)
            await settle(app, pilot)
            await pilot.press("b", "ctrl+x")
            await pilot.pause(0.1)
            assert parts.orders.orders[order.intent.order_ref].cancel_requested


async def test_a_terminal_that_is_too_small_says_so_in_a_clear_line(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(79, 24)) as pilot:
            for size in ((79, 24), (80, 23), (20, 5)):
                await pilot.resize_terminal(*size)
                await settle(app, pilot)
                assert text_of(app).startswith(f"This terminal is {size[0]}×{size[1]}"[: size[0] - 1]), size
                assert "SYMBOL" not in text_of(app), size
                await pilot.resize_terminal(80, 24)
                await settle(app, pilot)
                assert "SYMBOL" in text_of(app), size


async def test_words_of_the_gateway_are_never_taken_for_markup(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24), notifications=True) as pilot:
            parts.alerts.toast("[/bold] [nonsense", "error")
            await pilot.pause(0.2)
            assert "[/bold] [nonsense" in text_of(app)


@pytest.mark.parametrize("height", [24, 50])
async def test_tab_goes_from_what_happened_to_every_symbols_flow_and_a_tall_terminal_shows_both(tmp_path: Path, height):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, height)) as pilot:
            parts.feeds.want(SPY, quotes=True)
            parts.events.append(ConnectionEvent(parts.clock.utc_ns(), "READY", "GW", "it connected"))
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await pilot.press("6")
            await settle(app, pilot)
            tall = height == 50
            assert "it connected" in text_of(app)
            assert ("TICKS 5m" in text_of(app)) == tall
            await pilot.press("tab")
            await settle(app, pilot)
            assert app.focused is app.screen.query_one("#symbols")
            assert ("it connected" in text_of(app)) == tall
            row = next(line for line in text_of(app).splitlines() if line[1:4] == "SPY")
            mark, ticks, rate = row.split()[1:4]
            assert (mark, ticks) == ("STALE", "5")
            assert float(rate) > 0.02, "five ticks of a run's first seconds are not told as of five minutes"
            assert row.endswith("not connected" + " " * (len(row) - len(row.rstrip())))
            await pilot.press("tab")
            assert app.focused is app.screen.query_one("#events")


async def test_a_moved_key_works_and_the_old_one_does_not(tmp_path: Path):
    async with console_parts(tmp_path, Settings(keys={"help": "f1"})) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("?")
            assert not isinstance(app.screen, HelpScreen)
            await pilot.press("f1")
            assert isinstance(app.screen, HelpScreen)


async def test_the_default_quantity_goes_up_and_down(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("+")
            assert app.quantity == 20
            await pilot.press("-", "-")
            assert app.quantity == 9


async def test_only_rows_that_changed_are_drawn_again(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            quote(parts, QQQ, 400.01, 400.03, 400.02)
            await settle(app, pilot)
            grid = app.screen.query_one("#board", RowGrid)
            text_of(app)
            before = dict(grid._strips)
            quote(parts, SPY, 501.01, 501.03, 501.02)
            grid.update_rows(frozenset(parts.market.board.dirty))
            await pilot.pause()
            text_of(app)
            assert grid._strips[QQQ.con_id] is before[QQQ.con_id]
            assert grid._strips[SPY.con_id] is not before[SPY.con_id]


async def test_leaving_twice_cuts_short_no_stop(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        stopping, stopped = asyncio.Event(), asyncio.Event()

        async def stop() -> None:
            stopping.set()
            await asyncio.sleep(0.3)
            stopped.set()

        app = ConsoleApp(parts, start=nothing, stop=stop)
        async with app.run_test(size=(80, 24)) as pilot:
            await settle(app, pilot)
            await pilot.press("q")
            await stopping.wait()
            await pilot.press("q")
        assert stopped.is_set()


async def test_what_fails_in_a_command_is_told_and_the_console_goes_on(tmp_path: Path):
    class Failing:
        async def do(self, verb: str, /, **arguments: object) -> dict[str, object]:
            raise TypeError("a slip of ours")

    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(replace(parts, sim=Failing()), start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press(":", *"sim stats", "enter")
            await pilot.pause(0.1)
            assert any("a slip of ours" in each.text for each in app.words.standing)
            assert app.is_running


async def test_profit_is_unknown_while_nobody_vouches_for_it(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            parts.account.daily_pnl = 12.5
            for state in ("NO ANSWER", "IB LOST"):
                parts.supervisor.status = replace(parts.supervisor.status, state="READY")
                await settle(app, pilot)
                assert "P&L +12.50" in text_of(app), state
                parts.supervisor.status = replace(parts.supervisor.status, state=state)
                await settle(app, pilot)
                assert "P&L —" in text_of(app), state


async def test_leaving_during_the_start_stops_what_was_started(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        steps: list[str] = []

        async def start() -> None:
            steps.append("starting")
            await asyncio.sleep(0.3)
            steps.append("started")

        async def stop() -> None:
            steps.append("stopped")

        app = ConsoleApp(parts, start=start, stop=stop)
        async with app.run_test(size=(80, 24)) as pilot:
            await pilot.press("q", "q")
        assert steps in (["starting", "started", "stopped"], ["stopped"])
