"""The tables of the three kinds of file. Column names are relied on by users' scripts: add, never rename.

Everywhere ``*_ns`` is UTC nanoseconds and NULL means unknown, never zero or flat. All tables are STRICT; those that
markets fill are WITHOUT ROWID, so that one contract's rows lie together (measured: 38 bytes a row against 58 with a
rowid and an index, and ten times faster to read).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from sqlite_utils import Database

Upgrade = Callable[["Database"], None]
"""Takes a file from one version to the next. It must not rely on ``transform()``, which fails on WITHOUT ROWID."""


@dataclass(frozen=True, slots=True)
class Schema:
    """One kind of file.

    Attributes:
        name: What it is called in messages and in the record of its migrations.
        version: Stands in the file's ``user_version``; a file with a greater one is refused.
        statements: DDL of the newest version; a fresh file gets these and no migration.
        synchronous: FULL waits for the disk at each commit.
        cache_kib: Page cache of the writing connection.
        replaceable: Whether a damaged file may be set aside and begun anew. The journal may not.
        upgrades: The first takes version 1 to 2, and so on.
    """

    name: str
    version: int
    statements: tuple[str, ...]
    synchronous: Literal["FULL", "NORMAL"]
    cache_kib: int
    replaceable: bool
    upgrades: tuple[Upgrade, ...] = ()


def _add_columns(table: str, *columns: str) -> Upgrade:
    def upgrade(database: "Database") -> None:
        for column in columns:
            database.execute(f"ALTER TABLE {table} ADD COLUMN {column}")

    return upgrade


def _add_table(statement: str) -> Upgrade:
    def upgrade(database: "Database") -> None:
        database.execute(statement)

    return upgrade


def _both(*upgrades: Upgrade) -> Upgrade:
    def upgrade(database: "Database") -> None:
        for each in upgrades:
            each(database)

    return upgrade


# One that ended without a price was taken back.
_PRICE_ALERTS = """CREATE TABLE price_alerts (
    number INTEGER PRIMARY KEY, con_id INTEGER NOT NULL, symbol TEXT NOT NULL, relation TEXT NOT NULL,
    price REAL NOT NULL, created_ns INTEGER NOT NULL, ended_ns INTEGER, ended_price REAL
) STRICT"""

# How the user arranged a screen, as one JSON document by the screen's name.
_VIEWS = "CREATE TABLE views (name TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT, WITHOUT ROWID"

# What an order would need and cost, asked without placing it. None of these was ever an order.
_WHAT_IFS = """CREATE TABLE what_ifs (
    order_ref TEXT PRIMARY KEY, run_id INTEGER NOT NULL, asked_ns INTEGER NOT NULL, con_id INTEGER NOT NULL,
    symbol TEXT NOT NULL, account TEXT NOT NULL, action TEXT NOT NULL, order_type TEXT NOT NULL, quantity REAL NOT NULL,
    limit_price REAL, stop_price REAL, order_id INTEGER NOT NULL, client_id INTEGER NOT NULL, answered_ns INTEGER,
    initial_change REAL, maintenance_change REAL, equity_with_loan REAL, commission REAL, min_commission REAL,
    max_commission REAL, currency TEXT, warning TEXT, problem TEXT
) STRICT, WITHOUT ROWID"""

JOURNAL = Schema(
    name="journal",
    version=5,
    synchronous="FULL",
    cache_kib=2048,
    replaceable=False,
    upgrades=(
        _both(
            _add_columns("orders", "trail_amount REAL", "trail_percent REAL"),
            _add_columns("trading_state", "source TEXT NOT NULL DEFAULT 'user'", "restraint TEXT", "since_ns INTEGER"),
        ),
        _add_table(_PRICE_ALERTS),
        _add_table(_VIEWS),
        _add_table(_WHAT_IFS),
    ),
    statements=(
        """CREATE TABLE runs (
            run_id INTEGER PRIMARY KEY, started_ns INTEGER NOT NULL, ended_ns INTEGER,
            clean INTEGER NOT NULL DEFAULT 0, version TEXT NOT NULL, client_id INTEGER, sqlite_version TEXT NOT NULL
        ) STRICT""",
        """CREATE TABLE orders (
            order_ref TEXT PRIMARY KEY, created_ns INTEGER NOT NULL, con_id INTEGER NOT NULL, symbol TEXT NOT NULL,
            account TEXT NOT NULL, action TEXT NOT NULL, order_type TEXT NOT NULL, quantity REAL NOT NULL,
            limit_price REAL, stop_price REAL, tif TEXT NOT NULL, order_id INTEGER, perm_id INTEGER, client_id INTEGER,
            parent_ref TEXT, oca_group TEXT, status TEXT NOT NULL, filled REAL NOT NULL DEFAULT 0, average_price REAL,
            outside_rth INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', sent_ns INTEGER,
            acknowledged_ns INTEGER, cancel_requested INTEGER NOT NULL DEFAULT 0, run_id INTEGER,
            trail_amount REAL, trail_percent REAL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX orders_created ON orders (created_ns)",
        "CREATE INDEX orders_status ON orders (status)",
        """CREATE TABLE order_events (
            id INTEGER PRIMARY KEY, order_ref TEXT NOT NULL, ts_ns INTEGER NOT NULL, kind TEXT NOT NULL,
            status TEXT NOT NULL, detail TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX order_events_order ON order_events (order_ref, id)",
        """CREATE TABLE checks (
            order_ref TEXT NOT NULL, ts_ns INTEGER NOT NULL, name TEXT NOT NULL, measured TEXT NOT NULL,
            limit_value TEXT NOT NULL, verdict TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'unknown'))
        ) STRICT""",
        "CREATE INDEX checks_order ON checks (order_ref, ts_ns)",
        """CREATE TABLE executions (
            exec_id TEXT PRIMARY KEY, order_ref TEXT NOT NULL, ts_ns INTEGER NOT NULL, con_id INTEGER NOT NULL,
            side TEXT NOT NULL CHECK (side IN ('BUY', 'SELL')), quantity REAL NOT NULL, price REAL NOT NULL,
            venue TEXT NOT NULL, superseded_by TEXT, fill_id TEXT NOT NULL, received_ns INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX executions_order ON executions (order_ref)",
        "CREATE INDEX executions_fill ON executions (fill_id)",
        """CREATE TABLE commissions (
            exec_id TEXT PRIMARY KEY, amount REAL NOT NULL, currency TEXT NOT NULL, realized REAL,
            received_ns INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        # ``state`` is what holds under all restraints together, ``restraint`` what the ``source`` that changed wants.
        """CREATE TABLE trading_state (
            id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, state TEXT NOT NULL,
            reason TEXT NOT NULL, source TEXT NOT NULL DEFAULT 'user', restraint TEXT, since_ns INTEGER
        ) STRICT""",
        """CREATE TABLE order_ids (
            endpoint TEXT NOT NULL, client_id INTEGER NOT NULL, highest INTEGER NOT NULL,
            PRIMARY KEY (endpoint, client_id)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE connection_events (
            id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, state TEXT NOT NULL,
            link TEXT NOT NULL CHECK (link IN ('GW', 'IB', 'DATA')), cause TEXT NOT NULL, code INTEGER,
            detail TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX connection_events_time ON connection_events (ts_ns)",
        """CREATE TABLE alerts (
            id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, kind TEXT NOT NULL,
            text TEXT NOT NULL, count INTEGER NOT NULL
        ) STRICT""",
        _PRICE_ALERTS,
        _WHAT_IFS,
        """CREATE TABLE drops (
            id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, from_ns INTEGER NOT NULL, to_ns INTEGER NOT NULL,
            lane TEXT NOT NULL, rows INTEGER NOT NULL, reason TEXT NOT NULL
        ) STRICT""",
        # An empty watchlist is one row without a symbol; a watchlist without rows has never been saved; one whose place
        # is below zero was deleted, and is told so that the defaults don't bring it back.
        """CREATE TABLE watchlists (
            name TEXT NOT NULL, place INTEGER NOT NULL, position INTEGER NOT NULL, symbol TEXT, con_id INTEGER,
            PRIMARY KEY (name, position)
        ) STRICT, WITHOUT ROWID""",
        _VIEWS,
    ),
)

HISTORY = Schema(
    name="history",
    version=2,
    synchronous="NORMAL",
    cache_kib=4096,
    replaceable=True,
    upgrades=(_add_columns("contracts", "size_increment REAL NOT NULL DEFAULT 1"),),
    statements=(
        """CREATE TABLE contracts (
            con_id INTEGER PRIMARY KEY, symbol TEXT NOT NULL, sec_type TEXT NOT NULL, exchange TEXT NOT NULL,
            currency TEXT NOT NULL, local_symbol TEXT NOT NULL, min_tick REAL NOT NULL, time_zone TEXT NOT NULL,
            primary_exchange TEXT NOT NULL, trading_class TEXT NOT NULL, multiplier REAL NOT NULL,
            long_name TEXT NOT NULL, last_trade_date TEXT NOT NULL, strike REAL, "right" TEXT NOT NULL,
            trading_hours TEXT NOT NULL, liquid_hours TEXT NOT NULL, updated_ns INTEGER NOT NULL,
            size_increment REAL NOT NULL DEFAULT 1
        ) STRICT""",
        # What was typed, in capitals, and the contract it turned out to mean.
        """CREATE TABLE contract_names (
            text TEXT PRIMARY KEY, con_id INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE bars (
            con_id INTEGER NOT NULL, bar TEXT NOT NULL, what TEXT NOT NULL, use_rth INTEGER NOT NULL,
            start INTEGER NOT NULL, open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL,
            volume REAL, wap REAL, count INTEGER,
            PRIMARY KEY (con_id, bar, what, use_rth, start)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE coverage (
            con_id INTEGER NOT NULL, bar TEXT NOT NULL, what TEXT NOT NULL, use_rth INTEGER NOT NULL,
            start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            outcome TEXT NOT NULL CHECK (outcome IN ('data', 'empty', 'error', 'missing')), asked_ns INTEGER NOT NULL,
            PRIMARY KEY (con_id, bar, what, use_rth, start, "end")
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE trading_hours (
            con_id INTEGER NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('trading', 'liquid')),
            open_ns INTEGER NOT NULL, close_ns INTEGER NOT NULL, source TEXT NOT NULL, fetched_ns INTEGER NOT NULL,
            PRIMARY KEY (con_id, kind, open_ns)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE backfill_jobs (
            job_id INTEGER PRIMARY KEY, created_ns INTEGER NOT NULL, updated_ns INTEGER NOT NULL,
            con_id INTEGER NOT NULL, symbol TEXT NOT NULL, bar TEXT NOT NULL, what TEXT NOT NULL,
            use_rth INTEGER NOT NULL, mode TEXT NOT NULL, start INTEGER, "end" INTEGER, state TEXT NOT NULL,
            done INTEGER NOT NULL, total INTEGER NOT NULL, rows INTEGER NOT NULL, problem TEXT
        ) STRICT""",
        """CREATE TABLE backfill_requests (
            id INTEGER PRIMARY KEY, job_id INTEGER NOT NULL, start INTEGER NOT NULL, "end" INTEGER NOT NULL,
            duration TEXT NOT NULL, sent_ns INTEGER NOT NULL, answered_ns INTEGER, outcome TEXT NOT NULL,
            rows INTEGER NOT NULL, detail TEXT NOT NULL
        ) STRICT""",
        "CREATE INDEX backfill_requests_job ON backfill_requests (job_id, id)",
        """CREATE TABLE positions (
            account TEXT NOT NULL, con_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, symbol TEXT NOT NULL,
            quantity REAL, average_cost REAL, market_price REAL, unrealized REAL,
            PRIMARY KEY (account, con_id, ts_ns)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE account_values (
            account TEXT NOT NULL, key TEXT NOT NULL, currency TEXT NOT NULL, ts_ns INTEGER NOT NULL,
            value TEXT NOT NULL,
            PRIMARY KEY (account, key, currency, ts_ns)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE metrics (
            name TEXT NOT NULL, ts_ns INTEGER NOT NULL, value REAL,
            PRIMARY KEY (name, ts_ns)
        ) STRICT, WITHOUT ROWID""",
    ),
)

_PRINTS_TEXT = """CREATE VIEW prints_text AS SELECT con_id, ts_ns, seq, exchange_ns, price, size,
    (SELECT text FROM names WHERE id = venue) AS venue,
    (SELECT text FROM names WHERE id = conditions) AS conditions, side, feed, bucket, flags FROM prints"""


def _how_sides_were_inferred(database: "Database") -> None:
    for column in ("bucket", "flags"):
        database.conn.execute(f"ALTER TABLE prints ADD COLUMN {column} INTEGER")
    database.conn.execute("DROP VIEW prints_text")
    database.conn.execute(_PRINTS_TEXT)


MARKET_DATA = Schema(
    name="market data",
    version=2,
    synchronous="NORMAL",
    cache_kib=16384,
    replaceable=True,
    statements=(
        """CREATE TABLE ticks (
            con_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL, kind INTEGER NOT NULL, price REAL,
            size REAL,
            PRIMARY KEY (con_id, ts_ns, seq)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE prints (
            con_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL, exchange_ns INTEGER, price REAL,
            size REAL, venue INTEGER, conditions INTEGER, side INTEGER, feed INTEGER, bucket INTEGER, flags INTEGER,
            PRIMARY KEY (con_id, ts_ns, seq)
        ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE depth (
            con_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, seq INTEGER NOT NULL, side INTEGER NOT NULL,
            op INTEGER NOT NULL, position INTEGER NOT NULL, price REAL, size REAL, maker INTEGER, feed INTEGER,
            PRIMARY KEY (con_id, ts_ns, seq)
        ) STRICT, WITHOUT ROWID""",
        "CREATE TABLE names (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT",
        """CREATE TABLE clock (
            run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, market_ns INTEGER NOT NULL, speed REAL NOT NULL,
            PRIMARY KEY (run_id, ts_ns)
        ) STRICT, WITHOUT ROWID""",
        _PRINTS_TEXT,
        """CREATE VIEW depth_text AS SELECT con_id, ts_ns, seq, side, op, position, price, size,
            (SELECT text FROM names WHERE id = maker) AS maker, feed FROM depth""",
    ),
    upgrades=(_how_sides_were_inferred,),
)
