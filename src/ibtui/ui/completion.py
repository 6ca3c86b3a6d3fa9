"""What could follow in a command line, read from how the commands of the one table are written, and what was typed.

In a usage, words in small letters and times in force stand for themselves; others, such as ``SYMBOL``, stand for
whatever a source lists under that name.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ibtui.trading.order_line import TIMES_IN_FORCE
from ibtui.ui.commands import COMMANDS, Usage

_GROUP = re.compile(r"\[([^\]]*)\]|(\S+)")

Sources = Mapping[str, Sequence[str]]
"""What a placeholder may be: ``SYMBOL``, ``REFERENCE``, ``NAME``, ``VERB``, and ``KEY`` by verb as ``KEY drop``."""


def complete(text: str, sources: Sources, commands: Mapping[str, Usage] = COMMANDS) -> list[str]:
    """The words that the last one, or the next one after a blank, may be.

    Args:
        text: Of the line so far, with or without its colon.
        sources: What stands for the placeholders.
        commands: The table of commands.
    """
    before, current = _parted(text)
    if not before:
        return _fitting(commands, current)
    usage = commands.get(before[0])
    if usage is None:
        return []
    if before[0] == "sim" and len(before) > 1:
        used = {word.partition("=")[0] for word in before[2:]}
        return _fitting([f"{key}=" for key in sources.get(f"KEY {before[1]}", ()) if key not in used], current)
    return _fitting(_following(usage.usage, before[1:], sources), current)


def with_word(text: str, word: str) -> str:
    """The line with its last word, or the next one after a blank, replaced; ready for the one that follows."""
    _, current = _parted(text)
    return text[: len(text) - len(current)] + word + ("" if word.endswith("=") else " ")


def _parted(text: str) -> tuple[list[str], str]:
    """The words that stand, and the one that is being typed."""
    words = text.removeprefix(":").split()
    return (words, "") if not words or text[-1].isspace() else (words[:-1], words[-1])


def _following(usage: str, before: Sequence[str], sources: Sources) -> list[str]:
    groups = [(group or bare).split() for group, bare in _GROUP.findall(usage)][1:]
    last = before[-1].lower() if before else ""
    for head, *values in groups:
        if values and last and head.lower() == last:
            return _meant(values, sources)
    said = {word.lower() for word in before}
    return [word for head, *_ in groups for word in _meant([head], sources) if word.lower() not in said]


def _meant(tokens: Sequence[str], sources: Sources) -> list[str]:
    """The words that stand for themselves, and what the placeholders may be."""
    words = [word.rstrip("…") for token in tokens for word in token.split("|") if word]
    found: list[str] = []
    for word in words:
        literal = not any(letter.isupper() for letter in word) or word in TIMES_IN_FORCE
        found += [word] if literal else sources.get(word, ())
    return found


def _fitting(words: Sequence[str] | Mapping[str, object], current: str) -> list[str]:
    return [word for word in dict.fromkeys(words) if word.lower().startswith(current.lower()) and word != current]


@dataclass(slots=True)
class History:
    """Lines that were typed in this run, oldest first; kept in memory only.

    Attributes:
        lines: The last of them.
        most: How many are kept.
    """

    lines: list[str] = field(default_factory=list)
    most: int = 200

    def add(self, line: str) -> None:
        """Keeps a line; one that stands in it already moves to the end."""
        self.lines = [*(each for each in self.lines if each != line), line][-self.most :]

    def walk(self, at: int, steps: int) -> int:
        """Another place, 0 the line that is being typed, 1 the last before it, and so on."""
        return min(max(0, at + steps), len(self.lines))

    def at(self, place: int, draft: str) -> str:
        """The line at a place; the draft at 0."""
        return draft if place == 0 else self.lines[-place]
