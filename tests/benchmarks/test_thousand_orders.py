"""A thousand orders in a minute: journal, gateway and screen must agree on each, to the share and the cent."""

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ibtui.config import RiskSettings, Settings
from ibtui.console import Console
from ibtui.launch import parts_of
from ibtui.trading.orders import ENDED, OrderIntent, Status
from ibtui.ui.app import ConsoleApp
from ibtui.ui.widgets.rowgrid import RowGrid
from tests.benchmarks.report import Figure, percentile, show
from tests.conftest import Gateway, until
from tests.console.agreement import books
from tests.console.harness import nothing
from tests.console.whole import console_on

ORDERS, SECONDS = 1000, 60.0
RISK = RiskSettings(orders_per_minute=10_000, working_per_side=1000, duplicate_seconds=0, daily_loss=1_000_000)


@pytest.mark.timeout(240)
async def test_thousand_orders(tmp_path: Path, gateway: Gateway) -> None:
    settings = replace(Settings(), risk=RISK)
    kept = tmp_path / "kept"
    async with console_on(kept, gateway.host, gateway.port, settings=settings, watch=True) as console:
        start = cash(console)
        spy = await console.contracts.resolve("SPY")
        console.feeds.want(spy, quotes=True)
        await until(lambda: console.feeds.mark(spy.con_id) == "LIVE", 20, "a live quote")
        await until(lambda: console.account.daily_pnl is not None, 20, "the profit of the day")
        app = ConsoleApp(parts_of(console), start=nothing, stop=nothing)
        async with app.run_test(size=(160, 50)) as pilot:
            await pilot.press("4")
            took, refused, lasted = await trade(console, spy.con_id)
            orders = console.orders.orders
            await console.orders.cancel_all()
            await until(lambda: all(each.status in ENDED for each in orders.values()), 60, "the end of all orders")
            await until(lambda: all(each.commission is not None for each in orders.values() if each.filled), 20, "fees")
            held = console.account.held(spy.con_id)
            app.paint_soon()
            await pilot.pause(0.5)
            grid = app.screen.query_one("#orders", RowGrid)
            shown = {str(key): grid.row_text(key).split("\t") for key in grid.keys if str(key) in orders}
    told = await books(kept, gateway)
    journal = rows(kept)
    cost, fees = money(kept)
    async with console_on(tmp_path / "other", gateway.host, gateway.port, client_id=11) as console:
        unexplained = round(abs(start - cost - fees - cash(console)), 3)
        at_broker = console.account.held(spy.con_id)
    problems = told.problems()
    reasons = Counter(reason.split(":")[0][:60] for _, reason in refusals(kept))
    print(f"\n{dict(reasons)}")
    on_screen = [ref for ref, row in journal.items() if ref not in shown or not same(shown[ref], row)]
    filled = sum(signed for *_, signed in journal.values())
    show(
        [
            Figure("orders sent", ORDERS - refused),
            Figure("refused here", refused, 0),
            Figure("seconds that they took", lasted, SECONDS + 2),
            Figure("submit to frame p50 ms, screen painting", percentile(took, 50)),
            Figure("submit to frame p99 ms, screen painting", percentile(took, 99), 10, 5),
            Figure("orders that differ between journal and gateway", len(problems), 0),
            Figure("orders that differ between journal and screen", len(on_screen), 0),
            Figure("shares that differ, journal and account", abs(filled - (held.least if held else 0)), 0),
            Figure("cash that the journal does not explain, USD", unexplained, 0.01),
        ]
    )
    assert problems == []
    assert on_screen == []
    assert held == at_broker
    assert held is not None
    assert filled == held.least
    assert unexplained < 0.01


async def trade(console: Console, con_id: int) -> tuple[list[float], int, float]:
    """Two of three trade at once, to either side in turn; the others rest, and half of them are cancelled."""
    desk, spy = console.orders, console.contracts.known(con_id)
    assert spy is not None
    took: list[float] = []
    sent: list[asyncio.Task[bool]] = []
    began = time.perf_counter()

    async def send(number: int, intent: OrderIntent) -> bool:
        at = time.perf_counter()
        order = await desk.submit(intent, spy)
        took.append(1000 * (time.perf_counter() - at))
        if number % 6 == 5:
            await desk.cancel(intent.order_ref)
        return order.status is Status.SENT

    for number in range(ORDERS):
        await asyncio.sleep(max(0.0, began + number * SECONDS / ORDERS - time.perf_counter()))
        quote = console.market.board.quote(con_id)
        assert quote.bid
        assert quote.ask
        action, touch = ("BUY", quote.ask) if number % 2 == 0 else ("SELL", quote.bid)
        away = 0.98 if number % 3 == 2 else 1.005
        price = round(touch * (away if action == "BUY" else 2 - away), 2)
        intent = desk.intent(spy, action, 1 + number % 7, limit_price=price)
        sent.append(asyncio.create_task(send(number, intent)))
    arrived = await asyncio.gather(*sent)
    return took, arrived.count(False), time.perf_counter() - began


def refusals(directory: Path) -> list[tuple[str, str]]:
    """Reference and reason of what was not sent."""
    with closing(sqlite3.connect(directory / "journal.db")) as connection:
        return connection.execute(
            "SELECT order_ref, reason FROM orders WHERE status IN ('REFUSED', 'NOT_SENT')"
        ).fetchall()


def cash(console: Console) -> float:
    return float(console.account.values["TotalCashBalance", "USD"])


def money(directory: Path) -> tuple[float, float]:
    """What was paid for shares, and what for trading them."""
    sql = """SELECT sum(quantity * price * iif(side = 'BUY', 1, -1)), sum(amount), sum(amount IS NULL)
        FROM executions LEFT JOIN commissions USING (exec_id) WHERE superseded_by IS NULL"""
    with closing(sqlite3.connect(directory / "journal.db")) as connection:
        paid, fees, unknown = connection.execute(sql).fetchone()
    assert unknown == 0
    return paid, fees


def rows(directory: Path) -> dict[str, tuple[str, float, float, float | None, float | None, float]]:
    """Status, quantity, filled, average price, commission and what it did to the position, by reference."""
    sql = """SELECT order_ref, status, orders.quantity, filled, average_price,
            (SELECT sum(amount) FROM executions JOIN commissions USING (exec_id)
             WHERE executions.order_ref = orders.order_ref AND superseded_by IS NULL),
            filled * iif(action = 'BUY', 1, -1)
        FROM orders"""
    with closing(sqlite3.connect(directory / "journal.db")) as connection:
        return {ref: tuple(row) for ref, *row in connection.execute(sql)}  # type: ignore[misc]


def same(cells: list[str], row: tuple[str, float, float, float | None, float | None, float]) -> bool:
    """Whether a row of the orders screen says what the journal does."""
    status, quantity, filled, average, fee, _ = row
    filled_of, price, charged = cells[4], cells[6].replace(",", ""), cells[7]
    if (cells[0], filled_of) != (status, f"{filled:g}/{quantity:g}"):
        return False
    if not filled or average is None or fee is None:
        return (price, charged) == ("—", "—")
    return abs(float(price) - average) < 0.00001 and charged == f"{fee:,.2f}"
