"""Something that is done again and again, without a task of its own."""

import asyncio
from collections.abc import Callable


class Ticker:
    """Calls something again and again while it runs.

    Args:
        every: Seconds between two calls.
    """

    def __init__(self, every: float) -> None:
        self._every = every
        self._timer: asyncio.TimerHandle | None = None

    def start(self, call: Callable[[], None]) -> None:
        """From now on; the first call comes after the first pause."""
        self.stop()

        def tick() -> None:
            self._timer = asyncio.get_running_loop().call_later(self._every, tick)
            call()

        self._timer = asyncio.get_running_loop().call_later(self._every, tick)

    def stop(self) -> None:
        """No more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
