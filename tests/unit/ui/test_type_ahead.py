"""Typed quickly, keys act one after the other, and none is kept waiting for long."""

import asyncio
import time

from textual import events
from textual.app import App
from textual.message import Message

from ibtui.ui.type_ahead import TypeAhead


class Typed(App[None]):
    """Keeps what it is handed; the effect of the key ``a`` takes until ``done``."""

    def __init__(self) -> None:
        super().__init__()
        self.handed: list[str] = []
        self.acted: list[str] = []
        self.done = asyncio.Event()
        self.changed = asyncio.Event()

    def post_message(self, message: Message) -> bool:
        if isinstance(message, events.Key) and message.key not in self.handed:  # on its way up it comes by again
            self.handed.append(message.key)
            self.changed.set()
        return super().post_message(message)

    async def on_key(self, event: events.Key) -> None:
        if event.key == "a":
            await self.done.wait()
        self.acted.append(event.key)
        self.changed.set()

    async def until(self, what: list[str], keys: list[str]) -> None:
        async with asyncio.timeout(10):
            while what != keys:
                self.changed.clear()
                await self.changed.wait()


def key(letter: str) -> events.Key:
    return events.Key(letter, letter)


async def test_a_key_by_itself_is_handed_on_in_the_same_loop_turn() -> None:
    app = Typed()
    async with app.run_test():
        TypeAhead(app, time.monotonic).put(key("b"))
        assert app.handed == ["b"]


async def test_a_key_acts_only_when_the_one_before_has_acted() -> None:
    app = Typed()
    async with app.run_test():
        typed = TypeAhead(app, lambda: 0.0)  # no time passes
        for letter in "abc":
            typed.put(key(letter))
        assert app.handed == ["a"]
        app.done.set()
        await app.until(app.acted, ["a", "b", "c"])


async def test_a_key_whose_effect_takes_too_long_does_not_keep_the_next() -> None:
    app = Typed()
    async with app.run_test():
        typed = TypeAhead(app, time.monotonic)
        typed.put(key("a"))
        typed.put(key("b"))
        try:
            await app.until(app.handed, ["a", "b"])
            assert app.acted == []
        finally:
            app.done.set()
        await app.until(app.acted, ["a", "b"])
