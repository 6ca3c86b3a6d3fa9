"""Killed again and again at random instants while trading: no order is ever lost, doubled or invented."""

import asyncio
import random
import sys
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway
from tests.console.agreement import books
from tests.console.trading_day import Day

ROOT = Path(__file__).resolve().parents[2]
KILLS = 50
LONGEST_LIFE = 1.5
"""Seconds that a life lasts at most once it trades."""


async def killed(gateway: Gateway, directory: Path, seed: int) -> None:
    """One life, from its start to a blow at some instant."""
    ports = str(gateway.port), str(gateway.control_port)
    program = (sys.executable, "-m", "tests.benchmarks.doomed_trader", gateway.host, *ports, str(directory), str(seed))
    child = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"trading\n"
    await asyncio.sleep(random.uniform(0, LONGEST_LIFE))
    assert child.returncode is None, "it ended by itself"
    child.kill()
    await child.wait()


@pytest.mark.timeout(900)
async def test_kills(gateway: Gateway, tmp_path: Path) -> None:
    day = Day(gateway, tmp_path, Random(0))
    async with day.console():
        start = day.cash()
    at_the_blow: Counter[str] = Counter()
    for number in range(KILLS):
        await killed(gateway, tmp_path, number)
        left = await books(tmp_path, gateway)
        assert left.problems(settled=False) == [], f"after kill {number}"
        at_the_blow.update(status for status, *_ in left.kept.values() if status in ("NEW", "SENT"))
    async with day.console():
        day.resolve_lost()
        await day.close()
    async with day.console() as rig:
        lost = {ref for (ref,) in rig.rows("SELECT order_ref FROM orders WHERE reason LIKE 'closed by hand%'")}
        told = await books(tmp_path, gateway)
        unexplained = day.unexplained(start)
        statuses = Counter(status for status, *_ in told.kept.values())
        assert told.problems(lost=lost) == []
        assert unexplained < 0.01
    print(f"\n{dict(statuses)}, in doubt at a blow: {dict(at_the_blow)}")
    show(
        [
            Figure("kills", KILLS),
            Figure("orders in the journal", len(told.kept)),
            Figure("orders at the gateway", len(told.there)),
            Figure("orders that were journalled and never sent", len(lost)),
            Figure("orders that differ", len(told.problems(lost=lost)), 0),
            Figure("cash that the journal does not explain, USD", unexplained, 0.01),
        ]
    )
