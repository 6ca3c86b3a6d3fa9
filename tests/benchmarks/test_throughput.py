"""Market data through decoding, state and SQLite, against what the bare library decodes of the same bytes."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.benchmarks.live import connected_console, reads, record_stream
from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway, until

MESSAGES = 60_000
BOOK_ROWS = 50


@pytest.mark.timeout(180)
@pytest.mark.parametrize("frames_a_read", [5, 50, 500])
async def test_messages_a_second(tmp_path: Path, gateway: Gateway, frames_a_read: int) -> None:
    async with connected_console(tmp_path, gateway) as console:
        frames = await record_stream(console, gateway, 3.0)
        stream = reads(frames, MESSAGES, frames_a_read)
        ours, bare = [], []
        for _ in range(3):
            bare.append(await bare_library(stream, console))
            ours.append(await whole_way(stream, console))
    wall, cpu = min(each[0] for each in ours), min(each[1] for each in ours)
    bare_wall, bare_cpu = min(each[0] for each in bare), min(each[1] for each in bare)
    show(
        [
            Figure(f"bare ib_insync, thousand messages/s, {frames_a_read} a read", MESSAGES / bare_wall / 1000),
            Figure("decode, state and SQLite, thousand messages/s", MESSAGES / wall / 1000),
            Figure("ratio by wall clock", bare_wall / wall, 0.8, 1.25, more_is_better=True),
            Figure("ratio by CPU, all threads", bare_cpu / cpu, None, None, more_is_better=True),
        ]
    )


async def whole_way(stream, console) -> tuple[float, float]:
    """Wall and CPU seconds until every row is on disk."""
    client = console.supervisor.session.ib.client
    before = console.writer.status.written
    began, cpu = time.perf_counter(), time.process_time()
    for number, data in enumerate(stream):
        client.conn.hasData.emit(data)
        if number % 20 == 0:
            await asyncio.sleep(0)
    await until(lambda: console.writer.status.written >= before + MESSAGES, 30, "every row on disk")
    spent = time.perf_counter() - began, time.process_time() - cpu
    assert console.writer.status.written == before + MESSAGES
    assert console.writer.status.shed == 0
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
