"""From an order's key, as a byte written to the terminal, to its frame on the wire, the journal fsynced on the way."""

import os
import queue
import time
from pathlib import Path

import pytest

from tests.benchmarks.order_tap import OrderTap
from tests.benchmarks.report import Figure, percentile, show
from tests.conftest import Gateway
from tests.terminal.terminal import Terminal

KEYS = 150
CONFIG = """
[risk]
duplicate_seconds = 0
orders_per_minute = 1000
daily_loss = 1000000
[orders]
quantity = 1
arm_minutes = 60
"""


def sync_ms(path: Path) -> float:
    """What the disk alone takes for a page: no order is on the wire sooner."""
    with path.open("ab") as file:
        file.write(bytes(4096))
        file.flush()
        began = time.perf_counter()
        os.fdatasync(file.fileno())
        return 1000 * (time.perf_counter() - began)


@pytest.mark.timeout(300)
def test_key_to_wire(tmp_path: Path, gateway: Gateway) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    tap = OrderTap(gateway.host, gateway.port)
    options = ("--port", str(tap.port), "--data-dir", str(tmp_path / "data"), "--config", str(tmp_path / "config.toml"))
    terminal = Terminal(*options, columns=100, lines=30)
    try:
        terminal.until("READY", 30)
        terminal.type_line("/SPY")
        time.sleep(3)  # the profit of the day is known some seconds after READY
        terminal.press("b")
        terminal.until("sends BUY", 20)
        terminal.press("\r")
        tap.orders.get(timeout=20)  # the what-if of the ticket, or the order itself
        time.sleep(1.5)
        terminal.emulated = False  # a terminal's drawing is another machine's work
        took, synced, missed, armed = [], [], 0, False
        for number in range(KEYS):
            if not armed:
                terminal.press("a")
                time.sleep(0.5)
            while not tap.orders.empty():
                tap.orders.get()
            began = time.perf_counter()
            os.write(terminal.child.child_fd, b"BS"[number % 2 : number % 2 + 1])
            try:
                took.append(1000 * (tap.orders.get(timeout=1.0) - began))
                armed = True
            except queue.Empty:
                missed += 1  # refused: the market moved further than an instant key allows
                armed = False
            time.sleep(0.1)
            synced.append(sync_ms(tmp_path / "synced"))
            time.sleep(0.1)
        show(
            [
                Figure(f"key to frame p50 ms, {len(took)} orders, {missed} keys refused", percentile(took, 50)),
                Figure("key to frame p99 ms, journal fsynced, pty to socket", percentile(took, 99), 10, 5),
                Figure("key to frame, worst ms", max(took)),
                Figure("one fdatasync of this disk beside them, p50 ms", percentile(synced, 50)),
                Figure("one fdatasync of this disk beside them, p99 ms", percentile(synced, 99)),
            ]
        )
        assert len(took) > KEYS / 3
    finally:
        terminal.close()
        tap.close()
