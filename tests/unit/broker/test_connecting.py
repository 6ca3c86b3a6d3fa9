"""Whatever keeps a connection from coming about has its own words on the bar, and ibtui never gives up."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ibtui.broker.status import ConnectionStatus
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import MarketClock
from ibtui.config import GatewaySettings

from .small_gateway import SmallGateway, settle, until, virtual, virtual_clock


class Seen:
    """A supervisor, and every status that it told."""

    def __init__(self, port: int) -> None:
        self.told: list[ConnectionStatus] = []
        clock = virtual_clock()
        self.supervisor = Supervisor(
            GatewaySettings(port=port),
            clock,
            MarketClock(clock),
            [],
            on_event=lambda _event: None,
            on_change=self.told.append,
            jitter=lambda: 0.0,
        )

    @property
    def status(self) -> ConnectionStatus:
        return self.supervisor.status

    async def lost(self, tries: int = 1) -> ConnectionStatus:
        """The status after so many failed tries, in the pause before the next."""
        await until(lambda: self.status.attempt >= tries and self.status.next_try_at is not None, 1e4)
        return self.status


@asynccontextmanager
async def connecting(mode: str) -> AsyncIterator[tuple[SmallGateway, Seen]]:
    gateway = await SmallGateway().start()
    gateway.mode = mode
    seen = Seen(gateway.port)
    task = asyncio.ensure_future(seen.supervisor.run())
    try:
        yield gateway, seen
    finally:
        await seen.supervisor.stop()
        await task
        await gateway.stop()


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("close", "accepts and closes at once: add this machine to the gateway's Trusted IPs; behind a tunnel"),
        ("silent", "accept the connection in its window, or add this machine to its Trusted IPs"),
        ("half ready", "is half ready, accounts or first order id are missing"),
        ("cut", "closed the connection before it was ready"),
        ("too old", "server version 100, at least 157 is needed. Install TWS or IB Gateway 972"),
        ("refuses", "The TWS is out of date and must be upgraded (IB code 503). Install TWS or IB Gateway 972"),
        ("senseless", "does not speak the TWS API. Check [gateway] host and port"),
    ],
)
def test_each_cause_has_its_words_and_is_tried_again_until_it_is_gone(mode: str, words: str) -> None:
    @virtual
    async def test() -> None:
        async with connecting(mode) as (gateway, seen):
            status = await seen.lost(2)
            assert status.state == "DISCONNECTED"
            assert words in status.cause
            gateway.mode = "ok"
            await until(lambda: seen.status.state == "READY", 1e3)
            assert seen.status.server_version == 176
            assert gateway.most_open == 1

    test()


@virtual
async def test_a_host_that_answers_nothing_at_all_is_given_up_after_its_time_and_tried_again() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        crowd = [socket.socket() for _ in range(4)]  # the queue of those who wait is full: the next SYN is dropped
        for each in crowd:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        seen = Seen(port)
        task = asyncio.ensure_future(seen.supervisor.run())
        status = await seen.lost()
        assert "does not answer in 15 s. Check host, network and firewall" in status.cause
        await seen.lost(2)
        await seen.supervisor.stop()
        await task
        for each in crowd:
            each.close()


@virtual
async def test_a_gateway_that_says_nothing_three_times_in_a_row_needs_a_restart_and_is_tried_on() -> None:
    async with connecting("silent") as (gateway, seen):
        assert "restart the gateway" not in (await seen.lost(2)).cause.partition("If neither")[0]
        assert "3 times in a row: restart the gateway" in (await seen.lost(3)).cause
        gateway.mode = "ok"
        await until(lambda: seen.status.state == "READY", 1e3)


@virtual
async def test_a_slow_handshake_says_what_it_waits_for() -> None:
    async with connecting("half ready") as (_, seen):
        await seen.lost()
        awaited = [status.cause for status in seen.told if status.state == "NO ANSWER"]
        assert any("half ready; accounts or first order id are awaited" in cause for cause in awaited)
        lost = next(status for status in seen.told if status.state == "DISCONNECTED")
        assert lost.since is not None
        assert lost.since < 16, "the whole of it is bounded"


@virtual
async def test_somebody_has_time_to_accept_the_connection_in_the_gateways_window() -> None:
    async with connecting("late") as (gateway, seen):
        await until(lambda: seen.status.state == "READY", 1e3)
        assert gateway.connections == 1, "it came through on the first try"
        assert any("accepted the connection and does not answer yet" in status.cause for status in seen.told)


@virtual
async def test_however_often_a_connect_is_asked_for_there_is_one_at_a_time() -> None:
    async with connecting("half ready") as (gateway, seen):
        await until(lambda: gateway.asked(71))
        for _ in range(20):
            seen.supervisor.try_now()
            await settle()
        assert gateway.connections == 1, "a connect under way is not doubled"
        gateway.mode = "ok"
        for _ in range(20):
            seen.supervisor.reconnect()
            seen.supervisor.try_now()
        await until(lambda: seen.status.state == "READY", 1e3)
        await settle()
        assert (gateway.connections, len(gateway.open)) == (2, 1), "the first was given up before the second"


@virtual
async def test_a_client_id_in_use_is_tried_again_and_never_another() -> None:
    async with connecting("326") as (gateway, seen):
        assert "client id 10 is in use" in (await seen.lost(3)).cause
        gateway.mode = "ok"
        await until(lambda: seen.status.state == "READY", 1e3)
        assert {fields[2] for fields in gateway.requests if fields[0] == "71"} == {"10"}
