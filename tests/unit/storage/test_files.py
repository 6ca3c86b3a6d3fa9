import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ibtui.errors import DirectoryInUseError, EnvironmentUnfitError, NewerDatabaseError, StorageError
from ibtui.storage.files import (
    DAY_NS,
    DataDirectory,
    connect_ro,
    connect_rw,
    day_start_ns,
    open_directory,
    set_aside,
    set_pragmas,
    utc_day,
)
from ibtui.storage.migrations import migrate
from ibtui.storage.mounts import file_system_type, type_from_table
from ibtui.storage.retention import prune
from ibtui.storage.schema import HISTORY, JOURNAL, MARKET_DATA

ALL = (JOURNAL, HISTORY, MARKET_DATA)
MOUNTS = r"""
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:40 / /home/me/with\040space rw - nfs4 server:/home rw,vers=4.2
31 22 0:41 / /mnt/keys rw - fuse.sshfs me@host: rw
32 22 0:42 / /mnt/twice rw - cifs //server/share rw
33 22 254:1 / /mnt/twice rw - xfs /dev/vdb rw
a line that means nothing
""".splitlines()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_directory_and_its_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with open_directory(tmp_path / "a" / "b") as directory:
            connection = connect_rw(directory.journal, JOURNAL)
            connection.execute("CREATE TABLE some (x)")
            files = list(directory.path.glob("journal.db*"))
            assert {mode(file) for file in files} == {0o600}
            assert {"journal.db", "journal.db-wal", "journal.db-shm"} == {file.name for file in files}
            assert mode(directory.path) == mode(directory.path / "md") == 0o700
            assert mode(directory.path / "lock") == 0o600
            connection.close()
    finally:
        os.umask(before)


def test_a_directory_that_was_open_to_others_is_closed_to_them(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o755)
    with open_directory(tmp_path / "data") as directory:
        assert mode(directory.path) == 0o700


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_network_file_system_is_refused_by_name(tmp_path: Path, kind: str) -> None:
    with pytest.raises(EnvironmentUnfitError, match=rf"{kind}.*--data-dir"):
        open_directory(tmp_path / "data", file_system_of=lambda _: kind)


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "apfs", "overlay", "tmpfs", ""])
def test_a_local_or_unnamed_file_system_is_taken(tmp_path: Path, kind: str) -> None:
    open_directory(tmp_path / "data", file_system_of=lambda _: kind).close()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/data", "ext4"),
        ("/home/me/with space/data", "nfs4"),
        ("/home/me/with", "ext4"),
        ("/mnt/keys", "fuse.sshfs"),
        ("/mnt/keysmith", "ext4"),
        ("/mnt/twice/x", "xfs"),
    ],
)
def test_the_nearest_and_latest_mount_names_the_file_system(path: str, kind: str) -> None:
    assert type_from_table(Path(path), MOUNTS) == kind


@pytest.mark.skipif(sys.platform != "linux", reason="the mount table is Linux's")
def test_this_machine_names_its_file_systems() -> None:
    assert file_system_type(Path("/proc/self")) == "proc"


def test_a_system_without_a_mount_table_has_no_names(tmp_path: Path) -> None:
    assert file_system_type(tmp_path, tmp_path / "missing") == ""


