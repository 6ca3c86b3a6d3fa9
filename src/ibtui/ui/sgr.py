"""Fewer bytes for the same picture: between two runs of text only the colours that differ are said.

Textual ends each run of text with a reset and begins the next with all of its colours; on a board of quotes that is
three quarters of all bytes (measured), and over SSH bytes are what is slow.
"""

import re
from functools import lru_cache

_SGR = re.compile(r"(\x1b\[0m)?\x1b\[([0-9;:]*)m")
_RESET = ("", "0")

RESET = "\x1b[0m"

Look = tuple[frozenset[str], str, str]
"""Attributes such as bold, foreground, background; as parameters of SGR, empty for the terminal's own."""


def lighten(text: str) -> str:
    """The same output with shorter changes of style.

    What was in force before the text is not assumed: the first style after something unknown is left as it is.
    """
    before: str | None = None

    def shorter(match: re.Match[str]) -> str:
        nonlocal before
        reset, style = match.groups()
        last, before = before, style
        if reset and last is not None and style not in _RESET:
            return change(last, style)
        if not reset and last not in _RESET and style not in _RESET:
            before = None  # a style on top of another: their sum is not worth knowing
        return match[0]

    return _SGR.sub(shorter, text)


def turn(before: str, after: str) -> str:
    """What turns one style into another, either of which may be none at all."""
    if not after:
        return RESET
    return change(before, after) if before else f"\x1b[{after}m"


@lru_cache(maxsize=4096)
def change(before: str, after: str) -> str:
    """What turns the one style into the other; the whole of it where only a reset takes something away."""
    old, new = look(before), look(after)
    if old is None or new is None or not old[0] <= new[0] or any(a and not b for a, b in zip(old, new, strict=True)):
        return f"\x1b[0;{after}m"
    more = [*sorted(new[0] - old[0]), *(b for a, b in zip(old[1:], new[1:], strict=True) if a != b)]
    return f"\x1b[{';'.join(more)}m" if more else ""


def look(style: str) -> Look | None:
    """What a style says after a reset; None where it says something unusual."""
    attributes: set[str] = set()
    foreground = background = ""
    words = iter(style.split(";"))
    for word in words:
        if word in _RESET:
            continue
        if not word.isdigit():
            return None
        number = int(word)
        if number in (38, 48):
            kind = next(words, "")
            colour = ";".join((word, kind, *(next(words, "") for _ in range({"2": 3, "5": 1}.get(kind, 0)))))
            foreground, background = (colour, background) if number == 38 else (foreground, colour)
        elif number < 10:
            attributes.add(word)
        elif 30 <= number <= 37 or 90 <= number <= 97:
            foreground = word
        elif 40 <= number <= 47 or 100 <= number <= 107:
            background = word
        else:
            return None
    return frozenset(attributes), foreground, background
