import json
from datetime import date
from pathlib import Path

import pytest

from ibtui.backfill.gaps import series_gaps, stored_gaps
from ibtui.cli import run
from ibtui.clock import NS
from ibtui.errors import UnknownSymbolError
from ibtui.market import nyse
from ibtui.market.bars import Bar
from ibtui.market.instruments import Instrument
from ibtui.storage import history
from ibtui.storage.files import DataDirectory, open_directory
from tests.unit.storage.conftest import HandClock, running

SPY = Instrument(756733, "SPY", time_zone="US/Eastern")
THURSDAY, FRIDAY = (day.open_ns // NS for day in nyse.sessions(date(2026, 11, 19), date(2026, 11, 20)))
DAY = 23_400
MINUTE = (SPY.con_id, "1 min", "TRADES", True)


async def fill(directory: DataDirectory) -> None:
    """Thursday's first hour with bars, the second refused, later one without an answer; Friday's first without bars."""
    async with running(directory, HandClock().clock) as writer:
        await writer.history(
            *history.upsert_contract(SPY, "SPY"),
            *history.bars(*MINUTE, [Bar(THURSDAY + at * 60, 1, 1, 1, 1) for at in range(60)]),
            *history.coverage(*MINUTE, THURSDAY, THURSDAY + 3600, "data", 1),
            *history.coverage(*MINUTE, THURSDAY + 3600, THURSDAY + 7200, "error", 2),
            *history.coverage(*MINUTE, THURSDAY + 7200, THURSDAY + 10_800, "missing", 3),
            *history.coverage(*MINUTE, FRIDAY, FRIDAY + 3600, "empty", 4),
        )


async def test_the_ledger_names_every_outcome_and_a_gap_says_why_it_is_one(tmp_path: Path) -> None:
    with open_directory(tmp_path / "data") as directory:
        await fill(directory)
        (found,) = series_gaps(directory, SPY, None, None)
        (later,) = series_gaps(directory, SPY, "1 min", FRIDAY + 7230)
        assert series_gaps(directory, SPY, "5 mins", None) == []
    assert (found["bars"], found["first"], found["last"]) == (60, THURSDAY, THURSDAY + 3540)
    assert [(row["start"], row["outcome"]) for row in found["ledger"]] == [
        (THURSDAY, "data"),
        (THURSDAY + 3600, "error"),
        (THURSDAY + 7200, "missing"),
        (FRIDAY, "empty"),
    ]
    assert [(gap["start"], gap["end"], gap["bars"], gap["why"]) for gap in found["gaps"]] == [
        (THURSDAY + 3600, THURSDAY + 7200, 60, "refused"),
        (THURSDAY + 7200, THURSDAY + 10_800, 60, "no answer"),
        (THURSDAY + 10_800, THURSDAY + DAY, 210, "never asked"),
    ]
    assert found["missing"] == 330, "the night is none"
    assert later["gaps"][-1] == {"start": FRIDAY + 3600, "end": FRIDAY + 7200, "bars": 60, "why": "never asked"}


async def test_the_command_reads_the_files_where_no_console_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with open_directory(tmp_path) as directory:
        await fill(directory)
        with pytest.raises(UnknownSymbolError):
            stored_gaps(directory, "QQQ", None)
    assert run(["gaps", "spy", "--data-dir", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "history begins unknown (no console is running)" in said
    assert "60 bars stored, 2026-11-19 14:30 to 2026-11-19 15:29 UTC" in said
    assert "refused" in said
    assert run(["gaps", "SPY", "--bar", "1m", "--json", "--data-dir", str(tmp_path)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["head"] is None
    assert document["series"][0]["missing"] == 330
    assert run(["gaps", "QQQ", "--data-dir", str(tmp_path)]) == 2
