"""Statements for ``history.db``: contracts, bars and their coverage, backfill jobs, positions and account values.

Each function returns what :meth:`ibtui.storage.writer.Writer.history` takes; all of them can be repeated safely but for
``backfill_request``, which is a log.
"""

from collections.abc import Iterable, Sequence

from ibtui.market.bars import Bar
from ibtui.market.hours import Session
from ibtui.market.instruments import Instrument
from ibtui.storage.database import Statement

CONTRACT_COLUMNS = (
    "con_id",
    "symbol",
    "sec_type",
    "exchange",
    "primary_exchange",
    "currency",
    "local_symbol",
    "trading_class",
    "multiplier",
    "min_tick",
    "time_zone",
    "trading_hours",
    "liquid_hours",
    "long_name",
    "last_trade_date",
    "strike",
    "right",
    "size_increment",
)
"""The fields of an Instrument, which are the columns of ``contracts``."""

_QUOTED = ", ".join(f'"{column}"' for column in CONTRACT_COLUMNS)
_CONTRACT = f"INSERT OR REPLACE INTO contracts ({_QUOTED}, updated_ns) VALUES ({'?, ' * len(CONTRACT_COLUMNS)}?)"
_CONTRACT_NAME = "INSERT OR REPLACE INTO contract_names (text, con_id) VALUES (?, ?)"
_BAR = "INSERT OR REPLACE INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_COVERAGE = "INSERT OR REPLACE INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_FORGET_HOURS = "DELETE FROM trading_hours WHERE con_id = ? AND kind = ? AND open_ns >= ? AND open_ns <= ?"
_HOURS = "INSERT INTO trading_hours VALUES (?, ?, ?, ?, ?, ?)"
_JOB = """
    INSERT INTO backfill_jobs
        (job_id, created_ns, updated_ns, con_id, symbol, bar, what, use_rth, mode, start, "end", state, done, total,
         rows, problem)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (job_id) DO UPDATE SET updated_ns = excluded.updated_ns, state = excluded.state, done = excluded.done,
        total = excluded.total, rows = excluded.rows, problem = excluded.problem"""
_REQUEST = """
    INSERT INTO backfill_requests (job_id, start, "end", duration, sent_ns, answered_ns, outcome, rows, detail)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_POSITION = "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ACCOUNT_VALUE = "INSERT OR REPLACE INTO account_values VALUES (?, ?, ?, ?, ?)"
_METRIC = "INSERT OR REPLACE INTO metrics VALUES (?, ?, ?)"


def upsert_contract(instrument: Instrument, asked_as: str = "", updated_ns: int = 0) -> tuple[Statement, ...]:
    """Remembers a contract, and what was typed to find it.

    Args:
        instrument: The contract.
        asked_as: Found again under this text, in any case of letters; empty: under its number only.
        updated_ns: When IB said so, UTC nanoseconds.
    """
    row = (*(getattr(instrument, column) for column in CONTRACT_COLUMNS), updated_ns)
    contract: Statement = (_CONTRACT, [row])
    if not asked_as:
        return (contract,)
    return contract, (_CONTRACT_NAME, [(asked_as.upper(), instrument.con_id)])


def bars(con_id: int, bar: str, what: str, use_rth: bool, rows: Iterable[Bar]) -> tuple[Statement, ...]:
    """Keeps ended bars; a bar that is there already is replaced."""
    return ((_BAR, [(con_id, bar, what, use_rth, *row) for row in rows]),)


def coverage(
    con_id: int, bar: str, what: str, use_rth: bool, start: int, end: int, outcome: str, asked_ns: int
) -> tuple[Statement, ...]:
    """Records that ``start <= t < end`` (UTC seconds) was asked for: it brought data, empty, error or missing."""
    return ((_COVERAGE, [(con_id, bar, what, use_rth, start, end, outcome, asked_ns)]),)


def trading_hours(
    con_id: int, kind: str, sessions: Sequence[Session], source: str, fetched_ns: int
) -> tuple[Statement, ...]:
    """Keeps sessions of a contract; those between the first and the last are replaced.

    Args:
        con_id: The contract.
        kind: ``trading`` or ``liquid``.
        sessions: In order of time.
        source: Who says so, such as ``contract``, ``schedule`` or ``calendar``.
        fetched_ns: When, UTC nanoseconds.
    """
    if not sessions:
        return ()
    rows = [(con_id, kind, session.open_ns, session.close_ns, source, fetched_ns) for session in sessions]
    return (_FORGET_HOURS, [(con_id, kind, sessions[0].open_ns, sessions[-1].open_ns)]), (_HOURS, rows)


def backfill_job(
    job_id: int,
    *,
    created_ns: int,
    updated_ns: int,
    instrument: Instrument,
    bar: str,
    what: str,
    use_rth: bool,
    mode: str,
    start: int | None,
    end: int | None,
    state: str,
    done: int,
    total: int,
    rows: int,
    problem: str | None,
) -> tuple[Statement, ...]:
    """Keeps a job as it now stands; ``start`` and ``end`` in UTC seconds, ``done`` and ``total`` in requests."""
    row = (
        *(job_id, created_ns, updated_ns, instrument.con_id, instrument.symbol, bar, what, use_rth, mode),
        *(start, end, state, done, total, rows, problem),
    )
    return ((_JOB, [row]),)


def backfill_request(
    job_id: int,
    *,
    start: int,
    end: int,
    duration: str,
    sent_ns: int,
    answered_ns: int | None,
    outcome: str,
    rows: int,
    detail: str = "",
) -> tuple[Statement, ...]:
    """Records one request of a job and how it ended."""
    return ((_REQUEST, [(job_id, start, end, duration, sent_ns, answered_ns, outcome, rows, detail)]),)


def position(
    account: str,
    con_id: int,
    ts_ns: int,
    *,
    symbol: str,
    quantity: float | None,
    average_cost: float | None = None,
    market_price: float | None = None,
    unrealized: float | None = None,
) -> tuple[Statement, ...]:
    """Records a position as it stood at ``ts_ns``; flat is a quantity of 0, unknown is None."""
    return ((_POSITION, [(account, con_id, ts_ns, symbol, quantity, average_cost, market_price, unrealized)]),)


def account_value(account: str, key: str, currency: str, ts_ns: int, value: str) -> tuple[Statement, ...]:
    """Records one of IB's account values, in IB's words."""
    return ((_ACCOUNT_VALUE, [(account, key, currency, ts_ns, value)]),)


def metric(name: str, ts_ns: int, value: float | None) -> tuple[Statement, ...]:
    """Records a measurement of the program itself."""
    return ((_METRIC, [(name, ts_ns, value)]),)
