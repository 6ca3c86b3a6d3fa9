"""The status document from real files, and from a real session."""

import asyncio
import json

import pytest

from ibtui.broker.contracts import Contracts
from ibtui.broker.feeds import Feeds
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import NS, Clock, MarketClock, system_clock
from ibtui.config import GatewaySettings, Settings
from ibtui.market.instruments import Instrument
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState
from ibtui.services.log_buffer import LogBuffer
from ibtui.services.loop_lag import LoopLag
from ibtui.services.status import live_status, stored_status
from ibtui.services.watchlists import Watchlists, stored_lists
from ibtui.storage import history as statements
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from tests.conftest import until

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


async def test_a_running_console_tells_the_same_document_with_what_only_it_knows(gateway, tmp_path):
    clock = system_clock()
    market_clock, market, log, lag = MarketClock(clock), MarketState(), LogBuffer(), LoopLag(clock)
    settings = Settings(gateway=GatewaySettings(host=gateway.host, port=gateway.port))
    with open_directory(tmp_path / "data") as directory:
        writer = Writer(directory, clock)
        writer.open()
        contracts = Contracts(directory, writer, clock)
        feeds = Feeds(market, clock, market_clock, settings.market_data, settings.depth, writer.add, lambda: True)
        supervisor = Supervisor(
            settings.gateway,
            clock,
            market_clock,
            [contracts, feeds],
            on_event=lambda event: None,
            on_change=lambda status: None,
            jitter=lambda: 0.0,
        )
        tasks = [asyncio.create_task(work) for work in (writer.run(), supervisor.run())]
        await until(lambda: supervisor.status.state == "READY")
        spy = await contracts.resolve("SPY")
        feeds.want(spy, quotes=True)
        await until(lambda: market.board.quote(spy.con_id).ticks > 20)
        await writer.history()
        parts = {"supervisor": supervisor, "feeds": feeds, "writer": writer, "loop_lag": lag, "log": log}
        document = json.loads(json.dumps(await live_status(**parts, clock=clock)))
        stored = stored_status(directory, clock)
        await feeds.close()
        await supervisor.stop()
        await writer.close()
        await asyncio.gather(*tasks)
    assert document["running"]
    assert (document["state"], document["problems"], document["healthy"]) == ("READY", [], True)
    assert {link["state"] for link in document["links"].values()} == {"ok"}
    assert document["subscriptions"]["quotes"] == {"granted": 1, "wanted": 1}
    symbol = document["symbols"]["SPY"]
    assert symbol["ticks_5m"] > 20
    assert symbol["mark"] == "LIVE"
    assert symbol["bid"] < symbol["ask"]
    assert document["accounts"] == ["DUSIM0001"]
    assert document.keys() == stored.keys()
