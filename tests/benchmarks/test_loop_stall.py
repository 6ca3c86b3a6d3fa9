"""How late the loop is with 5,000 messages/s: idle, without the writer, with it, and with orders being journalled."""

import asyncio
import time
from pathlib import Path

import pytest

from tests.benchmarks.live import connected_console, reads, record_stream
from tests.benchmarks.report import Figure, percentile, show
from tests.conftest import Gateway

RATE, SECONDS, READ = 5_000, 6.0, 25
ROW = "INSERT INTO alerts (run_id, ts_ns, kind, text, count) VALUES (1, 1, 'benchmark', '', 1)"


@pytest.mark.timeout(120)
async def test_loop_stall(tmp_path: Path, gateway: Gateway) -> None:
    async with connected_console(tmp_path, gateway) as console:
        stream = reads(await record_stream(console, gateway, 2.0), int(RATE * SECONDS), READ)
        idle = await stalls(feed(console, []))
        store, console.feeds.on_batch = console.feeds.on_batch, lambda batch: None
        without = await stalls(feed(console, stream))
        console.feeds.on_batch = store
        used = time.process_time()
        with_writer = await stalls(feed(console, stream))
        used = time.process_time() - used
        acks: list[float] = []
        journalling = asyncio.create_task(journal(console, acks))
        await stalls(feed(console, stream))
        journalling.cancel()
        assert console.writer.status.shed == 0
    show(
        [
            Figure("loop stall p99 ms, nothing to do (the machine's own)", percentile(idle, 99)),
            Figure("loop stall p99 ms, 5,000 messages/s, no writer", percentile(without, 99)),
            Figure("loop stall p99 ms, 5,000 messages/s, writer running", percentile(with_writer, 99), 5, 2),
            Figure("the same, p99.9", percentile(with_writer, 99.9)),
            Figure("CPU % of a core, 5,000 messages/s with writer", 100 * used / SECONDS),
            Figure("journal commit p50 ms, same load", percentile(acks, 50)),
            Figure("journal commit p99 ms, same load", percentile(acks, 99)),
        ]
    )


async def stalls(work) -> list[float]:
    """Milliseconds by which wake-ups of a 1 ms sleep were late while the work was done."""
    late: list[float] = []
    task = asyncio.ensure_future(work)
    while not task.done():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        late.append((time.perf_counter() - before) * 1000 - 1)
    await task
    return late


async def feed(console, stream) -> None:
    """Hands the reads over at their pace."""
    conn = console.supervisor.session.ib.client.conn
    began = time.perf_counter()
    for number, data in enumerate(stream):
        conn.hasData.emit(data)
        ahead = began + (number + 1) * READ / RATE - time.perf_counter()
        if ahead > 0.0005:
            await asyncio.sleep(ahead)
    await asyncio.sleep(max(0.0, began + SECONDS - time.perf_counter()))


async def journal(console, acks: list[float]) -> None:
    """Commits a row to the journal 25 times a second and notes how long each took, in milliseconds."""
    while True:
        before = time.perf_counter()
        await console.writer.durable((ROW, [()]))
        acks.append((time.perf_counter() - before) * 1000)
        await asyncio.sleep(0.04)
