"""From the command to the first frame and to READY on a terminal, beside an empty Textual app on the same machine."""

import os
import sys
import time
from pathlib import Path

import pexpect
import pytest

from tests.benchmarks.report import Figure, show
from tests.terminal.terminal import PROGRAM

RUNS = 5
EMPTY_APP = """
from textual.app import App
from textual.widgets import Static

class Empty(App):
    def compose(self):
        yield Static("DISARMED")

Empty().run()
"""
DESIGN_MACHINE_MS = 177
"""First paint of an empty Textual app on the machine that the design's figures were measured on."""


@pytest.mark.timeout(180)
def test_start(tmp_path: Path) -> None:
    # Compiled modules, as an installed wheel has them, whatever the environment says.
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
    }
    program = [PROGRAM, "--demo"]
    empty = [sys.executable, "-c", EMPTY_APP]
    first, ready, bare = [], [], []
    for number in range(RUNS + 1):
        environment["IBTUI_DATA_DIR"] = str(tmp_path / f"data{number}")
        bare += seconds_to(["DISARMED"], empty, environment)
        painted, connected = seconds_to(["DISARMED", "READY"], program, environment)
        first.append(painted)
        ready.append(connected)
    # The first run of each compiled its modules.
    bare_ms, first_ms, ready_ms = (1000 * min(each[1:]) for each in (bare, first, ready))
    slower = bare_ms / DESIGN_MACHINE_MS
    show(
        [
            Figure("empty Textual app, first paint ms", bare_ms),
            Figure("first paint ms, on this machine", first_ms),
            Figure("first paint ms, at the speed of the design's machine", first_ms / slower, 450, 300),
            Figure("READY on the simulated gateway ms, on this machine", ready_ms, 2000, 1000),
            Figure("READY ms, at the speed of the design's machine", ready_ms / slower, 2000, 1000),
        ]
    )


def seconds_to(words: list[str], command: list[str], environment: dict[str, str]) -> list[float]:
    """Seconds from the spawn until the terminal was sent each word, one after the other."""
    began = time.perf_counter()
    child = pexpect.spawn(command[0], command[1:], dimensions=(40, 120), env=environment, timeout=30)
    times = []
    try:
        for word in words:
            while child.expect_exact([word, "\x1b[6n"]) == 1:
                child.send("\x1b[1;1R")
            times.append(time.perf_counter() - began)
    finally:
        child.close(force=True)
    return times
