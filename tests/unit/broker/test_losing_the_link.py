"""Ways to lose a link that a loop with virtual time can show; the plain ones are in ``test_supervisor.py``."""

import asyncio
import struct

import pytest

from ibtui.broker.session import Session
from ibtui.broker.wire_reader import LONGEST_FRAME
from ibtui.config import GatewaySettings
from ibtui.errors import RequestTimeoutError

from .small_gateway import SmallGateway, VirtualLoop, frame, settle, until, virtual, virtual_clock
from .test_supervisor import Stand, now, running


def loop() -> VirtualLoop:
    running_loop = asyncio.get_running_loop()
    assert isinstance(running_loop, VirtualLoop)
    return running_loop


async def ready(stand: Stand) -> Session:
    await stand.state("READY")
    await settle()
    session = stand.supervisor.session
    assert session is not None
    return session


@virtual
async def test_disconnected_stays_disconnected_until_somebody_wants_otherwise() -> None:
    async with running() as stand:
        for again in (stand.supervisor.reconnect, stand.supervisor.try_now):
            await ready(stand)
            connections = stand.gateway.connections
            stand.supervisor.disconnect()
            await stand.state("DISCONNECTED")
            await asyncio.sleep(600)
            assert stand.gateway.connections == connections
            assert not stand.gateway.open
            assert "as you asked" in stand.status.cause
            assert (stand.status.next_try_at, stand.status.attempt) == (None, 0)
            again()
            asked = now()
            await ready(stand)
            assert now() - asked < 0.1


@virtual
async def test_disconnecting_works_between_two_tries_and_in_the_middle_of_one() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.refuse()
        stand.gateway.fin()
        await until(lambda: stand.status.next_try_at is not None)
        stand.supervisor.disconnect()
        await until(lambda: stand.status.next_try_at is None)
        await stand.gateway.start(stand.gateway.port)
        stand.gateway.mode = "silent"
        stand.supervisor.reconnect()
        await stand.state("NO ANSWER")
        stand.supervisor.disconnect()
        await stand.state("DISCONNECTED")
        await asyncio.sleep(60)
        assert stand.gateway.connections == 2
        assert "as you asked" in stand.status.cause


@virtual
async def test_an_end_that_was_asked_for_is_no_loss_until_a_try_fails() -> None:
    async with running() as stand:
        await ready(stand)
        stand.seen.clear()
        for again in (stand.supervisor.reconnect, stand.supervisor.try_now):
            stand.supervisor.disconnect()
            await stand.state("DISCONNECTED")
            await asyncio.sleep(60)
            again()
            await ready(stand)
        stand.supervisor.reconnect()
        await until(lambda: stand.gateway.connections == 4)
        await ready(stand)
        assert stand.states().count("DISCONNECTED") == 3
        assert {each.asked for each in stand.seen if each.state == "DISCONNECTED"} == {True}
        assert not stand.status.asked
        stand.supervisor.disconnect()
        await stand.state("DISCONNECTED")
        stand.gateway.refuse()
        stand.supervisor.try_now()
        await until(lambda: not stand.status.asked)
        assert stand.status.state == "DISCONNECTED"
        assert "refused" in stand.status.cause


@virtual
async def test_reconnecting_ends_the_session_and_opens_the_next_without_a_pause() -> None:
    async with running() as stand:
        await ready(stand)
        asked = now()
        stand.supervisor.reconnect()
        await until(lambda: stand.gateway.connections == 2)
        await stand.state("READY")
        assert now() - asked < 0.5
        assert stand.gateway.most_open == 1
        assert "connecting anew" in next(each.cause for each in stand.events if each.state == "DISCONNECTED")


@virtual
async def test_bytes_that_a_silent_gateway_never_takes_do_not_hold_up_the_next_session() -> None:
    async with running() as stand:
        session = await ready(stand)
        for writer in stand.gateway.open:
            writer.transport.pause_reading()  # type: ignore[attr-defined]
        while not session.ib.client.conn.transport.get_write_buffer_size():
            session.ib.client.conn.sendMsg(b"x" * 1_000_000)
            await settle()
        silent = now()
        await stand.state("DISCONNECTED")
        assert now() - silent <= 6.1
        assert "fell silent" in stand.status.cause
        await stand.state("READY")
        assert now() - silent <= 7.5


@virtual
async def test_a_connection_cut_in_the_middle_of_the_handshake_is_given_up_and_tried_again() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.mode = "cut"
        stand.gateway.reset()
        await until(lambda: stand.status.attempt == 3)
        assert "closed the connection before it was ready" in stand.status.cause
        assert stand.gateway.most_open == 1
        stand.gateway.mode = "ok"
        await stand.state("READY")
        assert (stand.status.attempt, stand.status.reconnects) == (0, 1)


@virtual
async def test_a_changed_port_is_told_in_ibs_words_and_nothing_is_switched() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.refuse()
        stand.gateway.system(1300, "TWS socket port has been reset. Please reconnect on the new port - 4003.")
        stand.gateway.fin()
        await stand.state("DISCONNECTED")
        lost = next(each for each in stand.events if each.state == "DISCONNECTED")
        assert lost.code == 1300
        assert "the new port - 4003 (IB code 1300). Set [gateway] port" in lost.cause
        await until(lambda: stand.status.attempt == 2)
        assert stand.gateway.connections == 1


