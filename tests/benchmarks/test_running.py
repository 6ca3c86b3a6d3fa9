"""The demo on a terminal: what it costs while it runs, and what a terminal that stops reading does to its loop."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ibtui.services.status_socket import ask_console
from tests.benchmarks.process import cpu, resident
from tests.benchmarks.report import Figure, show
from tests.terminal.terminal import Terminal
from tests.terminal.test_demo import children_of

SECONDS = 10.0


@pytest.mark.timeout(120)
def test_running(tmp_path: Path) -> None:
    data = tmp_path / "data"
    terminal = Terminal("--demo", environment={"IBTUI_DATA_DIR": str(data), "XDG_CONFIG_HOME": str(tmp_path)})
    try:
        terminal.until(lambda text: "READY" in text and text.count("LIVE") >= 15, 30)
        console, (gateway, *_) = terminal.child.pid, children_of(terminal.child.pid)
        time.sleep(3)
        before = cpu(console), cpu(gateway), len(terminal.raw), lag(data)["written"]
        time.sleep(SECONDS)
        after = cpu(console), cpu(gateway), len(terminal.raw), lag(data)["written"]
        console_cpu, gateway_cpu, sent, rows = (late - early for early, late in zip(before, after, strict=True))
        flowing = lag(data)
        with stalled_reader(terminal):
            time.sleep(SECONDS)
        stalled = lag(data)
        memory = resident(console), resident(gateway)
    finally:
        terminal.close()
    show(
        [
            Figure("rows/s stored, 15 ETFs at rate 1", rows / SECONDS),
            Figure("console, CPU % of a core", 100 * console_cpu / SECONDS),
            Figure("console, KB/s to the terminal", sent / SECONDS / 1000),
            Figure("simulated gateway, CPU % of a core", 100 * gateway_cpu / SECONDS, 5, None),
            Figure("loop lag p99 ms", flowing["p99"]),
            Figure("longest loop gap ms since the start", flowing["worst"]),
            Figure("the same after the terminal did not read for 10 s", stalled["worst"], 200, 50),
            Figure("memory with the 15 default ETFs MB", memory[0], 120, 80),
            Figure("memory of the simulated gateway MB", memory[1]),
        ]
    )


@contextmanager
def stalled_reader(terminal: Terminal) -> Iterator[None]:
    """Keeps the terminal's reader from reading: it waits for the lock that it takes with each read."""
    with terminal._lock:
        yield


def lag(data: Path) -> dict[str, float]:
    """What the console says of its loop and its writer."""
    answer = ask_console(data, {"do": "status"})
    assert answer is not None
    status = answer["status"]
    return {
        "p99": status["loop_lag_ms"]["p99"],
        "worst": status["loop_lag_ms"]["worst"],
        "written": status["writer"]["written"],
    }
