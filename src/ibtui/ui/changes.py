"""What of a line has to be drawn again: only the cells that differ from what stands there."""

from collections.abc import Iterator, Sequence

from ibtui.ui.text import GAP, Line, Place, Row, Span, cells, lay, pad

CLOSE = 4
"""Cells between two changed spans up to which what lies between is drawn too: going elsewhere costs as much."""

Part = tuple[int, Line]
"""``first cell, what stands from there on``."""


def changed_cells(before: Row, after: Row, places: Sequence[Place], width: int) -> list[Part]:
    """Parts of a row, laid out in its columns, that differ from another row that stands in its place."""
    if len(before) != len(after) or len(after) == 1:
        return [(0, lay(after, places, width))]
    parts: list[tuple[int, list[Span]]] = []
    x = drawn = 0
    for place in places:
        index, left = place.index, width - x
        if left <= 0:
            break
        if before[index] != after[index]:
            text, tone = after[index]
            text = pad(text, min(place.width, left), right=place.right) + " " * min(GAP, left - place.width)
            if not parts or x != drawn:
                parts.append((x, [(text, tone)]))
            elif parts[-1][1][-1][1] == tone:
                spans = parts[-1][1]
                spans[-1] = spans[-1][0] + text, tone
            else:
                parts[-1][1].append((text, tone))
            drawn = x + place.width + GAP
        x += place.width + GAP
    return [(x, tuple(spans)) for x, spans in parts]


def changed_spans(before: Line, after: Line) -> list[Part]:
    """Parts of a line that differ from another of the same width that stands in its place."""
    standing = set(_placed(before))
    runs: list[tuple[int, int, int, int]] = []  # first span, last span, first cell, cell after the last
    for number, placed in enumerate(_placed(after)):
        if placed not in standing:
            x, end, _ = placed
            if runs and x - runs[-1][3] <= CLOSE:
                first, _, left, _ = runs.pop()
                runs.append((first, number, left, end))
            else:
                runs.append((number, number, x, end))
    return [(x, after[first : last + 1]) for first, last, x, _ in runs]


def _placed(line: Line) -> Iterator[tuple[int, int, Span]]:
    """Each span after its first cell and the one after its last."""
    x = 0
    for span in line:
        end = x + cells(span[0])
        yield x, end, span
        x = end
