"""The supervised connection against the real simulated gateway, another process."""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from ibtui.broker.account import Account
from ibtui.broker.session import Session
from ibtui.broker.supervisor import ConnectionEvent, ConnectionStatus, Supervisor
from ibtui.clock import NS, MarketClock, system_clock
from ibtui.config import GatewaySettings
from ibtui.trading.holdings import Held
from tests.conftest import Gateway, until


@dataclass
class Console:
    """Supervisor and account, and all that they told."""

    supervisor: Supervisor
    account: Account
    market_clock: MarketClock
    events: list[ConnectionEvent] = field(default_factory=list)
    seen: list[ConnectionStatus] = field(default_factory=list)

    @property
    def status(self) -> ConnectionStatus:
        return self.supervisor.status

    async def state(self, word: str, seconds: float = 10.0) -> float:
        """Waits for a state word; returns how long it took."""
        started = time.monotonic()
        await until(lambda: self.status.state == word, seconds, f"{word}, it is {self.status}")
        return time.monotonic() - started


@asynccontextmanager
async def connected(host: str, port: int, client_id: int = 10) -> AsyncIterator[Console]:
    clock = system_clock()
    market_clock = MarketClock(clock)
    settings = GatewaySettings(
        host=host, port=port, client_id=client_id, heartbeat=0.3, heartbeat_wait=0.4, connect_timeout=5, retry_max=1
    )
    events: list[ConnectionEvent] = []
    seen: list[ConnectionStatus] = []
    account = Account("", clock, lambda *_statements: None)
    supervisor = Supervisor(
        settings, clock, market_clock, [account], on_event=events.append, on_change=seen.append, jitter=lambda: 0.0
    )
    task = asyncio.create_task(supervisor.run())
    try:
        yield Console(supervisor, account, market_clock, events, seen)
    finally:
        started = time.monotonic()
        await supervisor.stop()
        await task
        assert time.monotonic() - started < 0.9


async def clients(gateway: Gateway) -> int:
    return len((await gateway.control("stats"))["clients"])


async def test_it_is_ready_with_account_values_and_the_gateways_time(gateway: Gateway) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY", 3)
        assert console.account.account == "DUSIM0001"
        assert console.account.paper
        assert console.account.number("NetLiquidation")
        assert console.account.held(1) == Held(0, 0)
        assert console.status.server_version == 176
        assert [light.state for light in (console.status.gw, console.status.ib, console.status.data)] == ["ok"] * 3
        await until(lambda: console.status.heartbeat_s is not None)
        market_ns = console.market_clock.now_ns()
        assert market_ns is not None
        assert abs(market_ns - (await gateway.control("stats"))["market_ns"]) < 1.6 * NS
    assert await clients(gateway) == 0


@pytest.mark.parametrize(("how", "words"), [("fin", "closed the connection"), ("rst", "broke")])
async def test_a_lost_connection_shows_within_a_second_and_comes_back(gateway: Gateway, how: str, words: str) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY")
        started = time.monotonic()
        await gateway.control("drop", how=how)
        await console.state("DISCONNECTED")
        assert time.monotonic() - started < 1
        assert words in console.status.cause
        assert console.account.held(1) is None
        assert await console.state("READY") < 2.5
        assert await clients(gateway) == 1
        assert console.status.reconnects == 1
        assert [event.state for event in console.events][-4:] == ["READY", "DISCONNECTED", "SYNCING", "READY"]


async def test_a_frozen_gateway_is_no_answer_then_disconnected_and_back_when_it_thaws(gateway: Gateway) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY")
        await gateway.control("freeze", seconds=3)
        assert await console.state("NO ANSWER") < 0.3 + 0.4 + 0.3
        assert await console.state("DISCONNECTED") < 0.4 + 0.3
        assert "fell silent" in console.status.cause
        await console.state("READY")
        await asyncio.sleep(0.2)
        assert await clients(gateway) == 1


async def test_a_refusing_gateway_is_named_and_tried_until_it_listens(gateway: Gateway) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY")
        await gateway.control("refuse", seconds=2)
        await gateway.control("drop", how="rst")
        await console.state("DISCONNECTED")
        await until(lambda: "refused the connection" in console.status.cause, 3)
        assert console.status.attempt >= 1
        await console.state("READY")
        assert console.status.attempt == 0


async def test_a_killed_gateway_is_found_again_at_the_same_port(gateway_factory: Callable[..., Gateway]) -> None:
    first = gateway_factory()
    async with connected(first.host, first.port) as console:
        await console.state("READY")
        started = time.monotonic()
        first.kill()
        await console.state("DISCONNECTED")
        assert time.monotonic() - started < 1
        second = await asyncio.to_thread(gateway_factory, port=first.port)
        await console.state("READY")
        assert await clients(second) == 1


async def test_it_opens_with_the_gateway_down_and_keeps_trying(gateway_factory: Callable[..., Gateway]) -> None:
    gone = gateway_factory()
    gone.kill()
    async with connected(gone.host, gone.port) as console:
        await console.state("DISCONNECTED")
        assert "refused" in console.status.cause
        assert "CONNECTING" in {status.state for status in console.seen}
        await asyncio.to_thread(gateway_factory, port=gone.port)
        await console.state("READY")
        assert "CONNECTING" not in {event.state for event in console.events[1:]}


async def test_a_client_id_in_use_is_said_and_kept(gateway: Gateway) -> None:
    async with connected(gateway.host, gateway.port) as first:
        await first.state("READY")
        async with connected(gateway.host, gateway.port) as second:
            await until(lambda: "client id 10 is in use" in second.status.cause, 5)
            assert second.status.state == "DISCONNECTED"
            assert first.status.state == "READY"


async def test_lost_ib_and_farms_turn_their_lights_and_keep_the_socket(gateway: Gateway) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY")
        await gateway.control("message", code=1100, text="Connectivity between IB and TWS has been lost.")
        await console.state("IB LOST")
        await gateway.control("message", code=1102, text="Connectivity restored - data maintained.")
        await console.state("READY")
        await gateway.control("message", code=2103, text="Market data farm connection is broken:usfarm")
        await until(lambda: console.status.data.state in ("warn", "down"))
        assert "usfarm" in console.status.data.cause
        await gateway.control("message", code=2104, text="Market data farm connection is OK:usfarm")
        await until(lambda: console.status.data.state == "ok")
        assert console.status.state == "READY"
        assert console.status.reconnects == 0


async def cut_off(session: Session) -> None:
    """Asks two questions, and loses the link; the askers are called off by that, as those of a synchronization are."""
    requests = session.ib.reqCompletedOrdersAsync(apiOnly=True), session.ib.reqMatchingSymbolsAsync("SPY")
    asked = [asyncio.create_task(session.ask(each, "a question")) for each in requests]
    await asyncio.sleep(0)
    session.ended.add_done_callback(lambda _: [each.cancel() for each in asked])
    session.abort("enough")
    await asyncio.wait(asked)


async def test_questions_that_a_lost_link_cut_off_leave_no_errors_in_the_log(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    async with connected(gateway.host, gateway.port) as console:
        await console.state("READY")
        session = console.supervisor.session
        assert session is not None
        await gateway.control("freeze", seconds=1)
        await cut_off(session)
        await console.state("READY")
    gc.collect()
    assert [each.getMessage() for each in caplog.records if each.name == "asyncio"] == []
