"""A session from hello to goodbye, at every version, and what a broken client can and can't do."""

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibtui.sim.wire import frame, frame_of
from tests.conftest import until
from tests.sim.protocol_rig import SPY, bare, client, control, gateway

STARTED = datetime(2026, 3, 10, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("version", range(157, 177))
async def test_a_client_of_any_version_synchronizes_and_finds_a_contract(version: int) -> None:
    async with gateway() as server, client(server, version=version) as ib:
        assert ib.client.serverVersion() == version
        assert ib.managedAccounts() == ["DUSIM0001"]
        assert {value.tag for value in ib.accountValues()} > {"NetLiquidation", "BuyingPower"}
        assert ib.positions() == []
        assert 0 <= (await ib.reqCurrentTimeAsync() - STARTED).total_seconds() < 30
        (details,) = await ib.reqContractDetailsAsync(SPY)
        assert details.minTick == 0.01
        assert details.contract.conId > 0


@pytest.mark.parametrize(("offer", "version"), [("v157..200", "178"), ("v100..176", "176"), ("v160", "160")])
async def test_the_newest_common_version_is_negotiated(offer: str, version: str) -> None:
    async with gateway() as server, bare(server) as raw:
        assert (await raw.hello(offer))[0] == version


@pytest.mark.parametrize("offer", ["v100..156", "v179..200", "nonsense"])
async def test_a_client_without_a_common_version_is_closed(offer: str) -> None:
    async with gateway() as server, bare(server) as raw:
        with pytest.raises(EOFError):
            await raw.hello(offer)


async def test_the_hello_names_market_time_with_its_zone() -> None:
    async with gateway() as server, bare(server) as raw:
        _, text = await raw.hello()
        assert text.startswith("20260310 10:30:")
        assert text.endswith(" EDT")


async def test_a_start_names_accounts_next_id_and_farms() -> None:
    async with gateway() as server, bare(server) as raw:
        said = await raw.start(7)
        assert said[:2] == [["15", "1", "DUSIM0001"], ["9", "1", "1"]]
        assert [fields[3] for fields in said[2:]] == ["2104", "2104", "2106", "2158"]


async def test_a_client_id_in_use_is_refused_with_326_and_the_first_one_stays() -> None:
    async with gateway() as server, bare(server) as first, bare(server) as second:
        await first.start(7)
        await second.hello()
        second.ask("71", "2", "7", "")
        assert (await second.read())[2:4] == ["-1", "326"]
        assert await second.closed()
        first.ask("49", "1")
        assert (await first.read())[0] == "49"


async def test_a_client_id_is_free_again_when_its_client_has_left() -> None:
    async with gateway() as server:
        async with bare(server) as first:
            await first.start(7)
        await until(lambda: not server.gateway.clients)
        async with bare(server) as second:
            assert (await second.start(7))[0][0] == "15"


async def test_an_unknown_request_gets_an_error_and_the_session_goes_on() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("9999", "1", "5")
        assert (await raw.read())[2:4] == ["-1", "505"]
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        (["52", "2", "7", "1", "SPY"], "430"),
        (["54", "3", "7", "1", "SPY"], "321"),
        (["55", "3", "7", "1", "SPY"], "321"),
        (["84", "7", "BRFG", "1", ""], "10276"),
        (["86", "7", "1", "BRFG"], "10276"),
    ],
)
async def test_a_request_that_is_not_offered_is_told_so_under_its_own_number(fields: list[str], code: str) -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask(*fields)
        assert (await raw.read())[2:4] == ["7", code]


@pytest.mark.parametrize("fields", [["1", "11"], ["1", "11", "x"], ["20", "5", "zz"], ["3", "1", "0", "SPY"], ["61"]])
async def test_a_request_that_makes_no_sense_gets_an_error_and_the_session_goes_on(fields: list[str]) -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask(*fields)
        assert (await raw.read())[3] == "320"
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"


async def test_requests_before_the_start_get_an_error() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.hello()
        raw.ask("49", "1")
        assert (await raw.read())[3] == "504"


GARBAGE = [
    b"GET / HTTP/1.1\r\n\r\n",
    b"API\0" + b"\xff\xff\xff\xff",
    b"API\0" + frame(b"v157..176") + b"\xff\xff\xff\xff" + b"x" * 100,
    b"API\0" + frame(b"v157..176") + frame(b"garbage\0a\0b\0"),
    b"API\0" + frame(b"v157..176") + frame(b""),
    b"API\0" + frame(b"v157..176") + frame(b"71\0002\0001"),
    b"API\0" + frame(b"\x00\x01\x02"),
]


@pytest.mark.parametrize("garbage", GARBAGE)
async def test_garbage_ends_that_client_and_no_other(garbage: bytes) -> None:
    async with gateway() as server, bare(server) as good, bare(server) as bad:
        await good.start(1)
        bad.write(garbage)
        assert await bad.closed()
        good.ask("49", "1")
        assert (await good.read())[0] == "49"


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(places=st.lists(st.integers(0, 200), max_size=30))
def test_a_session_arrives_in_any_fragments(places: list[int]) -> None:
    stream = b"API\0" + frame(b"v157..176") + frame_of(["71", "2", "3", ""]) + frame_of(["49", "1"]) + frame_of(["82"])
    edges = [0, *sorted(place % len(stream) for place in places), len(stream)]

    async def session() -> None:
        async with gateway() as server, bare(server) as raw:
            for start, end in pairwise(edges):
                raw.write(stream[start:end])
                await asyncio.sleep(0)
            await raw.read_until("49")
            await raw.read_until("80")

    asyncio.run(session())


async def test_a_client_that_does_not_read_is_dropped_and_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ibtui.sim.client.MAX_UNSENT", 200_000)
    async with gateway() as server, bare(server) as good, bare(server) as lazy:
        await good.start(1)
        await lazy.start(2)
        lazy.writer.transport.pause_reading()  # type: ignore[attr-defined]
        for _ in range(1000):
            lazy.ask("76", "1", "5", "", "", "1")
        await until(lambda: len(server.gateway.clients) == 1, what="the lazy client is dropped")
        good.ask("49", "1")
        assert (await good.read())[0] == "49"


async def test_what_was_received_and_sent_is_counted_by_message() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("49", "1")
        raw.ask("49", "1")
        assert [(await raw.read())[0] for _ in range(2)] == ["49", "49"]
        stats = await control(server, "stats")
        assert stats["received"] == {"71": 1, "49": 2}
        assert {number: stats["sent"][number] for number in ("15", "9", "4", "49")} == {
            "15": 1,
            "9": 1,
            "4": 4,
            "49": 2,
        }
        assert stats["clients"] == [{"client_id": 1, "server_version": 176, "data_type": 1}]
