"""Keeps a gateway's state in a file: shortly after each change, every few seconds for the clock's sake, at the end."""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

from ibtui.sim import saved
from ibtui.sim.gateway import Gateway
from ibtui.sim.saved import Saved

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
CLOCK_SECONDS = 5.0


class Keeper:
    """Writes the state in a thread, so that a slow disk holds nobody up."""

    def __init__(self, gateway: Gateway, file: Path) -> None:
        self._gateway = gateway
        self._file = file
        self._written = -1
        self._closing = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write whenever something changed."""
        self._task = asyncio.create_task(self._run(), name="keeper")

    async def close(self) -> None:
        """Writes the state as it is at the end."""
        self._closing.set()
        if self._task is not None:
            await self._task
        self._write(self._state())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = 0.0
        while not self._closing.is_set():
            if self._gateway.changes != self._written or loop.time() >= next_at:
                next_at = loop.time() + CLOCK_SECONDS
                await asyncio.to_thread(self._write, self._state())
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), LOOK_SECONDS)

    def _state(self) -> Saved:
        gateway = self._gateway
        self._written = gateway.changes
        exchange, names = gateway.exchange, list(gateway.managed_accounts)
        return Saved(exchange.seed, names, list(exchange.symbols), exchange.saved(), gateway.orders.saved())

    def _write(self, state: Saved) -> None:
        try:
            saved.write(self._file, state)
        except OSError as error:
            log.error("the state can't be written: %s", error)  # noqa: TRY400 - the sentence says it all
