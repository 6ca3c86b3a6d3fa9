import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from ibtui.errors import StorageError
from ibtui.storage.migrations import migrate
from ibtui.storage.schema import JOURNAL, MARKET_DATA


def version_of(path: Path) -> int:
    connection = sqlite3.connect(path)
    try:
        return connection.execute("PRAGMA user_version").fetchone()[0]
    finally:
        connection.close()


def columns_of(path: Path, table: str) -> list[str]:
    connection = sqlite3.connect(path)
    try:
        return [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    finally:
        connection.close()


FIRST_JOURNAL = (
    """CREATE TABLE orders (
        order_ref TEXT PRIMARY KEY, created_ns INTEGER NOT NULL, con_id INTEGER NOT NULL, symbol TEXT NOT NULL,
        account TEXT NOT NULL, action TEXT NOT NULL, order_type TEXT NOT NULL, quantity REAL NOT NULL,
        limit_price REAL, stop_price REAL, tif TEXT NOT NULL, order_id INTEGER, perm_id INTEGER, client_id INTEGER,
        parent_ref TEXT, oca_group TEXT, status TEXT NOT NULL, filled REAL NOT NULL DEFAULT 0, average_price REAL,
        outside_rth INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '', sent_ns INTEGER,
        acknowledged_ns INTEGER, cancel_requested INTEGER NOT NULL DEFAULT 0, run_id INTEGER
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE trading_state (
        id INTEGER PRIMARY KEY, run_id INTEGER NOT NULL, ts_ns INTEGER NOT NULL, state TEXT NOT NULL,
        reason TEXT NOT NULL
    ) STRICT""",
)
"""The tables of version 1 that were changed since."""


def add_column(table: str, column: str):
    def upgrade(database) -> None:
        database.execute(f"ALTER TABLE {table} ADD COLUMN {column} TEXT")

    return upgrade


def test_a_fresh_file_gets_the_newest_tables(tmp_path: Path) -> None:
    migrate(tmp_path / "journal.db", JOURNAL)
    assert version_of(tmp_path / "journal.db") == JOURNAL.version
    assert "order_ref" in columns_of(tmp_path / "journal.db", "orders")


def test_a_current_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    migrate(path, JOURNAL)
    before = path.read_bytes()
    migrate(path, JOURNAL)
    assert path.read_bytes() == before


def test_fresh_and_current_files_never_load_the_migration_library(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from ibtui.storage.migrations import migrate; from ibtui.storage.schema import JOURNAL\n"
        "import ibtui.storage.journal, ibtui.storage.queries, ibtui.storage.history\n"
        "[migrate(pathlib.Path(sys.argv[1]), JOURNAL) for _ in range(2)]\n"
        "print([name for name in ('sqlite_utils', 'pandas', 'textual', 'ib_insync') if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "journal.db")], capture_output=True, text=True, check=True
    )
    assert answer.stdout == "[]\n"


@pytest.mark.parametrize("schema", [JOURNAL, MARKET_DATA], ids=lambda schema: schema.name)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_older_file_is_upgraded_step_by_step_and_keeps_its_rows(tmp_path: Path, schema) -> None:
    path, table = tmp_path / "file.db", {"journal": "orders", "market data": "ticks"}[schema.name]
    migrate(path, schema)
    now = schema.version
    second = replace(schema, version=now + 1, upgrades=(*schema.upgrades, add_column(table, "two")))
    third = replace(second, version=now + 2, upgrades=(*second.upgrades, add_column(table, "three")))
    migrate(path, second)
    assert (version_of(path), columns_of(path, table)[-1]) == (now + 1, "two")
    migrate(path, third)
    assert (version_of(path), columns_of(path, table)[-2:]) == (now + 2, ["two", "three"])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_journal_of_the_first_version_gets_the_columns_of_a_fresh_one(tmp_path: Path) -> None:
    old, fresh = tmp_path / "old.db", tmp_path / "fresh.db"
    connection = sqlite3.connect(old)
    for statement in FIRST_JOURNAL:
        connection.execute(statement)
    connection.execute("INSERT INTO trading_state (run_id, ts_ns, state, reason) VALUES (1, 2, 'HALTED', 'by hand')")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    migrate(old, JOURNAL)
    migrate(fresh, JOURNAL)
    for table in ("orders", "trading_state", "price_alerts", "views", "what_ifs"):
        assert set(columns_of(old, table)) == set(columns_of(fresh, table)) != set()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_an_upgrade_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    def fails(database) -> None:
        database.execute("ALTER TABLE orders ADD COLUMN half TEXT")
        raise RuntimeError("power cut")

    path = tmp_path / "journal.db"
    migrate(path, JOURNAL)
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(path, replace(JOURNAL, version=JOURNAL.version + 1, upgrades=(*JOURNAL.upgrades, fails)))
    assert version_of(path) == JOURNAL.version
    assert "half" not in columns_of(path, "orders")


def test_another_programs_database_is_refused_untouched(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE moz_places (url TEXT)")
    connection.close()
    with pytest.raises(StorageError, match="not one of ibtui's"):
        migrate(path, JOURNAL)
    assert columns_of(path, "orders") == []


def test_a_day_that_an_older_version_began_goes_on_and_its_prints_say_that_nothing_is_known_of_how_they_were_inferred(
    tmp_path: Path,
) -> None:
    path = tmp_path / "md.db"
    migrate(path, MARKET_DATA)
    connection = sqlite3.connect(path)
    connection.execute("DROP VIEW prints_text")
    for column in ("bucket", "flags"):
        connection.execute(f"ALTER TABLE prints DROP COLUMN {column}")
    connection.execute("CREATE VIEW prints_text AS SELECT * FROM prints")
    connection.execute("INSERT INTO prints VALUES (1, 2, 3, NULL, 10.0, 1.0, NULL, NULL, 1, 2)")
    connection.execute("PRAGMA user_version = 1")
    connection.commit()
    connection.close()
    migrate(path, MARKET_DATA)
    with sqlite3.connect(path) as connection:
        (found,) = connection.execute("SELECT * FROM prints_text").fetchall()
    connection.close()
    assert found == (1, 2, 3, None, 10.0, 1.0, None, None, 1, 2, None, None)
    assert version_of(path) == MARKET_DATA.version
