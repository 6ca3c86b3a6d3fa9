"""Typed quickly, keys act one after the other, and none is kept waiting for long."""

import asyncio
import time

from textual import events
from textual.app import App, ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from ibtui.ui.type_ahead import LONGEST, LOOK_AFTER, TypeAhead
from tests.conftest import until


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
        TypeAhead(app).put(key("b"))
        assert app.handed == ["b"]


async def test_a_key_acts_only_when_the_one_before_has_acted() -> None:
    app = Typed()
    async with app.run_test():
        typed = TypeAhead(app)
        for letter in "abc":
            typed.put(key(letter))
        assert app.handed == ["a"]
        app.done.set()
        await app.until(app.acted, ["a", "b", "c"])


async def test_a_key_whose_effect_takes_too_long_does_not_keep_the_next() -> None:
    app = Typed()
    async with app.run_test():
        typed = TypeAhead(app)
        typed.put(key("a"))
        typed.put(key("b"))
        try:
            await app.until(app.handed, ["a", "b"])
            assert app.acted == []
        finally:
            app.done.set()
        await app.until(app.acted, ["a", "b"])


class Prompt(ModalScreen[str]):
    """Takes a line."""

    line = ""

    def compose(self) -> ComposeResult:
        yield Input()

    def on_input_changed(self, event: Input.Changed) -> None:
        self.line = event.value


class Ladder(App[None]):
    """``:`` opens a prompt; any other letter that reaches the ladder is an order."""

    def __init__(self) -> None:
        super().__init__()
        self.orders = ""

    def compose(self) -> ComposeResult:
        """As deep as a ladder stands on the desk: what is typed comes up through all of it."""
        with Vertical(), Vertical(), Vertical(), Vertical():
            yield Button()

    def on_key(self, event: events.Key) -> None:
        if event.key == ":":
            self.push_screen(Prompt())
        elif not isinstance(self.screen, Prompt):
            self.orders += event.key


async def full() -> None:
    """A machine on which every turn of the loop takes long."""
    while True:
        time.sleep(LONGEST / 3)  # noqa: ASYNC251 - nothing else shall run
        await asyncio.sleep(0)


async def test_letters_behind_a_colon_are_its_commands_on_a_machine_that_is_full() -> None:
    app = Ladder()
    async with app.run_test():
        crowd = asyncio.create_task(full())
        typed = TypeAhead(app)
        for letter in ":list":
            typed.put(key(letter))
        try:
            await until(lambda: isinstance(app.screen, Prompt) and app.screen.line == "list", 30, "a line")
        finally:
            crowd.cancel()
    assert app.orders == ""


async def test_a_key_that_is_typed_later_waits_for_one_that_has_not_acted_yet() -> None:
    app = Typed()
    async with app.run_test():
        typed = TypeAhead(app)
        typed.put(key("a"))
        await asyncio.sleep(LOOK_AFTER)  # the time that passes is what is tried
        typed.put(key("b"))
        assert app.handed == ["a"]
        app.done.set()
        await app.until(app.acted, ["a", "b"])
