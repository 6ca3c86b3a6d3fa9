"""Reads of the market data files: last values, activity, prints, the book at an instant. Blocking, for threads."""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ibtui.clock import NS
from ibtui.market.book import DepthBook
from ibtui.market.kinds import KINDS
from ibtui.storage.files import DAY_NS, DataDirectory, connect_ro, day_start_ns, utc_day
from ibtui.storage.reading import Row, rows
from ibtui.storage.schema import MARKET_DATA

DAYS_BACK = 10
"""How many days' files are searched for a last value."""
_LOOK = 2_000
"""Rows looked at from each end of a contract's day: prices are at its end, the close came with the subscription."""
_RESTORED = {"bid": 1, "ask": 2, "last": 4, "close": 9, "volume": 8}
"""Fields of a :class:`LatestQuote` and their kinds; a delayed twin stands for the live one."""
_NUMBERS = frozenset(_RESTORED.values())
_Stamped = tuple[int, float | None]
_TABLES = ("ticks", "prints", "depth")
_ACTIVITY = tuple(f"last_{table}_ns" for table in _TABLES)

# One step of the primary key a contract, instead of a scan of the whole day.
_CONTRACTS = """
    WITH RECURSIVE contract(con_id) AS (
        SELECT min(con_id) FROM {table}
        UNION ALL
        SELECT (SELECT min(con_id) FROM {table} WHERE con_id > contract.con_id) FROM contract WHERE con_id IS NOT NULL
    )
    SELECT con_id,
        (SELECT count(*) FROM {table} AS recent WHERE recent.con_id = contract.con_id AND recent.ts_ns >= ?) AS recent,
        (SELECT max(ts_ns) FROM {table} AS newest WHERE newest.con_id = contract.con_id) AS last_ns
    FROM contract WHERE con_id IS NOT NULL"""


@dataclass(frozen=True, slots=True)
class LatestQuote:
    """The last stored values of a contract; ``ts_ns`` is the newest of their stamps."""

    con_id: int
    bid: float | None
    ask: float | None
    last: float | None
    close: float | None
    volume: float | None
    ts_ns: int


def latest_quotes(directory: DataDirectory, con_ids: Iterable[int]) -> list[LatestQuote]:
    """The last stored values of each contract that has any, for a console that starts with the gateway down."""
    days = [path for _, path in reversed(directory.market_data_days())][:DAYS_BACK]
    return _latest(days, con_ids, 2**63 - 1)


def quote_at(directory: DataDirectory, con_id: int, ts_ns: int) -> LatestQuote | None:
    """The values a contract had at an instant of receipt, from that day's file."""
    found = _latest([directory.market_data(utc_day(ts_ns))], [con_id], ts_ns)
    return found[0] if found else None


def _latest(newest_first: Sequence[Path], con_ids: Iterable[int], until_ns: int) -> list[LatestQuote]:
    values: dict[int, dict[int, _Stamped]] = {con_id: {} for con_id in con_ids}
    for path in newest_first:
        wanting = [con_id for con_id, found in values.items() if not found.keys() >= _NUMBERS]
        if wanting and path.exists():
            with connect_ro(path, MARKET_DATA) as connection:
                for con_id in wanting:
                    values[con_id] = _last_values(connection, con_id, until_ns) | values[con_id]
    return [_quote(con_id, found) for con_id, found in values.items() if found.keys() & _NUMBERS]


def _last_values(connection: sqlite3.Connection, con_id: int, until_ns: int) -> dict[int, _Stamped]:
    """By live kind, the last value in either stretch that is looked at."""
    found: dict[int, _Stamped] = {}
    for direction in ("ASC", "DESC"):
        sql = f"""SELECT * FROM (SELECT ts_ns, seq, kind, price, size FROM ticks WHERE con_id = ? AND ts_ns <= ?
            ORDER BY ts_ns {direction}, seq {direction} LIMIT {_LOOK}) ORDER BY ts_ns, seq"""
        for ts_ns, _, number, price, size in connection.execute(sql, (con_id, until_ns)):
            kind = KINDS.get(number)
            if kind is not None:
                found[kind.live_number] = (ts_ns, size if kind.group == "size" else price)
    return found


