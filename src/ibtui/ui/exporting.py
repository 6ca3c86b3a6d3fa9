"""``e``: the view as a file: a list's rows as CSV, anything else as the text that is on the screen."""

import csv
import io
import os
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from ibtui.clock import NS
from ibtui.ui.text import UNKNOWN, Column, Row

FOLDER = "exports"

_NUMBER = re.compile(r"[▲▼]?([+-]?\d[\d,]*(?:\.\d+)?%?)")
_FORMULA = re.compile(r"[=@+-]")


def csv_text(columns: Sequence[Column], rows: Iterable[Row]) -> str:
    """Rows as CSV under their columns' titles; a row of one cell, such as a group's title, stands in the first column.

    Numbers lose the commas between thousands and the arrow before them, what is unknown is empty, and no cell can be
    taken for a formula.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([each.title for each in columns])
    for row in rows:
        cells = [_cell(text) for text, _ in row]
        writer.writerow(cells + [""] * (len(columns) - len(cells)))
    return out.getvalue()


def _cell(text: str) -> str:
    text = text.strip()
    if text == UNKNOWN:
        return ""
    number = _NUMBER.fullmatch(text)
    if number:
        return number[1].replace(",", "")
    return f"'{text}" if _FORMULA.match(text) else text


def save(directory: Path, name: str, ending: str, text: str, ts_ns: int) -> Path:
    """Writes a view into the data directory's ``exports/``, for the user alone. Blocking.

    Args:
        directory: The data directory.
        name: Of the screen.
        ending: ``csv`` or ``txt``.
        text: What it is to hold.
        ts_ns: Now, which is part of the file's name, in UTC.

    Raises:
        OSError: It can't be written.
    """
    folder = directory / FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    stamp = datetime.fromtimestamp(ts_ns // NS, UTC)
    path = folder / f"{name}-{stamp:%Y%m%dT%H%M%S}.{ts_ns % NS // 1_000_000:03d}Z.{ending}"
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
