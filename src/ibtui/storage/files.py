"""The data directory: what lies where, who may hold it, and how its files are opened."""

import fcntl
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from urllib.parse import quote

from ibtui.clock import NS
from ibtui.errors import DirectoryInUseError, EnvironmentUnfitError, NewerDatabaseError, StorageError
from ibtui.storage.mounts import NETWORK_TYPES, file_system_type
from ibtui.storage.schema import Schema

DAY_NS = 86_400 * NS
OLDEST_SQLITE = (3, 37, 0)
"""The first with STRICT tables."""
BUSY_MS = 2_000
"""How long SQLite itself waits for another program's lock."""
_EPOCH_DAY = date(1970, 1, 1).toordinal()


def utc_day(ts_ns: int) -> date:
    """The UTC day a stamp falls on."""
    return date.fromordinal(_EPOCH_DAY + ts_ns // DAY_NS)


def day_start_ns(day: date) -> int:
    """The first nanosecond of a UTC day."""
    return (day.toordinal() - _EPOCH_DAY) * DAY_NS


@dataclass(slots=True)
class DataDirectory:
    """A directory of data files. Whoever opened it to write holds its lock until :meth:`close`."""

    path: Path
    lock: int | None = None
    """Descriptor of the held lock file; None when opened read-only."""

    @property
    def journal(self) -> Path:
        """Orders and everything that must never be lost."""
        return self.path / "journal.db"

    @property
    def history(self) -> Path:
        """What can be fetched again."""
        return self.path / "history.db"

    def market_data(self, day: date) -> Path:
        """Ticks, prints and depth received on one UTC day."""
        return self.path / "md" / f"md-{day:%Y%m%d}.db"

    def market_data_days(self) -> list[tuple[date, Path]]:
        """Every day there is a file for, oldest first."""
        days = []
        for file in sorted((self.path / "md").glob("md-????????.db")):
            with suppress(ValueError):
                days.append((datetime.strptime(file.stem[3:], "%Y%m%d").replace(tzinfo=UTC).date(), file))
        return days

    def close(self) -> None:
        """Gives the lock back."""
        if self.lock is not None:
            os.close(self.lock)
            self.lock = None

    def __enter__(self) -> "DataDirectory":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_directory(
    path: Path, *, read_only: bool = False, file_system_of: Callable[[Path], str] = file_system_type
) -> DataDirectory:
    """Makes the directory, private to its user, and takes its lock.

    Args:
        path: Created with its parents when missing.
        read_only: Takes no lock and creates nothing; the directory may be missing, its readers then find nothing.
        file_system_of: Type of the file system that holds a path, as the operating system names it.

    Raises:
        EnvironmentUnfitError: It can't be made or written, lies on a network file system, where SQLite's locks and
            shared memory are not reliable, or this Python's SQLite is too old.
        DirectoryInUseError: Another process holds it.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        raise EnvironmentUnfitError(
            f"This Python has SQLite {sqlite3.sqlite_version}, ibtui needs {oldest} or newer: use a newer Python."
        )
    directory = DataDirectory(path)
    if read_only:
        return directory
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        _refuse_network(path, file_system_of(path))
        (path / "md").mkdir(mode=0o700, exist_ok=True)
        directory.lock = _take_lock(path)
    except OSError as error:
        raise EnvironmentUnfitError(
            f"The data directory {path} can't be used: {error.strerror}. Choose another with --data-dir."
        ) from None
    return directory


def _refuse_network(path: Path, file_system: str) -> None:
    if file_system in NETWORK_TYPES:
        raise EnvironmentUnfitError(
            f"The data directory {path} is on a network file system ({file_system}), where SQLite can lose data. "
            "Choose a local one with --data-dir."
        )


def _take_lock(path: Path) -> int:
    descriptor = os.open(path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode("ascii", "replace").strip() or "unknown"
        os.close(descriptor)
        raise DirectoryInUseError(
            f"Another ibtui (process {holder}) holds the data directory {path}. "
            "Quit it first, go on read-only, or choose another with --data-dir."
        ) from None
    except OSError:
        os.close(descriptor)
        raise
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
    return descriptor


def connect_rw(path: Path, schema: Schema) -> sqlite3.Connection:
    """Opens a file to write, creating it empty and private (0600) when missing. Transactions are explicit.

    There must be one such connection a file in all processes: SQLite before 3.51.3 can damage a WAL file that two
    connections write. It may be used by any thread, one at a time.

    Raises:
        StorageError: A pragma did not take.
        sqlite3.Error: The file is no database or can't be opened.
    """
    path.parent.mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    path.chmod(0o600)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    try:
        set_pragmas(connection, path, schema)
    except BaseException:
        connection.close()
        raise
    return connection


def set_pragmas(connection: sqlite3.Connection, path: Path, schema: Schema) -> None:
    """Sets how a writing connection syncs, waits and caches, and reads each setting back.

    Raises:
        StorageError: A pragma did not take.
    """
    for name, value in _pragmas(schema).items():
        connection.execute(f"PRAGMA {name} = {value}")
        # Read back, since SQLite ignores a pragma that it can't obey: WAL on some file systems, for one.
        found = connection.execute(f"PRAGMA {name}").fetchone()
        if found is None or found[0] != value:
            raise StorageError(f"{path}: SQLite did not accept {name} = {value} (it says {found and found[0]}).")


def _pragmas(schema: Schema) -> dict[str, int | str]:
    full = schema.synchronous == "FULL"
    return {
        "journal_mode": "wal",
        # Always named: some builds default to FULL in WAL, some to NORMAL. 2 is FULL, 1 NORMAL.
        "synchronous": 2 if full else 1,
        "fullfsync": int(full),
        "busy_timeout": BUSY_MS,
        "journal_size_limit": 64 * 1024 * 1024,
        "wal_autocheckpoint": 1000,
        "temp_store": 2,
        "cache_size": -schema.cache_kib,
    }


@contextmanager
def connect_ro(path: Path, schema: Schema, seconds: float | None = 2.0) -> Iterator[sqlite3.Connection]:
    """Opens an existing file to read, for one short visit: a long one keeps the writer's WAL from shrinking.

    Args:
        path: The file.
        schema: What it should hold.
        seconds: After this long a query is stopped; None for exports, which take what they take.

    Raises:
        StorageError: It can't be read, is damaged, or the query took too long.
        NewerDatabaseError: A newer version of ibtui wrote it.
    """
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, timeout=2.0)
    except sqlite3.Error as error:
        raise StorageError(f"{path} can't be read: {error}") from None
    version = schema.version
    try:
        connection.row_factory = sqlite3.Row
        version = refuse_newer(connection, path, schema)
        if seconds is not None:
            deadline = time.monotonic() + seconds
            connection.set_progress_handler(lambda: time.monotonic() > deadline, 20_000)
        yield connection
    except sqlite3.Error as error:
        slow = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_INTERRUPT
        cause = f"the query took over {seconds:g} s" if slow else str(error)
        if version < schema.version and "no such" in cause:
            cause = "an older ibtui wrote it. Start the console once: it brings its files up to date"
        raise StorageError(f"{path} can't be read: {cause}") from None
    finally:
        connection.close()


def refuse_newer(connection: sqlite3.Connection, path: Path, schema: Schema) -> int:
    """The version of a file; 0 is a fresh one.

    Raises:
        NewerDatabaseError: It is above what this program knows.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > schema.version:
        raise NewerDatabaseError(
            f"{path} was written by a newer ibtui (its {schema.name} format is {version}, this program knows "
            f"{schema.version}). Update ibtui, or choose another directory with --data-dir."
        )
    return version


def set_aside(path: Path, utc_ns: int) -> Path:
    """Renames a damaged file, so that a new one can begin and this one can still be looked at."""
    aside = path.with_name(f"{path.name}.corrupt.{utc_ns}")
    path.rename(aside)
    for tail in ("-wal", "-shm"):
        with suppress(FileNotFoundError):
            path.with_name(path.name + tail).rename(aside.with_name(aside.name + tail))
    return aside
