"""The console on real parts with one symbol's prints fed by hand, on a terminal: ``… PRINTS_A_SECOND DIRECTORY``."""

import asyncio
import random
import sys
from itertools import count, islice
from pathlib import Path

from ibtui.clock import NS
from ibtui.market.rows import PrintRow
from ibtui.ui.app import ConsoleApp
from tests.console.harness import SPY, console_parts, feed, nothing, quote

READS = 50
"""Network reads a second that the prints come in."""


def prints(dice: random.Random) -> list[PrintRow]:
    """Prints of many prices, sizes and venues, so that few can be joined."""
    rows: list[PrintRow] = []
    for _ in range(5_000):
        side = dice.choice((-1, 0, 1))
        price, size = 450 + dice.randrange(100) / 100, float(dice.choice((5, 100, 100, 200, 700, 9000)))
        venue, conditions = dice.choice(("ARCA", "IEX", "NSDQ")), "I" if size < 100 else ""
        rows.append((SPY.con_id, 0, 0, 0, price, size, venue, conditions, side, 2, side, 0, 20))
    return rows


async def run(rate: int, directory: Path) -> None:
    """Runs the console until it is quit."""
    made, numbers = prints(random.Random(1)), count()
    async with console_parts(directory) as parts:

        async def flow() -> None:
            left = 0.0
            while True:
                await asyncio.sleep(1 / READS)
                left += rate / READS
                now_ns = parts.clock.utc_ns()
                exchange_ns = now_ns // NS * NS
                rows: list[PrintRow] = [
                    (SPY.con_id, now_ns, number, exchange_ns, *made[number % len(made)][4:])
                    for number in islice(numbers, int(left))
                ]
                feed(parts, prints=rows)
                left -= int(left)

        quote(parts, SPY, 450.0, 450.02, 450.01)
        flowing = asyncio.create_task(flow())
        await ConsoleApp(parts, start=nothing, stop=nothing).run_async()
        flowing.cancel()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), Path(sys.argv[2])))
