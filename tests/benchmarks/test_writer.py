"""Rows a second through the writer, against raw executemany into the same tables, and bytes a row."""

import asyncio
import random
import sqlite3
import time
from pathlib import Path

import pytest

from ibtui.clock import system_clock
from ibtui.market.rows import Batch
from ibtui.storage.files import connect_rw, open_directory, utc_day
from ibtui.storage.migrations import migrate
from ibtui.storage.schema import MARKET_DATA
from ibtui.storage.writer import Writer
from tests.benchmarks.report import Figure, show
from tests.conftest import until

ROWS, CHUNK, BATCH = 100_000, 1_000, 200
BYTES = {"ticks": (42, 40), "depth": (50, 45), "prints": (58, 52)}


@pytest.mark.timeout(180)
@pytest.mark.parametrize("table", list(BYTES))
async def test_rows_a_second(tmp_path: Path, table: str) -> None:
    raw, ours = [], []
    size = 0.0
    for number in range(3):
        rows = rows_of(table, time.time_ns())
        raw.append(by_hand(tmp_path / f"raw{number}.db", table, rows))
        seconds, size = await by_writer(tmp_path / f"data{number}", table, rows)
        ours.append(seconds)
    at_least, aim = BYTES[table]
    show(
        [
            Figure(f"{table}: raw executemany, thousand rows/s", ROWS / min(raw) / 1000),
            Figure(f"{table}: writer, thousand rows/s", ROWS / min(ours) / 1000),
            Figure(f"{table}: ratio", min(raw) / min(ours), 0.6, 0.8, more_is_better=True),
            Figure(f"{table}: bytes a row, all in", size / ROWS, at_least, aim),
        ]
    )


def rows_of(table: str, ns: int) -> list[tuple]:
    """Rows of 100 contracts, one every 50 µs."""
    dice = random.Random(1)
    rows: list[tuple] = []
    for seq in range(ROWS):
        ns += 50_000
        head = (265598 + dice.randrange(100), ns, seq)
        price, size = round(450 + dice.random(), 2), float(dice.randrange(1000))
        if table == "ticks":
            rows.append((*head, dice.choice((0, 1, 2, 3, 4, 5, 8)), price, size))
        elif table == "prints":
            venue, conditions = dice.choice("NQPZ"), dice.choice(("", "@", "@ TI"))
            rows.append((*head, ns, price, size, venue, conditions, 1, 2, 1, 0, dice.randrange(500)))
        else:
            rows.append((*head, seq & 1, 1, seq % 10, price, size, dice.choice(("NSDQ", "ARCA", "IEX")), 13))
    return rows


def by_hand(path: Path, table: str, rows: list[tuple]) -> float:
    """Seconds of a plain loop with the same pragmas and texts that are ids already."""
    migrate(path, MARKET_DATA)
    connection: sqlite3.Connection = connect_rw(path, MARKET_DATA)
    texts = {"ticks": (), "prints": (6, 7), "depth": (8,)}[table]
    ready = [tuple(1 if place in texts else value for place, value in enumerate(row[:12])) for row in rows]
    insert = f"INSERT INTO {table} VALUES ({','.join('?' * len(ready[0]))})"
    began = time.perf_counter()
    for start in range(0, ROWS, CHUNK):
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(insert, ready[start : start + CHUNK])
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


async def by_writer(path: Path, table: str, rows: list[tuple]) -> tuple[float, float]:
    """Seconds until all rows are on disk, and the file's bytes after it was closed."""
    with open_directory(path) as directory:
        writer = Writer(directory, system_clock())
        writer.open()
        running = asyncio.create_task(writer.run())
        began = time.perf_counter()
        for start in range(0, ROWS, BATCH):
            part = rows[start : start + BATCH]
            writer.add(Batch(part[0][1], time.monotonic(), **{table: part}))
            # As a flood from the network would: the loop goes on between reads, and the thread is at work meanwhile.
            if start % 10_000 == 0:
                await asyncio.sleep(0)
        await until(lambda: writer.status.written >= ROWS, 30, "every row on disk")
        seconds = time.perf_counter() - began
        assert writer.status.shed == 0
        await writer.close()
        await running
        return seconds, directory.market_data(utc_day(rows[0][1])).stat().st_size
