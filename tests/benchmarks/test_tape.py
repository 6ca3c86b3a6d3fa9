"""What the tape costs on a terminal at 500 prints a second, drawing and state together, above an idle screen."""

from pathlib import Path

import pytest

from tests.benchmarks import drawing
from tests.benchmarks.report import Figure, show

RATE = 500


@pytest.mark.timeout(120)
def test_tape(tmp_path: Path) -> None:
    idle, _ = measured(0, tmp_path)
    busy, sent = measured(RATE, tmp_path)
    show(
        [
            Figure("tape's screen without prints, CPU % of a core", 100 * idle),
            Figure(f"tape at {RATE} prints/s, CPU % of a core", 100 * busy, 8, 4),
            Figure("the same, KB/s to the terminal", sent / 1000, 60, 30),
        ]
    )


def measured(rate: int, directory: Path) -> tuple[float, float]:
    """CPU seconds and bytes to the terminal a second."""
    return drawing.measured(
        "tests.benchmarks.flowing", rate, directory, "3", "RECEIVED", lambda text: ("ARCA" in text) == (rate > 0)
    )