@virtual
async def test_a_laptops_sleep_is_noticed_at_once_and_blamed_on_nobody() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.lose = 1  # what was asked after the sleep is lost with the old network
        for sleep in (lambda: loop().stall(3600), lambda: setattr(stand.wall, "ahead", 3600.0)):
            beats, woke = stand.gateway.asked(49), now()
            sleep()
            await until(lambda beats=beats: stand.gateway.asked(49) > beats)  # type: ignore[misc]
            assert now() - woke < 3600 + 0.6
            await asyncio.sleep(4.5)
        assert stand.states().count("NO ANSWER") <= 1  # the lost answer; never a second, never a broken session
        assert stand.gateway.connections == 1


@virtual
async def test_a_beat_during_which_the_machine_slept_or_its_clock_was_set_does_not_count() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.lose = 2
        for jump in (3600.0, -7200.0):
            beats = stand.gateway.asked(49)
            await until(lambda beats=beats: stand.gateway.asked(49) > beats)  # type: ignore[misc]
            stand.wall.ahead += jump
        await asyncio.sleep(10)
        assert "NO ANSWER" not in stand.states()
        assert stand.gateway.connections == 1


@virtual
async def test_durations_stay_right_when_the_wall_clock_is_set() -> None:
    async with running() as stand:
        await ready(stand)
        lost = now()
        stand.gateway.refuse()
        stand.gateway.fin()
        await stand.state("DISCONNECTED")
        stand.wall.ahead = 3600.0
        await until(lambda: stand.status.attempt == 3)
        status = stand.status
        assert status.since == pytest.approx(lost, abs=0.1)
        assert stand.events[-1].at >= lost
        assert status.next_try_at is None or status.next_try_at - now() <= 10


@virtual
async def test_frames_that_make_no_sense_are_amber_and_too_many_of_them_a_new_session() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.send("zz", "yy")
        await until(lambda: stand.status.gw.state == "warn")
        assert (stand.status.state, stand.status.not_understood) == ("READY", 1)
        assert "make no sense: 1" in stand.status.gw.cause
        assert (stand.events[-1].link, stand.events[-1].cause) == ("GW", stand.status.gw.cause)
        for _ in range(8):
            await asyncio.sleep(15)
            stand.gateway.send("zz", "yy")
        assert stand.gateway.connections == 1
        for _ in range(6):
            stand.gateway.send("zz", "yy")
        await stand.state("DISCONNECTED")
        assert "makes no sense" in stand.status.cause
        await stand.state("READY")
        assert (stand.status.gw.state, stand.status.not_understood) == ("ok", 0)


@virtual
async def test_a_length_that_would_fill_the_memory_is_a_loss_like_any_other() -> None:
    async with running() as stand:
        await ready(stand)
        stand.gateway.raw(struct.pack(">I", LONGEST_FRAME + 1) + b"x")
        await stand.state("DISCONNECTED")
        assert "garbage" in stand.status.cause
        await stand.state("READY")


@virtual
async def test_text_that_is_no_utf8_is_shown_and_breaks_nothing() -> None:
    async with running() as stand:
        await ready(stand)
        text = b"4\x002\x00-1\x00354\x00Soci\xe9t\xe9\xff\x00\x00"
        stand.gateway.raw(struct.pack(">I", len(text)) + text)
        await until(lambda: stand.supervisor.session is not None and stand.supervisor.session.frames > 3)
        stand.gateway.raw(struct.pack(">I", len(text)) + text.replace(b"354", b"502"))
        await until(lambda: stand.status.last_error is not None)
        assert stand.status.last_error is not None
        assert stand.status.last_error.text == "Soci\\xe9t\\xe9\\xff"
        assert (stand.status.gw.state, stand.status.errors) == ("ok", 1)


@virtual
async def test_answers_to_questions_that_were_given_up_leak_nothing_and_count_as_nothing() -> None:
    from ib_insync import Stock

    gateway = await SmallGateway().start()
    session = Session(GatewaySettings(port=gateway.port, request_timeout=0.1), 1, virtual_clock())
    await session.open()
    gateway.muted = {"9", "99"}
    library = session.ib.wrapper
    asked = []
    for _ in range(50):
        with pytest.raises(RequestTimeoutError):
            await session.ask(session.ib.reqContractDetailsAsync(Stock("SPY")), "contract")
        asked.append(next(fields[2] for fields in reversed(gateway.requests) if fields[0] == "9"))
    with pytest.raises(RequestTimeoutError):
        await session.ask(session.ib.reqCompletedOrdersAsync(apiOnly=False), "completed orders")
    assert not library._futures
    assert not library._results
    assert not library._reqId2Contract
    for request in asked:
        gateway.raw(frame(10, request, "SPY", "STK", *["0"] * 60) + frame(52, 1, request))
    gateway.raw(frame(102))
    await settle()
    assert session.decode_errors == 0
    assert not library._results
    assert (await session.heartbeat())[0] < 0.1
    session.abort()
    await gateway.stop()
