"""All that is read from the data files: read-only, blocking, each in one short visit; a missing file holds nothing.

Rows are dicts with the tables' column names, ready for JSON. What concerns orders and runs stands in
:mod:`ibtui.storage.order_queries`, what concerns ticks in :mod:`ibtui.storage.market_queries`; here are the history and
the summaries over several files.
"""

from collections.abc import Sequence

from ibtui.errors import UnknownSymbolError
from ibtui.market.bars import Bar
from ibtui.market.book import Level
from ibtui.market.hours import Session
from ibtui.market.instruments import Instrument
from ibtui.market.symbols import parse_symbol
from ibtui.storage.files import DataDirectory
from ibtui.storage.history import CONTRACT_COLUMNS
from ibtui.storage.market_queries import (
    LatestQuote,
    activity,
    book_at,
    latest_quotes,
    prints,
    quote_at,
    row_counts,
)
from ibtui.storage.order_queries import (
    alerts,
    checks,
    connection_events,
    deleted_watchlists,
    drops,
    executions,
    fills,
    highest_order_id,
    last_run,
    load_orders,
    order,
    order_events,
    orders,
    price_alerts,
    restraints,
    trading_state,
    views,
    watchlists,
)
from ibtui.storage.reading import Row, first, rows
from ibtui.storage.schema import HISTORY, JOURNAL

__all__ = [
    "LatestQuote",
    "account_series",
    "account_values",
    "activity",
    "alerts",
    "backfill_jobs",
    "bar_counts",
    "bars",
    "book_at",
    "checks",
    "connection_events",
    "contract",
    "contract_by_text",
    "contracts",
    "coverage",
    "covered",
    "deleted_watchlists",
    "drops",
    "executions",
    "fills",
    "highest_job_id",
    "highest_order_id",
    "last_run",
    "latest_quotes",
    "load_orders",
    "order",
    "order_events",
    "orders",
    "positions",
    "price_alerts",
    "prints",
    "quote_at",
    "restraints",
    "row_counts",
    "status_counts",
    "trading_hours",
    "trading_state",
    "views",
    "watchlists",
    "why",
]

_COLUMNS = ", ".join(f'contracts."{column}"' for column in CONTRACT_COLUMNS)
_CONTRACT = f"SELECT {_COLUMNS} FROM contracts"


def contract(directory: DataDirectory, con_id: int) -> Instrument | None:
    """A contract that was looked up before."""
    found = first(directory.history, HISTORY, f"{_CONTRACT} WHERE con_id = ?", (con_id,))
    return None if found is None else Instrument(**found)


def contract_by_text(directory: DataDirectory, text: str) -> Instrument | None:
    """The contract that a text was found to mean before, in any case of letters."""
    sql = f"{_CONTRACT} JOIN contract_names USING (con_id) WHERE text = ?"
    found = first(directory.history, HISTORY, sql, (text.upper(),))
    return None if found is None else Instrument(**found)


def contract_of_symbol(directory: DataDirectory, text: str) -> Instrument:
    """What a symbol as people type it was found to mean before.

    Raises:
        UnknownSymbolError: It was never looked up here, or the text means nothing.
        StorageError: The files can't be read.
    """
    wanted = parse_symbol(text)
    number = wanted.candidates[0].con_id
    found = contract(directory, number) if number else contract_by_text(directory, wanted.text)
    if found is None:
        known = "`ibtui symbols` lists what was"
        raise UnknownSymbolError(f"'{text}' was never looked up here, and no console is running to ask; {known}")
    return found


def contracts(directory: DataDirectory, sec_type: str | None = None) -> list[Instrument]:
    """All contracts that were ever looked up, by symbol; of one type or of all."""
    sql = f"{_CONTRACT} WHERE :sec_type IS NULL OR sec_type = :sec_type ORDER BY symbol, con_id"
    return [Instrument(**row) for row in rows(directory.history, HISTORY, sql, {"sec_type": sec_type})]


def bars(directory: DataDirectory, con_id: int, bar: str, what: str, use_rth: bool, start: int, end: int) -> list[Bar]:
    """Stored bars with ``start <= bar.start < end`` (UTC seconds), oldest first."""
    sql = """SELECT start, open, high, low, close, volume, wap, count FROM bars
        WHERE con_id = ? AND bar = ? AND what = ? AND use_rth = ? AND start >= ? AND start < ? ORDER BY start"""
    return [Bar(**row) for row in rows(directory.history, HISTORY, sql, (con_id, bar, what, use_rth, start, end))]


def bar_counts(directory: DataDirectory, con_id: int | None = None) -> list[Row]:
    """What bars are stored: ``con_id, bar, what, use_rth, bars, first, last`` (starts in UTC seconds)."""
    sql = """SELECT con_id, bar, what, use_rth, count(*) AS bars, min(start) AS first, max(start) AS last FROM bars
        WHERE :con_id IS NULL OR con_id = :con_id GROUP BY con_id, bar, what, use_rth"""
    return rows(directory.history, HISTORY, sql, {"con_id": con_id})


def covered(directory: DataDirectory, con_id: int) -> list[Row]:
    """The series that bars were ever asked for of: ``bar, what, use_rth``."""
    return rows(
        directory.history, HISTORY, "SELECT DISTINCT bar, what, use_rth FROM coverage WHERE con_id = ?", (con_id,)
    )


