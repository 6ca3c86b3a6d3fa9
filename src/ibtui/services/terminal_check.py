"""What a terminal can show, and which of its settings would help."""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

SMALLEST = (80, 24)
"""Columns and rows that every screen fits."""

TMUX_WAIT = 1.0
"""Seconds that tmux may take to tell its settings."""

LONGEST_ESCAPE = 50
"""Milliseconds from which tmux's wait behind an ESC is felt."""

_TMUX_SETTINGS = ("escape-time", "bell-action", "visual-bell")


@dataclass(frozen=True, slots=True)
class Terminal:
    """A terminal as far as it can be known without drawing on it.

    Attributes:
        environment: Of the process.
        size: Columns and rows; None where nothing here is a terminal.
        tmux: tmux's settings by name; empty outside it.
    """

    environment: Mapping[str, str]
    size: tuple[int, int] | None = None
    tmux: Mapping[str, str] = field(default_factory=dict)

    @property
    def term(self) -> str:
        """Its kind, as ``TERM`` names it."""
        return self.environment.get("TERM", "")

    @property
    def too_small(self) -> bool:
        """Screens don't fit."""
        return self.size is not None and (self.size[0] < SMALLEST[0] or self.size[1] < SMALLEST[1])

    @property
    def in_tmux(self) -> bool:
        """Between us and what shows us stands tmux."""
        return "TMUX" in self.environment

    @property
    def over_ssh(self) -> bool:
        """What shows us is another machine."""
        return "SSH_CONNECTION" in self.environment

    @property
    def speaks_utf8(self) -> bool:
        """The locale promises that box and bar characters are shown."""
        locales = (self.environment.get(name) for name in ("LC_ALL", "LC_CTYPE", "LANG"))
        return "UTF8" in next(filter(None, locales), "").upper().replace("-", "")


async def look(environment: Mapping[str, str]) -> Terminal:
    """The terminal that this process runs in."""
    return Terminal(environment, _size(), await _tmux_settings() if "TMUX" in environment else {})


def _size() -> tuple[int, int] | None:
    for stream in (1, 2, 0):
        with suppress(OSError):
            size = os.get_terminal_size(stream)
            return size.columns, size.lines
    return None


async def _tmux_settings() -> Mapping[str, str]:
    form = "|".join(f"#{{{name}}}" for name in _TMUX_SETTINGS)
    try:
        asking = await asyncio.create_subprocess_exec(
            *("tmux", "display-message", "-p", form),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except OSError:
        return {}
    try:
        async with asyncio.timeout(TMUX_WAIT):
            told, _ = await asking.communicate()
    except TimeoutError:
        asking.kill()
        await asking.wait()
        return {}
    return dict(zip(_TMUX_SETTINGS, told.decode("utf-8", "replace").strip().split("|"), strict=False))


def _slow_escape(terminal: Terminal) -> bool:
    milliseconds = terminal.tmux.get("escape-time", "")
    return milliseconds.isdigit() and int(milliseconds) > LONGEST_ESCAPE


_HINTS: tuple[tuple[Callable[[Terminal], bool], str], ...] = (
    (lambda it: it.term in ("", "dumb"), "set TERM=xterm-256color"),
    (lambda it: it.too_small, f"make it at least {SMALLEST[0]}×{SMALLEST[1]}"),
    (lambda it: it.in_tmux and it.term in ("screen", "tmux"), "in tmux `set -g default-terminal tmux-256color`"),
    (_slow_escape, "in tmux `set -s escape-time 10`: esc closes at once, and keys can't run into each other"),
    (
        lambda it: it.tmux.get("bell-action") == "none",
        "in tmux `set -g bell-action any`: the bell is how alerts get out",
    ),
    (lambda it: it.tmux.get("visual-bell") == "on", "in tmux `set -g visual-bell off`, to hear the bell"),
    (lambda it: it.over_ssh and not it.in_tmux, "over SSH run it inside tmux, so that a dropped link costs nothing"),
    (lambda it: bool(it.environment.get("NO_COLOR")), "NO_COLOR is set: without colours"),
    (
        lambda it: it.environment.get("COLORTERM") not in ("truecolor", "24bit") and not it.environment.get("NO_COLOR"),
        "COLORTERM=truecolor shows all colours, where the terminal can",
    ),
    (lambda it: not it.speaks_utf8, "set LANG to a UTF-8 locale if lines and bars look broken"),
)
"""What can be better, and how."""


def usable(terminal: Terminal) -> bool:
    """Whether screens can be shown on it."""
    return terminal.term not in ("", "dumb") and not terminal.too_small


def described(terminal: Terminal) -> str:
    """The terminal in a few words."""
    size = f", {terminal.size[0]}×{terminal.size[1]}" if terminal.size else ""
    way = ", in tmux" * terminal.in_tmux + ", over SSH" * terminal.over_ssh
    return f"TERM={terminal.term or 'unset'}{size}{way}"


def hints(terminal: Terminal) -> list[str]:
    """What would help, most important first."""
    return [words for fits, words in _HINTS if fits(terminal)]
