"""A recorded data directory is played again: its quotes, prints and books at their market times, and its history."""

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import MarketOrder, RequestError, Stock

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.sim.recording import Recording, _stretches
from ibtui.storage.schema import HISTORY, MARKET_DATA, Schema
from tests.conftest import until
from tests.sim.exchange_rig import at
from tests.sim.protocol_rig import client, control, gateway

CON_ID = 756733
START = at("2026-03-10T10:30:05")
RECEIVED = 1_773_500_000 * NS
"""The recording was made days later than its market time says, at twice its speed."""


def receipt(second: float) -> int:
    """The stamp of what happened so many market seconds after the start."""
    return RECEIVED + int(second * NS / 2)


TICKS = [(0.5, 1, 679.10, 300.0), (0.5, 2, 679.12, 500.0), (0.5, 9, 675.0, 0.0), (20.0, 1, 679.30, 200.0),
         (20.5, 2, 679.33, 400.0), (30.0, 3, None, 900.0), (70.0, 4, 679.33, 100.0)]  # fmt: skip
"""Second, kind, price, size."""
PRINTS = [(10.0, 679.12, 100.0, 1), (15.0, 679.10, 200.0, -1), (40.0, 679.33, 700.0, 1)]
DEPTH = [(1.0, 0, 3, 0, None, None), (1.0, 1, 0, 0, 679.10, 300.0), (1.0, 1, 0, 1, 679.08, 800.0),
         (1.0, 1, 0, 2, 679.07, 50.0), (1.0, 0, 0, 0, 679.12, 500.0), (1.0, 0, 0, 1, 679.15, 100.0),
         (25.0, 1, 1, 1, 679.08, 850.0), (26.0, 1, 2, 2, None, None), (27.0, 0, 0, 1, 679.35, 600.0)]  # fmt: skip
"""Second, side, operation, position, price, size."""


