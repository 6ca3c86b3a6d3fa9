"""History that does not come, or makes no sense."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ibtui.broker.history import BARS_WAIT, HEAD_WAIT, History
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import MarketClock
from ibtui.config import GatewaySettings
from ibtui.errors import RequestRefusedError, RequestTimeoutError
from ibtui.market.bars import bar_size
from ibtui.market.instruments import Instrument

from .small_gateway import SmallGateway, until, virtual, virtual_clock

SPY = Instrument(756733, "SPY")
MINUTE = bar_size("1m")
BARS, HEAD = "20", "87"


@asynccontextmanager
async def asking() -> AsyncIterator[tuple[SmallGateway, History]]:
    gateway, history, clock = await SmallGateway().start(), History(), virtual_clock()
    supervisor = Supervisor(
        GatewaySettings(port=gateway.port),
        clock,
        MarketClock(clock),
        [history],
        on_event=lambda event: None,
        on_change=lambda status: None,
        jitter=lambda: 0.0,
    )
    task = asyncio.ensure_future(supervisor.run())
    try:
        await until(lambda: supervisor.status.state == "READY")
        yield gateway, history
    finally:
        await supervisor.stop()
        await task
        await gateway.stop()


def asked(gateway: SmallGateway, message_id: str) -> list[list[str]]:
    return [fields for fields in gateway.requests if fields[0] == message_id]


@virtual
async def test_bars_that_never_come_end_after_our_own_wait_and_their_request_with_them() -> None:
    async with asking() as (gateway, history):
        began = asyncio.get_running_loop().time()
        with pytest.raises(RequestTimeoutError):
            await history.bars(SPY, MINUTE, "TRADES", True, None, "1800 S")
        assert asyncio.get_running_loop().time() - began == pytest.approx(BARS_WAIT, abs=1)
        await until(lambda: asked(gateway, "25"))
        answering = asyncio.ensure_future(history.bars(SPY, MINUTE, "TRADES", True, None, "1800 S"))
        await until(lambda: len(asked(gateway, BARS)) == 2)
        (old, new) = (fields[1] for fields in asked(gateway, BARS))
        gateway.send(17, old, "", "", 1, 60, 1, 1, 1, 1, 1, 1, 1)  # too late: it answers nothing
        gateway.send(17, new, "", "", 1, 120, 1, 1, 1, 1, 1, 1, 1)
        assert [bar.start for bar in await answering] == [120]


@virtual
async def test_no_data_a_refusal_and_a_pacing_violation_are_told_apart() -> None:
    async with asking() as (gateway, history):
        words = [
            "HMDS query returned no data",
            "Historical data request pacing violation",
            "No market data permissions",
        ]

        def answer(fields: list[str], _writer: object) -> bool:
            if fields[0] == BARS:
                gateway.send(4, 2, fields[1], 162, words.pop(0), "")
            return fields[0] == BARS

        gateway.answer = answer
        assert await history.bars(SPY, MINUTE, "TRADES", True, None, "1800 S") == []
        for said in tuple(words):
            with pytest.raises(RequestRefusedError) as refused:
                await history.bars(SPY, MINUTE, "TRADES", True, None, "1800 S")
            assert said in str(refused.value)


@virtual
async def test_a_head_timestamp_that_never_comes_is_bounded_and_one_that_is_nonsense_is_unknown() -> None:
    async with asking() as (gateway, history):
        began = asyncio.get_running_loop().time()
        with pytest.raises(RequestTimeoutError):
            await history.head_timestamp(SPY, "TRADES", True)
        assert asyncio.get_running_loop().time() - began == pytest.approx(HEAD_WAIT, abs=1)
        answering = asyncio.ensure_future(history.head_timestamp(SPY, "TRADES", True))
        await until(lambda: len(asked(gateway, HEAD)) == 2)
        gateway.send(88, asked(gateway, HEAD)[-1][1], "the year dot")
        assert await answering is None
        await until(lambda: len(asked(gateway, "90")) == 2)


@virtual
async def test_the_hour_that_daylight_saving_repeats_is_two_hours() -> None:
    """01:30 in New York came twice on 3 November 2024: 05:30 and 06:30 UTC."""
    async with asking() as (gateway, history):
        answering = asyncio.ensure_future(history.bars(SPY, MINUTE, "TRADES", False, None, "7200 S"))
        await until(lambda: asked(gateway, BARS))
        request = asked(gateway, BARS)[-1]
        twice = [(seconds, 1, 1, 1, 1, 1, 1, 1) for seconds in (1730611800, 1730615400)]
        gateway.send(17, request[1], "", "", 2, *(value for bar in twice for value in bar))
        bars = await answering
        assert [bar.start for bar in bars] == [1730611800, 1730615400]
        assert request[-3] == "2"  # times in UTC seconds, not in a zone whose hour comes twice
