"""Every command without screens, as a process of its own, on the real simulated gateway."""

import asyncio
import re
import signal
import tomllib
from pathlib import Path

import pytest

from ibtui.clock import system_clock
from ibtui.console import Console
from ibtui.errors import IbtuiError, UnknownSymbolError
from ibtui.services.quoting import stored_quote
from ibtui.storage.files import open_directory
from ibtui.trading.holdings import Held
from ibtui.trading.orders import Status
from tests.conftest import Gateway, until
from tests.console.program import SECONDS, Program
from tests.console.whole import console_on

# --- record ---


async def test_record_prints_what_lies_in_the_files(program: Program) -> None:
    ended = await program.run("record", "SPY", "QQQ", "--for", "2s", "--json")
    assert ended.code == 0
    assert [each["symbol"] for each in ended.document] == ["SPY", "QQQ"]
    kept = program.kept()
    for each in ended.document:
        printed = (each["ticks"], each["depth"], each["prints"])
        assert min(printed[:2]) > 0
        # Frames that were on their way while the subscription ended are kept too.
        late = [in_file - told for in_file, told in zip(kept[each["con_id"]], printed, strict=True)]
        assert all(0 <= count <= 20 for count in late), (printed, kept)
    assert program.journal("SELECT clean, ended_ns IS NOT NULL FROM runs") == [(1, 1)]
    assert program.journal("SELECT * FROM drops") == []


async def test_record_says_who_gets_no_depth_and_tape(program: Program) -> None:
    ended = await program.run("record", "SPY", "QQQ", "IWM", "DIA", "--for", "0.5s")
    assert "No depth for DIA: all 3 depth slots are in use." in ended.err
    assert "DIA" in ended.out
    assert ended.code == 0


# --- backfill ---


async def test_a_second_backfill_asks_for_nothing_that_is_there(gateway: Gateway, tmp_path: Path) -> None:
    await gateway.control("clock", speed=0)  # no new bar ends between the two
    program = Program(tmp_path, gateway)
    first = await program.run("backfill", "SPY", "--bar", "1 min", "--json")
    assert first.code == 0
    (job,) = first.document
    assert job["state"] == "done"
    assert job["requests_done"] == job["requests"] > 0
    sql = "SELECT start, open, high, low, close FROM bars WHERE bar = '1 min' ORDER BY start"
    stored = program.history(sql)
    assert len(stored) == job["bars"] > 0
    assert all(low <= min(open_, close) <= max(open_, close) <= high for _, open_, high, low, close in stored)
    requests = program.history("SELECT count(*) FROM backfill_requests")

    second = await program.run("backfill", "SPY", "--bar", "1m", "--json")
    assert second.code == 0
    assert (second.document[0]["requests"], second.document[0]["bars"]) == (0, 0)
    assert program.history(sql) == stored
    assert program.history("SELECT count(*) FROM backfill_requests") == requests


async def test_progress_goes_to_standard_error_alone(program: Program) -> None:
    ended = await program.run("backfill", "SPY", "QQQ", "--bar", "1 hour", "--start", "2026-11-16", "--mode", "full")
    assert ended.code == 0
    assert ended.out == ""
    assert "SPY 1 hour" in ended.err
    assert "QQQ 1 hour" in ended.err


# --- status, positions, account, orders, why: of a run that traded ---


async def buy(console: Console, symbol: str, quantity: float) -> str:
    """Buys at the ask or a little above, and returns the filled order's reference."""
    instrument = await console.contracts.resolve(symbol)
    console.feeds.want(instrument, quotes=True, depth=True)
    quote = console.market.board.quote(instrument.con_id)
    await until(lambda: quote.ask and console.feeds.mark(instrument.con_id) == "LIVE", 10, f"a LIVE quote: {quote}")
    book = console.market.book(instrument.con_id)
    await until(lambda: book.bids and book.asks, 10, "a book, for its rows may come after the quote")
    assert quote.ask
    intent = console.orders.intent(instrument, "BUY", quantity, limit_price=round(quote.ask * 1.01, 2))
    sent = await console.orders.submit(intent, instrument)
    assert sent.status is Status.SENT, sent.reason
    orders = console.orders.orders
    await until(lambda: orders[intent.order_ref].status is Status.FILLED, 10, str(orders))
    await until(lambda: orders[intent.order_ref].commission is not None, 10, "a commission")
    await until(lambda: console.account.held(instrument.con_id) == Held(quantity, quantity), 10, "the position")
    return intent.order_ref


