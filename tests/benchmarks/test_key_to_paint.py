"""From a key, as a byte written to the terminal, to the first byte of its paint: a whole console, 5,000 messages/s."""

import asyncio
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ibtui.services.status_socket import ask_console
from tests.benchmarks.report import Figure, percentile, show
from tests.conftest import Gateway
from tests.terminal.terminal import Terminal

KEYS = 150
MESSAGES = 5_000
SLOW = 32_000
"""Bytes a second: 256 kbit/s."""

CURSOR = "›".encode()
"""What marks the row on the board; it is sent only when the cursor moves."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("link", [float("inf"), SLOW])
def test_key_to_paint(tmp_path: Path, gateway_factory: Callable[..., Gateway], link: float) -> None:
    gateway = gateway_factory()
    options = ("--port", str(gateway.port), "--data-dir", str(tmp_path / "data"))
    terminal = Terminal(*options, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    try:
        terminal.until(lambda text: "READY" in text and text.count("LIVE") >= 15, 30)
        rate = flood(gateway, tmp_path / "data")
        terminal.link, terminal.emulated = link, False
        time.sleep(3)
        frames, sent, began = terminal.frames, len(terminal.raw), time.perf_counter()
        took = [1000 * key_to_paint(terminal, b"jk"[at % 2 : at % 2 + 1]) for at in range(KEYS)]
        seconds = time.perf_counter() - began
        frames, sent = terminal.frames - frames, len(terminal.raw) - sent
        rate = arriving(tmp_path / "data")
    finally:
        terminal.close()
    slow = link == SLOW
    where = "256 kbit/s link" if slow else "local terminal"
    show(
        [
            Figure(f"messages/s arriving, {where}", rate),
            Figure(f"frames/s with a key every 0.2 s, {where}", frames / seconds),
            Figure(f"KB/s, {where}", sent / seconds / 1000),
            Figure(f"key to paint p50 ms, {where}", percentile(took, 50), *((50, 25) if slow else ())),
            Figure(f"key to paint p99 ms, {where}", percentile(took, 99), *(() if slow else (50, 33))),
            Figure(f"key to paint worst ms, {where}", max(took)),
        ]
    )


def key_to_paint(terminal: Terminal, key: bytes) -> float:
    """Seconds from a key to what it changes."""
    time.sleep(random.uniform(0.1, 0.3))
    mark, began = len(terminal.raw), time.perf_counter()
    os.write(terminal.child.child_fd, key)
    while terminal.raw.find(CURSOR, mark) < 0:
        assert time.perf_counter() - began < 10
        time.sleep(0.0005)
    return time.perf_counter() - began


def flood(gateway: Gateway, data: Path) -> float:
    """Raises the market's pace until so many messages arrive."""
    pace = 10.0
    for _ in range(4):
        asyncio.run(gateway.control("market", running=True, rate=pace))
        found = arriving(data)
        pace *= MESSAGES / max(1.0, found)
        if abs(found - MESSAGES) < MESSAGES / 20:
            break
    return found


def arriving(data: Path) -> float:
    """Messages a second that the console stores."""
    counts = []
    for _ in range(2):
        answer = ask_console(data, {"do": "status"})
        assert answer is not None
        counts.append((time.perf_counter(), answer["status"]["writer"]["written"]))
        time.sleep(1.5)
    (began, before), (ended, after) = counts
    return (after - before) / (ended - began)
