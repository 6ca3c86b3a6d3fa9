"""A state that ends by itself after a time, or when it is told to."""

import asyncio
from collections.abc import Callable


class Pause:
    """On or off.

    Args:
        ended: Called when it goes off.
    """

    def __init__(self, ended: Callable[[], None]) -> None:
        self._ended = ended
        self._timer: asyncio.TimerHandle | None = None
        self.on = False

    def begin(self, seconds: float | None) -> None:
        """Goes on: for a time, or, with None, until :meth:`end`."""
        self.end()
        self.on = True
        if seconds is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self.end)

    def end(self) -> None:
        """Goes off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.on:
            self.on = False
            self._ended()
