import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from ibtui.broker.session import Session
from ibtui.broker.wire_reader import LONGEST_FRAME
from ibtui.clock import NS
from ibtui.config import GatewaySettings
from ibtui.errors import GatewayUnreachableError, LinkDownError, RequestRefusedError, RequestTimeoutError

from .small_gateway import SmallGateway, frame, settle, virtual, virtual_clock


def settings(port: int) -> GatewaySettings:
    return GatewaySettings(port=port, connect_timeout=15, heartbeat=2, heartbeat_wait=2, request_timeout=10)


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[SmallGateway, Session]]:
    gateway = await SmallGateway().start()
    session = Session(settings(gateway.port), 1, virtual_clock())
    await session.open()
    try:
        yield gateway, session
    finally:
        session.abort()
        await gateway.stop()


@pytest.mark.parametrize(
    ("mode", "words", "seconds"),
    [
        ("close", "accepts and closes at once: add this machine to the gateway's Trusted IPs", 0),
        ("silent", "accepts connections but says nothing in 15 s: accept the connection in its window", 15),
        ("half ready", "half ready, accounts or first order id are missing", 15),
        ("326", "client id 10 is in use", 0),
        ("too old", "too old: server version 100, at least 157 is needed", 0),
        ("refused", "refused the connection: nothing listens there", 0),
    ],
)
def test_each_way_to_fail_has_its_own_words_and_fails_as_soon_as_it_is_known(
    mode: str, words: str, seconds: float
) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.mode = mode
        if mode == "refused":
            gateway.refuse()
        session = Session(settings(gateway.port), 1, virtual_clock())
        started = asyncio.get_running_loop().time()
        with pytest.raises(GatewayUnreachableError, match=words):
            await session.open()
        assert asyncio.get_running_loop().time() - started == pytest.approx(seconds, abs=0.5)
        assert session.ended.done()
        await settle()
        assert not gateway.open
        await gateway.stop()

    test()


@virtual
async def test_a_session_knows_accounts_version_and_first_id() -> None:
    async with opened() as (gateway, session):
        assert session.accounts == ("DU100001",)
        assert session.server_version == 176
        assert session.endpoint == f"127.0.0.1:{gateway.port}"
        assert [session.request_id(), session.request_id()] == [1, 2]


@virtual
async def test_the_kernel_watches_for_a_peer_that_is_gone_without_a_word() -> None:
    async with opened() as (_, session):
        sock = session.ib.client.conn.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        if hasattr(socket, "TCP_USER_TIMEOUT"):
            assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 6000


@virtual
async def test_what_follows_the_handshake_in_the_same_read_reaches_the_taps() -> None:
    gateway = await SmallGateway().start()
    session = Session(settings(gateway.port), 1, virtual_clock())
    heard: list[int] = []
    await session.open(lambda: session.tap("error", lambda _id, code, *_: heard.append(code)))
    await settle()
    assert heard == [2104]
    session.abort()
    await gateway.stop()


@virtual
async def test_taps_run_before_the_library_and_their_failures_are_counted_not_passed_on() -> None:
    async with opened() as (gateway, session):
        seen: list[tuple[object, ...]] = []

        def broken(*_: object) -> None:
            raise ValueError

        session.tap("position", broken)
        session.tap("position", lambda *arguments: seen.append((*arguments, session.ib.positions())))
        gateway.send(61, 3, "DU100001", 265598, "AAPL", "STK", "", 0, "", "", "", "USD", "AAPL", "NMS", 100, 190.5)
        await settle()
        account, contract, quantity, cost, positions_then = seen[0]
        assert (account, contract.conId, quantity, cost) == ("DU100001", 265598, 100, 190.5)  # type: ignore[attr-defined]
        assert positions_then == []
        assert len(session.ib.positions()) == 1
        assert session.handler_errors == 1


