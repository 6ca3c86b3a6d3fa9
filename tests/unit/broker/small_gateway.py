"""A small TCP server that shakes hands like a gateway and then does what a test says; and a loop with virtual time."""

import asyncio
import selectors
import socket
import struct
import time
from collections.abc import Callable, Coroutine
from typing import Any

import ib_insync  # noqa: F401 - else the first test waits for it while its virtual time flies

from ibtui.clock import NS, Clock


def frame(*fields: object) -> bytes:
    message = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(message)) + message


class SmallGateway:
    """Accepts on loopback. ``mode`` says how far a handshake goes; ``answer`` may take over single requests."""

    def __init__(self) -> None:
        self.mode = "ok"
        self.accounts = "DU100001"
        self.port = 0
        self.connections = 0
        self.open: list[asyncio.StreamWriter] = []
        self.most_open = 0
        self.requests: list[list[str]] = []
        self.muted: set[str] = set()
        self.lose = 0  # heartbeats to leave unanswered
        self.answer: Callable[[list[str], asyncio.StreamWriter], bool] = lambda _fields, _writer: False
        self.time = 1_700_000_000.0
        self._server: asyncio.Server | None = None
        self._handlers: set[asyncio.Task[None]] = set()

    async def start(self, port: int = 0) -> "SmallGateway":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self.open):
            writer.transport.abort()
        for task in self._handlers:
            task.cancel()
        await asyncio.gather(*self._handlers, return_exceptions=True)

    def refuse(self) -> None:
        assert self._server is not None
        self._server.close()

    def fin(self) -> None:
        for writer in list(self.open):
            writer.close()

    def reset(self) -> None:
        for writer in list(self.open):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def send(self, *fields: object) -> None:
        self.raw(frame(*fields))

    def raw(self, data: bytes) -> None:
        for writer in self.open:
            writer.write(data)

    def system(self, code: int, text: str) -> None:
        self.send(4, 2, -1, code, text, "")

    def asked(self, message_id: int) -> int:
        return sum(1 for fields in self.requests if fields[0] == str(message_id))

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        self.connections += 1
        self.open.append(writer)
        self.most_open = max(self.most_open, len(self.open))
        try:
            await self._talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.open.remove(writer)
            writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode == "close":
            return
        await reader.readexactly(4)
        await _message(reader)
        if self.mode == "silent":
            await reader.read()
            return
        if self.mode == "late":
            await asyncio.sleep(12)  # until somebody accepts the connection in its window
        if self.mode == "senseless":
            writer.write(frame("garbage", "a", "b"))
            await reader.read()
            return
        if self.mode == "refuses":
            writer.write(frame(4, 2, -1, 503, "The TWS is out of date and must be upgraded.", ""))
            return
        writer.write(frame(100 if self.mode == "too old" else 176, "20231114 17:13:20 EST"))
        self.requests.append(await _message(reader))
        if self.mode == "326":
            writer.write(frame(4, 2, -1, 326, "Unable to connect as the client id is already in use.", ""))
            return
        if self.mode == "cut":
            return
        accounts, first_id = frame(15, 1, self.accounts), frame(9, 1, 1)
        farm = frame(4, 2, -1, 2104, "Market data farm connection is OK:usfarm", "")
        writer.write(accounts + (b"" if self.mode == "half ready" else first_id + farm))
        while True:
            fields = await _message(reader)
            self.requests.append(fields)
            if fields[0] in self.muted or self.answer(fields, writer):
                continue
            if fields[0] == "49" and self.lose:
                self.lose -= 1
            elif fields[0] == "49":
                writer.write(frame(49, 1, int(self.time + asyncio.get_running_loop().time())))


async def _message(reader: asyncio.StreamReader) -> list[str]:
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    return (await reader.readexactly(length)).decode().split("\0")[:-1]


class _JumpingSelector(selectors.DefaultSelector):
    """Sees to what is ready now; where the loop would sleep, its time jumps instead."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout is None:
            return super().select(1.0)
        if not ready and timeout:
            time.sleep(0.00005)  # what loopback has under way arrives first
            ready = super().select(0)
            if not ready:
                self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop with real sockets whose timers cost nothing."""

    def __init__(self) -> None:
        self.jumping = _JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        return self.jumping.now

    def stall(self, seconds: float) -> None:
        """As if the running callback had kept the loop for that long."""
        self.jumping.now += seconds


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Runs an async test on a :class:`VirtualLoop`, given as the current loop as ib_insync wants it."""

    def run() -> None:
        loop = VirtualLoop()
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(test())
            left = [task for task in asyncio.all_tasks(loop) if not task.done()]
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            assert not left, left
        finally:
            asyncio.set_event_loop(None)
            loop.close()

    run.__name__ = test.__name__
    run.__doc__ = test.__doc__
    return run


class WallClock:
    """A wall clock that a test can set; it goes at the loop's speed."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def utc_ns(self) -> int:
        return int((1_600_000_000 + self.ahead + asyncio.get_running_loop().time()) * NS)


def virtual_clock(wall: WallClock | None = None) -> Clock:
    return Clock(asyncio.get_running_loop().time, (wall or WallClock()).utc_ns)


async def settle() -> None:
    """Lets everything happen that needs no time."""
    for _ in range(30):
        await asyncio.sleep(0.0001)


async def until(condition: Callable[[], object], seconds: float = 60.0, every: float = 0.01) -> None:
    """Waits, in the loop's own time, until the condition holds."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not condition():
        assert loop.time() < deadline, f"did not come true within {seconds} s"
        await asyncio.sleep(every)
