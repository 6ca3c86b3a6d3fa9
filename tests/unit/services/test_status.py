"""The status document from real files; the live one is held by the console tests."""

import asyncio

import pytest

from ibtui.clock import NS, Clock
from ibtui.market.instruments import Instrument
from ibtui.market.rows import Batch
from ibtui.services.status import stored_status
from ibtui.services.watchlists import Watchlists, stored_lists
from ibtui.storage import history as statements
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer

NOW = 1_800_000_000
SPY, QQQ = Instrument(756733, "SPY"), Instrument(320227571, "QQQ")
CLOCK = Clock(lambda: 0.0, lambda: NOW * NS)


@pytest.fixture
async def directory(tmp_path):
    """A directory that a console used and left."""
    with open_directory(tmp_path / "data") as directory:
        writer = Writer(directory, CLOCK)
        writer.open()
        task = asyncio.create_task(writer.run())
        journal = Journal(writer, CLOCK)
        watchlists = Watchlists({}, journal.watchlist, journal.remove_watchlist)
        for instrument in (SPY, QQQ):
            await writer.history(*statements.upsert_contract(instrument))
            watchlists.resolved(instrument.symbol, instrument)
        journal.connection("READY", "GW", "synchronised", None, "", (NOW - 60) * NS)
        journal.connection("DISCONNECTED", "GW", "the gateway closed the connection", None, "", (NOW - 5) * NS)
        for second in (400, 20, 10):
            at = (NOW - second) * NS
            rows = [(SPY.con_id, at, second * 2, 1, 450.0, 100.0), (SPY.con_id, at, second * 2 + 1, 2, 450.02, 300.0)]
            writer.add(Batch(at, 0.0, ticks=rows))
        await writer.close()
        await task
        yield directory


async def test_what_the_last_console_left_is_told_as_such(directory):
    document = stored_status(directory, CLOCK)
    assert not document["running"]
    assert document["state"] == "DISCONNECTED"
    assert document["cause"] == "the gateway closed the connection"
    assert document["links"]["GW"]["since_ns"] == (NOW - 5) * NS
    assert document["links"]["IB"] == {"state": "unknown", "cause": "", "since_ns": None}
    assert document["run"]["clean"] is True
    assert document["as_of_ns"] == document["run"]["ended_ns"]
    assert document["counts"]["ticks"] == 6


async def test_its_quotes_are_stale_and_their_ticks_are_counted_over_five_minutes(directory):
    symbols = stored_status(directory, CLOCK)["symbols"]
    assert set(symbols) == {"SPY"}
    spy = symbols["SPY"]
    assert (spy["bid"], spy["ask"], spy["mark"]) == (450.0, 450.02, "STALE")
    assert (spy["ticks_5m"], spy["last_tick_ns"]) == (4, (NOW - 10) * NS)


async def test_watchlists_come_back_with_the_contracts_that_were_found(directory):
    stored = stored_lists(directory)
    assert stored["benchmarks"] == [SPY, QQQ, "IWM", "DIA"]


def test_a_directory_never_used_says_so(tmp_path):
    with open_directory(tmp_path / "data", read_only=True) as directory:
        document = stored_status(directory, CLOCK)
        assert stored_lists(directory) == {}
    assert document["cause"] == "no console ran on this data directory yet"
    assert document["run"] is None
    assert document["symbols"] == {}