@virtual
async def test_taken_frames_come_raw_and_pass_the_library_by() -> None:
    async with opened() as (gateway, session):
        taken: list[list[str]] = []
        ends: list[int] = []
        session.take_frames(1, taken.append)
        session.on_batch_end(lambda: ends.append(len(taken)))
        gateway.raw(frame(1, 6, 7, 1, 450.25, 300, 0) + frame(1, 6, 7, 2, 450.26, 100, 0))
        await settle()
        assert taken == [["1", "6", "7", "1", "450.25", "300", "0"], ["1", "6", "7", "2", "450.26", "100", "0"]]
        assert ends[-1] == 2


@virtual
async def test_a_read_of_which_all_was_taken_ends_without_a_word_to_those_who_read_the_rest() -> None:
    async with opened() as (gateway, session):
        ends: list[int] = []
        before = session.frames
        session.take_reads(lambda frames, other, _failed: [other(each) for each in frames if each[1:3] != b"2\0"])
        session.on_batch_end(lambda: ends.append(session.frames))
        gateway.raw(frame(2, 6, 7, 0, 100) * 3)
        await settle()
        assert (session.frames - before, ends) == (3, [])
        gateway.raw(frame(2, 6, 7, 0, 100) + frame(9, 1, 42) + frame(9, 1, 43))
        await settle()
        assert ends == [before + 6]


@virtual
async def test_a_read_that_its_handler_fails_on_is_counted_and_the_next_one_comes_whole() -> None:
    async with opened() as (gateway, session):
        reads: list[int] = []

        def broken(frames: Sequence[bytes], *_: object) -> None:
            reads.append(len(frames))
            raise ValueError

        session.take_reads(broken)
        first, second = frame(2, 6, 7, 0, 100), frame(2, 6, 7, 3, 200)
        gateway.raw(first + second[:6])
        await settle()
        gateway.raw(second[6:])
        await settle()
        assert (reads, session.handler_errors) == ([1, 1], 2)


@virtual
async def test_frames_that_make_no_sense_are_counted_and_the_session_lives() -> None:
    async with opened() as (gateway, session):
        gateway.raw(frame("zz", "yy") + frame(999, 1) + frame(3, "x") + frame(49, "noon", "noon"))
        await settle()
        assert session.decode_errors == 4
        assert (await session.heartbeat())[1] > 0


@virtual
async def test_a_length_that_is_garbage_ends_the_session_instead_of_filling_memory() -> None:
    async with opened() as (gateway, session):
        gateway.raw(struct.pack(">I", LONGEST_FRAME + 1) + b"x")
        assert "garbage" in await session.ended


@virtual
async def test_no_control_character_comes_through() -> None:
    async with opened() as (gateway, session):
        texts: list[str] = []
        session.tap("error", lambda _id, _code, text, *_: texts.append(text))
        gateway.system(2100, "a\x1b[2Jb\nc\x9b31m\u202ed")
        await settle()
        assert texts == ["a[2Jb c31md"]


@virtual
async def test_a_question_ends_with_its_answer_its_refusal_its_time_or_the_link() -> None:
    async with opened() as (gateway, session):
        from ib_insync import Stock

        def refuse(fields: list[str], writer: asyncio.StreamWriter) -> bool:
            if fields[0] == "9":
                writer.write(frame(4, 2, fields[2], 200, "No security definition has been found", ""))
            return False

        gateway.answer = refuse
        with pytest.raises(RequestRefusedError, match="No security definition") as refused:
            await session.ask(session.ib.reqContractDetailsAsync(Stock("NOPE")), "contract")
        assert refused.value.code == 200

        gateway.muted = {"61"}
        started = asyncio.get_running_loop().time()
        with pytest.raises(RequestTimeoutError, match="positions: the gateway did not answer in 10 s"):
            await session.ask(session.ib.reqPositionsAsync(), "positions")
        assert asyncio.get_running_loop().time() - started == pytest.approx(10, abs=0.5)

        question = asyncio.ensure_future(session.ask(session.ib.reqPositionsAsync(), "positions"))
        await settle()
        gateway.fin()
        with pytest.raises(LinkDownError, match="closed the connection"):
            await question
        with pytest.raises(LinkDownError):
            session.request_id()
        with pytest.raises(LinkDownError):
            await session.heartbeat()


