"""The demo on a terminal: what it costs while it runs, and what a terminal that stops reading does to its loop."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from ibtui.services.status_socket import ask_console
from tests.benchmarks.process import cpu, resident
from tests.benchmarks.report import Figure, show
from tests.terminal.terminal import Terminal
from tests.terminal.test_demo import children_of

SECONDS, STALL = 10.0, 30.0


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
        with terminal.stalled():
            time.sleep(STALL)
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
            Figure(f"the same after the terminal did not read for {STALL:g} s", stalled["worst"], 200, 50),
            Figure("heartbeats, connections lost meanwhile", stalled["losses"] - flowing["losses"], 0, 0),
            Figure("memory with the 15 default ETFs MB", memory[0], 120, 80),
            Figure("memory of the simulated gateway MB", memory[1]),
        ]
    )


def lag(data: Path) -> dict[str, float]:
    """What the console says of its loop and its writer."""
    answer = ask_console(data, {"do": "status"})
    assert answer is not None
    status = answer["status"]
    return {
        "p99": status["loop_lag_ms"]["p99"],
        "worst": status["loop_lag_ms"]["worst"],
        "written": status["writer"]["written"],
        "losses": losses(data),
    }


def losses(data: Path) -> int:
    """How often a heartbeat was missed or the connection went."""
    with closing(sqlite3.connect(f"file:{data / 'journal.db'}?mode=ro", uri=True)) as journal:
        found = journal.execute(
            "SELECT count(*) FROM connection_events WHERE state IN ('NO ANSWER', 'DISCONNECTED', 'IB LOST')"
        )
        return int(found.fetchone()[0])
