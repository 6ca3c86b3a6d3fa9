"""Data out: every row, of the contract and the market's times that were asked for, in the format wanted."""

import io
import json
import sqlite3
from contextlib import closing

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from ibtui.cli import main
from ibtui.clock import NS
from ibtui.errors import EnvironmentUnfitError, UsageError
from ibtui.services.exporting import export
from ibtui.services.table_files import WRITERS
from ibtui.storage.export import Export, Field, Source, market_time, stamps
from ibtui.storage.files import DAY_NS, DataDirectory
from tests.unit.storage.conftest import NOON, HandClock, running

MARKET = NOON - 100 * DAY_NS
"""The market's clock stood elsewhere than the machine's, as a simulated one does."""


async def recorded(directory: DataDirectory, hand: HandClock) -> None:
    async with running(directory, hand.clock) as writer:
        writer.add_clock(MARKET, 2.0)
        for number in range(10):
            hand.now_ns += NS if number != 5 else DAY_NS
            writer.add(
                hand.batch(
                    ticks=[(con_id, hand.now_ns, number, 1, 10.0 + number, None) for con_id in (7, 8)],
                    prints=[(7, hand.now_ns, 50 + number, None, 10.0, 5.0, "N", "I", 1, 2, 1, 2, 9)],
                )
            )
        await writer.durable(("UPDATE runs SET clean = 0", [()]))


async def test_ticks_come_out_by_contract_and_market_time_over_days(directory: DataDirectory, hand: HandClock) -> None:
    await recorded(directory, hand)
    every = [row for row in Source(directory, Export("ticks")).rows() if row[2] < 10]
    assert len({row[:3] for row in every if row[1] > NOON}) >= 20
    source = Source(directory, Export("ticks", 7, MARKET + 2 * 2 * NS, MARKET + 4 * 2 * NS))
    assert [each.name for each in source.fields] == ["con_id", "ts_ns", "seq", "kind", "price", "size", "market_ns"]
    assert [(row[0], row[4], row[6]) for row in source.rows()] == [
        (7, 11.0, MARKET + 4 * NS),
        (7, 12.0, MARKET + 6 * NS),
    ]


async def test_a_file_and_each_format_hold_the_same_rows(directory: DataDirectory, hand: HandClock) -> None:
    await recorded(directory, hand)
    source = Source(directory, Export("prints"))
    lines, table = io.BytesIO(), io.BytesIO()
    count = WRITERS["jsonl"](lines, source.fields, source.rows())
    assert count == WRITERS["csv"](table, source.fields, source.rows()) >= 10
    first = json.loads(lines.getvalue().splitlines()[0])
    assert (first["venue"], first["conditions"], first["exchange_ns"]) == ("N", "I", None), "texts, and unknown as null"
    assert table.getvalue().decode().splitlines()[1].startswith(f"7,{first['ts_ns']},50,,10.0,5.0,N,I,1")
    target = directory.path / "out.csv"
    ran = CliRunner().invoke(main, ["export", "prints", "-o", str(target), "--data-dir", str(directory.path)])
    assert ran.exit_code == 0, ran.output
    assert target.read_bytes() == table.getvalue()
    assert target.stat().st_mode & 0o777 == 0o600
    assert not list(directory.path.glob("*.part"))


def test_parquet_says_what_to_install_or_keeps_types(tmp_path) -> None:
    fields = (Field("con_id", "INTEGER"), Field("price", "REAL"), Field("venue", "TEXT"))
    rows = [(7, 1.5, "N"), (8, None, None)]
    out = io.BytesIO()
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        with pytest.raises(EnvironmentUnfitError, match=r"ibtui\[parquet\]"):
            WRITERS["parquet"](out, fields, rows)
    else:
        assert WRITERS["parquet"](out, fields, rows) == 2
        found = parquet.read_table(io.BytesIO(out.getvalue()))
        assert [str(kind) for kind in found.schema.types] == ["int64", "double", "string"]
        assert found.to_pylist()[1] == {"con_id": 8, "price": None, "venue": None}


async def test_what_is_not_there_is_said_with_what_is(directory: DataDirectory, hand: HandClock) -> None:
    with pytest.raises(UsageError, match="ibtui record"):
        Source(directory, Export("ticks"))
    await recorded(directory, hand)
    with pytest.raises(UsageError, match=r"no table here; there are: .*bars.*orders"):
        Source(directory, Export("nonesuch"))
    with pytest.raises(UsageError, match="name a file with -o"):
        export(directory, "ticks", form="parquet", output=None, symbol=None, start=None, end=None)
    with pytest.raises(UsageError, match="is no time"):
        export(directory, "ticks", form="csv", output=None, symbol=None, start="soon", end=None)
    with pytest.raises(EnvironmentUnfitError, match="can't be written"):
        export(directory, "runs", form="csv", output=directory.path / "no" / "x", symbol=None, start=None, end=None)
    with closing(sqlite3.connect(directory.journal)) as journal:
        assert journal.execute("SELECT count(*) FROM runs").fetchone() == (1,)
    assert len(list(Source(directory, Export("runs")).rows())) == 1


READINGS = st.lists(
    st.tuples(st.integers(0, 1000), st.integers(0, 1000), st.sampled_from([0.0, 0.5, 1.0, 4.0])), min_size=1, max_size=5
).map(lambda found: sorted({each[0]: each for each in found}.values()))


@given(READINGS, st.none() | st.integers(0, 3000), st.none() | st.integers(0, 3000))
def test_a_stamp_is_chosen_exactly_when_its_market_time_is(readings, start, end) -> None:
    spans = list(stamps(readings, start, end))
    for stamp in range(readings[0][0], 1100, 7):
        at = next(each for each in reversed(readings) if each[0] <= stamp)
        exact = at[1] + (stamp - at[0]) * at[2]
        wanted = (start is None or exact >= start) and (end is None or exact < end)
        chosen = any((low is None or low <= stamp) and (high is None or stamp < high) for low, high in spans)
        assert chosen == wanted
        assert abs((market_time(readings, stamp) or 0) - exact) <= 0.5
