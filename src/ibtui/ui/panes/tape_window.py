"""A stretch of a tape that is held still: from memory first, then from storage, in both directions, and bounded."""

from collections import deque
from collections.abc import Iterable

from ibtui.market.sweeps import Sieve, TapeRow, rows_of
from ibtui.market.tape import Print
from ibtui.storage.tape_queries import Key, Mark, Page

HELD = 6000
"""Prints of a window at most."""

PAGE = 1500
"""Prints that are read at once."""


Entry = TapeRow | Mark


def entry_key(entry: Entry) -> tuple[object, ...]:
    """What a row of the list is known by."""
    return entry.key if isinstance(entry, TapeRow) else (type(entry).__name__, *entry)


class TapeWindow:
    """The prints around what is looked at.

    Args:
        prints: What is held at the beginning, oldest first.
        held: Prints at most; what lies furthest away is let go, and read again when it is wanted.

    Attributes:
        oldest_known: There is nothing older anywhere.
    """

    def __init__(self, prints: Iterable[Print], held: int = HELD) -> None:
        self._held = held
        self._prints = deque(prints)
        self._marks: list[Mark] = []
        self.oldest_known = False

    @property
    def oldest(self) -> Key | None:
        """The place of the oldest print."""
        return _key(self._prints[0]) if self._prints else None

    @property
    def newest(self) -> Key | None:
        """The place of the newest print."""
        return _key(self._prints[-1]) if self._prints else None

    def __len__(self) -> int:
        return len(self._prints)

    def add_older(self, page: Page) -> None:
        """Puts a page before the oldest print."""
        self._prints.extendleft(reversed(page.prints))
        self._note(page.marks)
        self.oldest_known = page.end
        while len(self._prints) > self._held:
            self._prints.pop()

    def add_newer(self, prints: Iterable[Print], marks: Iterable[Mark] = ()) -> None:
        """Puts prints, oldest first, behind the newest one."""
        self._prints.extend(prints)
        self._note(marks)
        while len(self._prints) > self._held:
            self._prints.popleft()
            self.oldest_known = False

    def entries(self, sieve: Sieve) -> list[Entry]:
        """The rows, newest first, and the marks between them where prints are missing or the program was started."""
        found: list[Entry] = []
        marks = [each for each in self._marks if self.oldest and each.from_ns >= self.oldest[0]]
        for row in rows_of(self._prints, sieve):
            while marks and row.first.ts_ns <= marks[-1].from_ns:
                found.append(marks.pop())
            found.append(row)
        return found

    def _note(self, marks: Iterable[Mark]) -> None:
        if marks:
            self._marks = sorted({*self._marks, *marks}, key=lambda mark: mark.from_ns)


def _key(each: Print) -> Key:
    return each.ts_ns, each.seq
