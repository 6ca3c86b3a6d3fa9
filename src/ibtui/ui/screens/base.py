"""What all screens have: the status bar, the hints, and a plain word where the terminal is too small."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, TypeVar, cast

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import ModalScreen, Screen
from textual.widget import Widget

from ibtui.ui.frame import Frame
from ibtui.ui.keymap import on_screen, shown
from ibtui.ui.text import Column, Line, join, with_zone
from ibtui.ui.widgets.foot import Foot
from ibtui.ui.widgets.linebox import LineBox
from ibtui.ui.widgets.toned import PALETTE

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp
    from ibtui.ui.parts import Parts

SMALLEST = (80, 24)
"""Columns and rows of the smallest terminal that the screens are made for."""


HELP = "help"
"""The key that stands first at the foot of every screen, for what else there is room for varies."""

Result = TypeVar("Result")


class Dialog(ModalScreen[Result]):
    """A screen over the screen, with the console's colours."""

    COMPONENT_CLASSES: ClassVar[set[str]] = set(PALETTE)

    def say(self, words: Sequence[Line]) -> None:
        """Shows words to the user; few dialogs ever need a line for them."""
        if words and not self.query(Foot):
            self.mount(Foot())
        for foot in self.query(Foot):
            foot.say(words)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Leaves, once, and nothing but this dialog.

        Textual takes away whatever is on top and fails when that is the last screen: a second enter behind the first,
        or an answer that comes when another dialog or screen is shown by now, would end the console.
        """
        if self.is_active:
            return super().dismiss(result)
        for stack in self.app._screen_stacks.values():
            if self in stack:
                stack.remove(self)
                self._result_callbacks[-1](result)
                self._pop_result_callback()
                return AwaitComplete(self.app._replace_screen(self))
        return AwaitComplete()

    def key_trusted(self) -> bool:
        """Whether the key that answers may do what it asks for: text that was pasted answers no question."""
        return cast("ConsoleApp", self.app).key_trusted()


class ConsoleScreen(Screen[None]):
    """A screen of the console. A subclass gives its name, its body, and paints what a frame says has changed."""

    NAME: ClassVar[str] = ""
    COMPONENT_CLASSES: ClassVar[set[str]] = set(PALETTE)

    def __init__(self) -> None:
        super().__init__()
        # A new screen takes itself for one that missed a change of style sheets, and has all of them read again.
        self._css_update_count = self.app._css_update_count

    @property
    def console(self) -> "ConsoleApp":
        """The app, by its own type."""
        return cast("ConsoleApp", self.app)

    @property
    def parts(self) -> "Parts":
        """The console's parts."""
        return self.console.parts

    def body(self) -> Iterable[Widget]:
        """The widgets between status bar and hints."""
        raise NotImplementedError

    def paint(self, frame: Frame) -> None:
        """Shows what changed. Called by the pacer only, and only while the screen is visible."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Status bar, body, hints; and what is said in a terminal that is too small."""
        yield LineBox(id="status")
        yield from self.body()
        yield LineBox(id="notice")
        yield LineBox(id="floor")
        yield Foot()
        yield LineBox(id="too-small")

    def timed(self, columns: Sequence[Column], zone: str | None = None) -> tuple[Column, ...]:
        """The columns, the zone of their times in the title; None is the zone of the settings."""
        return with_zone(columns, self.parts.settings.ui.timezone if zone is None else zone, self.parts.clock.utc_ns())

    def show_status(self, lines: Sequence[Line]) -> None:
        """Shows the status bar's two lines."""
        self.query_one("#status", LineBox).show(lines)

    def say(self, words: Sequence[Line]) -> None:
        """Shows words to the user."""
        self.query_one(Foot).say(words)

    def on_resize(self, event: events.Resize) -> None:
        """Lays the screen out, or says that there is no room for it."""
        width, height = event.size
        small = width < SMALLEST[0] or height < SMALLEST[1]
        self.set_class(small, "too-small")
        if small:
            words = f"This terminal is {width}×{height}; ibtui needs at least {SMALLEST[0]}×{SMALLEST[1]}."
            self.query_one("#too-small", LineBox).show(
                [((words, "warn"),), (("Make it larger; nothing is lost.", "dim"),)]
            )
        self.show_hints(width)

    def on_screen_resume(self) -> None:
        """A screen that comes back shows what changed while it was away."""
        self.console.paint_soon()

    def on_screen_suspend(self) -> None:
        """Another screen is shown now, or a dialog over this one."""

    def show_hints(self, width: int) -> None:
        """Shows the keys of this screen, and what there is to notice above them."""
        keys = sorted(on_screen(self.console.keys, self.NAME), key=lambda key: key.id != HELP)
        hints: list[Line] = [((f"{self.NAME}", "title"),)]
        hints += [((shown(key.keys), "key"), (f" {key.label}", "dim")) for key in keys]
        self.query_one(Foot).hint(join(hints, width))
        notice = self.console.notice
        self.set_class(notice is not None, "noticed")
        self.query_one("#notice", LineBox).show([] if notice is None else [notice])
