"""What a trader sees and keeps while the link is lost: on the bar, in orders, over a gateway's nightly restart."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ibtui.clock import system_clock
from ibtui.config import Settings
from ibtui.console import Console
from ibtui.launch import parts_of
from ibtui.services.log_buffer import LogBuffer
from ibtui.storage.files import open_directory
from ibtui.trading.orders import Status
from ibtui.ui.app import ConsoleApp
from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox
from tests.conftest import Gateway, until
from tests.console.rig import Rig, running

HEARTBEAT, WAIT = 0.1, 0.3


async def test_each_way_to_lose_the_link_is_on_the_bar_within_a_second_of_its_detection(
    gateway: Gateway, tmp_path: Path
) -> None:
    settings = Settings()
    own = replace(
        settings.gateway,
        host=gateway.host,
        port=gateway.port,
        heartbeat=HEARTBEAT,
        heartbeat_wait=WAIT,
        retry_first=0.5,
    )
    with open_directory(tmp_path) as directory:
        console = Console(replace(settings, gateway=own), directory, system_clock(), LogBuffer())
        app = ConsoleApp(parts_of(console), start=lambda: console.start(watch=False), stop=console.stop)
        async with app.run_test(size=(80, 24)) as pilot:
            losses: tuple[tuple[str, str, float, dict[str, Any]], ...] = (
                ("drop", "DISCONNECTED", 1.0, {"how": "fin"}),
                ("drop", "DISCONNECTED", 1.0, {"how": "rst"}),
                ("message", "IB LOST", 1.0, {"code": 1100}),
                ("freeze", "NO ANSWER", HEARTBEAT + WAIT + 1.0, {"seconds": 1}),
                ("", "DISCONNECTED", WAIT + 1.0, {}),
            )
            for verb, word, limit, arguments in losses:
                if verb:
                    await on_the_bar(app, "READY", 10)
                    await gateway.control(verb, **arguments)
                await on_the_bar(app, word, limit)
                tone = next(tone for text, tone in bar(app) if text.strip() == word)
                assert tone == ("warn" if word == "NO ANSWER" else "alarm")
                if word == "IB LOST":
                    await gateway.control("message", code=1102)
            await on_the_bar(app, "READY", 10)
            await pilot.press("6", *":disconnect", "enter")
            await on_the_bar(app, "DISCONNECTED", 1.0)
            assert "disconnected as you asked" in "".join(text for text, _ in lines_of_bar(app)[1])
            await pilot.press("n")
            await on_the_bar(app, "READY", 10)


def lines_of_bar(app: ConsoleApp) -> tuple[Line, ...]:
    return app.screen_stack[0].query_one("#status", LineBox).lines


def bar(app: ConsoleApp) -> Line:
    lines = lines_of_bar(app)
    return lines[0] if lines else ()


async def on_the_bar(app: ConsoleApp, word: str, seconds: float) -> None:
    await until(lambda: any(text.strip() == word for text, _ in bar(app)), seconds, f"{word}: {bar(app)}")


async def test_the_nightly_restart_ends_ready_without_help_and_repeats_no_order_id(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        before = await placed(rig, spy)
        await gateway.control("restart", seconds=0.2, next_valid_id=1, in_use=2)
        await rig.not_ready()
        await rig.ready()
        assert rig.desk.orders[before.intent.order_ref].status is Status.WORKING
        assert before.order_id is not None
        await until(lambda: any("farm usfarm is down" in cause for _, cause in told(rig)), 5, "the farm flaps")
        await until(
            lambda: rig.supervisor.status.data.state == "ok" and rig.feeds.mark(spy.con_id) == "LIVE", 10, "LIVE"
        )
        after = await placed(rig, spy)
        assert after.order_id is not None
        assert after.order_id > before.order_id
        assert rig.supervisor.status.reconnects == 1
    causes = " ".join(cause for _, cause in told(rig))
    for words in ("broke", "refused the connection", "client id 10 is in use"):
        assert words in causes


async def test_a_fill_while_ib_is_lost_is_taken_and_new_orders_wait(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        order = await placed(rig, spy)
        session = rig.supervisor.session
        for _ in range(3):
            await gateway.control("message", code=1100, text="Connectivity has been lost")
        await until(lambda: rig.supervisor.status.state == "IB LOST", 5, "IB LOST")
        assert rig.feeds.mark(spy.con_id) == "STALE"
        refused = await rig.desk.submit(rig.desk.intent(spy, "BUY", 7, limit_price=order.intent.limit_price), spy)
        assert refused.status is Status.REFUSED
        assert "IB LOST" in refused.reason
        limit = order.intent.limit_price
        assert limit is not None
        await gateway.control("price", symbol="SPY", bid=limit - 0.02, ask=limit - 0.01)
        ref = order.intent.order_ref
        await until(lambda: rig.desk.orders[ref].status is Status.FILLED, 5, f"a fill: {rig.desk.orders[ref]}")
        assert rig.supervisor.status.state == "IB LOST"
        assert rig.supervisor.session is session
        await gateway.control("message", code=1102, text="Connectivity has been restored - data maintained.")
        await rig.ready()
        assert rig.desk.orders[ref].filled == 10
    assert [state for state, _ in told(rig)].count("IB LOST") == 1


def told(rig: Rig) -> list[tuple[str, str]]:
    return [(state, cause) for state, cause in rig.rows("SELECT state, cause FROM connection_events ORDER BY id")]


async def placed(rig: Rig, instrument: Any) -> Any:
    """A buy that works 2 % under the bid."""
    bid = rig.market.board.quote(instrument.con_id).bid
    assert bid
    intent = rig.desk.intent(instrument, "BUY", 10, limit_price=round(bid * 0.98, 2))
    await rig.desk.submit(intent, instrument)
    ref = intent.order_ref
    await until(lambda: rig.desk.orders[ref].status is Status.WORKING, 5, f"a working order: {rig.desk.orders[ref]}")
    return rig.desk.orders[ref]
