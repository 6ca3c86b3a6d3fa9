"""Pictures of screens: what scripts and screen readers get, and that the user's own screen stays as it is."""

from pathlib import Path

import pytest

from ibtui.errors import UsageError
from ibtui.services.status_socket import StatusSocket, ask_running
from ibtui.ui.app import ConsoleApp
from tests.console.harness import SPY, console_parts, nothing, quote


async def test_a_screen_that_is_not_shown_can_be_read_without_disturbing_the_one_that_is(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(120, 40)) as pilot:
            quote(parts, SPY, 500.01, 500.03, 500.02)
            await pilot.press("3")
            followed, focused = dict(app._followed), app.focused
            for name in ("quotes", "2", "connection", "chart"):
                answer = await app.snapshot({"screen": name, "form": "text"})
                assert len(answer["lines"]) == 40
                assert answer["lines"][-1].startswith(answer["screen"])
                assert not answer["shown"]
                assert (app.current_mode, app._followed, app.focused) == ("tape", followed, focused)
            quotes = await app.snapshot({"screen": "1", "form": "json"})
            assert any("SPY" in line and "500.02" in line for line in quotes["lines"])
            assert (await app.snapshot({}))["screen"] == "tape"
            drawn = (await app.snapshot({"screen": "quotes", "form": "svg"}))["svg"]
            assert drawn.startswith("<svg")
            assert "500.02" in drawn
            assert "url(http" not in drawn, "a picture fetches nothing"
            with pytest.raises(UsageError, match="no screen; there are: quotes"):
                await app.snapshot({"screen": "nonesuch"})


async def test_a_command_gets_the_picture_through_the_console_s_socket(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)):
            socket = StatusSocket(tmp_path, {"snapshot": app.snapshot})
            await socket.start()
            answer = await ask_running(tmp_path, {"do": "snapshot", "screen": "account", "form": "json"})
            await socket.stop()
            assert answer["screen"] == "account"
            assert (answer["width"], answer["height"]) == (80, 24)
            assert "P&L" in answer["lines"][0]
