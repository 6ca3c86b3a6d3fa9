"""Historical bars, on the real simulated gateway."""

import asyncio
from pathlib import Path

import pytest

from ibtui.clock import NS
from ibtui.errors import LinkDownError, RequestRefusedError
from ibtui.market.bars import bar_size
from ibtui.market.instruments import Instrument
from tests.conftest import Gateway
from tests.console.rig import running


async def test_minutes_come_in_order_at_whole_minutes(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        bars = await rig.history.bars(spy, bar_size("1m"), "TRADES", True, None, "1800 S")
        starts = [bar.start for bar in bars]
        assert len(bars) >= 25
        assert starts == sorted(set(starts))
        assert all(start % 60 == 0 for start in starts)
        assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in bars)


async def test_days_start_at_midnight_utc(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        bars = await rig.history.bars(spy, bar_size("1d"), "TRADES", True, None, "10 D")
        assert len(bars) >= 9
        assert all(bar.start % 86400 == 0 for bar in bars)


async def test_a_range_without_data_is_an_empty_list_and_a_refusal_is_an_error(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        head = await rig.history.head_timestamp(spy, "TRADES", True)
        assert head is not None
        before = (head - 400 * 86400) * NS
        assert await rig.history.bars(spy, bar_size("1m"), "TRADES", True, before, "3600 S") == []
        with pytest.raises(RequestRefusedError) as refused:
            await rig.history.bars(Instrument(999_999_999, "NOPE"), bar_size("1m"), "TRADES", True, None, "3600 S")
        assert refused.value.code == 200


async def test_a_request_ends_with_its_session(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        await gateway.control("freeze")
        request = asyncio.create_task(rig.history.bars(spy, bar_size("1m"), "TRADES", True, None, "1800 S"))
        await gateway.control("drop", how="fin")
        with pytest.raises(LinkDownError):
            await request
