"""Words from the wire never steer the terminal, wherever they are shown."""

import asyncio
from dataclasses import replace
from pathlib import Path

from ibtui.broker.supervisor import Supervisor
from ibtui.config import Settings
from ibtui.services.log_buffer import set_up
from ibtui.ui.app import ConsoleApp
from tests.conftest import until
from tests.console.harness import console_parts, nothing
from tests.console.test_screens import settle, text_of
from tests.unit.broker.small_gateway import SmallGateway

EVIL = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\r\n[red]x[/bold] [nonsense"
SHOWN = "[2J]0;owned31m  [red]x[/bold] [nonsense"


async def test_escapes_and_markup_from_the_wire_reach_neither_bar_nor_timeline_nor_toast_nor_log(
    tmp_path: Path,
) -> None:
    gateway = await SmallGateway().start()
    logging_ = set_up(tmp_path / "ibtui.log")
    settings = replace(Settings(), gateway=replace(Settings().gateway, port=gateway.port))
    try:
        async with console_parts(tmp_path / "data", settings) as harness:
            supervisor = Supervisor(
                settings.gateway,
                harness.clock,
                harness.market_clock,
                (),
                on_event=harness.events.append,
                on_change=lambda status: harness.alerts.connection(status.state, status.cause),
                jitter=lambda: 0.0,
            )
            parts = replace(harness, supervisor=supervisor, log=logging_.buffer)
            app = ConsoleApp(parts, start=nothing, stop=nothing)
            async with app.run_test(size=(160, 50), notifications=True) as pilot:
                connecting = asyncio.create_task(supervisor.run())
                await until(lambda: supervisor.status.state == "READY")
                await pilot.press("6")
                gateway.system(2103, f"Market data farm connection is broken:{EVIL}")
                gateway.system(354, EVIL)
                gateway.send("zz", EVIL)
                await until(lambda: supervisor.status.not_understood)
                gateway.refuse()
                gateway.system(1300, EVIL)
                gateway.fin()
                await until(lambda: supervisor.status.state == "DISCONNECTED")
                await settle(app, pilot)
                shown = text_of(app)
                bar, error, timeline = (line_with(shown, word) for word in ("for 0", "errors", "2103"))
                for line in (bar, error, timeline):
                    assert SHOWN[:12] in line, shown
                app.tell(EVIL, bad=True)
                await pilot.press("9")
                await settle(app, pilot)
                shown += text_of(app)
                assert "[red]x" in text_of(app)
                await supervisor.stop()
                await connecting
            assert all(line.isprintable() for line in shown.splitlines())
            assert all(each.text.isprintable() for each in logging_.buffer.lines)
    finally:
        logging_.close()
        await gateway.stop()
    written = (tmp_path / "ibtui.log").read_text()
    assert "[red]x" in written
    assert not set(written) & {"\x1b", "\x07", "\x9b"}


def line_with(screen: str, word: str) -> str:
    return next(line for line in screen.splitlines() if word in line)
