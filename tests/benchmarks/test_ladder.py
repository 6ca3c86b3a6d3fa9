"""What the ladder costs on a terminal at 200 operations a second, drawing and state together, above an idle screen."""

from pathlib import Path

import pytest

from tests.benchmarks import drawing
from tests.benchmarks.report import Figure, show

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
    return drawing.measured(
        "tests.benchmarks.depth_flow", rate, directory, "2", "book ✓", lambda text: "book ✓" in text
    )
