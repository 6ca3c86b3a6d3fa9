"""Trades as fast as it can, on what an earlier life left, until somebody kills it; a program of its own."""

import asyncio
import sys
from pathlib import Path
from random import Random

from tests.conftest import Gateway
from tests.console import trading_day
from tests.console.trading_day import Day

ACTS = (
    trading_day.rests, trading_day.takes, trading_day.at_market, trading_day.stop, trading_day.fills_in_parts,
    trading_day.with_target_and_stop, trading_day.changes, trading_day.cancels, trading_day.rises, trading_day.falls,
)  # fmt: skip


async def main(host: str, port: str, control_port: str, directory: str, seed: str) -> None:
    gateway = Gateway(None, host, int(port), int(control_port))  # type: ignore[arg-type]
    day = Day(gateway, Path(directory), Random(int(seed)))
    async with day.console():
        day.resolve_lost()
        print("trading", flush=True)
        while True:
            await day.room()
            await day.trade([day.random.choice(ACTS)])


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
