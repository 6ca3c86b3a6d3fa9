"""What the gateway says it sent is what the tables hold: nothing lost, nothing twice, nothing out of order."""

from collections import Counter
from pathlib import Path
from typing import Any

from tests.conftest import Gateway, until
from tests.console.program import SECONDS, Program
from tests.console.whole import console_on

WITH_DEPTH_AND_TAPE = ("SPY", "QQQ", "IWM")
WATCHED = 15
"""Symbols of the watchlists out of the box."""

MESSAGES = {"ticks": ("1", "2", "21", "45", "46"), "depth": ("12", "13"), "prints": ("99",)}
"""Ids of the messages that become rows, by table."""

TABLES = {"ticks": "ticks", "depth": "depth WHERE op <> 3", "prints": "prints"}
"""Rows that stand for frames: "book cleared" is our own word."""


def kept(program: Program) -> dict[tuple[str, int], int]:
    """Rows in the files, by table and contract."""
    counts: Counter[tuple[str, int]] = Counter()
    for table, rows in TABLES.items():
        for con_id, count in program.market_data(f"SELECT con_id, count(*) FROM {rows} GROUP BY con_id"):
            counts[table, con_id] += count
    return dict(counts)


def sent(stats: dict[str, Any]) -> dict[tuple[str, int], int]:
    """Frames that the gateway handed to the socket, by feed and contract."""
    return {(each["feed"], each["con_id"]): each["sent"] for each in stats["subscriptions"] if each["sent"]}


def frames(stats: dict[str, Any]) -> dict[str, int]:
    """The same by message id, summed up to the tables that they belong to."""
    return {table: sum(stats["sent"].get(number, 0) for number in ids) for table, ids in MESSAGES.items()}


def totals(program: Program) -> dict[str, int]:
    """Rows in the files, by table."""
    counts = dict.fromkeys(TABLES, 0)
    for (table, _), count in kept(program).items():
        counts[table] += count
    return counts


async def all_kept(gateway: Gateway, program: Program) -> dict[str, Any]:
    """Stops the market and waits until as many rows as it sent frames are on the disk; returns its counts."""
    await gateway.control("market", running=False)
    stats = await gateway.control("stats")
    await until(lambda: totals(program) == frames(stats), SECONDS, f"{frames(stats)} rows, there are {totals(program)}")
    return stats


def check_order(program: Program) -> None:
    """``seq`` counts over all kinds together, without a number twice or left out; stamps follow it."""
    found = [
        row for table in ("ticks", "depth", "prints") for row in program.market_data(f"SELECT seq, ts_ns FROM {table}")
    ]
    found.sort()
    assert [seq for seq, _ in found] == list(range(1, len(found) + 1))
    stamps = [ts_ns for _, ts_ns in found]
    assert stamps == sorted(stamps)


async def test_every_frame_of_a_whole_console_is_one_row(gateway: Gateway, tmp_path: Path) -> None:
    program = Program(tmp_path, gateway)
    await gateway.control("market", rate=5)
    async with console_on(program.data, gateway.host, gateway.port, watch=True) as console:
        for symbol in WITH_DEPTH_AND_TAPE:
            console.feeds.want(await console.contracts.resolve(symbol), depth=True, tape=True)
        market = console.market
        await until(
            lambda: len(market.books) == len(market.tapes) == len(WITH_DEPTH_AND_TAPE), SECONDS, "depth and tape"
        )
        await until(lambda: console.feeds.slots()["quotes"] == (WATCHED, WATCHED), SECONDS, "all quotes")
        await until(lambda: console.writer.status.written > 3000, SECONDS, "rows")
        await until(lambda: min(totals(program).values()) > 20, SECONDS, "rows of every kind")
        stats = await all_kept(gateway, program)
        assert kept(program) == sent(stats)
        assert console.supervisor.session is not None
        assert console.supervisor.session.decode_errors == 0
        assert console.writer.status.shed == 0

    assert totals(program) == frames(stats)
    check_order(program)
    assert program.journal("SELECT * FROM drops") == []
    assert not (program.data / "quarantine.jsonl").exists()


async def test_every_frame_over_two_sessions_is_one_row(gateway: Gateway, tmp_path: Path) -> None:
    program = Program(tmp_path, gateway)
    async with console_on(program.data, gateway.host, gateway.port) as console:
        for symbol in WITH_DEPTH_AND_TAPE:
            instrument = await console.contracts.resolve(symbol)
            console.feeds.want(instrument, quotes=True, depth=True, tape=True)
        await until(lambda: console.writer.status.written > 500, SECONDS, "rows")
        # A stop before the loss, so that no frame is on its way when the connection goes.
        await all_kept(gateway, program)
        await gateway.control("drop", how="rst")
        await until(lambda: console.supervisor.session is None, SECONDS, "the loss")
        await gateway.control("market", running=True)
        before = console.writer.status.written
        await until(lambda: console.writer.status.written > before + 500, SECONDS, "rows of a second session")
        stats = await all_kept(gateway, program)
    assert totals(program) == frames(stats)
    check_order(program)
    assert program.journal("SELECT * FROM drops") == []
    assert program.journal("SELECT count(*) FROM connection_events WHERE state = 'READY' AND link = 'GW'") == [(2,)]