async def test_what_was_traded_can_be_read_while_the_console_runs_and_after(program: Program) -> None:
    assert program.gateway is not None
    async with console_on(program.data, program.gateway.host, program.gateway.port) as console:
        ref = await buy(console, "XLU", 7)
        running = await program.run("status", "--json", "--check")
        assert running.code == 0
        assert running.document["running"]
        assert running.document["state"] == "READY"
        assert running.document["symbols"]["XLU"]["mark"] == "LIVE"
        assert (await program.run("orders", "--json")).document[0]["order_ref"] == ref
        # A symbol that nobody watches is subscribed to for as long as the answer takes.
        answers = [(await program.run("quote", "XLU", "--json")).document]
        answers.append((await console.answer({"do": "quote", "symbol": "IWM"}))["quote"])
        for symbol, live in zip(("XLU", "IWM"), answers, strict=True):
            assert (live["symbol"], live["mark"], live["running"]) == (symbol, "LIVE", True)
            assert live["bid"] < live["ask"]
            assert live["age_s"] < SECONDS
        assert {each.instrument.symbol for each in console.feeds.subscriptions()} == {"XLU"}
        with pytest.raises(IbtuiError, match="no contract fits 'NOSUCH'"):
            await console.answer({"do": "quote", "symbol": "NOSUCH"})

    stored = (await program.run("quote", "xlu", "--json")).document
    assert (stored["mark"], stored["running"], stored["reason"]) == ("STALE", False, "no console is running")
    assert stored["bid"] < stored["ask"]
    with open_directory(program.data, read_only=True) as files:
        assert stored_quote(files, f"#{stored['con_id']}", system_clock())["bid"] == stored["bid"]
        with pytest.raises(UnknownSymbolError, match="never looked up here"):
            stored_quote(files, "SPY", system_clock())
    assert [each["symbol"] for each in (await program.run("symbols", "--json")).document] == ["IWM", "XLU"]

    (order,) = (await program.run("orders", "--json")).document
    assert (order["order_ref"], order["status"], order["filled"], order["symbol"]) == (ref, "FILLED", 7.0, "XLU")
    assert ref in (await program.run("orders")).out

    for name in (ref, str(order["order_id"])):
        story = (await program.run("why", name, "--json")).document
        assert story["order"]["order_ref"] == ref
        assert {check["verdict"] for check in story["checks"]} == {"pass"}
        assert story["events"][0]["kind"] == "intent"
        assert sum(fill["quantity"] for fill in story["executions"]) == 7
        assert story["quote"]["ask"]
        assert story["book"]["asks"]
    assert "FILLED" in (await program.run("why", ref)).out

    (position,) = (await program.run("positions", "--json")).document
    assert (position["symbol"], position["quantity"]) == ("XLU", 7.0)
    values = (await program.run("account", "--json")).document
    assert {"NetLiquidation", "TotalCashValue"} <= {row["key"] for row in values}
    assert {row["account"] for row in values} == {"DUSIM0001"}

    after = await program.run("status", "--json", "--check")
    assert after.code == 1
    assert not after.document["running"]
    assert after.document["orders"] == {"FILLED": 1}
    assert "not running" in (await program.run("status")).out


async def test_a_running_console_takes_the_jobs_of_commands(program: Program) -> None:
    recording = await program.start("record", "SPY", "--json")
    await recording.says("READY")
    await until(lambda: (program.data / "console.sock").exists(), SECONDS, "its socket")
    other, bars = await asyncio.gather(
        program.run("record", "QQQ", "--for", "1s", "--json"), program.run("backfill", "IWM", "--json")
    )
    assert other.document[0]["ticks"] > 0
    assert bars.document[0]["bars"] > 0
    recording.interrupt()
    assert (await recording.ended()).code == 130
    assert program.journal("SELECT count(*) FROM runs") == [(1,)]


async def test_a_command_says_losses_tries_and_returns_its_own_or_of_the_console_that_has_its_job(
    gateway: Gateway, tmp_path: Path
) -> None:
    program = Program(tmp_path, gateway)
    program.config_file.parent.mkdir(parents=True)
    program.config_file.write_text("[gateway]\nretry_first = 0.2\nretry_max = 0.2\n")
    try:
        first = await program.start("record", "SPY")
        await first.says("READY")
        second = await program.start("record", "QQQ")
        await second.says("READY")
        await until(lambda: len(program.kept()) == 2, SECONDS, "both recordings")
        await gateway.control("refuse", seconds=0.5)
        await gateway.control("drop", how="rst")
        for each in (first, second):
            await each.says("(try 1; next in")
            await until(lambda each=each: each.err.count("Z READY: connected to") == 2, SECONDS, "the return")
        said = first.err + second.err
        first.interrupt()
        assert (await first.ended()).code == 130
        left = await second.ended()
        assert left.code == 1
        assert left.err.endswith("is gone.\n")
        stamped = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ (READY|DISCONNECTED|NO ANSWER): .*")
        assert all(stamped.fullmatch(line) for line in said.splitlines())
    finally:
        await program.end()