@virtual
async def test_a_late_answer_is_not_taken_for_the_next_heartbeats() -> None:
    async with opened() as (gateway, session):
        await session.heartbeat()
        gateway.muted = {"49"}
        late = int(gateway.time + asyncio.get_running_loop().time())
        with pytest.raises(RequestTimeoutError):
            await session.heartbeat()
        beat = asyncio.ensure_future(session.heartbeat())
        await asyncio.sleep(1)
        gateway.send(49, 1, late)
        await asyncio.sleep(0.5)
        assert not beat.done()
        gateway.send(49, 1, late + 3)
        assert await beat == (pytest.approx(1.5, abs=0.05), (late + 3) * NS)


@virtual
async def test_a_time_that_no_clock_tells_is_no_answer() -> None:
    async with opened() as (gateway, session):
        gateway.muted = {"49"}
        beat = asyncio.ensure_future(session.heartbeat())
        await settle()
        for nonsense in ("9" * 40, "0", "-5"):
            gateway.send(49, 1, nonsense)
        await settle()
        assert not beat.done()
        gateway.send(49, 1, 1_700_000_000)
        assert (await beat)[1] == 1_700_000_000 * NS


@virtual
async def test_after_a_lost_answer_the_next_one_counts() -> None:
    async with opened() as (gateway, session):
        await session.heartbeat()
        gateway.muted = {"49"}
        with pytest.raises(RequestTimeoutError):
            await session.heartbeat()
        gateway.muted = set()
        assert (await session.heartbeat())[0] < 0.1


@virtual
async def test_heartbeats_do_not_overlap() -> None:
    async with opened() as (gateway, session):
        gateway.muted = {"49"}
        first = asyncio.ensure_future(session.heartbeat())
        await settle()
        with pytest.raises(RuntimeError, match="under way"):
            await session.heartbeat()
        with pytest.raises(RequestTimeoutError):
            await first
        assert gateway.asked(49) == 1


@virtual
async def test_close_ends_cleanly_and_pending_questions_with_it() -> None:
    async with opened() as (gateway, session):
        gateway.muted = {"61"}
        question = asyncio.ensure_future(session.ask(session.ib.reqPositionsAsync(), "positions"))
        await settle()
        await session.close()
        assert session.ended.result() == "disconnected here"
        with pytest.raises(LinkDownError, match="disconnected here"):
            await question
        await settle()
        assert not gateway.open


@virtual
async def test_1102_makes_the_library_ask_for_nothing_by_itself() -> None:
    async with opened() as (gateway, session):
        gateway.system(1102, "Connectivity between IB and TWS has been restored - data maintained.")
        await settle()
        assert session.ib.client.isReady()
        assert gateway.asked(62) == 0


@virtual
async def test_close_does_not_wait_for_a_peer_that_takes_nothing() -> None:
    gateway = await SmallGateway().start()
    session = Session(settings(gateway.port), 1, virtual_clock())
    await session.open()
    for writer in gateway.open:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    while True:
        before = session.ib.client.conn.transport.get_write_buffer_size()
        session.ib.client.conn.sendMsg(b"x" * 1_000_000)
        await settle()
        if before and session.ib.client.conn.transport.get_write_buffer_size() == before + 1_000_000:
            break
    started = asyncio.get_running_loop().time()
    await session.close()
    assert asyncio.get_running_loop().time() - started < 0.5
    assert session.ended.done()
    await gateway.stop()


@virtual
async def test_nothing_is_sent_on_a_session_that_was_given_up() -> None:
    async with opened() as (gateway, session):
        session.abort("enough")
        with pytest.raises(ConnectionError):
            session.ib.client.reqPositions()
        assert await session.ended == "enough"
        assert gateway.asked(61) == 0


@virtual
async def test_a_connect_that_is_called_off_leaves_no_socket() -> None:
    gateway = await SmallGateway().start()
    gateway.mode = "silent"
    session = Session(settings(gateway.port), 1, virtual_clock())
    opening = asyncio.ensure_future(session.open())
    await asyncio.sleep(1)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    await settle()
    assert session.ended.result() == "connecting was called off"
    assert not gateway.open
    await gateway.stop()
