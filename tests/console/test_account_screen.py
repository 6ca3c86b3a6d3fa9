"""Screen 7 and `:limits` on a whole console with a simulated gateway."""

from pathlib import Path

import pytest

from ibtui.storage import history, queries
from ibtui.trading.orders import Status
from ibtui.ui.screens.limits import Limits
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.conftest import Gateway, until
from tests.console.harness import console_parts
from tests.console.test_trading_keys import Desk, bought, trading

MINUTE_NS = 60_000_000_000


def lines(desk: Desk, name: str) -> str:
    return "\n".join("".join(text for text, _ in line) for line in desk.app.screen.query_one(name, LineBox).lines)


def rows(desk: Desk, name: str) -> list[list[str]]:
    grid = desk.app.screen.query_one(name, RowGrid)
    return [grid.row_text(key).split("\t") for key in grid.keys]


async def test_the_day_is_told_by_ib_and_by_our_own_fills_by_symbol_execution_and_currency(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with trading(tmp_path, gateway) as desk:
        console, day = desk.console, desk.console.day_watch
        await bought(desk, 20)
        orders = console.orders
        bid = console.market.board.quote(desk.spy.con_id).bid
        assert bid
        await orders.submit(orders.intent(desk.spy, "SELL", 20, limit_price=round(bid * 0.99, 2)), desk.spy)
        sold = await desk.order(Status.FILLED, number=1)
        await desk.held(0)
        await until(lambda: orders.orders[sold.intent.order_ref].commission is not None, 10, "the commission")
        day.look()
        await until(lambda: console.account.daily_pnl, 10, "IB's figure")
        await until(lambda: day.difference is not None and abs(day.difference) <= 0.05, 10, f"{day.own} {day.results}")
        await desk.press("7")
        await desk.painted()
        assert "own fills -" in lines(desk, "#values")
        assert "margin cushion" in lines(desk, "#values")
        assert "equity 99" in lines(desk, "#equity")
        assert lines(desk, "#trading").split()[:2] == ["trading", "ACTIVE"]
        (position,) = rows(desk, "#positions")
        result = day.results[desk.spy.con_id]
        assert result.net is not None
        assert [position[0], position[2], position[8]] == ["SPY", "0", f"{result.net:+,.2f}"]
        fills = rows(desk, "#executions")
        assert {(each[1], each[2]) for each in fills} == {("BUY", "SPY"), ("SELL", "SPY")}
        assert [each[0] for each in rows(desk, "#currencies")] == ["USD", "all, in base"]
        await desk.press("tab")
        assert desk.app.screen.query_one("#executions", RowGrid).has_focus
        await desk.type("limits")
        assert isinstance(desk.app.screen, Limits)
        assert "breaker  closed  0 of 3 failures" in lines(desk, "#limits")
        await desk.press("escape")


async def test_the_equity_line_begins_with_what_an_earlier_run_kept(tmp_path: Path) -> None:
    async with console_parts(tmp_path) as parts:
        day = parts.clock.utc_ns() // MINUTE_NS * MINUTE_NS
        for minute, value in ((0, "100.5"), (0, "101.5"), (3, "99"), (-9, "7")):
            stamp = day + minute * MINUTE_NS + int(float(value) * 1000)
            parts.writer.history_soon(*history.account_value("DU1", "NetLiquidation", "USD", stamp, value))

        def kept() -> list[tuple[int, float]]:
            return queries.account_series(parts.writer.directory, "DU1", "NetLiquidation", "USD", day)

        await until(lambda: len(kept()) == 2, 5, "both minutes")
        assert [value for _, value in kept()] == [101.5, pytest.approx(99.0)]
