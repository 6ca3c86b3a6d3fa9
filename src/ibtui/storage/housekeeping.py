"""Care of the data files: how large they are, whether they are sound, and which days go. Blocking, for commands.

Nothing here takes the directory's lock: reading is always allowed, and files of expired days are written by nobody.
"""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from ibtui.errors import StorageError
from ibtui.storage.files import DataDirectory, connect_ro
from ibtui.storage.retention import expired, prune
from ibtui.storage.schema import HISTORY, JOURNAL, MARKET_DATA, Schema

_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name"


def file_stats(directory: DataDirectory) -> dict[str, Any]:
    """``directory``, ``free_bytes`` and ``files``: each with its ``bytes``, its log's and ``rows`` by table.

    Raises:
        StorageError: A file can't be read.
    """
    files = []
    for path, schema in _files(directory):
        with connect_ro(path, schema, None) as connection:
            names = [row["name"] for row in connection.execute(_TABLES)]
            rows = {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        files.append(
            {
                "file": _name(directory, path),
                "bytes": path.stat().st_size,
                "log_bytes": _size(path.with_name(path.name + "-wal")),
                "version": version,
                "rows": rows,
            }
        )
    exists = directory.path.exists()
    free = shutil.disk_usage(directory.path).free if exists else None
    return {"directory": str(directory.path), "free_bytes": free, "files": files}


def check_files(directory: DataDirectory) -> list[dict[str, Any]]:
    """Every file with its ``problems``, none for a sound one. Reads all of it: seconds for a gigabyte."""
    return [
        {"file": _name(directory, path), "bytes": path.stat().st_size, "problems": _problems(path, schema)}
        for path, schema in _files(directory)
    ]


def prune_days(directory: DataDirectory, today: date, keep_days: int, *, dry_run: bool = False) -> dict[str, Any]:
    """Deletes the market data of days before the last ``keep_days``.

    Args:
        directory: Where the files are.
        today: The UTC day, counted as one of those to keep.
        keep_days: How many to keep.
        dry_run: Only say what would go.

    Returns:
        ``files`` that went, each with its ``bytes``; ``freed_bytes``, ``kept_days`` and ``dry_run``.

    Raises:
        StorageError: A file can't be deleted.
    """
    going = expired(directory, today, keep_days)
    files: list[dict[str, Any]] = [
        {
            "file": _name(directory, path),
            "bytes": sum(_size(path.with_name(path.name + tail)) for tail in ("", "-wal", "-shm")),
        }
        for path in going
    ]
    if not dry_run:
        try:
            prune(directory, today, keep_days)
        except OSError as error:
            raise StorageError(f"{error.filename} can't be deleted: {error.strerror}.") from None
    left = len(directory.market_data_days()) - (len(going) if dry_run else 0)
    freed = sum(each["bytes"] for each in files)
    return {"files": files, "freed_bytes": freed, "kept_days": left, "dry_run": dry_run}


def _files(directory: DataDirectory) -> Iterator[tuple[Path, Schema]]:
    for path, schema in ((directory.journal, JOURNAL), (directory.history, HISTORY)):
        if path.exists():
            yield path, schema
    for _, path in directory.market_data_days():
        yield path, MARKET_DATA


def _problems(path: Path, schema: Schema) -> list[str]:
    try:
        with connect_ro(path, schema, None) as connection:
            found = [row[0] for row in connection.execute("PRAGMA integrity_check(20)")]
    except StorageError as error:
        return [str(error)]
    return [] if found == ["ok"] else [str(each) for each in found]


def _name(directory: DataDirectory, path: Path) -> str:
    return str(path.relative_to(directory.path))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
