"""A long trading day: hundreds of acts in random order, losses among them, and many starts of the console."""

import logging
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway
from tests.console.agreement import books
from tests.console.trading_day import LOSSES, TRADES, Day

STARTS = 12
ACTS = 40
SEED = 1


@pytest.mark.timeout(900)
async def test_long_day(gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    day = Day(gateway, tmp_path, Random(SEED))
    start = 0.0
    for number in range(STARTS):
        async with day.console():
            start = start or day.cash()
            await day.trade(day.random.choices(TRADES + LOSSES, k=ACTS))
            if number == STARTS - 1:
                await day.close()
    async with day.console() as rig:
        told = await books(tmp_path, gateway)
        unexplained = day.unexplained(start)
        (fills,) = rig.rows("SELECT count(*) FROM executions WHERE superseded_by IS NULL")[0]
        kinds = Counter(kind for (kind,) in rig.rows("SELECT order_type FROM orders"))
        statuses = Counter(str(each.status) for each in rig.desk.orders.values())
        parts = [each for each in rig.desk.orders.values() if 0 < each.filled < each.intent.quantity]
        assert told.problems(lost=day.lost) == []
        assert unexplained < 0.01
    assert not [each for each in caplog.records if each.name.startswith("ibtui") and each.levelno >= logging.ERROR]
    print(f"\n{dict(day.done)}\n{dict(kinds)}\n{dict(statuses)}")
    show(
        [
            Figure("orders in the journal", len(told.kept)),
            Figure("orders at the gateway", len(told.there)),
            Figure("fills", fills),
            Figure("orders that filled in part only", len(parts)),
            Figure("losses of the link", sum(day.done[each.__name__] for each in LOSSES)),
            Figure("starts of the console", STARTS + 1),
            Figure("orders that differ", len(told.problems(lost=day.lost)), 0),
            Figure("cash that the journal does not explain, USD", unexplained, 0.01),
        ]
    )
