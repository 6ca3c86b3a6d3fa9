"""Brings a data file to the version this program writes."""

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING

from ibtui.errors import StorageError
from ibtui.storage.files import connect_rw, refuse_newer
from ibtui.storage.schema import Schema, Upgrade

if TYPE_CHECKING:
    from sqlite_utils import Database


def migrate(path: Path, schema: Schema) -> None:
    """Creates a missing or empty file in the newest version, upgrades an older one, leaves a current one alone.

    Raises:
        NewerDatabaseError: A newer ibtui wrote the file; nothing was changed.
        StorageError: The file is a database of something else.
        sqlite3.Error: The file is no database, or the disk failed.
    """
    connection = connect_rw(path, schema)
    try:
        version = refuse_newer(connection, path, schema)
        if version == 0:
            _create(connection, path, schema)
        elif version < schema.version:
            _upgrade(connection, schema, version)
    finally:
        connection.close()


def _create(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    if connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
        raise StorageError(f"{path} is a database, but not one of ibtui's. Move it away and start again.")
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in schema.statements:
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {schema.version}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _upgrade(connection: sqlite3.Connection, schema: Schema, version: int) -> None:
    # Imported here only: it takes 350 ms where pandas is installed, and fresh files never need it.
    from sqlite_utils import Database, Migrations

    migrations = Migrations(schema.name)
    for number, upgrade in enumerate(schema.upgrades[version - 1 :], start=version + 1):
        migrations(name=f"version {number}")(_numbered(upgrade, number))
    migrations.apply(Database(connection))


def _numbered(upgrade: Upgrade, number: int) -> Upgrade:
    def upgrade_and_number(database: "Database") -> None:
        upgrade(database)
        # In the same transaction as the upgrade, so that the number never runs ahead of the tables.
        database.conn.execute(f"PRAGMA user_version = {number}")

    return upgrade_and_number
