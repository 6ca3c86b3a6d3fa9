"""A trading day with everything that goes wrong in one: at its end journal and gateway tell the same story."""

import logging
from pathlib import Path
from random import Random

import pytest

from ibtui.trading.holdings import Held
from ibtui.trading.orders import Status
from tests.conftest import Gateway
from tests.console.agreement import books
from tests.console.trading_day import LOSSES, TRADES, Day


async def test_after_a_day_of_orders_and_losses_journal_and_gateway_agree_on_every_order_and_to_the_cent(
    gateway: Gateway, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    day = Day(gateway, tmp_path, Random(7))
    async with day.console():
        start = day.cash()
        await day.trade(TRADES)
        await day.trade(LOSSES)
    async with day.console() as rig:
        await day.trade(TRADES)
        await day.close()
        seen = {each.status for each in rig.desk.orders.values()}
    async with day.console() as rig:
        assert (await books(tmp_path, gateway)).problems(lost=day.lost) == []
        assert all(rig.account.held(each.con_id) == Held(0, 0) for each in day.instruments.values())
        assert day.unexplained(start) < 0.01
    assert {Status.FILLED, Status.CANCELLED, Status.REJECTED} <= seen
    assert not [each for each in caplog.records if each.name.startswith("ibtui") and each.levelno >= logging.ERROR]
