"""The account's value over the day, drawn in one line."""

from collections.abc import Mapping

from ibtui.ui.text import UNKNOWN, Line, amount, signed

LEVELS = "▁▂▃▄▅▆▇█"


def spark(points: Mapping[int, float], begin: int, end: int, width: int) -> str:
    """A line of ``width`` cells over ``begin <= at <= end``: each cell the last value until its own end.

    Args:
        points: Values by time, in any order; cells before the first one stay blank.
        begin: Time of the left edge, in the unit of the points.
        end: Of the right edge.
        width: Cells.
    """
    shown = sorted((at, value) for at, value in points.items() if begin <= at <= end)
    if not shown or width <= 0:
        return " " * max(0, width)
    cells: list[float | None] = [None] * width
    for at, value in shown:
        cells[min(width - 1, (at - begin) * width // max(1, end - begin))] = value
    low, high = min(value for _, value in shown), max(value for _, value in shown)
    line, last = "", None
    for cell in cells:
        last = cell if cell is not None else last
        line += " " if last is None else _level(last, low, high)
    return line


def _level(value: float, low: float, high: float) -> str:
    if high <= low:
        return LEVELS[len(LEVELS) // 2]
    return LEVELS[min(len(LEVELS) - 1, int((value - low) / (high - low) * len(LEVELS)))]


def equity_line(points: Mapping[int, float], begin: int, end: int, currency: str, width: int) -> Line:
    """Value now, its change since the day's first, the line, and between which values it runs."""
    shown = [value for _, value in sorted((at, value) for at, value in points.items() if begin <= at <= end)]
    if not shown:
        return ((" equity of the day ", "dim"), (UNKNOWN, "dim"))
    head = f" equity {amount(shown[-1])} {currency} "
    change, tail = signed(shown[-1] - shown[0]), f" {amount(min(shown))}…{amount(max(shown))}"
    room = width - len(head) - len(change[0]) - len(tail) - 2
    return ((head, "title"), change, (" ", "plain"), (spark(points, begin, end, room), "accent"), (tail, "dim"))
