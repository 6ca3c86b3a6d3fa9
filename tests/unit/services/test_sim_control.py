import asyncio
import socket

import pytest

from ibtui.errors import GatewayUnreachableError, IbtuiError, RequestTimeoutError, UsageError
from ibtui.services import sim_control
from ibtui.services.sim_control import SimControl, do_blocking, parse_arguments


def test_arguments_are_typed_as_they_look():
    words = ["symbol=SPY", "bid=450.1", "bid_size=3", "running=false", "ids=[1, 2]", "text=a=b", "how="]
    assert parse_arguments(words) == {
        "symbol": "SPY",
        "bid": 450.1,
        "bid_size": 3,
        "running": False,
        "ids": [1, 2],
        "text": "a=b",
        "how": "",
    }


@pytest.mark.parametrize("word", ["SPY", "=3", ""])
def test_a_word_without_a_key_is_refused(word):
    with pytest.raises(UsageError, match="key=value"):
        parse_arguments([word])


def both_ways(port: int, verb: str = "stats"):
    """The verb asked from the event loop and without one."""
    return [lambda: SimControl("127.0.0.1", port).do(verb), lambda: asyncio.to_thread(do_blocking, port, verb, {})]


async def serving(answer):
    return await asyncio.start_server(answer, "127.0.0.1", 0)


async def test_a_port_nobody_listens_on_is_said_so():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for ask in both_ways(taken.getsockname()[1]):
            with pytest.raises(GatewayUnreachableError, match="No control port"):
                await ask()


async def test_a_gateway_that_hangs_up_is_no_answer():
    async def hang_up(reader, writer):
        await reader.readline()
        writer.close()

    async with await serving(hang_up) as server:
        for ask in both_ways(server.sockets[0].getsockname()[1]):
            with pytest.raises(IbtuiError, match="without an answer"):
                await ask()


async def test_a_gateway_that_is_silent_is_not_waited_for_for_ever(monkeypatch):
    monkeypatch.setattr(sim_control, "ANSWER_SECONDS", 0.1)
    done = asyncio.Event()

    async def be_silent(reader, writer):
        await done.wait()
        writer.close()

    async with await serving(be_silent) as server:
        for ask in both_ways(server.sockets[0].getsockname()[1]):
            with pytest.raises(RequestTimeoutError, match="'stats'"):
                await ask()
        done.set()


async def test_what_the_gateway_says_is_handed_on_as_it_is():
    async def refuse(reader, writer):
        writer.write(b'{"ok":false,"error":"no symbol XYZ"}\n')
        writer.close()

    async with await serving(refuse) as server:
        for ask in both_ways(server.sockets[0].getsockname()[1]):
            assert await ask() == {"ok": False, "error": "no symbol XYZ"}


async def test_an_argument_may_have_any_name():
    with pytest.raises(GatewayUnreachableError):
        await SimControl("127.0.0.1", 1).do("message", verb=1, self=2)
