"""What is drawn, before anything draws it: spans, lines, rows, columns. No Textual here.

A span is ``(text, tone)``. Tones are names; which colour a tone has is the style sheet's business. Colour never says
anything alone: whatever a tone means stands in the text too, as a sign, an arrow or a word.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import zip_longest
from textwrap import wrap
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.cells import cell_len, chop_cells, set_cell_size

from ibtui.clock import NS
from ibtui.market.prices import exact

Span = tuple[str, str]
"""``text, tone``."""

Line = tuple[Span, ...]
"""Spans that follow each other on one line of the screen."""

Row = tuple[Span, ...]
"""One span a column; a row of one span alone takes the whole line."""

TONES = (
    "plain",
    "dim",
    "head",
    "title",
    "accent",
    "up",
    "down",
    "good",
    "warn",
    "bad",
    "alarm",
    "bid",
    "ask",
    "mine",
    "key",
    "rose",
    "fell",
    "here",
)
"""Every tone there is; ``theme.tcss`` gives each its colour."""

UNKNOWN = "—"
"""How a value that nobody knows is written. It is never written as zero."""

GAP = 1
"""Blank cells between two columns."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a grid.

    Attributes:
        width: Cells, without the gap after it.
        right: Aligned to the right, as numbers are.
        rank: Columns of rank 0 are always shown; the others are added in this order while there is room.
        stretch: Takes the cells that are left over.
        tone: Of the title.
    """

    title: str
    width: int
    right: bool = False
    rank: int = 0
    stretch: bool = False
    tone: str = "head"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column stands: its index in the table of columns and the cells it has."""

    index: int
    width: int
    right: bool


def with_zone(columns: Sequence[Column], name: str, at_ns: int) -> tuple[Column, ...]:
    """The columns, the one called TIME with the short name of the zone that its times are in."""
    short = zone_name(name, at_ns)
    return tuple(replace(each, title=f"TIME {short}") if each.title == "TIME" else each for each in columns)


def fit(columns: Sequence[Column], width: int) -> tuple[Place, ...]:
    """The columns that fit into a width, in the table's order.

    Args:
        columns: The table of columns.
        width: Cells to fill.
    """
    used = sum(each.width + GAP for each in columns if each.rank == 0) - GAP
    chosen = {index for index, each in enumerate(columns) if each.rank == 0}
    for index in sorted(range(len(columns)), key=lambda at: columns[at].rank):
        if index not in chosen:
            if used + GAP + columns[index].width > width:
                break
            chosen.add(index)
            used += GAP + columns[index].width
    spare = max(0, width - used)
    stretching = [index for index in sorted(chosen) if columns[index].stretch]
    places = []
    for index in sorted(chosen):
        extra = spare if stretching and index == stretching[0] else 0
        places.append(Place(index, columns[index].width + extra, columns[index].right))
    return tuple(places)


_DISPUTED = re.compile("[\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U0001f1e6-\U0001f1ff]")
"""What makes one picture of several characters, and one terminal give it more cells than the other."""


def clean(text: str) -> str:
    """The text without control characters, which a gateway's words may carry, and of characters whose width is sure.

    Of emoji the plain picture stays, of flags their two letters: after a character that the terminal gives another
    width than we do, the whole line stands wrong.
    """
    if not text.isascii() and _DISPUTED.search(text):
        text = _DISPUTED.sub(_undisputed, text)
    return text if text.isprintable() else "".join(each if each.isprintable() else " " for each in text)


def _undisputed(match: re.Match[str]) -> str:
    flag = ord(match[0]) - ord("\U0001f1e6")
    return chr(ord("A") + flag) if 0 <= flag < 26 else ""


def pad(text: str, width: int, *, right: bool = False) -> str:
    """The text in exactly ``width`` cells; what is cut off is marked by an ellipsis."""
    if text.isascii() and text.isprintable() and len(text) <= width:  # nearly every cell of every row
        return text.rjust(width) if right else text.ljust(width)
    return _padded(clean(text), width, right)


@lru_cache(maxsize=4096)
def _padded(text: str, width: int, right: bool) -> str:
    taken = cells(text)
    if taken > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    blank = " " * (width - taken)
    return blank + text if right else text + blank


def lay(row: Row, places: Sequence[Place], width: int) -> Line:
    """A row's cells put into their columns: spans whose cells add up to ``width``."""
    if len(row) == 1 and len(places) > 1:
        return ((pad(row[0][0], width), row[0][1]),)
    spans = []
    left = width
    for place in places:
        text, tone = row[place.index]
        room = min(place.width, left)
        if room <= 0:
            break
        gap = min(GAP, left - room)
        spans.append((pad(text, room, right=place.right) + " " * gap, tone))
        left -= room + gap
    if left > 0:
        spans.append((" " * left, "plain"))
    return merge(spans)


def merge(spans: Iterable[Span]) -> Line:
    """Neighbours of one tone become one span: each span costs some 30 bytes on the wire."""
    merged: list[Span] = []
    for text, tone in spans:
        if not text:
            continue
        if merged and merged[-1][1] == tone:
            merged[-1] = (merged[-1][0] + text, tone)
        else:
            merged.append((text, tone))
    return tuple(merged)


