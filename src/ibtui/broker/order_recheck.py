"""Asks about orders again, in the middle of a session, when a word about one leaves its state in doubt."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ibtui.errors import IbtuiError

log = logging.getLogger(__name__)

SPACING = 2.0
"""Seconds between two askings: a gateway that refuses what it is asked must not be asked without end."""


class Recheck:
    """One asking at a time; a doubt that comes meanwhile has one more follow.

    Args:
        ask: Asks for everything that tells what became of our orders, and folds it.
    """

    def __init__(self, ask: Callable[[], Awaitable[None]]) -> None:
        self._ask = ask
        self._task: asyncio.Task[None] | None = None
        self._doubts = False

    def doubt(self) -> None:
        """Something is not known any more. Sends nothing in this turn of the loop: handlers may call it."""
        self._doubts = True
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="order recheck")

    def stop(self) -> None:
        """The session is gone; the next one reconciles anyway."""
        self._doubts = False
        if self._task is not None:
            self._task.cancel()
            self._task = None

    async def _run(self) -> None:
        while self._doubts:
            self._doubts = False
            try:
                await self._ask()
            except IbtuiError as error:
                log.warning("Orders could not be asked about again: %s", error)
            await asyncio.sleep(SPACING)
