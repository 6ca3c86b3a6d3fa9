"""The line behind ``:``, with what was typed before and what could follow."""

import logging
from typing import TYPE_CHECKING, ClassVar, cast

from textual.binding import Binding, BindingType
from textual.widgets import Input

from ibtui.errors import IbtuiError
from ibtui.market.names import symbol
from ibtui.trading.orders import Status
from ibtui.ui.completion import History, Sources, complete, with_word
from ibtui.ui.screens.dialogs import Prompt
from ibtui.ui.text import Line
from ibtui.ui.widgets.linebox import LineBox

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)

_SHOWN = 12
"""Words that are offered at once; more letters make them fewer."""


class CommandLine(Prompt):
    """Up and down walk through what was typed in this run, tab through what could follow."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "walk(1)", show=False),
        Binding("down", "walk(-1)", show=False),
        Binding("tab", "offer(1)", show=False, priority=True),
        Binding("shift+tab", "offer(-1)", show=False, priority=True),
    ]

    def __init__(self, history: History) -> None:
        super().__init__("command", ":")
        self._history = history
        self._place = 0
        self._draft = ":"
        self._verbs: dict[str, list[str]] = {}
        self._offered: list[str] = []
        self._at = -1
        self._stem = ""

    def on_mount(self) -> None:
        """Learns what the simulated gateway can be told, where it is ours."""
        if self._owner.parts.sim is not None:
            self.run_worker(self._learn_verbs(), name="sim verbs")

    def on_input_changed(self, event: Input.Changed) -> None:
        """What is typed by hand ends a walk and an offer."""
        if event.value == self._shown():
            return
        self._place, self._draft, self._offered = 0, event.value, []
        self._tell(())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keeps the line for the next time."""
        event.prevent_default()
        line = event.value.strip()
        if line.strip(":"):
            self._history.add(line)
        self.dismiss(line or None)

    def action_walk(self, steps: int) -> None:
        """To an older line, or back towards the one that was being typed."""
        self._offered = []
        self._place = self._history.walk(self._place, steps)
        self._put(self._shown())
        self._tell(())

    def action_offer(self, steps: int) -> None:
        """Puts the next word in that could stand there, and shows the others."""
        if not self._offered:
            self._stem = self._input.value
            self._offered = complete(self._stem, self._sources())
            self._at = -1 if steps > 0 else 0
            if not self._offered:
                self._tell((("nothing follows that is known here", "dim"),))
                return
        self._at = (self._at + steps) % len(self._offered)
        if len(self._offered) == 1:
            self._draft, self._place = with_word(self._stem, self._offered[0]), 0
            self._offered = []
            self._put(self._draft)
            return
        self._put(self._shown())
        first = max(0, min(self._at - _SHOWN // 2, len(self._offered) - _SHOWN))
        words: list[tuple[str, str]] = []
        for at, word in enumerate(self._offered[first : first + _SHOWN], start=first):
            words += [(word, "title" if at == self._at else "dim"), ("  ", "plain")]
        self._tell(tuple(words))

    @property
    def _owner(self) -> "ConsoleApp":
        return cast("ConsoleApp", self.app)

    @property
    def _input(self) -> Input:
        return self.query_one(Input)

    def _shown(self) -> str:
        """What stands in the line by our own doing."""
        return (
            with_word(self._stem, self._offered[self._at])
            if self._offered
            else self._history.at(self._place, self._draft)
        )

    def _put(self, text: str) -> None:
        self._input.value = text
        self._input.cursor_position = len(text)

    def _tell(self, words: Line) -> None:
        plain: Line = (("command", "accent"), ("   enter takes it, esc leaves, tab completes, ↑ earlier", "dim"))
        self.query_one("#label", LineBox).show([words or plain])

    def _sources(self) -> Sources:
        console = self._owner
        lists = console.watchlists()
        entries = [each for _, listed in lists for each in listed]
        unknown = [each for each in console.parts.orders.orders.values() if each.status is Status.UNKNOWN]
        return {
            "SYMBOL": [each if isinstance(each, str) else symbol(each) for each in entries],
            "NAME": [name for name, _ in lists],
            "REFERENCE": [each.intent.order_ref for each in unknown],
            "VERB": list(self._verbs),
            **{f"KEY {verb}": keys for verb, keys in self._verbs.items()},
        }

    async def _learn_verbs(self) -> None:
        sim = self._owner.parts.sim
        if sim is None:
            return
        try:
            answer = await sim.do("verbs")
        except IbtuiError:
            return
        except Exception:  # who types a command needs it more than the offer of its words
            log.exception("The verbs of the simulated gateway could not be learnt")
            return
        verbs = answer.get("verbs")
        if isinstance(verbs, dict):
            self._verbs = {str(name): [str(key) for key in keys] for name, keys in verbs.items()}
