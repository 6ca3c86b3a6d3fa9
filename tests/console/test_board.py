"""The quote board on the real simulated gateway, and after a restart."""

import asyncio
from pathlib import Path

from ibtui.launch import parts_of
from ibtui.market.bars import DAY, Bar
from ibtui.storage import history, queries
from ibtui.ui.app import ConsoleApp
from ibtui.ui.panes.board import BoardPane
from ibtui.ui.screens.board_dialogs import PickList
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.console.harness import nothing
from tests.console.whole import console_on


class Board:
    """The board of a console under Pilot."""

    def __init__(self, app: ConsoleApp, pilot) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def grid(self) -> RowGrid:
        return self.app.screen_stack[0].query_one("#board", RowGrid)

    @property
    def symbols(self) -> list[str]:
        """Rows as they stand, titles left out."""
        watched = self.app.watched()
        return [watched[key].symbol for key in self.grid.keys if key in watched]

    def line(self, name: str) -> str:
        box = self.app.screen_stack[0].query_one(name, LineBox)
        return "\n".join("".join(text for text, _ in line) for line in box.lines)

    async def frame(self) -> None:
        self.app.paint_soon()
        await self.pilot.pause()
        await self.pilot.pause()

    async def command(self, text: str) -> None:
        self.app._executor.command(text)  # as ``:`` does with what was typed
        await self.frame()

    async def seen(self, condition, what: str) -> None:
        for _ in range(600):
            if condition():
                return
            await asyncio.sleep(0.02)
            self.app.paint_soon()
        raise AssertionError(what)


async def test_what_the_user_arranges_is_there_after_a_restart(gateway, tmp_path: Path) -> None:
    async with console_on(tmp_path, gateway.host, gateway.port, watch=True) as console:
        parts = parts_of(console)
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(120, 40)) as pilot:
            board = Board(app, pilot)
            marks = console.feeds.mark
            await board.seen(
                lambda: len(board.symbols) == 15 and all(marks(con_id) == "LIVE" for con_id in app.watched()), "quotes"
            )
            assert "[all 15] sectors 11  benchmarks 4" in board.line("#tabs")
            await board.seen(lambda: "▲ —" not in board.line("#overview"), "how many rose")
            assert "over 50d —" in board.line("#overview")

            spy = next(each for each in app.watched().values() if each.symbol == "SPY")
            today = (parts.market_clock.now_ns() or 0) // 10**9 // DAY * DAY
            bars = [Bar(today - number * DAY, 1.0, 1.0, 1.0, 1.0) for number in range(60, 0, -1)]
            await console.writer.history(*history.bars(spy.con_id, "1 day", "TRADES", True, bars))
            board.app.screen.query_one(BoardPane)._daily.forget()
            await board.seen(lambda: "over 50d 1/1 100%" in board.line("#overview"), "the average of stored bars")

            await pilot.press("tab")
            await board.frame()
            assert len(board.symbols) == 11
            await pilot.press("w", *"ene", "enter")
            await board.frame()
            assert board.symbols == ["XLE"]
            await board.command("filter ene?")
            assert board.symbols == []
            assert "filter" in board.grid.empty, "an empty board says why"
            await pilot.press("escape")
            await board.command("sort symbol down")
            assert board.symbols == sorted(board.symbols, reverse=True)
            selected = app.selected
            await board.command("sort off")
            assert board.symbols[0] == "XLK"
            assert app.selected == selected, "the selection is the symbol's"

            await board.command("list new tech")
            assert board.symbols == []
            app._executor.find("apple")
            await board.seen(lambda: isinstance(app.screen, PickList), "the choice")
            await pilot.press("enter")
            await board.seen(lambda: board.symbols == ["AAPL"], "what was picked")
            app._executor.find("SPY")
            await board.seen(lambda: board.symbols == ["AAPL", "SPY"], "a second symbol")
            await pilot.press("K")
            await board.command("columns bid ask 52w")
            await board.command("list move tech 1")
            await board.command("list delete benchmarks")
            await board.command("sort bid")
            assert board.symbols == ["SPY", "AAPL"]

    async with console_on(tmp_path, gateway.host, gateway.port, watch=True) as console:
        assert console.watchlists.names == ("tech", "sectors")
        assert [each.symbol for each in console.watchlists.instruments("tech")] == ["SPY", "AAPL"]
        picked = queries.contract_by_text(console.directory, "apple")
        assert picked is not None
        assert picked.symbol == "AAPL", "the text means what was picked"
        app = ConsoleApp(parts_of(console), start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            board = Board(app, pilot)
            await board.frame()
            assert board.symbols == ["SPY", "AAPL"]
            assert (app.board.view.sort, app.board.view.columns) == ("bid", ("symbol", "bid", "ask", "52w"))
            assert "[tech 2]" in board.line("#tabs")
