"""Reads of a recorded market for replay: what was recorded, by which clock, one contract's rows of a time.

Times are receipt stamps, UTC nanoseconds; rows are tuples, for there may be many. Blocking, each in one short visit.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ibtui.storage.files import DAY_NS, DataDirectory, connect_ro, day_start_ns
from ibtui.storage.schema import MARKET_DATA

TABLES = ("ticks", "prints", "depth")
_Rows = list[tuple[Any, ...]]

_ENDS = """
    WITH RECURSIVE contract(con_id) AS (
        SELECT min(con_id) FROM {table}
        UNION ALL
        SELECT (SELECT min(con_id) FROM {table} WHERE con_id > contract.con_id) FROM contract WHERE con_id IS NOT NULL
    )
    SELECT con_id,
        (SELECT min(ts_ns) FROM {table} AS first WHERE first.con_id = contract.con_id),
        (SELECT max(ts_ns) FROM {table} AS last WHERE last.con_id = contract.con_id)
    FROM contract WHERE con_id IS NOT NULL"""


def recorded(directory: DataDirectory) -> dict[int, tuple[int, int]]:
    """Stamps of the first and the last row of every contract that was recorded."""
    found: dict[int, tuple[int, int]] = {}
    for _, path in directory.market_data_days():
        for table in TABLES:
            for con_id, first, last in _read(path, _ENDS.format(table=table)):
                before = found.get(con_id, (first, last))
                found[con_id] = min(before[0], first), max(before[1], last)
    return found


def clocks(directory: DataDirectory) -> list[tuple[int, int, float]]:
    """Stamp, market time then and market seconds a second, at each connect and change, in order."""
    found: list[tuple[int, int, float]] = []
    for _, path in directory.market_data_days():
        found += [(row[0], row[1], row[2]) for row in _read(path, "SELECT ts_ns, market_ns, speed FROM clock")]
    return sorted(found)


def ticks(directory: DataDirectory, con_id: int, start_ns: int, end_ns: int) -> _Rows:
    """``ts_ns, seq, kind, price, size`` of a contract."""
    return _between(directory, "SELECT ts_ns, seq, kind, price, size FROM ticks", con_id, start_ns, end_ns)


def prints(directory: DataDirectory, con_id: int, start_ns: int, end_ns: int) -> _Rows:
    """``ts_ns, seq, price, size, side, venue, conditions, feed`` of a contract's prints that have price and size."""
    sql = """SELECT ts_ns, seq, price, size, side, coalesce(venue, ''), coalesce(conditions, ''), feed
        FROM prints_text"""
    return [row for row in _between(directory, sql, con_id, start_ns, end_ns) if None not in row[2:4]]


def depth(directory: DataDirectory, con_id: int, start_ns: int, end_ns: int) -> _Rows:
    """``con_id, ts_ns, seq, side, op, position, price, size, maker, feed`` of a contract, as a book takes them."""
    sql = "SELECT con_id, ts_ns, seq, side, op, position, price, size, coalesce(maker, ''), feed FROM depth_text"
    return _between(directory, sql, con_id, start_ns, end_ns)


def last_ticks(directory: DataDirectory, con_id: int, ts_ns: int) -> _Rows:
    """The newest row of each kind before an instant, as :func:`ticks`, from the newest day that has any."""
    sql = "SELECT max(ts_ns), seq, kind, price, size FROM ticks WHERE con_id = ? AND ts_ns < ? GROUP BY kind"
    for path in _backwards(directory, ts_ns):
        found = _read(path, sql, (con_id, ts_ns))
        if found:
            return sorted(found)
    return []


def book_rows(directory: DataDirectory, con_id: int, ts_ns: int) -> _Rows:
    """The rows since the book was last cleared before an instant, as :func:`depth`; none where it wasn't that day."""
    sql = "SELECT max(ts_ns) FROM depth WHERE con_id = ? AND ts_ns < ? AND op = 3"
    for path in _backwards(directory, ts_ns)[:1]:
        ((cleared,),) = _read(path, sql, (con_id, ts_ns)) or [(None,)]
        if cleared is not None:
            return depth(directory, con_id, cleared, ts_ns)
    return []


def _between(directory: DataDirectory, select: str, con_id: int, start_ns: int, end_ns: int) -> _Rows:
    sql = f"{select} WHERE con_id = ? AND ts_ns >= ? AND ts_ns < ? ORDER BY ts_ns, seq"
    found: _Rows = []
    for day, path in directory.market_data_days():
        if day_start_ns(day) < end_ns and start_ns < day_start_ns(day) + DAY_NS:
            found += _read(path, sql, (con_id, start_ns, end_ns))
    return found


def _backwards(directory: DataDirectory, ts_ns: int) -> list[Path]:
    return [path for day, path in reversed(directory.market_data_days()) if day_start_ns(day) < ts_ns]


def _read(path: Path, sql: str, parameters: tuple[int, ...] = ()) -> _Rows:
    with connect_ro(path, MARKET_DATA, seconds=30) as connection:
        return list(_plain(connection.execute(sql, parameters)))


def _plain(found: Any) -> Iterator[tuple[Any, ...]]:
    return (tuple(row) for row in found)
