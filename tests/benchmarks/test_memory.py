"""Memory over millions of messages: a console that runs all day may not grow by what has gone through it."""

import asyncio
import os
from pathlib import Path

import pytest

from ibtui.console import Console
from tests.benchmarks.live import connected_console, reads, record_stream
from tests.benchmarks.process import resident
from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway, until

MESSAGES = 60_000
SETTLED = 1_000_000
"""Messages after which everything that is kept by design (books, tapes, rings) is full."""

ALL = 10_000_000
FRAMES_A_READ = 50
DEPTH = (b"12", b"13")
"""Left out: levels that are told over and over make no book that could be right, and it would be asked for anew."""


@pytest.mark.timeout(1800)
async def test_memory(tmp_path: Path, gateway: Gateway) -> None:
    async with connected_console(tmp_path, gateway) as console:
        frames = [frame for frame in await record_stream(console, gateway, 3.0) if frame[4:6] not in DEPTH]
        stream = reads(frames, MESSAGES, FRAMES_A_READ)
        begun, through, settled = resident(os.getpid()), 0, 0.0
        while through < ALL:
            await feed(console, stream)
            through += MESSAGES
            if not settled and through >= SETTLED:
                settled = resident(os.getpid())
        ended = resident(os.getpid())
    show(
        [
            Figure("memory at the begin, test and gateway's recorded stream included, MB", begun),
            Figure(f"after {SETTLED / 1e6:g} million messages, MB", settled),
            Figure(f"after {through / 1e6:g} million messages, MB", ended),
            Figure("growth between the two, percent", 100 * (ended / settled - 1), 10, 1),
        ]
    )


async def feed(console: Console, stream: list[bytes]) -> None:
    """Sends a stream through once and waits until its rows are on disk."""
    session = console.supervisor.session
    assert session is not None
    before = console.writer.status.written
    for number, data in enumerate(stream):
        session.ib.client.conn.hasData.emit(data)
        if number % 20 == 0:
            await asyncio.sleep(0)
    await until(lambda: console.writer.status.written >= before + MESSAGES, 60, "every row on disk")
