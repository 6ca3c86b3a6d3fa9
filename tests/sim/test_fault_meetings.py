"""How the next clients are met when a control verb says so, from an old version to a line that is hung up."""

import asyncio

import pytest
from ib_insync import IB

from ibtui.sim.wire import frame_of
from tests.sim.protocol_rig import SPY, Bare, bare, client, control, gateway


async def met(raw: Bare) -> list[str]:
    """Number of every frame of an ordinary start."""
    return [fields[0] for fields in await raw.start(5)]


async def test_an_old_version_is_named_whatever_is_offered_and_nothing_follows() -> None:
    async with gateway() as server:
        await control(server, "version", max=100, count=1)
        async with bare(server) as raw:
            assert (await raw.hello())[0] == "100"
            raw.ask("71", "2", "1", "")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(raw.read(), 0.05)
        async with bare(server) as raw:
            assert await met(raw) == ["15", "9", "4", "4", "4", "4"]
        await control(server, "version", max=160)
        async with client(server) as ib:
            assert ib.client.serverVersion() == 160
            assert await ib.reqContractDetailsAsync(SPY)
        await control(server, "version")
        async with bare(server) as raw:
            assert (await raw.hello())[0] == "176"


async def test_a_library_finds_an_old_version_too_old() -> None:
    async with gateway() as server:
        await control(server, "version", max=100)
        ib, said = IB(), []
        ib.client.apiError += said.append
        with pytest.raises(TimeoutError):
            await ib.connectAsync(server.host, server.port, timeout=0.2)
        assert "needs to be >= 157" in said[0] or "version" in said[0]
        ib.disconnect()
        await asyncio.sleep(0.01)


async def test_the_hello_is_answered_late() -> None:
    async with gateway() as server:
        await control(server, "version", ms=120, count=1)
        async with bare(server) as slow, bare(server) as other:
            slow.write(b"API\0\0\0\0\tv157..176")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(slow.read(), 0.03)
            assert (await other.hello())[0] == "176"
            assert (await slow.read())[0] == "176"


@pytest.mark.parametrize(("moment", "first"), [("connect", ["garbage", "a"]), ("hello", ["176"])])
async def test_garbage_comes_first_to_as_many_clients_as_were_named(moment: str, first: list[str]) -> None:
    async with gateway() as server:
        garbage = frame_of(["garbage", "a"]).hex()
        await control(server, "greet", hex=garbage, at=moment, count=2)
        for _ in range(2):
            async with bare(server) as raw:
                raw.write(b"API\0\0\0\0\tv157..176")
                found = [await raw.read(), await raw.read()]
                assert found[0][: len(first)] == first
                assert ["garbage", "a"] in found
        async with bare(server) as raw:
            assert (await raw.hello())[0] == "176"


@pytest.mark.parametrize("moment", ["connect", "hello"])
async def test_a_line_is_hung_up_as_often_as_was_named(moment: str) -> None:
    async with gateway() as server:
        await control(server, "hangup", count=2, at=moment)
        for _ in range(2):
            async with bare(server) as raw:
                with pytest.raises((EOFError, ConnectionError)):
                    await raw.hello()
        async with bare(server) as raw:
            assert (await raw.hello())[0] == "176"
        stats = await control(server, "stats")
        assert (stats["connections"], stats["clients"]) == (3, [])


@pytest.mark.parametrize(("step", "left"), [("9", ["15"]), ("15", ["9"])])
async def test_a_step_of_the_handshake_can_be_missing(step: str, left: list[str]) -> None:
    async with gateway() as server:
        await control(server, "mute", message=int(step), count=1)
        for expected in (left, ["15", "9"]):
            async with bare(server) as raw:
                await raw.hello()
                raw.ask("71", "2", "1", "")
                assert [(await raw.read())[0] for _ in expected] == expected


async def test_connections_at_a_time_are_counted() -> None:
    async with gateway() as server, bare(server) as one, bare(server) as two:
        await one.hello()
        await two.hello()
        stats = await control(server, "stats")
        assert (stats["connections"], stats["most_connections"]) == (2, 2)
