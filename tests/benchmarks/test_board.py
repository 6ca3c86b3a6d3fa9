"""What the quote board costs on a terminal: 100 rows, 30 of which change with each of ten frames a second."""

import sys
import time
from pathlib import Path

import pytest

from tests.benchmarks.process import cpu
from tests.benchmarks.report import Figure, show
from tests.terminal.terminal import Terminal

SECONDS = 10.0


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("columns", "lines"), [(120, 40), (200, 110)])
def test_board(tmp_path: Path, columns: int, lines: int) -> None:
    where = f"{columns}×{lines}"
    idle, _ = measured(0.0, "still", tmp_path / "idle", columns, lines)
    still, quiet = measured(0.3, "still", tmp_path / "still", columns, lines)
    busy, sent = measured(0.3, "flash", tmp_path / "flash", columns, lines)
    show(
        [
            Figure(f"board without ticks, {where}, CPU % of a core", 100 * idle),
            Figure("30 % of 100 rows 10 times a second, no flash, CPU %", 100 * still, 8, 4),
            Figure("the same, KB/s to the terminal", quiet / 1000, 60, 30),
            Figure("the same with flash, CPU %", 100 * busy, 8, 4),
            Figure("the same with flash, KB/s to the terminal", sent / 1000, 60, 30),
        ]
    )


def measured(share: float, flash: str, directory: Path, columns: int, lines: int) -> tuple[float, float]:
    """CPU seconds and bytes to the terminal a second."""
    arguments = ("-m", "tests.benchmarks.quoting", str(share), flash, str(directory))
    terminal = Terminal(*arguments, program=sys.executable, columns=columns, lines=lines)
    try:
        terminal.until("T030", 20)
        time.sleep(2)
        before = cpu(terminal.child.pid), len(terminal.raw)
        time.sleep(SECONDS)
        used, sent = cpu(terminal.child.pid) - before[0], len(terminal.raw) - before[1]
        terminal.press("q")
    finally:
        terminal.close()
    return used / SECONDS, sent / SECONDS
