"""One file's read-write connection, and the two things done with it: commit, and close well."""

import json
import logging
import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ibtui.storage.faults import Fault, fault_of
from ibtui.storage.files import connect_rw, set_aside
from ibtui.storage.migrations import migrate
from ibtui.storage.schema import Schema

Statement = tuple[str, Sequence[Sequence[Any]]]
"""SQL and its parameter rows; one row for a statement without several."""

logger = logging.getLogger(__name__)


class Database:
    """The only writer of one file. Used by one thread at a time; every call blocks on the disk.

    Raises:
        NewerDatabaseError: A newer ibtui wrote the file.
        StorageError: The file is another program's.
        sqlite3.Error: The file is damaged, or the disk failed.
    """

    def __init__(self, path: Path, schema: Schema) -> None:
        self.path = path
        self.schema = schema
        migrate(path, schema)
        self.connection = connect_rw(path, schema)
        self._inode = path.stat().st_ino

    def commit(self, statements: Iterable[Statement]) -> None:
        """Writes all statements in one transaction, or none. On disk when it returns, as the schema's mode promises."""
        with self.transaction() as connection:
            for sql, rows in statements:
                connection.executemany(sql, rows)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """What is written within is on disk at its end, as the schema's mode promises; nothing of it when it raises."""
        connection = self.connection
        # IMMEDIATE: a transaction that turns from reading to writing fails at once when another wrote in between.
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            # After a full disk SQLite has rolled back by itself, and a second ROLLBACK would raise.
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise

    def is_gone(self) -> bool:
        """Whether somebody moved or deleted the file: SQLite goes on writing to it then, without a word."""
        try:
            return self.path.stat().st_ino != self._inode
        except OSError:
            return True

    def close(self) -> None:
        """Moves the write-ahead log into the file and closes it; what fails here is only logged."""
        try:
            self.connection.execute("PRAGMA optimize")
            self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            logger.warning("%s: not checkpointed: %s", self.path.name, error)
        self.connection.close()


def open_or_set_aside(path: Path, schema: Schema, utc_ns: int) -> tuple[Database, str | None]:
    """Opens a file that can be done without; a damaged one is renamed and a new one begun.

    Returns:
        The database, and what there is to tell, if anything.
    """
    try:
        return Database(path, schema), None
    except sqlite3.Error as error:
        if fault_of(error) is not Fault.DAMAGED:
            raise
        aside = set_aside(path, utc_ns)
        return Database(path, schema), f"{path.name} was damaged ({error}); it is now {aside.name}, a new one was begun"


def begin_anew(damaged: Database, utc_ns: int) -> Database:
    """Sets a file aside that turned out damaged while it was written, and begins a new one in its place."""
    with suppress(sqlite3.Error):
        damaged.connection.close()
    aside = set_aside(damaged.path, utc_ns)
    logger.error("%s is damaged; it is now %s, a new one was begun", damaged.path.name, aside.name)
    return Database(damaged.path, damaged.schema)


def quarantine(directory: Path, lane: str, error: Exception, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """Keeps rows that no table takes in ``quarantine.jsonl``, so that a bad row is neither fatal nor lost."""
    logger.error("%s: %d rows can't be stored: %s", lane, len(rows), error)
    line = json.dumps(
        {"lane": lane, "error": str(error), "sql": sql, "rows": [list(row) for row in rows]}, default=repr
    )
    try:
        descriptor = os.open(directory / "quarantine.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(line + "\n")
    except OSError as problem:
        logger.error("quarantine.jsonl: %s", problem)  # noqa: TRY400 - the rows' own error is what matters
