"""What was typed goes to the app in order, each key when the one before it has had its effect.

Textual hands a key on from queue to queue, and what it brings about, such as the end of a prompt, comes back by as
many. Keys that follow quickly overtook that on a busy machine: the end of a typed line went to the board, where ``f``
flattens and ``x`` cancels, and the first letters after ``:`` were lost because the prompt was not there yet (seen).
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from textual import events
from textual.message import Message
from textual.message_pump import MessagePump

if TYPE_CHECKING:
    from textual.app import App

LONGEST = 0.2
"""Seconds that one key may keep the next waiting: a cancel is on the wire within 250 ms behind anything."""

TURNS = 100
"""Turns of the loop that a key has for its effect, however long they take: on a full machine the time alone was over
before the prompt behind ``:`` stood, and the letters for it reached the ladder, where ``i`` buys (seen)."""

LOOK_AFTER = 0.05
"""Seconds after which a key that nothing follows is looked after: an order that it sent is on the wire by then."""


class TypeAhead:
    """The line of keys before the app. For the loop's thread only."""

    def __init__(self, app: "App[Any]") -> None:
        self._app = app
        self._waiting: deque[Message] = deque()
        self._acted = True
        self._task: asyncio.Task[None] | None = None

    def put(self, message: Message) -> None:
        """Takes what was typed, clicked or pasted, in the order in which it came."""
        self._waiting.append(message)
        if self._acted:
            self._hand_on()  # an order's key is on its way at once
        else:
            self._look()

    def _hand_on(self) -> None:
        message = self._waiting.popleft()
        self._app.post_message(message)
        if isinstance(message, events.Key):
            self._acted = False
            asyncio.get_running_loop().call_later(LOOK_AFTER, self._look)

    def _look(self) -> None:
        """Finds out whether the last key has had its effect, and hands on what waits for that."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._hand_over(), name="type-ahead")

    async def _hand_over(self) -> None:
        await self._effect()
        while self._waiting:
            self._hand_on()
            await self._effect()

    async def _effect(self) -> None:
        """Returns once the last key has had its effect, or has taken too long."""
        if self._acted:
            return
        passing = asyncio.ensure_future(self._pass_through())
        try:
            await asyncio.wait((passing,), timeout=LONGEST)
            for _ in range(TURNS):
                if passing.done():
                    return
                await asyncio.sleep(0)
        finally:
            passing.cancel()
            self._acted = True

    async def _pass_through(self) -> None:
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
