"""What a terminal sends, before it becomes keys: unknown sequences are swallowed, doubtful moments are noted.

A terminal splits and invents keys: a down arrow over a slow link arrives as ``ESC [`` and, later, ``B``; an answer
that comes late can come as letters. So a trading key acts only when it arrived alone in its read and not within
:data:`QUIET` seconds of an ESC, an unknown sequence or a paste. What no hand can type, a text pasted by a terminal that
does not say so, is made the paste that it is: text for a field, and nothing anywhere else.
"""

import re
from dataclasses import dataclass

QUIET = 0.3
"""Seconds after something doubtful in which trading keys are ignored."""

BURST = 128
"""Keys in one read that are a pasted text: a key held down for four seconds while the link stood still is less."""

LONGEST_STRING = 65536
"""Characters after which an OSC or DCS that never ends is given up."""

CURSOR_REPORT = re.compile(r"\x1b\[\d+;\d+R")
_REPORT = re.compile(
    r"\x1b\[(?:\d+;\d+R|<-?\d+;-?\d+;-?\d+[Mm]|M...|\?\d+;\d+\$y|48;[\d:;]+t|[IO])\Z",
    re.DOTALL,
)
_SEQUENCE = re.compile(
    r"\x1b(?:"
    r"\[M...|"  # X10 mouse report
    r"\[[0-9:;<=>?]*[ -/]*[@-~]|"  # CSI
    r"O[ -~]|"  # SS3
    r"[\]P^_X](?:[^\x07\x1b]|\x1b(?!\\))*(?:\x07|\x1b\\)"  # OSC, DCS, PM, APC, SOS
    r")",
    re.DOTALL,
)
_STRING_OPEN = re.compile(r"\x1b[\]P^_X]")
_KNOWN = re.compile(
    r"\x1b(?:"
    r"O[A-DFHM-y]|"  # arrows, home, end, F1 to F4, keypad
    r"\[[A-DFHIOZ]|"  # arrows, home, end, focus, shift+tab
    r"\[1;\d+[A-DFHPQRS]|"  # the same with modifiers
    r"\[\d+(?:;\d+)?[~^$@]|"  # page keys, function keys
    r"\[[\d:]+(?:;[\d:]*){0,2}u|"  # kitty's keys
    r"\[\d+;\d+R|"  # answer to our probe
    r"\[<-?\d+;-?\d+;-?\d+[Mm]|\[M...|"  # mouse
    r"\[\?\d+;\d+\$y|"  # mode reports
    r"\[48;[\d:;]+t|"  # size reports
    r"\[20[01]~"  # paste
    r")\Z",
    re.DOTALL,
)
_KITTY_ESCAPE = re.compile(r"\x1b\[27[;:u]")
_PASTE, _PASTE_END = "\x1b[200~", "\x1b[201~"


@dataclass(slots=True)
class KeyGuard:
    """Filters what was read and remembers when it was last in doubt.

    Attributes:
        doubtful: Monotonic time of the last read that no trading key should follow.
        swallowed: Sequences thrown away.
    """

    doubtful: float = float("-inf")
    swallowed: int = 0
    _open: str = ""
    _pasting: bool = False
    _burst: float = float("-inf")

    def read(self, text: str, now: float) -> str:
        """What the key parser may see of one read.

        Args:
            text: Everything that one read brought.
            now: Monotonic seconds.
        """
        if self._open:
            text, self._open = self._open + text, ""
            self.doubtful = now
        kept: list[str] = []
        bracketed = self._pasting
        keys = 0
        at = 0
        while at < len(text):
            if text[at] != "\x1b":
                kept.append(text[at])
                keys += 1
                at += 1
                continue
            found = _SEQUENCE.match(text, at)
            if found is None:
                self.doubtful = now
                rest = text[at:]
                if _STRING_OPEN.match(rest) and len(rest) < LONGEST_STRING:
                    self._open = rest
                    break
                kept.append(text[at])
                at += 1
                continue
            sequence = found[0]
            at = found.end()
            if not _KNOWN.match(sequence):
                self.doubtful = now
                self.swallowed += 1
                continue
            kept.append(sequence)
            if sequence in (_PASTE, _PASTE_END):
                bracketed, self._pasting = True, sequence == _PASTE
            if sequence in (_PASTE, _PASTE_END) or _KITTY_ESCAPE.match(sequence):
                self.doubtful = now
            elif not _REPORT.match(sequence):
                keys += 1
        if keys > 1:
            self.doubtful = now
        if not bracketed and (keys >= BURST or (keys > 1 and now - self._burst < QUIET)):
            self._burst = now
            reports = [each for each in kept if _REPORT.match(each)]
            return "".join([*reports, _PASTE, *(each for each in kept if each[0] != "\x1b"), _PASTE_END])
        return "".join(kept)

    def trusts(self, at: float) -> bool:
        """Whether a trading key that arrived at this monotonic time may act."""
        return at - self.doubtful >= QUIET
