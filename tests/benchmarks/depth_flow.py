"""The console on real parts with one symbol's book fed by hand, on a terminal: ``… OPERATIONS_A_SECOND DIRECTORY``."""

import asyncio
import random
import sys
from itertools import count
from pathlib import Path

from ibtui.market.book import ASK, BID, DELETE, INSERT, UPDATE
from ibtui.market.rows import DepthRow, PrintRow
from ibtui.ui.app import ConsoleApp
from tests.console.harness import ASK as ASK_PRICE
from tests.console.harness import BID as BID_PRICE
from tests.console.harness import SPY, console_parts, feed, nothing

READS = 50
"""Network reads a second that the operations come in."""

LEVELS = 10
PRINTED = 0.1
"""Prints for each operation."""

MOVES = 0.02
"""Share of the changes that move the touch by a cent."""


class Book:
    """A book whose sizes change all over, and whose touch moves some three times a second at 200 operations/s."""

    def __init__(self) -> None:
        self.dice = random.Random(1)
        self.bid = 45_000

    def row(self, side: int, operation: int, position: int) -> DepthRow:
        away = position if side == ASK else -position
        price = (self.bid + (2 if side == ASK else 0) + away) / 100
        size = float(self.dice.randrange(1, 30) * 100)
        return (SPY.con_id, 0, 0, side, operation, position, price, size, self.dice.choice(("ARCA", "IEX")), 13)

    def whole(self) -> list[DepthRow]:
        """All of it, as it comes first."""
        return [self.row(side, INSERT, position) for side in (BID, ASK) for position in range(LEVELS)]

    def next(self) -> list[DepthRow]:
        """An update, or the four operations by which the market moves up or down by a cent."""
        if self.dice.random() > MOVES:
            return [self.row(self.dice.choice((BID, ASK)), UPDATE, self.dice.randrange(LEVELS))]
        up = self.dice.random() < 0.5
        self.bid += 1 if up else -1
        rising, falling = (BID, ASK) if up else (ASK, BID)
        return [
            self.row(rising, INSERT, 0),
            self.row(rising, DELETE, LEVELS),
            self.row(falling, DELETE, 0),
            self.row(falling, INSERT, LEVELS - 1),
        ]

    def quote(self) -> list[tuple[object, int, float, float]]:
        """The touch as L1 has it."""
        return [(SPY, BID_PRICE, self.bid / 100, 300.0), (SPY, ASK_PRICE, (self.bid + 2) / 100, 300.0)]

    def printed(self) -> PrintRow:
        """A trade at the touch."""
        side = self.dice.choice((-1, 1))
        price = (self.bid + (2 if side > 0 else 0)) / 100
        return (SPY.con_id, 0, 0, 0, price, 100.0, "ARCA", "", side, 2, side, 0, 0)


async def run(rate: int, directory: Path) -> None:
    """Runs the console until it is quit."""
    book, numbers = Book(), count()
    async with console_parts(directory) as parts:

        async def flow() -> None:
            left = 0.0
            while True:
                await asyncio.sleep(1 / READS)
                left += rate / READS
                rows: list[DepthRow] = []
                while left >= 1:
                    new = book.next()
                    rows += new
                    left -= len(new)
                trades = [book.printed() for _ in rows if next(numbers) % int(1 / PRINTED) == 0]
                feed(parts, ticks=book.quote() if rows else [], depth=rows, prints=trades)  # type: ignore[arg-type]

        feed(parts, ticks=book.quote(), depth=book.whole())  # type: ignore[arg-type]
        flowing = asyncio.create_task(flow())
        await ConsoleApp(parts, start=nothing, stop=nothing).run_async()
        flowing.cancel()


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), Path(sys.argv[2])))