def _quote(con_id: int, found: dict[int, _Stamped]) -> LatestQuote:
    known = {field: found[number] for field, number in _RESTORED.items() if number in found}
    values = {field: known[field][1] if field in known else None for field in _RESTORED}
    return LatestQuote(con_id, **values, ts_ns=max(ts_ns for ts_ns, _ in known.values()))


def activity(directory: DataDirectory, now_ns: int, seconds: int = 300) -> dict[int, Row]:
    """Per contract: ``ticks``, ``prints`` and ``depth`` rows of the last seconds, and when the last of each came.

    Looks at the files of today and, within ``seconds`` of midnight, of yesterday. Contracts without a row today or in
    that time are missing.
    """
    since = now_ns - seconds * NS
    found: dict[int, Row] = {}
    for day_ns in sorted({since // DAY_NS, now_ns // DAY_NS}):
        path = directory.market_data(utc_day(day_ns * DAY_NS))
        for table in _TABLES:
            for row in rows(path, MARKET_DATA, _CONTRACTS.format(table=table), (since,)):
                entry = found.setdefault(row["con_id"], dict.fromkeys(_ACTIVITY) | dict.fromkeys(_TABLES, 0))
                entry[table] += row["recent"]
                entry[f"last_{table}_ns"] = row["last_ns"]
    return found


def prints(
    directory: DataDirectory, con_id: int, *, start_ns: int | None = None, end_ns: int | None = None, limit: int = 500
) -> list[Row]:
    """The newest prints of a contract received in ``start_ns <= ts_ns < end_ns``, oldest first, venue as text."""
    sql = """SELECT * FROM prints_text WHERE con_id = ? AND ts_ns >= ? AND ts_ns < ?
        ORDER BY ts_ns DESC, seq DESC LIMIT ?"""
    start, end = start_ns or 0, 2**63 - 1 if end_ns is None else end_ns
    found: list[Row] = []
    for day, path in reversed(directory.market_data_days()):
        if day_start_ns(day) < end and day_start_ns(day) + DAY_NS > start and len(found) < limit:
            found += rows(path, MARKET_DATA, sql, (con_id, start, end, limit - len(found)))
    return found[::-1]


def book_at(directory: DataDirectory, con_id: int, ts_ns: int) -> DepthBook | None:
    """The book as it stood at an instant of receipt, rebuilt from its last clearing; None where none was kept."""
    sql = """SELECT con_id, ts_ns, seq, side, op, position, price, size, coalesce(maker, '') AS maker, feed
        FROM depth_text WHERE con_id = :con_id AND ts_ns <= :ts_ns AND (ts_ns, seq) >= (
            SELECT ts_ns, seq FROM depth WHERE con_id = :con_id AND ts_ns <= :ts_ns AND op = 3
            ORDER BY ts_ns DESC, seq DESC LIMIT 1)
        ORDER BY ts_ns, seq"""
    found = rows(directory.market_data(utc_day(ts_ns)), MARKET_DATA, sql, {"con_id": con_id, "ts_ns": ts_ns})
    if not found:
        return None
    book = DepthBook(con_id)
    for row in found:
        book.apply(tuple(row.values()), 0.0)
    return book


def row_counts(directory: DataDirectory, now_ns: int) -> dict[str, int]:
    """Rows received today, by table. Counts the whole file: a quarter second for ten million rows."""
    path = directory.market_data(utc_day(now_ns))
    sql = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS count FROM {table}" for table in _TABLES)
    return {row["name"]: row["count"] for row in rows(path, MARKET_DATA, sql, seconds=30)}
