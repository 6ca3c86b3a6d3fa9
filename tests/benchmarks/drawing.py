"""What drawing costs: a console on a real terminal, fed at a rate, watched for a while."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.process import cpu
from tests.terminal.terminal import Terminal

SECONDS = 10.0


def measured(
    program: str, rate: int, directory: Path, key: str, shown: str, check: Callable[[str], bool]
) -> tuple[float, float]:
    """CPU seconds and bytes to the terminal, each a second.

    Args:
        program: Module that runs the console and feeds it.
        rate: Messages a second that it feeds.
        directory: Where it may keep its data.
        key: Opens the screen.
        shown: Words that are on it once it is there.
        check: Whether what stands on the terminal at the end is what was fed.
    """
    terminal = Terminal("-m", program, str(rate), str(directory / str(rate)), program=sys.executable)
    try:
        terminal.until("quotes", 20)
        terminal.press_until(key, shown)
        time.sleep(2)
        before = cpu(terminal.child.pid), len(terminal.raw)
        time.sleep(SECONDS)
        used, sent = cpu(terminal.child.pid) - before[0], len(terminal.raw) - before[1]
        assert check(terminal.text()), terminal.text()
        terminal.press("q")
    finally:
        terminal.close()
    return used / SECONDS, sent / SECONDS
