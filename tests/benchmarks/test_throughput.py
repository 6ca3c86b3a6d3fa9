"""Market data through decoding, state and SQLite, against what the bare library decodes of the same bytes."""

import asyncio
import json
import sys
import time
from pathlib import Path
from statistics import median

import pytest

from ibtui import heap
from ibtui.console import Console
from tests.benchmarks.live import connected_console, reads, record_stream
from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway, until
from tests.terminal.terminal import Terminal

MESSAGES = 200_000
ROUNDS = 5
BOOK_ROWS = 50
MOST_WAITING = 100_000
"""Rows: beyond them the flood pauses, for the console would give up depth from half as many more on."""


@pytest.mark.timeout(180)
@pytest.mark.parametrize("frames_a_read", [5, 50, 500])
async def test_messages_a_second(tmp_path: Path, gateway: Gateway, frames_a_read: int) -> None:
    async with connected_console(tmp_path, gateway) as console:
        frames = await record_stream(console, gateway, 3.0)
        stream = reads(frames, MESSAGES, frames_a_read)
        heap.settle()  # as the program does once it has started; it serves both
        # Turn by turn, so that whatever else the machine does meets both.
        turns = [(await bare_library(stream, console), await whole_way(stream, console)) for _ in range(ROUNDS)]
    bare, ours = zip(*turns, strict=True)
    show(
        [
            Figure(f"bare ib_insync, thousand messages/s, {frames_a_read} a read", _thousands(bare)),
            Figure("decode, state and SQLite, thousand messages/s", _thousands(ours)),
            Figure("ratio by wall clock", median(b[0] / o[0] for b, o in turns), 0.8, 1.25, more_is_better=True),
            Figure("ratio by CPU, all threads", median(b[1] / o[1] for b, o in turns), None, None, more_is_better=True),
        ]
    )


@pytest.mark.timeout(180)
def test_a_whole_console(tmp_path: Path, gateway: Gateway) -> None:
    """The same with the desk on a terminal: board, ladder, tape and orders are drawn beside."""
    result = tmp_path / "result.json"
    where = gateway.host, str(gateway.port), str(gateway.control_port), str(tmp_path / "data"), str(result)
    terminal = Terminal("-m", "tests.benchmarks.flooded", *where, program=sys.executable, columns=200, lines=60)
    terminal.emulated = False  # a terminal's drawing is another machine's work
    try:
        while terminal.child.isalive():
            time.sleep(0.5)
        turns = json.loads(result.read_text())
    finally:
        terminal.close()
    bare, ours = zip(*turns, strict=True)
    show(
        [
            Figure("bare ib_insync, thousand messages/s", _thousands(bare)),
            Figure("a whole console with its desk drawn, thousand messages/s", _thousands(ours)),
            Figure("ratio by wall clock", median(b[0] / o[0] for b, o in turns), 0.8, 1.25, more_is_better=True),
            Figure("ratio by CPU, all threads", median(b[1] / o[1] for b, o in turns), None, None, more_is_better=True),
        ]
    )


def _thousands(spent: tuple[tuple[float, float], ...]) -> float:
    return MESSAGES / median(wall for wall, _ in spent) / 1000


async def whole_way(stream: list[bytes], console: Console) -> tuple[float, float]:
    """Wall and CPU seconds until every row is on disk."""
    session = console.supervisor.session
    assert session is not None
    emit, writer = session.ib.client.conn.hasData.emit, console.writer
    before = writer.status.written
    began, cpu = time.perf_counter(), time.process_time()
    for number, data in enumerate(stream):
        emit(data)
        if number % 20 == 0:
            await asyncio.sleep(0)
            if writer.status.queued > MOST_WAITING:
                await until(lambda: writer.status.queued < MOST_WAITING, 30, "room for more")
    await until(lambda: writer.status.written >= before + MESSAGES, 30, "every row on disk")
    spent = time.perf_counter() - began, time.process_time() - cpu
    assert writer.status.written == before + MESSAGES
    assert writer.status.shed == 0
    return spent


async def bare_library(stream, console) -> tuple[float, float]:
    """The same bytes through a library object that has tickers for the same requests and nothing else."""
    from ib_insync import IB, Contract, DOMLevel

    ib = IB()
    client = ib.client
    client._serverVersion = client.decoder.serverVersion = console.supervisor.session.server_version
    client._apiReady = True
    for each in console.feeds.subscriptions():
        ticker = ib.wrapper.startTicker(each.request_id, Contract(conId=each.instrument.con_id), each.feed.value)
        ticker.domBids = [DOMLevel(0.0, 0.0, "")] * BOOK_ROWS
        ticker.domAsks = [DOMLevel(0.0, 0.0, "")] * BOOK_ROWS
    began, cpu = time.perf_counter(), time.process_time()
    for number, data in enumerate(stream):
        client._onSocketHasData(data)
        if number % 20 == 0:
            await asyncio.sleep(0)
    return time.perf_counter() - began, time.process_time() - cpu
