"""The console on real parts with 100 quotes fed by hand, on a terminal: ``… SHARE_CHANGING FLASH DIRECTORY``."""

import asyncio
import random
import sys
from dataclasses import replace
from pathlib import Path

from ibtui.config import Settings
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.ui.app import ConsoleApp
from tests.console.harness import ASK, BID, LAST, VOLUME, console_parts, feed, nothing, quote

ROWS = 100
BATCHES = 10
"""Network reads a second, each with a share of the quotes."""


async def run(share: float, flash: bool, directory: Path) -> None:
    """Runs the console until it is quit."""
    dice = random.Random(1)
    instruments = [Instrument(number, f"T{number:03}", long_name=f"Company {number}") for number in range(1, ROWS + 1)]
    settings = Settings()
    settings = replace(settings, ui=replace(settings.ui, flash=flash))
    async with console_parts(directory, settings) as parts:
        lists = parts.watchlists
        for name in lists.names:
            lists.remove_list(name)
        for instrument in instruments:
            lists.add("all of them", instrument)
            parts.feeds.want(instrument, quotes=True)
            quote(parts, instrument, 100.0, 100.02, 100.01)
        judged = parts.feeds.mark

        def live(con_id: int) -> Mark:
            judged(con_id)  # what it costs counts; without a gateway it would call every number STALE, which is grey
            return Mark.LIVE

        parts.feeds.mark = live  # type: ignore[method-assign]

        async def flow() -> None:
            while True:
                await asyncio.sleep(1 / BATCHES)
                rows = []
                for instrument in dice.sample(instruments, int(ROWS * share)):
                    price = 100 + dice.randrange(-50, 50) / 100
                    rows += [
                        (instrument, BID, price, float(dice.randrange(1, 90) * 100)),
                        (instrument, ASK, price + 0.02, float(dice.randrange(1, 90) * 100)),
                        (instrument, LAST, price + 0.01, 100.0),
                        (instrument, VOLUME, None, float(dice.randrange(1_000_000))),
                    ]
                feed(parts, ticks=rows)

        flowing = asyncio.create_task(flow())
        await ConsoleApp(parts, start=nothing, stop=nothing).run_async()
        flowing.cancel()


if __name__ == "__main__":
    asyncio.run(run(float(sys.argv[1]), sys.argv[2] == "flash", Path(sys.argv[3])))
