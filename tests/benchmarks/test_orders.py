"""From an order's key to its frame on the wire, journal fsynced, with the market's quotes flowing."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from tests.benchmarks.live import connected_console, instruments
from tests.benchmarks.report import Figure, percentile, show
from tests.conftest import Gateway

ORDERS, A_SECOND = 120, 4


@pytest.mark.timeout(120)
async def test_order_to_wire(tmp_path: Path, gateway: Gateway) -> None:
    async with connected_console(tmp_path, gateway) as console:
        desk, spy = console.orders, instruments(console)[-4]
        client = console.supervisor.session.ib.client
        sent: list[float] = []
        send = client.conn.sendMsg

        def noted(message: bytes) -> None:
            send(message)
            sent.append(time.perf_counter())

        client.conn.sendMsg = noted
        took: list[float] = []
        for number in range(ORDERS):
            quote = console.market.board.quote(spy.con_id)
            await asyncio.sleep(1 / A_SECOND)
            intent = desk.intent(spy, "BUY", 1, limit_price=round(quote.bid - 0.01 * (number % 90 + 1), 2))
            sent.clear()
            began = time.perf_counter()
            order = await desk.submit(intent, spy)
            if order.status == "SENT" and sent:
                took.append(1000 * (sent[0] - began))
            await desk.cancel(intent.order_ref)
        assert len(took) > ORDERS / 4
    raw = raw_commits(tmp_path / "raw.db")
    show(
        [
            Figure("raw SQLite commit of one row, synchronous=FULL, p50 ms", percentile(raw, 50)),
            Figure("the same, p99 ms", percentile(raw, 99)),
            Figure(f"order to frame p50 ms, {len(took)} orders", percentile(took, 50)),
            Figure("order to frame p99 ms, journal fsynced", percentile(took, 99), 10, 5),
        ]
    )


def raw_commits(path: Path) -> list[float]:
    """Milliseconds of a durable one-row commit each, the disk's own part of an order's way."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE orders (text TEXT)")
    took = []
    for _ in range(ORDERS):
        time.sleep(0.05)
        began = time.perf_counter()
        connection.execute("INSERT INTO orders VALUES ('x')")
        took.append(1000 * (time.perf_counter() - began))
    connection.close()
    return took
