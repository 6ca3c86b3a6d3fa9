"""Small pictures made of characters: a line of prices, a place in a range."""

from collections.abc import Sequence

_BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float | None]) -> str:
    """One block a value, the lowest the smallest and the highest the tallest; a hole is a blank.

    Empty where no value is known; a flat line stands in the middle.
    """
    known = [each for each in values if each is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    if high == low:
        return "".join(" " if each is None else _BLOCKS[3] for each in values)
    top, whole = len(_BLOCKS) - 1, high - low
    return "".join(" " if each is None else _BLOCKS[round((each - low) / whole * top)] for each in values)


def range_bar(place: float, width: int) -> str:
    """A range with a mark at a place in it, 0 the low end and 1 the high; one beyond is drawn at the end.

    Args:
        place: Where.
        width: Cells, ends included; 3 or more.
    """
    inside = width - 2
    at = round(max(0.0, min(place, 1.0)) * (inside - 1))
    return "├" + "─" * at + "●" + "─" * (inside - 1 - at) + "┤"
