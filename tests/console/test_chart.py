"""The chart on the real simulated gateway: bars asked for from the screen, and the bar that is forming."""

import asyncio
from dataclasses import replace
from pathlib import Path

from ibtui.clock import NS
from ibtui.config import GatewaySettings, Settings
from ibtui.launch import parts_of
from ibtui.market.candles import State
from ibtui.storage import queries
from ibtui.trading.orders import Execution, Order
from ibtui.ui.app import ConsoleApp
from ibtui.ui.panes.chart import ChartPane
from tests.conftest import until
from tests.console.harness import nothing
from tests.console.whole import console_on
from tests.unit.trading.makers import intent

SPEED = 60
"""Market seconds a second: a minute is a second here."""


async def test_the_chart_fetches_what_is_missing_and_its_forming_bar_becomes_the_stored_one(
    gateway_factory, tmp_path: Path
) -> None:
    gateway = gateway_factory("--speed", str(SPEED), "--symbols", "SPY,QQQ")
    quick = Settings(gateway=GatewaySettings(heartbeat=0.25, retry_first=0.5))  # each beat reads the market's time
    async with console_on(tmp_path, gateway.host, gateway.port, settings=quick) as console:
        parts = parts_of(console)
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            spy = await parts.contracts.resolve("SPY")
            app.select(spy)
            await pilot.press("8")
            pane = app.screen.query_one("#chart", ChartPane)
            live = parts.live_bars

            def shown() -> str:
                return "\n".join("".join(text for text, _ in line) for line in pane.lines)

            async def frame() -> str:
                app.paint_soon()
                await pilot.pause()
                await pilot.pause()
                return shown()

            async def seen(condition, what: str) -> None:
                for _ in range(600):
                    if condition(await frame()):
                        return
                    await asyncio.sleep(0.02)
                raise AssertionError(f"{what}:\n{shown()}")

            await seen(lambda text: "no 1 min bars are stored: enter fetches them" in text and live.bars, "the offer")
            assert "EST" in shown().splitlines()[-1]
            assert any(each.state is State.HOLE for each in pane.candles), "nobody asked yet"

            await pilot.press("enter")
            job = parts.backfill.jobs[-1]
            assert job.series.key == (spy.con_id, "1 min", "TRADES", True)
            forming = max(live.bars)
            await parts.backfill.finished(job)
            await seen(lambda text: "missing" not in text and "fetch" not in text, "the bars")
            held = queries.bars(console.directory, *job.series.key, 0, 2**40)
            assert len(held) > 500
            visible = [each for each in pane.candles if each.bar is not None]
            assert len(visible) == len(pane.candles) > 30
            assert [each.bar for each in visible if each.start in {bar.start for bar in held}] == [
                bar for bar in held if bar.start >= visible[0].start
            ]

            await until(
                lambda: max(live.bars) > forming and parts.market_clock.now_ns() > (forming + 60) * NS, 20, "its end"
            )
            await gateway.control("clock", speed=1)
            ended = live.bars[forming]
            await parts.backfill.finished(parts.backfill.start(spy, job.bar, "full", start=forming, end=forming + 60))
            assert [ended] == queries.bars(console.directory, *job.series.key, forming, forming + 60)
            await seen(lambda text: forming in {each.start for each in pane.candles}, "the stored bars")
            assert [each.start for each in pane.candles].count(forming) == 1

            told = (await console.answer({"do": "gaps", "symbol": "SPY", "bar": None}))["gaps"]
            assert told["head"] < held[0].start
            assert told["series"][0]["bars"] == len({forming, *(bar.start for bar in held)})

            await pilot.press("left", "left")
            said, under = await frame(), pane.under
            assert f"C {under.bar.close:.2f}" in said
            assert under.start < max(live.bars), "it stays on its bar while the newest goes on"
            parts.orders.orders["X"] = replace(
                Order(intent(con_id=spy.con_id)),
                executions=(Execution("X.01", "X", under.start * NS, spy.con_id, "BUY", 10, under.bar.close),),
            )
            parts.orders.on_change[-1](parts.orders.orders["X"])
            assert "▲" in (await frame()).split("\n", 3)[3]

            await pilot.press("t")
            await seen(lambda text: "5 mins" in text, "another size of bars")
            await gateway.control("drop", how="fin")
            await seen(lambda text: "STALE" in text, "the loss")
            changes = live.changes
            await until(lambda: live.changes > changes and live.bars, 10, "the forming bar in the next session")
            await pilot.press("1")
            assert live.wanted is None
