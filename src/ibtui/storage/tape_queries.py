"""Reads of stored prints for scrolling back: page by page, with what is missing between them. Blocking, for threads."""

from dataclasses import dataclass
from typing import NamedTuple

from ibtui.clock import NS
from ibtui.market.tape import Print
from ibtui.storage.files import DAY_NS, DataDirectory, day_start_ns
from ibtui.storage.reading import Row, rows
from ibtui.storage.schema import JOURNAL, MARKET_DATA

Key = tuple[int, int]
"""``ts_ns, seq`` of a print: its place among a contract's prints."""

_FIELDS = Print._fields[:-2]
"""Those of a print that are stored; a file of the first version lacks the last of them."""

_OLDER = """SELECT * FROM prints_text WHERE con_id = :con_id AND ts_ns <= :ts_ns AND (ts_ns, seq) < (:ts_ns, :seq)
    AND price IS NOT NULL ORDER BY ts_ns DESC, seq DESC LIMIT :limit"""
_NEWER = """SELECT * FROM prints_text WHERE con_id = :con_id AND ts_ns >= :ts_ns AND (ts_ns, seq) > (:ts_ns, :seq)
    AND price IS NOT NULL ORDER BY ts_ns, seq LIMIT :limit"""
_AT = """SELECT ts_ns, seq FROM prints WHERE con_id = ? AND coalesce(exchange_ns, ts_ns) BETWEEN ? AND ?
    ORDER BY ts_ns DESC, seq DESC LIMIT 1"""

_PROFILE = """SELECT price, sum(size) AS size FROM prints WHERE con_id = ? AND (ts_ns, seq) < (?, ?)
    AND coalesce(exchange_ns, ts_ns) >= ? AND price IS NOT NULL AND size > 0 GROUP BY price"""

_FILES_OF_A_SESSION = 3
"""A trading day lies within two UTC days of receipt, or three where it was received late."""


class Missing(NamedTuple):
    """Prints that are not there: shed, or not received; UTC nanoseconds of receipt.

    Attributes:
        rows: How many; 0 where nobody could count them.
    """

    from_ns: int
    to_ns: int
    rows: int
    reason: str


class NewRun(NamedTuple):
    """The program was started: what traded before it, and after the run before that, was not received."""

    from_ns: int


Mark = Missing | NewRun


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of a tape.

    Attributes:
        prints: Oldest first.
        marks: What is not there in that time, oldest first.
        end: Whether there is nothing beyond it in the direction in which it was asked for.
    """

    prints: list[Print]
    marks: list[Mark]
    end: bool


def older(directory: DataDirectory, con_id: int, symbol: str, before: Key, limit: int) -> Page:
    """The newest prints before one."""
    found: list[Row] = []
    for day, path in reversed(directory.market_data_days()):
        if day_start_ns(day) <= before[0] and len(found) < limit:
            found += rows(path, MARKET_DATA, _OLDER, _place(con_id, before, limit - len(found)))
    prints = [_print(row) for row in reversed(found)]
    return Page(prints, _marks(directory, symbol, prints[0].ts_ns, before[0]) if prints else [], len(found) < limit)


def newer(directory: DataDirectory, con_id: int, symbol: str, after: Key, limit: int) -> Page:
    """The oldest prints after one."""
    found: list[Row] = []
    for day, path in directory.market_data_days():
        if day_start_ns(day) + DAY_NS > after[0] and len(found) < limit:
            found += rows(path, MARKET_DATA, _NEWER, _place(con_id, after, limit - len(found)))
    prints = [_print(row) for row in found]
    return Page(prints, _marks(directory, symbol, after[0], prints[-1].ts_ns) if prints else [], len(found) < limit)


def around(directory: DataDirectory, con_id: int, symbol: str, at: Key, limit: int) -> Page:
    """Prints up to one and after it, about as many on either side."""
    before = older(directory, con_id, symbol, (at[0], at[1] + 1), limit // 2)
    after = newer(directory, con_id, symbol, at, limit // 2)
    marks = dict.fromkeys([*before.marks, *after.marks])
    return Page([*before.prints, *after.prints], list(marks), before.end and after.end)


def last_at(directory: DataDirectory, con_id: int, from_ns: int, at_ns: int) -> Key | None:
    """The place of the newest print whose time at the exchange is within ``from_ns`` and the second of ``at_ns``.

    Looks backwards from the newest received, for exchange times are not indexed: a fifth of a second for a million
    prints, and where a replay went through the same time twice, the later one holds.
    """
    for _, path in reversed(directory.market_data_days()):
        found = rows(path, MARKET_DATA, _AT, (con_id, from_ns, at_ns + NS - 1))
        if found:
            return found[0]["ts_ns"], found[0]["seq"]
    return None


def profile(directory: DataDirectory, con_id: int, from_ns: int, before: Key) -> dict[float, float]:
    """Price to the size that traded at it since an instant of the market's clock, of the prints before one."""
    sizes: dict[float, float] = {}
    for _, path in directory.market_data_days()[-_FILES_OF_A_SESSION:]:
        for row in rows(path, MARKET_DATA, _PROFILE, (con_id, *before, from_ns)):
            sizes[row["price"]] = sizes.get(row["price"], 0.0) + row["size"]
    return sizes


def _place(con_id: int, key: Key, limit: int) -> dict[str, int]:
    return {"con_id": con_id, "ts_ns": key[0], "seq": key[1], "limit": limit}


def _print(row: Row) -> Print:
    return Print._make([*(row.get(name) for name in _FIELDS), None, 0])._replace(
        venue=row["venue"] or "", conditions=row["conditions"] or ""
    )


def _marks(directory: DataDirectory, symbol: str, from_ns: int, to_ns: int) -> list[Mark]:
    """What was shed of all tapes, what of this one was not received, and where the program was started."""
    lost = """SELECT from_ns, to_ns, rows, reason FROM drops
        WHERE lane IN ('prints', ?) AND to_ns >= ? AND from_ns <= ?"""
    started = "SELECT started_ns FROM runs WHERE started_ns BETWEEN ? AND ?"
    marks: list[Mark] = [NewRun(*row.values()) for row in rows(directory.journal, JOURNAL, started, (from_ns, to_ns))]
    marks += [
        Missing(*row.values()) for row in rows(directory.journal, JOURNAL, lost, (f"tape {symbol}", from_ns, to_ns))
    ]
    return sorted(marks, key=lambda mark: mark.from_ns)