def made(path: Path, schema: Schema) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in schema.statements:
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {schema.version}")
    return connection


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A recording of SPY."""
    (tmp_path / "md").mkdir()
    with made(tmp_path / "md" / "md-20260314.db", MARKET_DATA) as md:
        md.execute("INSERT INTO clock VALUES (1, ?, ?, 2.0)", (RECEIVED, START))
        md.execute("INSERT INTO names VALUES (1, 'IEX'), (2, '4T')")
        rows: list[Any] = [(CON_ID, receipt(s), k, kind, p, size) for k, (s, kind, p, size) in enumerate(TICKS)]
        md.executemany("INSERT INTO ticks VALUES (?, ?, ?, ?, ?, ?)", rows)
        rows = [(CON_ID, receipt(s), 100 + k, p, size, side) for k, (s, p, size, side) in enumerate(PRINTS)]
        md.executemany("INSERT INTO prints VALUES (?, ?, ?, NULL, ?, ?, 1, 2, ?, 2, NULL, NULL)", rows)
        rows = [(CON_ID, receipt(row[0]), 200 + k, *row[1:]) for k, row in enumerate(DEPTH)]
        md.executemany("INSERT INTO depth VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 13)", rows)
    with made(tmp_path / "history.db", HISTORY) as history:
        facts = (CON_ID, "SPY", "STK", "SMART", "USD", "SPY", 0.01, "US/Eastern", "ARCA", "SPY", 1.0, "SPDR S&P 500")
        history.execute(f"INSERT INTO contracts VALUES ({', '.join('?' * 12)}, '', NULL, '', '', '', 0, 1)", facts)
        bar = (CON_ID, at("2026-03-10T10:28:00") // NS, 678.0, 679.5, 677.5, 679.0, 12_000.0, 678.5, 60)
        history.execute("INSERT INTO bars VALUES (?, '1 min', 'TRADES', 1, ?, ?, ?, ?, ?, ?, ?, ?)", bar)
    md.close()
    history.close()
    return tmp_path


async def test_the_market_is_the_recorded_one_at_its_market_times(recording: Path) -> None:
    async with gateway(replay=str(recording), start=None, speed=0) as server, client(server) as ib:
        assert server.gateway.clock.now_ns() == START
        (contract,) = await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD"))
        assert contract.conId == CON_ID
        with pytest.raises(RequestError, match="No security definition"):
            await ib.reqContractDetailsAsync(Stock("QQQ", "SMART", "USD"))

        quote, book = ib.reqMktData(contract), ib.reqMktDepth(contract, numRows=5, isSmartDepth=True)
        tape: list[tuple[float, float, str, str]] = []
        ib.reqTickByTickData(contract, "AllLast").updateEvent += lambda ticker: tape.extend(
            (each.price, each.size, each.exchange, each.specialConditions) for each in ticker.tickByTicks
        )

        async def move(second: float) -> tuple[float, float, float, float]:
            await control(server, "clock", at=f"2026-03-10T10:{30 + int(second + 5) // 60}:{(second + 5) % 60:02.0f}")
            await ib.reqCurrentTimeAsync()
            return quote.bid, quote.bidSize, quote.ask, quote.askSize

        assert quote.bid != quote.bid
        assert await move(2) == (679.10, 300, 679.12, 500)
        assert [(row.price, row.size) for row in book.domBids] == [(679.10, 300), (679.08, 800), (679.07, 50)]
        assert [(row.price, row.size, row.marketMaker) for row in book.domAsks] == [
            (679.12, 500, "IEX"),
            (679.15, 100, "IEX"),
        ]
        assert quote.close == 675.0
        assert await move(35) == (679.30, 200, 679.33, 900)
        assert [(row.price, row.size) for row in book.domBids] == [(679.30, 200), (679.10, 300), (679.08, 850)]
        assert [(row.price, row.size) for row in book.domAsks] == [(679.33, 900), (679.35, 600)]

        taken = ib.placeOrder(contract, MarketOrder("BUY", 950))
        await until(lambda: taken.orderStatus.status == "Filled")
        assert [(fill.execution.price, fill.execution.shares) for fill in taken.fills] == [(679.33, 900), (679.35, 50)]
        await move(100)
        assert [row for row in tape if row[1] not in (900, 50)] == [
            (679.12, 100, "IEX", "4T"),
            (679.10, 200, "IEX", "4T"),
            (679.33, 700, "IEX", "4T"),
            (679.33, 100, tape[-1][2], ""),
        ]
        past = await ib.reqHistoricalTicksAsync(contract, "20260310 10:30:00 US/Eastern", "", 100, "TRADES", True)
        seconds = {each.size: int(each.time.timestamp()) - START // NS for each in past}
        assert [seconds[size] for size in (100, 200, 700)] == [70, 15, 40]

        bars = await ib.reqHistoricalDataAsync(contract, "", "600 S", "1 min", "TRADES", useRTH=True, formatDate=2)
        assert [(bar.date.minute, bar.open, bar.high, bar.low, bar.close, bar.volume) for bar in bars] == [
            (28, 678.0, 679.5, 677.5, 679.0, 12_000),
            (30, 679.12, 679.35, 679.10, 679.33, 1950),
            (31, 679.33, 679.33, 679.33, 679.33, 100),
        ]


async def test_a_replay_can_start_later_and_knows_what_was_before(recording: Path) -> None:
    async with gateway(replay=str(recording), start="2026-03-10T10:30:30", speed=0) as server, client(server) as ib:
        (ticker,) = await ib.reqTickersAsync(*await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD")))
        assert (ticker.bid, ticker.ask, ticker.last, ticker.close) == (679.30, 679.33, 679.10, 675.0)


def test_a_directory_without_a_recording_is_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no recorded market data"):
        Recording(tmp_path)


CLOCKS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 100), st.sampled_from([0.0, 0.5, 1.0, 4.0])), min_size=1)


@given(CLOCKS, st.integers(0, 300))
def test_a_market_time_is_found_where_the_last_clock_says_it_was(
    rows: list[tuple[int, int, float]], market: int
) -> None:
    clocks = [(ts * 1000, market_ns * 1000, speed) for ts, market_ns, speed in sorted(rows)]
    last_ns = clocks[-1][0] + 10_000
    stretches = _stretches(clocks, last_ns)
    for stretch in stretches:
        start, end = stretch.received(market * 1000, market * 1000 + 1000)
        for ts_ns in (start, end - 1):
            if max(start, stretch.start_ns) <= ts_ns < min(end, stretch.end_ns):
                assert market * 1000 - 8 <= stretch.market_at(ts_ns) <= market * 1000 + 1008
                later = [each for each in clocks if each[0] > stretch.start_ns]
                assert all(stretch.market_at(ts_ns) <= market_ns + 8 for _, market_ns, _ in later)
