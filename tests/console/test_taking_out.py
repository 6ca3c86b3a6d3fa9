"""What leaves the screens: rows into the clipboard, views into files; and words that stay off the prices."""

import csv
import io
import stat
from pathlib import Path

from ibtui.ui.app import ConsoleApp
from ibtui.ui.widgets.linebox import LineBox
from tests.conftest import until
from tests.console.harness import SPY, console_parts, nothing, quote
from tests.console.test_screens import settle, text_of


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def list_exports(directory: Path) -> list[Path]:
    return list(directory.glob("exports/*.csv"))


async def test_a_view_becomes_a_file_for_its_owner_alone_and_words_lie_on_the_hints(tmp_path: Path):
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(200, 40), notifications=True) as pilot:
            quote(parts, SPY, 1500.01, 1500.03, 1500.02)
            await settle(app, pilot)
            before = text_of(app).splitlines()
            await pilot.press("e")
            await until(lambda: list(tmp_path.glob("exports/quotes-*.csv")))
            (path,) = list_exports(tmp_path)
            await until(lambda: "Exported" in text_of(app))
            shown = text_of(app).splitlines()
            assert "· Exported to" in shown[-1]
            assert shown[8:-1] == before[8:-1], "nothing but the hints is covered"
            rows = list(csv.DictReader(io.StringIO(read(path))))
            spy = next(each for each in rows if each["SYMBOL"] == "SPY")
            assert spy["BID"] == "1500.01"
            qqq = next(each for each in rows if each["SYMBOL"] == "QQQ")
            assert qqq["BID"] == "", "unknown is empty, not zero"
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
            assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
            await pilot.press("8", "e")
            await until(lambda: list(tmp_path.glob("exports/chart-*.txt")))


async def test_over_ssh_without_tmux_a_line_says_what_a_dropped_link_costs_until_it_is_understood(
    tmp_path: Path, monkeypatch
):
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50000 10.0.0.2 22")
    for name in ("TMUX", "STY"):
        monkeypatch.delenv(name, raising=False)
    async with console_parts(tmp_path) as parts:
        app = ConsoleApp(parts, start=nothing, stop=nothing)
        async with app.run_test(size=(80, 24)) as pilot:
            for digit in "14":
                await pilot.press(digit)
                await settle(app, pilot)
                line = text_of(app).splitlines()[-2]
                assert "U hides" in line
                assert "if this SSH link drops, ibtui ends and working orders stay" in line
            await pilot.press("U")
            await settle(app, pilot)
            assert "SSH" not in text_of(app)
            assert app.screen.query_one("#notice", LineBox).display is False
            await pilot.press("1")
            await settle(app, pilot)
            assert "SSH" not in text_of(app)
            assert parts.views.get("dropped link"), "it is kept"
