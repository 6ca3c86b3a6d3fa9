"""From what people type to a contract, on the real simulated gateway."""

import asyncio
from pathlib import Path

import pytest

from ibtui.broker.window import room
from ibtui.errors import LinkDownError, UnknownSymbolError
from ibtui.market.increments import increments
from tests.conftest import Gateway, until
from tests.console.rig import running


async def test_a_stock_is_found_with_its_increment_and_hours(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("spy")
        assert (spy.symbol, spy.sec_type, spy.currency, spy.exchange) == ("SPY", "STK", "USD", "SMART")
        assert spy.min_tick == 0.01
        assert spy.time_zone
        assert spy.trading_hours
        assert await rig.contracts.resolve(f"#{spy.con_id}") == spy
        assert rig.contracts.known(spy.con_id) == spy


async def test_what_does_not_exist_says_where_it_was_looked_for(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        with pytest.raises(UnknownSymbolError, match="STK"):
            await rig.contracts.resolve("QQQQQZZ")


async def test_a_restart_without_a_gateway_still_knows_what_was_found(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
    gateway.kill()
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        assert await rig.contracts.resolve("SPY") == spy
        with pytest.raises(LinkDownError):
            await rig.contracts.resolve("QQQ")


async def test_lookups_leave_room_for_a_cancel(gateway: Gateway, tmp_path: Path) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        session = rig.session
        lookups = [asyncio.create_task(rig.contracts.resolve(f"ZZ{number}")) for number in range(12)]
        for _ in range(10):
            await asyncio.sleep(0.1)
            assert room(session) > 0
        for lookup in lookups:
            lookup.cancel()
        await asyncio.gather(*lookups, return_exceptions=True)


async def test_the_grid_of_prices_is_the_market_rules_and_until_that_is_known_the_smallest_increment(
    gateway: Gateway, tmp_path: Path
) -> None:
    async with running(tmp_path, gateway.host, gateway.port) as rig:
        await rig.ready()
        spy = await rig.contracts.resolve("SPY")
        await gateway.control("mute", message=93)
        rules = rig.contracts.rules
        assert rules.grid(spy) == increments([(0.0, 0.01)], 0.01)
        async with asyncio.timeout(10):
            # The gateway tells nobody what it gets: it is asked until it got the request.
            while not (await gateway.control("stats"))["received"].get("91"):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await gateway.control("raw", fields=[93, 26, 2, 0, 0.05, 3, 0.1])
        await until(lambda: rules.grid(spy) == increments([(0.0, 0.05), (3.0, 0.1)], 0.01), 10, "the rule")
        grid = rules.grid(spy)
        assert [grid.price(grid.row(3.0) + each) for each in (-1, 0, 1)] == [2.95, 3.0, 3.1]
        assert (await gateway.control("stats"))["received"]["91"] == 1