def test_a_held_directory_names_its_holder_and_the_way_out(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib; from ibtui.storage.files import open_directory\n"
        "open_directory(pathlib.Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(DirectoryInUseError, match=rf"process {holder.pid}.*read-only"):
            open_directory(tmp_path)
        open_directory(tmp_path, read_only=True).close()
        holder.kill()
        holder.wait()
        # Its holder's death, however it dies, frees it.
        open_directory(tmp_path).close()


def test_a_closed_directory_can_be_opened_again(tmp_path: Path) -> None:
    open_directory(tmp_path).close()
    open_directory(tmp_path).close()


def test_a_sqlite_without_strict_tables_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(EnvironmentUnfitError, match=r"needs 3\.37\.0 or newer"):
        open_directory(tmp_path / "data")


def test_read_only_creates_nothing(tmp_path: Path) -> None:
    open_directory(tmp_path / "missing", read_only=True).close()
    assert not (tmp_path / "missing").exists()


def test_a_file_in_the_place_of_the_directory_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(EnvironmentUnfitError, match=r"File exists.*--data-dir"):
        open_directory(tmp_path / "data")


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_each_file_syncs_as_its_rows_deserve(tmp_path: Path, schema) -> None:
    connection = connect_rw(tmp_path / "file.db", schema)
    wanted = 2 if schema is JOURNAL else 1
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == wanted
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


def test_a_pragma_that_did_not_take_is_an_error() -> None:
    # A memory database has no write-ahead log, whatever one asks; the same is true of some file systems.
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        with pytest.raises(StorageError, match="journal_mode"):
            set_pragmas(connection, Path(":memory:"), JOURNAL)
    finally:
        connection.close()


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_every_table_is_strict(tmp_path: Path, schema) -> None:
    migrate(tmp_path / "file.db", schema)
    with connect_ro(tmp_path / "file.db", schema) as connection:
        tables = connection.execute("SELECT name, strict FROM pragma_table_list WHERE type = 'table'").fetchall()
    assert tables
    assert [name for name, strict in tables if not strict and not name.startswith("sqlite_")] == []


@pytest.mark.parametrize("schema", ALL, ids=lambda schema: schema.name)
def test_a_newer_file_is_refused_to_readers_and_writers_unchanged(tmp_path: Path, schema) -> None:
    path = tmp_path / "file.db"
    migrate(path, schema)
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {schema.version + 1}")
    connection.close()
    words = f"newer ibtui.*format is {schema.version + 1}.*knows {schema.version}"
    with pytest.raises(NewerDatabaseError, match=words):
        migrate(path, schema)
    with pytest.raises(NewerDatabaseError, match=words), connect_ro(path, schema):
        raise AssertionError("a newer file was opened")


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    migrate(tmp_path / "file.db", JOURNAL)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"
    with pytest.raises(StorageError, match=r"took over 0\.05 s"), connect_ro(tmp_path / "file.db", JOURNAL, 0.05) as db:
        db.execute(endless).fetchone()


def test_a_reader_can_not_write(tmp_path: Path) -> None:
    migrate(tmp_path / "file.db", JOURNAL)
    with pytest.raises(StorageError, match="readonly"), connect_ro(tmp_path / "file.db", JOURNAL) as db:
        db.execute("DELETE FROM orders")


def test_a_damaged_file_is_set_aside_with_its_log(tmp_path: Path) -> None:
    for tail in ("", "-wal", "-shm"):
        (tmp_path / f"history.db{tail}").write_text(tail)
    aside = set_aside(tmp_path / "history.db", 42)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "history.db.corrupt.42",
        "history.db.corrupt.42-shm",
        "history.db.corrupt.42-wal",
    ]
    assert aside.read_text() == ""


def test_days_are_utc_and_begin_at_midnight() -> None:
    day = date(2026, 3, 10)
    assert utc_day(day_start_ns(day)) == day
    assert utc_day(day_start_ns(day) - 1) == date(2026, 3, 9)
    assert utc_day(day_start_ns(day) + DAY_NS - 1) == day
    assert utc_day(0) == date(1970, 1, 1)


def test_market_data_files_are_named_by_day_and_strangers_are_left_alone(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "md").mkdir()
    for name in ("md-20260310.db", "md-20260131.db", "md-20261399.db", "md-20260310.db-wal", "notes.txt"):
        (tmp_path / "md" / name).touch()
    days = directory.market_data_days()
    assert [day for day, _ in days] == [date(2026, 1, 31), date(2026, 3, 10)]
    assert all(directory.market_data(day) == path for day, path in days)


def test_old_days_go_as_whole_files_and_the_kept_ones_stay(tmp_path: Path) -> None:
    directory = DataDirectory(tmp_path)
    (tmp_path / "md").mkdir()
    for day in range(1, 13):
        directory.market_data(date(2026, 3, day)).touch()
    directory.market_data(date(2026, 3, 1)).with_name("md-20260301.db-wal").touch()
    gone = prune(directory, date(2026, 3, 12), keep_days=10)
    assert [path.name for path in gone] == ["md-20260301.db", "md-20260302.db"]
    assert [day.day for day, _ in directory.market_data_days()] == list(range(3, 13))
    assert not list((tmp_path / "md").glob("*-wal"))


def test_a_file_of_an_older_program_says_what_brings_it_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "history.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE contracts (con_id INTEGER PRIMARY KEY)")
        connection.execute("PRAGMA user_version = 1")
    with pytest.raises(StorageError, match="Start the console once"), connect_ro(path, HISTORY) as connection:
        connection.execute("SELECT size_increment FROM contracts")
