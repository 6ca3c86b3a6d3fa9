"""A data directory and a writer that runs as in the console, under a clock that the test owns."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ibtui.clock import NS, Clock
from ibtui.market.rows import Batch
from ibtui.storage.files import DataDirectory, open_directory
from ibtui.storage.writer import Writer

NOON = int(datetime(2026, 3, 10, 12, tzinfo=UTC).timestamp()) * NS


@dataclass
class HandClock:
    """Stamps move by hand; durations are the machine's, because threads and disks take real time."""

    now_ns: int = NOON
    clock: Clock = field(init=False)

    def __post_init__(self) -> None:
        self.clock = Clock(time.monotonic, lambda: self.now_ns)

    def batch(self, **rows: list) -> Batch:
        return Batch(self.now_ns, time.monotonic(), **rows)


@pytest.fixture
def hand() -> HandClock:
    return HandClock()


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    with open_directory(tmp_path / "data") as opened:
        yield opened


@asynccontextmanager
async def running(directory: DataDirectory, clock: Clock, **options: object) -> AsyncIterator[Writer]:
    """A writer whose task runs, closed at the end."""
    writer = Writer(directory, clock, **options)  # type: ignore[arg-type]
    writer.open()
    task = asyncio.create_task(writer.run())
    try:
        yield writer
    finally:
        await writer.close()
        await task


async def until(true: Callable[[], object], seconds: float = 10.0) -> None:
    """Waits for what another thread will make true; fails the test when it does not."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - a thread has no event of this loop to set
            await asyncio.sleep(0.005)
