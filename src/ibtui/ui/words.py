"""Words to the user: the last few, each for its time, on the line of the hints."""

from collections.abc import Callable
from dataclasses import dataclass

from ibtui.services.alerts import Severity
from ibtui.ui.text import Line, broken, clean

STANDS = 4.0
"""Seconds that a word stands."""

AT_ONCE = 2
"""Words that stand at once; an older one makes room."""

LINES = 3
"""Lines that one word may take."""

MARKS: dict[Severity, str] = {"information": "·", "warning": "!", "error": "✗"}
"""What says how bad it is without colour."""

TONES: dict[Severity, str] = {"information": "title", "warning": "warn", "error": "bad"}


@dataclass(frozen=True)
class Word:
    """What is said, its mark first, how bad it is, and until when it stands (monotonic seconds)."""

    text: str
    severity: Severity
    until: float


class Words:
    """What has been said and still stands.

    Args:
        monotonic: Seconds that only grow.
    """

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._words: tuple[Word, ...] = ()

    def add(self, text: str, severity: Severity = "information") -> None:
        """Takes a word; the same word again stands longer, but once."""
        word = Word(f"{MARKS[severity]} {clean(text)}", severity, self._monotonic() + STANDS)
        others = tuple(each for each in self.standing if each.text != word.text)
        self._words = (*others, word)[-AT_ONCE:]

    @property
    def standing(self) -> tuple[Word, ...]:
        """The words whose time is not over, oldest first."""
        now = self._monotonic()
        self._words = tuple(each for each in self._words if now < each.until)
        return self._words

    def lines(self, width: int) -> list[Line]:
        """The words on lines of ``width`` cells, broken between words where they can be."""
        return [
            ((f" {line}", TONES[word.severity]),)
            for word in self.standing
            for line in broken(word.text, width - 2)[:LINES]
        ]
