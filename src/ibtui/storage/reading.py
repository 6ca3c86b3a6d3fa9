"""How the query modules read: a short visit to one file, rows as plain dicts; a missing file holds nothing."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ibtui.storage.files import connect_ro
from ibtui.storage.schema import Schema

Row = dict[str, Any]

Parameters = Sequence[Any] | Mapping[str, Any]
"""By place for ``?``, by name for ``:name``."""


def rows(
    path: Path, schema: Schema, sql: str, parameters: Parameters = (), *, seconds: float | None = 2.0
) -> list[Row]:
    """All rows of a query.

    Raises:
        StorageError: The file can't be read, or the query took longer than ``seconds``.
        NewerDatabaseError: A newer ibtui wrote it.
    """
    if not path.exists():
        return []
    with connect_ro(path, schema, seconds) as connection:
        return [dict(row) for row in connection.execute(sql, parameters)]


def first(path: Path, schema: Schema, sql: str, parameters: Parameters = ()) -> Row | None:
    """The first row of a query, or None."""
    found = rows(path, schema, sql, parameters)
    return found[0] if found else None
