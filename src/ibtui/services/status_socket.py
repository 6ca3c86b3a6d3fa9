"""``console.sock``: how a command finds the console that is running and hands it a job.

One JSON object a line in (``{"do": "status"}``), one a line out (``{"ok": true, …}`` or ``{"ok": false, "error": …}``).
"""

import asyncio
import json
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ibtui.errors import EnvironmentUnfitError, IbtuiError, LinkDownError, RequestTimeoutError

Job = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Does one request (without its ``do``) and returns the answer's fields; an IbtuiError becomes ``ok`` false."""

SOCKET_NAME = "console.sock"
LONGEST_LINE = 1 << 24
LONGEST_PATH = 103
"""Bytes of a socket's path that every system takes (macOS 104 with its end, Linux 108)."""

log = logging.getLogger(__name__)


class StatusSocket:
    """The console's end. Only the holder of the data directory's lock may start one.

    Args:
        directory: The data directory.
        jobs: ``do`` to what does it.
    """

    def __init__(self, directory: Path, jobs: Mapping[str, Job]) -> None:
        self.path = directory / SOCKET_NAME
        self._jobs = jobs
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listens; a socket left by a console that was killed is replaced.

        Raises:
            EnvironmentUnfitError: The socket can't be made there.
        """
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            with suppress(FileNotFoundError):
                self.path.unlink()
            with _address(self.path) as address:
                listening.bind(address)
            # Nobody can connect before listen(), so the mode is right before it matters.
            self.path.chmod(0o600)
            self._server = await asyncio.start_unix_server(self._serve, sock=listening, limit=LONGEST_LINE)
        except OSError as error:
            listening.close()
            raise EnvironmentUnfitError(f"{self.path}: no socket can be made there ({error.strerror}).") from None

    async def stop(self) -> None:
        """Ends the server and every connection and removes the socket."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._clients.add(task)
        try:
            while line := await reader.readline():
                writer.write(json.dumps(await self._answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            # The other end left, sent an endless line, or the console ends: the connection is over either way.
            pass
        finally:
            self._clients.discard(task)
            writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            job = self._jobs[request.pop("do")]
        except (ValueError, KeyError, AttributeError, TypeError):
            return {"ok": False, "error": f"Send one JSON object a line with do = {', '.join(self._jobs)}."}
        try:
            return {"ok": True, **await job(request)}
        except IbtuiError as error:
            return {"ok": False, "error": str(error)}
        except Exception as error:
            log.exception("a job from the console's socket failed")
            return {"ok": False, "error": f"The console failed at this ({type(error).__name__}); its log says more."}


async def ask_running(directory: Path, request: Mapping[str, Any], seconds: float = 30.0) -> dict[str, Any]:
    """The same as :func:`ask_console` from a coroutine, for a console that is known to run.

    Raises:
        IbtuiError: It is gone, does not answer, or could not do what was asked.
    """
    answer = await asyncio.to_thread(ask_console, directory, request, seconds)
    if answer is None:
        raise LinkDownError(f"The console on {directory} is gone.")
    if not answer.pop("ok"):
        raise IbtuiError(answer["error"])
    return answer


def ask_console(directory: Path, request: Mapping[str, Any], seconds: float = 5.0) -> dict[str, Any] | None:
    """Asks the console running on ``directory``; None when none is. For commands, without an event loop.

    Raises:
        RequestTimeoutError: A console is there and does not answer.
        LinkDownError: It ended while it was asked.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        try:
            with _address(directory / SOCKET_NAME) as address:
                connection.connect(address)
        except (TimeoutError, BlockingIOError):
            raise RequestTimeoutError(f"The console on {directory} did not answer within {seconds:g} s.") from None
        except OSError:
            # No console, one that was killed, or no directory of ours: whoever opens the directory next tells which.
            return None
        try:
            connection.sendall(json.dumps(request).encode() + b"\n")
            with connection.makefile("rb") as answers:
                line = answers.readline()
        except TimeoutError:
            raise RequestTimeoutError(f"The console on {directory} did not answer within {seconds:g} s.") from None
        except ConnectionError:
            line = b""
    if not line:
        raise LinkDownError(f"The console on {directory} ended while it was asked.")
    return dict(json.loads(line))


@contextmanager
def _address(path: Path) -> Iterator[str]:
    """The socket's path as the system takes it; a longer one goes through its directory's descriptor (Linux only).

    Raises:
        OSError: The directory can't be opened.
    """
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)
