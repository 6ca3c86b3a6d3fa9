"""What was typed goes to the app in order, each key when the one before it has had its effect.

Textual hands a key on from queue to queue, and what it brings about, such as the end of a prompt, comes back by as
many. Keys that follow quickly overtook that on a busy machine: the end of a typed line went to the board, where ``f``
flattens and ``x`` cancels, and the first letters after ``:`` were lost because the prompt was not there yet (seen).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

LONGEST = 0.2
"""Seconds that one key may keep the next waiting: a cancel is on the wire within 250 ms behind anything."""


class TypeAhead:
    """The line of keys before the app. For the loop's thread only."""

    def __init__(self, app: "App[Any]", monotonic: Callable[[], float]) -> None:
        self._app = app
        self._monotonic = monotonic
        self._waiting: deque[Message] = deque()
        self._key_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def put(self, message: Message) -> None:
        """Takes what was typed, clicked or pasted, in the order in which it came."""
        self._waiting.append(message)
        if self._task is not None and not self._task.done():
            return
        if self._patience() > 0:
            self._task = asyncio.get_running_loop().create_task(self._hand_over(), name="type-ahead")
        else:
            self._hand_on()  # an order's key is on its way at once

    def _patience(self) -> float:
        """Seconds that the last key may still keep the next waiting."""
        return self._key_at + LONGEST - self._monotonic()

    def _hand_on(self) -> None:
        message = self._waiting.popleft()
        if isinstance(message, events.Key):
            self._key_at = self._monotonic()
        self._app.post_message(message)

    async def _hand_over(self) -> None:
        while self._waiting:
            await self._settled()
            self._hand_on()

    async def _settled(self) -> None:
        """Returns once the last key has had its effect, or has taken too long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, self._patience())):
                await _through(self._app)
                for _ in range(2):  # the key on its way up, then what it brought about
                    for pump in [*_way_up(self._app), self._app]:
                        await _through(pump)
                for pump in _way_up(self._app):  # a screen that it opened
                    await _through(pump)


def _way_up(app: "App[Any]") -> Sequence[MessagePump]:
    """Whom a key passes on its way, from where it is typed up to the screen."""
    if not app.screen_stack:
        return []
    return (app.focused or app.screen).ancestors_with_self[:-1]


async def _through(pump: MessagePump) -> None:
    """Returns once everything that waits in a queue has been handled."""
    done = asyncio.Event()
    if pump.call_later(done.set):
        await done.wait()
