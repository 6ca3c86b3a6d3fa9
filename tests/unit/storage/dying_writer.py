"""Writes as fast as it can and says on stdout what the writer acknowledged, until somebody kills it."""

import asyncio
import sys
import time
from pathlib import Path

from ibtui.clock import system_clock
from ibtui.market.rows import Batch
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.trading.orders import Order, OrderIntent, Status


async def main(path: Path) -> None:
    clock = system_clock()
    with open_directory(path) as directory:
        writer = Writer(directory, clock)
        writer.open()
        journal = Journal(writer, clock)
        task = asyncio.create_task(writer.run())
        seq = 0
        while not task.done():
            ref = f"REF{seq:023d}"
            intent = OrderIntent(ref, seq, 1, "SPY", "DU1", "BUY", "LMT", 1.0, 450.0)
            await journal.intend([(Order(intent, Status.NEW, order_id=seq, client_id=10), ())])
            now = time.time_ns()
            writer.add(Batch(now, time.monotonic(), ticks=[(1, now, seq * 100 + i, 1, 1.0, 1.0) for i in range(100)]))
            sys.stdout.write(f"{ref} {writer.status.written}\n")
            sys.stdout.flush()
            seq += 1


asyncio.run(main(Path(sys.argv[1])))
