"""What of a line has to be drawn again: only the cells that differ from what stands there."""

from collections.abc import Iterable, Iterator, Sequence

from ibtui.ui.text import GAP, Line, Place, Row, Span, cells, lay

CLOSE = 4
"""Cells between two changed ones up to which what lies between is drawn too: going elsewhere costs as much."""

Part = tuple[int, Line]
"""``first cell, what stands from there on``."""


def changed_cells(before: Row, after: Row, places: Sequence[Place], width: int) -> list[Part]:
    """Parts of a row, laid out in its columns, that differ from another row that stands in its place."""
    if len(before) != len(after) or len(after) == 1:
        return [(0, lay(after, places, width))]
    differing, x = [], 0
    for number, place in enumerate(places):
        end = x + place.width + GAP
        if x < width and before[place.index] != after[place.index]:
            differing.append((number, x, end))
        x = end
    return [(x, lay(after, places[first : last + 1], min(end, width) - x)) for first, last, x, end in _runs(differing)]


def changed_spans(before: Line, after: Line) -> list[Part]:
    """Parts of a line that differ from another of the same width that stands in its place."""
    standing = set(_placed(before))
    differing = (
        (number, x, end) for number, (x, end, span) in enumerate(_placed(after)) if (x, end, span) not in standing
    )
    return [(x, after[first : last + 1]) for first, last, x, _ in _runs(differing)]


def _placed(line: Line) -> Iterator[tuple[int, int, Span]]:
    """Each span after its first cell and the one after its last."""
    x = 0
    for span in line:
        end = x + cells(span[0])
        yield x, end, span
        x = end


def _runs(differing: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, int, int]]:
    """Neighbours put together: ``first, last, first cell, cell after the last``."""
    runs: list[tuple[int, int, int, int]] = []
    for number, x, end in differing:
        if runs and x - runs[-1][3] <= CLOSE:
            first, _, left, _ = runs.pop()
            runs.append((first, number, left, end))
        else:
            runs.append((number, number, x, end))
    return runs
