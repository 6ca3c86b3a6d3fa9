import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ibtui.clock import system_clock
from ibtui.storage import queries
from ibtui.storage.files import open_directory
from ibtui.storage.writer import Writer

CHILD = Path(__file__).with_name("dying_writer.py")


@pytest.mark.parametrize("acknowledged", [1, 40, 300])
async def test_kill_9_loses_no_acknowledged_order_and_tears_none(tmp_path: Path, acknowledged: int) -> None:
    lines = write_until_killed(tmp_path, acknowledged)
    refs = {line.split()[0] for line in lines}
    written = int(lines[-1].split()[1])

    with open_directory(tmp_path) as directory:
        writer = Writer(directory, system_clock())
        writer.open()
        kept = {row["order_ref"]: row for row in queries.orders(directory, limit=100_000)}
        assert refs <= kept.keys()
        # One more may have been committed that nobody was told of; none is there without its event.
        assert len(kept) - len(refs) <= 1
        assert all(queries.order_events(directory, ref) for ref in list(kept)[:50])
        assert sum(_rows(path) for _, path in directory.market_data_days()) >= written
        runs = queries.last_run(directory)
        assert runs is not None
        assert runs["run_id"] == 2
        await writer.close()
        assert all(_is_sound(path) for path in (directory.journal, directory.history))


def write_until_killed(path: Path, acknowledged: int) -> list[str]:
    """Everything the child was told is on disk, up to the blow."""
    with subprocess.Popen([sys.executable, str(CHILD), str(path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(acknowledged)]
        child.kill()
        # What stood in the pipe when it fell was acknowledged too; a torn last line was not.
        return lines + [line for line in child.stdout if line.endswith("\n")]


def _rows(path: Path) -> int:
    return _ask(path, "SELECT count(*) FROM ticks")


def _is_sound(path: Path) -> bool:
    return _ask(path, "PRAGMA integrity_check") == "ok"


def _ask(path: Path, sql: str):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchone()[0]
    finally:
        connection.close()
