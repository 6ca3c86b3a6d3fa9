"""How the desk is laid out: which panes it has, in which columns, and what of that fits a terminal. No Textual here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ibtui.errors import UsageError

WIDE = 140
"""Cells from which panes stand beside each other."""

NARROWEST = 62
"""Cells of a column at least."""

BETWEEN = 1
"""Cells between two columns."""


@dataclass(frozen=True, slots=True)
class Room:
    """What a pane needs: lines at least, its title among them, and its share of those left over."""

    least: int
    share: int


PANES: Mapping[str, Room] = {
    "board": Room(7, 3),
    "ladder": Room(9, 3),
    "tape": Room(8, 3),
    "orders": Room(4, 1),
    "chart": Room(9, 3),
}
"""Every pane there is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Columns from left to right, each with its panes from the top down, each pane once."""

    columns: tuple[tuple[str, ...], ...] = (("board", "orders"), ("ladder",), ("tape",))

    @property
    def panes(self) -> tuple[str, ...]:
        """All of them, in the order in which the focus goes through them."""
        return tuple(name for column in self.columns for name in column)

    def document(self) -> dict[str, Any]:
        """As it is kept."""
        return {"columns": [list(column) for column in self.columns]}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a pane stands, in cells from the desk's upper left corner."""

    name: str
    x: int
    y: int
    width: int
    height: int


def read_layout(words: Sequence[str]) -> Layout:
    """Reads ``board+orders ladder tape``: a word a column.

    Raises:
        UsageError: There is no such pane, or one is named twice.
    """
    columns = tuple(tuple(word.split("+")) for word in words)
    names = [name for column in columns for name in column]
    unknown = [name for name in names if name not in PANES]
    if unknown or not names:
        raise UsageError(
            f"no pane '{' '.join(unknown)}'; there are: {', '.join(PANES)}; write board+orders ladder tape"
        )
    if len(set(names)) < len(names):
        raise UsageError("each pane can stand on the desk only once")
    return Layout(columns)


def kept_layout(document: Mapping[str, Any]) -> Layout:
    """A layout as it was kept; the usual one where nothing usable was."""
    try:
        return read_layout(["+".join(column) for column in document["columns"]])
    except (UsageError, KeyError, TypeError):
        return Layout()


def arrange(layout: Layout, focus: str, width: int, height: int) -> list[Place]:
    """Where each pane stands that fits.

    Under :data:`WIDE` cells they are stacked, and above it columns are put together until each is wide enough. In a
    column those that don't fit are left out, last ones first, but never the one that has the focus.
    """
    columns = [list(column) for column in layout.columns] if width >= WIDE else [list(layout.panes)]
    while len(columns) > 1 and _column_width(width, len(columns)) < NARROWEST:
        last = columns.pop()
        columns[-1] += last
    each = _column_width(width, len(columns))
    places: list[Place] = []
    for number, names in enumerate(columns):
        x = number * (each + BETWEEN)
        cells = width - x if number == len(columns) - 1 else each
        y = 0
        for name, lines in _heights(names, focus, height):
            places.append(Place(name, x, y, cells, lines))
            y += lines
    return places


def _column_width(width: int, columns: int) -> int:
    return (width - BETWEEN * (columns - 1)) // columns


def _heights(names: Sequence[str], focus: str, height: int) -> list[tuple[str, int]]:
    left, shown = height, set[str]()
    for name in sorted(names, key=lambda name: name != focus):
        if PANES[name].least <= left or not shown:
            shown.add(name)
            left -= PANES[name].least
    fitting = [name for name in names if name in shown]
    lines = {name: PANES[name].least for name in fitting}
    shares = sum(PANES[name].share for name in fitting)
    spare = left
    for name in fitting:
        lines[name] += max(0, spare) * PANES[name].share // shares
    # What rounding leaves over, or what even one pane lacks, is the last one's.
    lines[fitting[-1]] += height - sum(lines.values())
    return list(lines.items())
