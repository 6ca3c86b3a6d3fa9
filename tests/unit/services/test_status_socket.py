import asyncio
import json
import socket
import stat

import pytest

from ibtui.errors import EnvironmentUnfitError, LinkDownError, UsageError
from ibtui.services.status_socket import SOCKET_NAME, StatusSocket, ask_console
from tests.conftest import until


async def status(request):
    return {"state": "READY", "asked": request}


async def refuse(request):
    raise UsageError("no such screen")


async def fail(request):
    raise ZeroDivisionError


async def hang(request):
    await asyncio.Event().wait()
    return {}


@pytest.fixture
async def console(tmp_path):
    server = StatusSocket(tmp_path, {"status": status, "refuse": refuse, "fail": fail, "hang": hang})
    await server.start()
    yield server
    await server.stop()


def ask(tmp_path, **request):
    return asyncio.to_thread(ask_console, tmp_path, request, 5.0)


async def test_a_command_gets_the_answer_of_the_running_console(console, tmp_path):
    assert await ask(tmp_path, do="status", symbol="SPY") == {"ok": True, "state": "READY", "asked": {"symbol": "SPY"}}


async def test_without_a_console_there_is_no_answer(tmp_path):
    assert ask_console(tmp_path, {"do": "status"}) is None


async def test_a_socket_left_by_a_killed_console_is_no_console_and_is_replaced(tmp_path):
    left = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    left.bind(str(tmp_path / SOCKET_NAME))
    left.close()
    assert ask_console(tmp_path, {"do": "status"}) is None
    server = StatusSocket(tmp_path, {"status": status})
    await server.start()
    assert (await ask(tmp_path, do="status"))["ok"]
    await server.stop()


async def test_only_the_owner_may_connect(console):
    assert stat.S_IMODE(console.path.stat().st_mode) == 0o600


async def test_a_refusal_comes_in_its_own_words(console, tmp_path):
    assert await ask(tmp_path, do="refuse") == {"ok": False, "error": "no such screen"}


async def test_a_job_that_fails_answers_and_the_console_goes_on(console, tmp_path):
    assert "ZeroDivisionError" in (await ask(tmp_path, do="fail"))["error"]
    assert (await ask(tmp_path, do="status"))["ok"]


@pytest.mark.parametrize("line", [b"garbage\n", b"[1]\n", b'{"do":"nothing"}\n', b'{"do":["x"]}\n', b"\xff\n", b"{}\n"])
async def test_nonsense_is_answered_with_what_can_be_asked(console, line):
    reader, writer = await asyncio.open_unix_connection(console.path)
    writer.write(line)
    answer = json.loads(await reader.readline())
    assert not answer["ok"]
    assert "status" in answer["error"]
    writer.close()


async def test_stopping_ends_connections_that_wait_and_removes_the_socket(console, tmp_path):
    waiting = asyncio.create_task(ask(tmp_path, do="hang"))
    await until(lambda: console._clients)
    await console.stop()
    with pytest.raises(LinkDownError):
        await waiting
    assert not console.path.exists()


async def test_a_path_too_long_for_a_socket_is_reached_all_the_same(tmp_path):
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    server = StatusSocket(deep, {"status": status})
    await server.start()
    assert stat.S_IMODE((deep / SOCKET_NAME).stat().st_mode) == 0o600
    assert (await ask(deep, do="status"))["ok"]
    await server.stop()
    assert ask_console(deep, {"do": "status"}) is None
    assert not any(deep.iterdir())


async def test_where_no_socket_can_be_made_that_is_said(tmp_path):
    with pytest.raises(EnvironmentUnfitError, match="no socket can be made there"):
        await StatusSocket(tmp_path / "missing", {}).start()


def test_a_file_in_the_place_of_the_directory_holds_no_console(tmp_path):
    file = tmp_path / "file"
    file.touch()
    assert ask_console(file, {"do": "status"}) is None
