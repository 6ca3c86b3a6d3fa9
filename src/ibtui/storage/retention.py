"""How long market data is kept: old days go as whole files, which frees their space at once."""

from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

from ibtui.storage.files import DataDirectory


def expired(directory: DataDirectory, today: date, keep_days: int) -> list[Path]:
    """Market data files of days before the last ``keep_days``, today counted as one, oldest first."""
    first_kept = today - timedelta(days=keep_days - 1)
    return [path for day, path in directory.market_data_days() if day < first_kept]


def prune(directory: DataDirectory, today: date, keep_days: int) -> list[Path]:
    """Deletes the expired files and names them. Whoever still reads one goes on reading it."""
    gone = expired(directory, today, keep_days)
    for path in gone:
        for tail in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                path.with_name(path.name + tail).unlink()
    return gone
