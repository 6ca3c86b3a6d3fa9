import json
import sqlite3
from datetime import date

import pytest

from ibtui.cli import run
from ibtui.market.bars import Bar
from ibtui.storage import history
from ibtui.storage.files import DataDirectory
from ibtui.storage.housekeeping import check_files, file_stats, prune_days

from .conftest import HandClock, running

DAYS = (date(2026, 3, 8), date(2026, 3, 9), date(2026, 3, 10))


@pytest.fixture
async def kept(directory: DataDirectory, hand: HandClock) -> DataDirectory:
    """Three days of market data, each of one tick, and two bars."""
    for at in (-2, -1, 0):
        clock = HandClock(hand.now_ns + at * 86_400 * 10**9)
        async with running(directory, clock.clock) as writer:
            writer.add(clock.batch(ticks=[(1, clock.now_ns, 1, 4, 10.0, 1.0)]))
            await writer.history(*history.bars(1, "1 min", "TRADES", True, [Bar(60, 1, 1, 1, 1), Bar(120, 1, 1, 1, 1)]))
    assert [day for day, _ in directory.market_data_days()] == list(DAYS)
    return directory


def test_every_file_is_counted_with_its_rows_and_its_bytes(kept: DataDirectory) -> None:
    found = file_stats(kept)
    rows = {each["file"]: each["rows"] for each in found["files"]}
    assert list(rows) == ["journal.db", "history.db", *(f"md/md-{day:%Y%m%d}.db" for day in DAYS)]
    assert rows["history.db"]["bars"] == 2
    assert rows["journal.db"]["runs"] == 3
    assert all(rows[f"md/md-{day:%Y%m%d}.db"]["ticks"] == 1 for day in DAYS)
    assert all(each["bytes"] > 0 for each in found["files"])
    assert found["free_bytes"] > 0


def test_a_damaged_file_is_named_and_the_others_are_sound(kept: DataDirectory) -> None:
    assert not any(each["problems"] for each in check_files(kept))
    path = kept.market_data(DAYS[0])
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = 1")
        connection.execute("UPDATE sqlite_master SET rootpage = 9999 WHERE name = 'ticks'")
    connection.close()
    kept.market_data(DAYS[1]).write_bytes(b"no database" * 1000)
    bad = {each["file"]: each["problems"] for each in check_files(kept) if each["problems"]}
    assert set(bad) == {f"md/md-{day:%Y%m%d}.db" for day in DAYS[:2]}


def test_old_days_go_whole_and_orders_and_bars_stay(kept: DataDirectory) -> None:
    would = prune_days(kept, DAYS[2], 2, dry_run=True)
    assert [each["file"] for each in would["files"]] == [f"md/md-{DAYS[0]:%Y%m%d}.db"]
    assert len(kept.market_data_days()) == 3, "a dry run deletes nothing"
    done = prune_days(kept, DAYS[2], 2)
    assert done == {**would, "dry_run": False}
    assert done["kept_days"] == 2
    assert [day for day, _ in kept.market_data_days()] == list(DAYS[1:])
    assert file_stats(kept)["files"][1]["rows"]["bars"] == 2


def test_the_commands_print_for_people_and_for_programs_and_a_damage_fails(
    kept: DataDirectory, capsys: pytest.CaptureFixture[str]
) -> None:
    where = ["--data-dir", str(kept.path)]

    def said(*words: str) -> str:
        code = run(["db", *words, *where])
        return f"{code} {capsys.readouterr().out}"

    assert "bars 2" in said("stats")
    assert json.loads(said("stats", "--json")[2:])["keep_days"] == 10
    assert said("check").startswith("0 ✓ journal.db")
    kept.market_data(DAYS[2]).write_bytes(b"no database" * 1000)
    assert said("check").startswith("1 ✓ journal.db")
    assert "would be freed" in said("prune", "--dry-run")
    assert len(json.loads(said("prune", "--keep-days", "1", "--json")[2:])["files"]) == 3, "those days are long past"
    assert kept.market_data_days() == []


def test_a_directory_that_is_not_there_is_empty(tmp_path, capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["stats"], ["check"], ["prune"]):
        assert run(["db", *words, "--data-dir", str(tmp_path / "none")]) == 0
    assert "No data file is there yet." in capsys.readouterr().out
    assert not (tmp_path / "none").exists()
