"""The gateway's listening socket, which can be shut for a while."""

import asyncio
import logging
import socket
from collections.abc import Callable

from ibtui.errors import UsageError

log = logging.getLogger(__name__)

BACKLOG = 100


class Listener:
    """Accepts clients at one address. Port 0 becomes a free one at the first :meth:`open` and stays that."""

    def __init__(self, factory: Callable[[], asyncio.Protocol], host: str, port: int) -> None:
        self._factory = factory
        self._host = host
        self._server: asyncio.Server | None = None
        self._reopening: asyncio.Task[None] | None = None
        self.port = port

    async def open(self) -> None:
        """Begins to accept.

        Raises:
            UsageError: The address is taken or is none of this machine's.
        """
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._factory, self._host, self.port, backlog=BACKLOG, reuse_address=True
            )
        except (OSError, socket.gaierror) as error:
            raise UsageError(f"can't listen on {self._host}:{self.port}: {error.strerror or error}") from None
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Stops accepting; connections that are open stay."""
        if self._reopening is not None:
            self._reopening.cancel()
            self._reopening = None
        if self._server is not None:
            self._server.close()
            self._server = None

    def refuse(self, seconds: float) -> None:
        """Stops accepting for a time, so that the kernel refuses whoever tries."""
        self.close()
        loop = asyncio.get_running_loop()
        self._reopening = loop.create_task(self._reopen(seconds), name="reopen the listener")

    async def _reopen(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        try:
            await self.open()
        except UsageError as error:
            log.error("the gateway stays closed: %s", error)  # noqa: TRY400 - the sentence says it all
