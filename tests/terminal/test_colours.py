"""Terminals that know fewer colours, and the tmux that most people have around the program."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Gateway
from tests.terminal.terminal import PROGRAM, Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(90)]

BOARD = slice(6, -2)
"""Lines of the board's rows."""


def test_with_16_colours_rise_and_fall_differ_by_arrow_and_by_colour(
    gateway: Gateway, open_terminal: Callable[..., Terminal]
) -> None:
    terminal = open_terminal("--port", str(gateway.port), columns=80, lines=24, TERM="xterm", COLORTERM="")
    terminal.until(both_arrows, 30)
    assert terminal.colours("▲▼", range(BOARD.start, 22)) == {("▲", "brightgreen"), ("▼", "brightred")}
    assert not re.search(rb"[34]8;[25];", terminal.raw), "a colour that the terminal has no name for"


class Tmux:
    """A tmux server of its own, with one window in which a program runs."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._folder = folder
        self.ask("-f", os.devnull, "new-session", "-d", "-x", "80", "-y", "24", *command)

    def ask(self, *words: str) -> str:
        """What tmux answers."""
        left_out = ("TMUX", "TMUX_PANE", "COLORTERM", "NO_COLOR")
        environment = {name: value for name, value in os.environ.items() if name not in left_out}
        told = subprocess.run(
            ["tmux", "-S", str(self._folder / "tmux"), *words],
            env=environment | {"LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=10,
        )
        return told.stdout

    def until(self, shown: Callable[[str], bool], *words: str, seconds: float = 30.0) -> str:
        """Asks until the answer is as wanted."""
        deadline = time.monotonic() + seconds
        while not shown(answer := self.ask(*words)):
            assert time.monotonic() < deadline, f"{words}:\n{answer}"
            time.sleep(0.05)
        return answer


@pytest.fixture
def tmux(gateway: Gateway, tmp_path: Path) -> Iterator[Tmux]:
    """The console in a real tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    own = (f"IBTUI_DATA_DIR={tmp_path / 'data'}", f"XDG_CONFIG_HOME={tmp_path / 'config'}")
    running = Tmux(tmp_path, "env", *own, PROGRAM, "--port", str(gateway.port))
    yield running
    running.ask("kill-server")


def test_inside_tmux_a_row_goes_into_its_buffer_and_colours_are_those_that_tmux_knows(tmux: Tmux) -> None:
    tmux.until(both_arrows, "capture-pane", "-p")
    coloured = tmux.ask("capture-pane", "-p", "-e")
    assert re.search(r"38;5;\d+m?", coloured)
    assert "8;2;" not in coloured
    tmux.ask("send-keys", "y")
    tmux.until(lambda text: "Copied into tmux's buffer" in text, "capture-pane", "-p")
    row = tmux.ask("show-buffer").split("\t")
    assert row[0] == "XLK"
    assert float(row[1].strip(" ▲▼")) > 0


def both_arrows(text: str) -> bool:
    """Whether something rose and something fell on the board."""
    rows = "\n".join(text.splitlines()[BOARD])
    return "▲" in rows and "▼" in rows
