"""A simulated gateway in the test's own event loop, and independent clients to try it with."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ib_insync import IB, Stock

from ibtui.sim.server import RunningGateway, SimOptions, running
from ibtui.sim.wire import FrameReader, fields_of, frame, frame_of

START = "2026-03-10T10:30:00"
"""A Tuesday, an hour into the regular session."""

SPY = Stock("SPY", "SMART", "USD")


@asynccontextmanager
async def gateway(**options: Any) -> AsyncIterator[RunningGateway]:
    """A gateway on free ports, at :data:`START` unless told otherwise."""
    async with running(SimOptions(**{"port": 0, "control_port": 0, "start": START, **options})) as server:
        yield server


@asynccontextmanager
async def client(
    server: RunningGateway,
    client_id: int = 1,
    version: int = 176,
    told: Callable[[int, int, str, Any], None] = lambda *_: None,
    **options: Any,
) -> AsyncIterator[IB]:
    """ib_insync, connected and synchronized; ``told`` hears every message from the first on."""
    ib = IB()
    ib.errorEvent += told
    ib.client.MaxClientVersion = version
    ib.RaiseRequestErrors = True
    await ib.connectAsync(server.host, server.port, clientId=client_id, timeout=10, **options)
    try:
        yield ib
    finally:
        ib.disconnect()
        # The library's transport closes in the next turns of the loop; its finalizer must not find it open.
        await asyncio.sleep(0.01)


async def control(server: RunningGateway, verb: str, **arguments: Any) -> dict[str, Any]:
    """One control verb; fails where it is refused."""
    answer = await control_line(server, json.dumps({"do": verb, **arguments}))
    assert answer["ok"], answer
    return answer


async def control_line(server: RunningGateway, line: str) -> dict[str, Any]:
    """One line to the control port, whatever it holds."""
    reader, writer = await asyncio.open_connection(server.host, server.control_port)
    try:
        writer.write(line.encode() + b"\n")
        answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 10))
        return answer
    finally:
        writer.close()
        await writer.wait_closed()


class Bare:
    """A client that sends what it is told to, byte by byte if need be, and reads frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._frames = FrameReader()
        self._waiting: list[list[str]] = []
        # The gateway's side of the stream has no "API" before its first frame.
        assert list(self._frames.feed(b"API\0")) == []

    async def hello(self, text: str = "v157..176") -> list[str]:
        """Greets, and returns the gateway's version and time."""
        self.write(b"API\0" + frame(text.encode()))
        return await self.read()

    async def start(self, client_id: int, version: int = 176) -> list[list[str]]:
        """The whole start; returns what the gateway says of its own accord, up to the last farm."""
        await self.hello(f"v157..{version}")
        self.ask("71", "2", str(client_id), "")
        return [await self.read() for _ in range(6)]

    def ask(self, *fields: str) -> None:
        """Sends one message."""
        self.write(frame_of(list(fields)))

    def write(self, data: bytes) -> None:
        """Sends bytes."""
        self.writer.write(data)

    async def read(self) -> list[str]:
        """The next frame's fields; raises EOFError where the gateway closed the connection."""
        while not self._waiting:
            data = await asyncio.wait_for(self.reader.read(65536), 10)
            if not data:
                raise EOFError
            self._waiting = [fields_of(payload) for payload in self._frames.feed(data)]
        return self._waiting.pop(0)

    async def read_until(self, number: str) -> list[str]:
        """Skips frames up to one with this number."""
        while (fields := await self.read())[0] != number:
            pass
        return fields

    async def closed(self) -> bool:
        """Whether the gateway closes the connection; what it says before is skipped."""
        try:
            while True:
                await self.read()
        except (EOFError, ConnectionError):
            return True


@asynccontextmanager
async def bare(server: RunningGateway) -> AsyncIterator[Bare]:
    """A connection of :class:`Bare`."""
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        yield Bare(reader, writer)
    finally:
        writer.close()