def cut(line: Line, width: int) -> Line:
    """The line in exactly ``width`` cells."""
    spans: list[Span] = []
    left = width
    for text, tone in line:
        text = clean(text)
        taken = cells(text)
        if taken > left:
            spans.append((pad(text, left), tone))
            left = 0
            break
        spans.append((text, tone))
        left -= taken
    if left:
        spans.append((" " * left, "plain"))
    return merge(spans)


def broken(text: str, width: int) -> list[str]:
    """The text on lines of at most ``width`` cells, broken between words where they can be."""
    width = max(1, width)
    return [piece for line in wrap(clean(text), width) for piece in chop_cells(line, width)]


def spread(row: Row, places: Sequence[Place]) -> list[Row]:
    """The row on as many lines as its cells need where they are wider than their columns."""
    if len(row) == 1:
        return [row]
    pieces = {place.index: broken(row[place.index][0], place.width) or [""] for place in places}
    shown = [pieces.get(at, []) for at in range(len(row))]
    return [
        tuple((cell, tone) for cell, (_, tone) in zip(line, row, strict=True))
        for line in zip_longest(*shown, fillvalue="")
    ]


def cells(text: str) -> int:
    """Cells that a text takes."""
    return len(text) if text.isascii() else cell_len(text)


def length(line: Iterable[Span]) -> int:
    """Cells that a line takes."""
    return sum(cells(text) for text, _ in line)


def join(parts: Sequence[Line], width: int, *, between: str = "  ") -> Line:
    """The parts side by side, as many as fit: what does not fit drops from the right, whole."""
    spans: list[Span] = []
    left = width
    for part in parts:
        need = length(part) + (len(between) if spans else 0)
        if need > left:
            break
        if spans:
            spans.append((between, "plain"))
        spans.extend(part)
        left -= need
    return merge(spans)


def age(seconds: float | None) -> str:
    """How long ago, in at most four cells: ``0.4s``, ``12s``, ``3m``, ``5h``, ``2d``."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    seconds = max(0.0, seconds)
    if seconds < 10:
        return f"{seconds:.1f}s"
    for limit, unit, letter in ((100, 1, "s"), (6000, 60, "m"), (360_000, 3600, "h")):
        if seconds < limit:
            return f"{int(seconds // unit)}{letter}"
    return f"{int(seconds // 86400)}d"


def duration(seconds: float | None) -> str:
    """A time to wait: ``4s``, ``2:05``, ``1:02:03``; unknown is a dash."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, math.ceil(seconds))
    if whole < 60:
        return f"{whole}s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def signed(value: float | None, digits: int = 2) -> Span:
    """A change with its sign, toned up or down."""
    if value is None:
        return UNKNOWN, "dim"
    text = f"{value:+,.{digits}f}"
    if not text.strip("+-0."):
        return f"{0:.{digits}f}", "plain"
    return text, "up" if value > 0 else "down"


def amount(value: float | None, digits: int = 2) -> str:
    """A number with thousands separated; unknown is a dash."""
    return UNKNOWN if value is None else f"{value:,.{digits}f}"


def quantity(value: float | None) -> str:
    """A quantity without needless decimals."""
    return UNKNOWN if value is None else exact(value, most=4)


def compact(value: float | None) -> str:
    """A size or a count in at most five cells, six with a sign: ``950``, ``9,999``, ``12.3k``, ``123k``, ``4.56M``."""
    if value is None:
        return UNKNOWN
    if abs(value) < 10_000:
        return f"{value:,.0f}" if value == int(value) else f"{value:.4g}"
    for unit, letter in ((1e3, "k"), (1e6, "M"), (1e9, "B")):
        scaled = abs(value) / unit
        if scaled < 999.5:
            digits = 2 if scaled < 9.995 else 1 if scaled < 99.95 else 0
            return f"{value / unit:.{digits}f}{letter}"
    return f"{value:.0e}"


@lru_cache(maxsize=16)
def zone(name: str) -> ZoneInfo:
    """The time zone of that name; one that this machine does not know is New York, as for the default exchange."""
    try:
        return ZoneInfo(name or "America/New_York")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("America/New_York")


def zone_name(name: str, at_ns: int) -> str:
    """The short name of a zone at an instant, such as ``EST``."""
    return str(datetime.fromtimestamp(at_ns // NS, UTC).astimezone(zone(name)).tzname())


def wall(at_ns: int | None, name: str = "", *, millis: bool = False, named: bool = False) -> str:
    """A stamp as clock time in a zone.

    Args:
        at_ns: UTC nanoseconds; None is unknown, and so is a time that no calendar has.
        name: Time zone; empty is New York.
        millis: Show milliseconds.
        named: Show the zone's short name too.
    """
    if at_ns is None:
        return UNKNOWN
    text, short = _clock_time(at_ns // NS, name)
    if not short:
        return UNKNOWN
    if millis:
        text += f".{at_ns % NS // 1_000_000:03d}"
    return f"{text} {short}" if named else text


@lru_cache(maxsize=4096)
def _clock_time(second: int, name: str) -> tuple[str, str]:
    """Clock time and short name of the zone; empty where no calendar has the time. Rows share their seconds."""
    try:
        moment = datetime.fromtimestamp(second, UTC).astimezone(zone(name))
    except (OverflowError, ValueError, OSError):
        return "", ""
    return f"{moment:%H:%M:%S}", str(moment.tzname())
