"""Reads of whole tables for export, row by row, between two market times. Blocking, for commands.

What was received carries the machine's receipt stamps, while a user asks by the market's clock, which may have stood
at another day or run at another speed: the ``clock`` tables tell which stamps a market time had.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.storage.files import DataDirectory, connect_ro
from ibtui.storage.recorded_queries import clocks
from ibtui.storage.schema import HISTORY, JOURNAL, MARKET_DATA, Schema

DAILY = {"ticks": "ticks", "prints": "prints_text", "depth": "depth_text"}
"""Tables of each day's file to what is read of them: texts in place of their numbers."""

_NAMES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"

Span = tuple[int, int]
"""From a UTC stamp to before another, nanoseconds."""


@dataclass(frozen=True, slots=True)
class Export:
    """What to read.

    Attributes:
        table: Its name.
        con_id: One contract's rows alone.
        start_ns: Market time of the first row, UTC nanoseconds.
        end_ns: Market time before which rows are.
    """

    table: str
    con_id: int | None = None
    start_ns: int | None = None
    end_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """One column: its name and SQLite's type of it."""

    name: str
    kind: str


class Source:
    """A table that is there.

    Args:
        directory: Where the files are.
        wanted: What to read of it.

    Raises:
        UsageError: No such table, or it can't be chosen from as wanted; says what there is.
        StorageError: A file can't be read.
    """

    def __init__(self, directory: DataDirectory, wanted: Export) -> None:
        self._wanted = wanted
        self._parts = _parts(directory, wanted.table)
        path, schema, name = self._parts[0]
        with connect_ro(path, schema, None) as connection:
            found = connection.execute(f'SELECT * FROM pragma_table_info("{name}")')
            self._stored = tuple(Field(row["name"], row["type"] or _kind_of(row["name"])) for row in found)
        self._names = {each.name for each in self._stored}
        if wanted.con_id is not None and "con_id" not in self._names:
            raise UsageError(f"The table {wanted.table} has no contracts; leave --symbol away")
        timed = wanted.start_ns is not None or wanted.end_ns is not None
        if timed and not self._names & {"ts_ns", "start"}:
            raise UsageError(f"The table {wanted.table} has no times; leave --start and --end away")
        self._readings = clocks(directory) if "ts_ns" in self._names else []

    @property
    def fields(self) -> tuple[Field, ...]:
        """The columns, what is worked out last: ``market_ns``, the market's time at a row's receipt."""
        return (*self._stored, Field("market_ns", "INTEGER")) if self._daily else self._stored

    @property
    def _daily(self) -> bool:
        return self._wanted.table in DAILY

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Row by row, in the order of the table's key (contract, then time, day after day)."""
        for path, schema, name in self._parts:
            for condition, parameters in self._conditions():
                sql = f'SELECT {", ".join(each.name for each in self._stored)} FROM "{name}"{condition}'
                with connect_ro(path, schema, None) as connection:
                    for row in connection.execute(sql, parameters):
                        yield (*row, market_time(self._readings, row["ts_ns"])) if self._daily else tuple(row)

    def _conditions(self) -> Iterator[tuple[str, list[int]]]:
        wanted = self._wanted
        contract = [] if wanted.con_id is None else [("con_id = ?", wanted.con_id)]
        column, spans = "start", [(wanted.start_ns, wanted.end_ns)]
        if "ts_ns" in self._names:
            column, spans = "ts_ns", list(stamps(self._readings, wanted.start_ns, wanted.end_ns))
        scale = 1 if column == "ts_ns" else NS
        for low, high in spans:
            bounds = [(f"{column} >= ?", low), (f"{column} < ?", high)]
            parts = contract + [(text, -(-at // scale)) for text, at in bounds if at is not None]
            yield (" WHERE " + " AND ".join(text for text, _ in parts) if parts else ""), [at for _, at in parts]


def _parts(directory: DataDirectory, table: str) -> list[tuple[Path, Schema, str]]:
    if table in DAILY:
        found = [(path, MARKET_DATA, DAILY[table]) for _, path in directory.market_data_days()]
        if not found:
            raise UsageError(f"No {table} were recorded in {directory.path}; `ibtui record SYMBOL` does")
        return found
    known = list(DAILY)
    for path, schema in ((directory.journal, JOURNAL), (directory.history, HISTORY)):
        if path.exists():
            with connect_ro(path, schema, None) as connection:
                names = [row["name"] for row in connection.execute(_NAMES)]
            if table in names:
                return [(path, schema, table)]
            known += names
    raise UsageError(f"'{table}' is no table here; there are: {', '.join(sorted(known))}")


def _kind_of(name: str) -> str:
    """Views don't tell the type of what they work out: here those are texts."""
    return "TEXT" if name in ("venue", "conditions", "maker") else "INTEGER"


def stamps(
    readings: Sequence[tuple[int, int, float]], start_ns: int | None, end_ns: int | None
) -> Iterator[tuple[int | None, int | None]]:
    """The spans of receipt stamps during which the market's clock stood between two times.

    Args:
        readings: Stamp, market time then, and market seconds a second; in order. Without any, stamps count as times.
        start_ns: Market time, UTC nanoseconds; None is from the beginning.
        end_ns: The same, not included.
    """
    if not readings or (start_ns is None and end_ns is None):
        yield start_ns, end_ns
        return
    for at, (stamp, market_ns, speed) in enumerate(readings):
        after = readings[at + 1][0] if at + 1 < len(readings) else None
        if speed <= 0:
            inside = (start_ns is None or start_ns <= market_ns) and (end_ns is None or market_ns < end_ns)
            low, high = (stamp, after) if inside else (0, 0)
        else:
            low = stamp if start_ns is None else max(stamp, stamp + _ceil((start_ns - market_ns) / speed))
            until = None if end_ns is None else stamp + _ceil((end_ns - market_ns) / speed)
            high = min((each for each in (until, after) if each is not None), default=None)
        if high is None or low < high:
            yield low, high


def market_time(readings: Sequence[tuple[int, int, float]], ts_ns: int) -> int | None:
    """The market's time at a stamp; None before the first reading of its clock."""
    from bisect import bisect_right

    at = bisect_right(readings, ts_ns, key=lambda each: each[0])
    if not at:
        return None
    stamp, market_ns, speed = readings[at - 1]
    return market_ns + round((ts_ns - stamp) * speed)


def _ceil(value: float) -> int:
    return -int(-value // 1)
