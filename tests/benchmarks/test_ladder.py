"""What the ladder costs on a terminal at 200 operations a second, drawing and state together, above an idle screen."""

import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.process import cpu
from tests.benchmarks.report import Figure, show
from tests.terminal.terminal import Terminal

SECONDS = 10.0
RATE = 200


@pytest.mark.timeout(120)
def test_ladder(tmp_path: Path) -> None:
    idle, _ = measured(0, tmp_path)
    busy, sent = measured(RATE, tmp_path)
    show(
        [
            Figure("ladder's screen with a book at rest, CPU % of a core", 100 * idle),
            Figure(f"ladder at {RATE} operations/s, CPU % of a core", 100 * busy, 8, 4),
            Figure("the same, KB/s to the terminal", sent / 1000, 60, 30),
        ]
    )


def measured(rate: int, directory: Path) -> tuple[float, float]:
    """CPU seconds and bytes to the terminal a second."""
    arguments = ("-m", "tests.benchmarks.depth_flow", str(rate), str(directory / str(rate)))
    terminal = Terminal(*arguments, program=sys.executable)
    try:
        terminal.until("quotes", 20)
        terminal.press_until("2", "book ✓")
        time.sleep(2)
        before = cpu(terminal.child.pid), len(terminal.raw)
        time.sleep(SECONDS)
        used, sent = cpu(terminal.child.pid) - before[0], len(terminal.raw) - before[1]
        assert "book ✓" in terminal.text(), terminal.text()
        print(terminal.text())
        terminal.press("q")
    finally:
        terminal.close()
    return used / SECONDS, sent / SECONDS