def coverage(
    directory: DataDirectory, con_id: int, bar: str, what: str, use_rth: bool, start: int, end: int
) -> list[Row]:
    """What was asked for that touches ``start <= t < end``: ``start, end, outcome, asked_ns``, in the order asked."""
    sql = """SELECT start, "end", outcome, asked_ns FROM coverage
        WHERE con_id = ? AND bar = ? AND what = ? AND use_rth = ? AND "end" > ? AND start < ?
        ORDER BY asked_ns, start"""
    return rows(directory.history, HISTORY, sql, (con_id, bar, what, use_rth, start, end))


def trading_hours(directory: DataDirectory, con_id: int, kind: str, start_ns: int, end_ns: int) -> list[Session]:
    """Stored sessions of a contract that touch ``start_ns <= t < end_ns``; ``kind`` is trading or liquid."""
    sql = """SELECT open_ns, close_ns FROM trading_hours
        WHERE con_id = ? AND kind = ? AND close_ns > ? AND open_ns < ? ORDER BY open_ns"""
    return [Session(**row) for row in rows(directory.history, HISTORY, sql, (con_id, kind, start_ns, end_ns))]


def backfill_jobs(directory: DataDirectory, limit: int = 100) -> list[Row]:
    """Backfill jobs, newest first."""
    return rows(directory.history, HISTORY, "SELECT * FROM backfill_jobs ORDER BY job_id DESC LIMIT ?", (limit,))


def highest_job_id(directory: DataDirectory) -> int:
    """The highest number of a backfill job; 0 when there never was one."""
    found = first(directory.history, HISTORY, "SELECT coalesce(max(job_id), 0) AS highest FROM backfill_jobs")
    return 0 if found is None else int(found["highest"])


def positions(directory: DataDirectory, account: str | None = None) -> list[Row]:
    """The last known positions that are not flat, by account and symbol; a quantity of None is unknown, not flat."""
    sql = """SELECT positions.* FROM positions
        JOIN (SELECT account, con_id, max(ts_ns) AS ts_ns FROM positions GROUP BY account, con_id)
            USING (account, con_id, ts_ns)
        WHERE (:account IS NULL OR account = :account) AND quantity IS NOT 0 ORDER BY account, symbol, con_id"""
    return rows(directory.history, HISTORY, sql, {"account": account})


def account_values(directory: DataDirectory, account: str | None = None) -> list[Row]:
    """The last known account values, by account, key and currency."""
    sql = """SELECT account, key, currency, max(ts_ns) AS ts_ns, value FROM account_values
        WHERE :account IS NULL OR account = :account GROUP BY account, key, currency ORDER BY account, key, currency"""
    return rows(directory.history, HISTORY, sql, {"account": account})


def account_series(
    directory: DataDirectory, account: str, key: str, currency: str, since_ns: int
) -> list[tuple[int, float]]:
    """A number of the account over time: the last of each minute since then, UTC nanoseconds and value."""
    sql = """SELECT max(ts_ns) AS ts_ns, CAST(value AS REAL) AS value FROM account_values
        WHERE account = ? AND key = ? AND currency = ? AND ts_ns >= ?
        GROUP BY ts_ns / 60000000000 ORDER BY ts_ns"""
    found = rows(directory.history, HISTORY, sql, (account, key, currency, since_ns))
    return [(row["ts_ns"], row["value"]) for row in found]


def status_counts(directory: DataDirectory, now_ns: int) -> dict[str, int]:
    """Rows kept, by table: today's market data, and all of the journal and the history that users ask about."""
    kept = row_counts(directory, now_ns)
    for path, schema, tables in (
        (directory.journal, JOURNAL, ("orders", "executions", "connection_events", "drops")),
        (directory.history, HISTORY, ("contracts", "bars")),
    ):
        sql = " UNION ALL ".join(f"SELECT '{table}' AS name, count(*) AS count FROM {table}" for table in tables)
        kept |= {row["name"]: row["count"] for row in rows(path, schema, sql)}
    return kept


def why(directory: DataDirectory, name: str) -> Row | None:
    """One order's whole story, ready for JSON; None when no order bears that reference, order id or permanent id.

    Returns:
        ``order``, ``checks``, ``events``, ``executions``; ``quote`` and ``book`` as they stood when it was
        created, each None where nothing was kept.
    """
    found = order(directory, name)
    if found is None:
        return None
    ref, con_id, created_ns = found["order_ref"], found["con_id"], found["created_ns"]
    quote, book = quote_at(directory, con_id, created_ns), book_at(directory, con_id, created_ns)
    return {
        "order": found,
        "checks": checks(directory, ref),
        "events": order_events(directory, ref),
        "executions": executions(directory, ref),
        "quote": None if quote is None else {field: getattr(quote, field) for field in LatestQuote.__slots__},
        "book": None if book is None else {"bids": _levels(book.bids), "asks": _levels(book.asks)},
    }


def _levels(side: Sequence[Level]) -> list[Row]:
    return [{"price": level.price, "size": level.size, "maker": level.maker} for level in side]