async def test_a_directory_that_never_was_is_empty_and_stays_so(lonely: Program) -> None:
    for command in ("orders", "positions", "account"):
        assert (await lonely.run(command, "--json")).document == []
    assert not (await lonely.run("status", "--json")).document["healthy"]
    assert (await lonely.run("status", "--check")).code == 1
    assert not lonely.data.exists()


# --- config ---


async def test_the_settings_file_is_written_once_and_shown_as_it_holds(lonely: Program) -> None:
    written = await lonely.run("config", "init")
    assert written.code == 0
    assert written.out.strip() == str(lonely.config_file)
    assert tomllib.loads(lonely.config_file.read_text())["gateway"]["client_id"] == 10
    assert (await lonely.run("config", "init")).code == 2

    lonely.config_file.write_text("[gateway]\nport = 5001\nclient_id = 3\n")
    shown = (await lonely.run("config", "show", "--json", "--client-id", "4", IBTUI_HOST="elsewhere")).document
    assert {key: shown["gateway"][key] for key in ("host", "port", "client_id")} == {
        "host": "elsewhere",
        "port": 5001,
        "client_id": 4,
    }
    assert tomllib.loads((await lonely.run("config", "show")).out)["gateway"]["port"] == 5001
    paths = (await lonely.run("config", "path", "--json")).document
    assert paths == {"config": str(lonely.config_file), "data_dir": str(lonely.data)}


# --- interrupts ---


async def runs_are_closed(program: Program) -> None:
    journal = program.data / "journal.db"
    if journal.exists() and journal.stat().st_size:
        assert program.journal("SELECT count(*) FROM runs WHERE clean = 0 OR ended_ns IS NULL") == [(0,)]


async def test_record_interrupted_keeps_and_prints_what_came(gateway: Gateway, tmp_path: Path) -> None:
    program = Program(tmp_path, gateway)
    recording = await program.start("record", "SPY", "QQQ", "--json")
    try:
        await recording.says("READY")
        await until(lambda: sum(map(sum, program.kept().values())) > 200, SECONDS, "rows")
        await gateway.control("market", running=False)
        sent: dict[int, list[int]] = {}
        for each in (await gateway.control("stats"))["subscriptions"]:
            counts = sent.setdefault(each["con_id"], [0, 1, 0])  # "book cleared" is a row of ours before each book
            counts[("ticks", "depth", "prints").index(each["feed"])] += each["sent"]
        wanted = {con_id: tuple(counts) for con_id, counts in sent.items()}
        await until(lambda: program.kept() == wanted, SECONDS, f"{wanted}, there are {program.kept()}")
        recording.interrupt()
        ended = await recording.ended()
    finally:
        await program.end()
    assert ended.code == 130
    told = {each["con_id"]: (each["ticks"], each["depth"], each["prints"]) for each in ended.document}
    assert told == wanted == program.kept()
    await runs_are_closed(program)


@pytest.mark.parametrize("command", [("record", "SPY"), ("backfill", "SPY")], ids=lambda command: command[0])
@pytest.mark.parametrize("moment", ["lock", "journal.db", "console.sock"])
async def test_an_interrupt_at_any_moment_ends_well(program: Program, command: tuple[str, ...], moment: str) -> None:
    """The moments are those at which a start makes its files, one after the other."""
    running = await program.start(*command)
    await until(lambda: (program.data / moment).exists(), SECONDS, moment)
    running.interrupt()
    ended = await running.ended()
    assert (ended.code, ended.out) == (130, "")
    await runs_are_closed(program)
    assert not (program.data / "console.sock").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_a_told_end_is_an_interrupt_too(program: Program, number: signal.Signals) -> None:
    running = await program.start("record", "SPY")
    await running.says("READY")
    running.interrupt(number)
    assert (await running.ended()).code == 130
    await runs_are_closed(program)


async def test_an_interrupted_backfill_keeps_its_bars(program: Program) -> None:
    running = await program.start("backfill", "SPY", "--bar", "1 min", "--mode", "full", "--start", "2026-10-01")
    bars = "SELECT count(*), count(DISTINCT start) FROM bars"
    await until(lambda: (program.data / "console.sock").exists(), SECONDS, "its socket")
    await until(lambda: program.history(bars)[0][0] > 0, SECONDS, "bars")
    running.interrupt()
    ended = await running.ended()
    assert ended.code == 130
    count, distinct = program.history(bars)[0]
    assert count == distinct > 0
    await runs_are_closed(program)
