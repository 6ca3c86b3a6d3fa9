"""Every control verb does what it says on the very next frame."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import until
from tests.sim.protocol_rig import Bare, bare, client, control, control_line, gateway


async def answers(raw: Bare) -> bool:
    """Whether the gateway answers within a short time."""
    raw.ask("49", "1")
    try:
        await asyncio.wait_for(raw.read_until("49"), 0.3)
    except TimeoutError:
        return False
    return True


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nonsense", "can't be read"),
        ("[]", "JSON object"),
        ('{"verb": "stats"}', "JSON object"),
        ('{"do": "dance"}', "no verb 'dance'; there are stats, drop"),
        ('{"do": "drop", "why": 1}', "drop takes no 'why'; it takes how, client_id"),
        ('{"do": "stats", "x": 1}', "it takes nothing"),
        ('{"do": "drop", "how": "gently"}', "fin or rst"),
        ('{"do": "message"}', "message needs 'code'"),
        ('{"do": "price"}', "price needs 'symbol'"),
        ('{"do": "price", "symbol": "NOSUCH", "bid": 1}', "no symbol NOSUCH"),
        ('{"do": "price", "symbol": "SPY", "bid": 5, "ask": 4}', "bid must be below the ask"),
        ('{"do": "market", "rate": -1}', "from 0 to 1000"),
        ('{"do": "clock", "at": "2020-01-01"}', "can't go back"),
        ('{"do": "clock", "at": "noon"}', "no date or time"),
        ('{"do": "refuse", "seconds": -1}', "0 or more"),
        ('{"do": "refuse", "seconds": "x"}', ""),
    ],
)
async def test_a_line_that_makes_no_sense_is_answered_in_plain_words(line: str, words: str) -> None:
    async with gateway() as server:
        answer = await control_line(server, line)
        assert answer["ok"] is False
        assert words in answer["error"]


async def test_a_control_connection_takes_one_line_after_the_other() -> None:
    async with gateway() as server:
        reader, writer = await asyncio.open_connection(server.host, server.control_port)
        writer.write(b'{"do": "market"}\n{"do": "nothing"}\n{"do": "market", "rate": 2}\n')
        found = [json.loads(await reader.readline()) for _ in range(3)]
        assert [each["ok"] for each in found] == [True, False, True]
        assert found[2]["rate"] == 2
        writer.close()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"do": "clock", "speed": NaN}', "speed must be a number, not nan"),
        ('{"do": "market", "rate": Infinity}', "rate must be a number, not inf"),
        ('{"do": "market", "rate": 1e9}', "rate must be from 0 to 1000"),
        ('{"do": "price", "symbol": "SPY", "bid": "abc"}', "bid must be a number, not 'abc'"),
        ('{"do": "refuse", "seconds": null}', "seconds must be a number, not None"),
        ('{"do": "permission", "live": "maybe"}', "live must be true or false, not 'maybe'"),
        ('{"do": "alter", "message": 1, "values": 5}', "values must be an object, not 5"),
        ('{"do": "duplicate", "message": 1, "values": [1]}', "values must be an object, not [1]"),
        ('{"do": "accounts", "ids": 5}', "ids must be a list, not 5"),
        ('{"do": "print", "symbol": "SPY", "price": 1e308, "size": 1}', "can't be read"),
    ],
)
async def test_a_value_that_can_not_be_is_told_and_changes_nothing(line: str, words: str) -> None:
    async with gateway() as server:
        answer = await control_line(server, line)
        assert not answer["ok"]
        assert words in answer["error"]
        assert (await control(server, "clock"))["speed"] == 1
        assert (await control(server, "market"))["rate"] == 1


@pytest.mark.parametrize(("how", "ending"), [("fin", EOFError), ("rst", ConnectionResetError)])
async def test_drop_loses_every_client_in_the_way_that_was_asked_for(how: str, ending: type[Exception]) -> None:
    async with gateway() as server, bare(server) as one, bare(server) as two:
        await one.start(1)
        await two.start(2)
        assert (await control(server, "drop", how=how))["dropped"] == 2
        for raw in (one, two):
            with pytest.raises(ending):
                await raw.read()
        async with bare(server) as again:
            await again.start(1)


async def test_drop_can_lose_one_client() -> None:
    async with gateway() as server, bare(server) as one, bare(server) as two:
        await one.start(1)
        await two.start(2)
        assert (await control(server, "drop", client_id=2))["dropped"] == 1
        assert await two.closed()
        assert await answers(one)


def listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


async def test_refuse_closes_the_listener_for_a_time_and_keeps_who_is_connected() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "refuse", seconds=0.3)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(server.host, server.port)
        assert await answers(raw)

        await until(lambda: listens(server.port))
        async with bare(server) as again:
            await again.start(2)


async def test_freeze_is_silence_without_an_end_and_then_everything_comes() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        assert (await control(server, "freeze"))["frozen"] is True
        assert not await answers(raw)
        sent = (await control(server, "stats"))["sent"]
        assert "49" not in sent
        assert (await control(server, "freeze", seconds=0))["frozen"] is False
        assert (await raw.read_until("49"))[0] == "49"
        assert await answers(raw)


async def test_a_freeze_ends_by_itself() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "freeze", seconds=0.4)
        assert not await answers(raw)
        assert (await asyncio.wait_for(raw.read_until("49"), 5))[0] == "49"


async def test_a_frozen_gateway_can_be_dropped() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "freeze")
        await control(server, "drop")
        assert await raw.closed()


async def test_a_message_reaches_every_client_as_the_next_frame() -> None:
    async with gateway() as server, bare(server) as one, bare(server) as two:
        await one.start(1)
        await two.start(2)
        await control(server, "message", code=1100, text="Connectivity between IB and TWS has been lost.")
        for raw in (one, two):
            assert await raw.read() == ["4", "2", "-1", "1100", "Connectivity between IB and TWS has been lost.", ""]


async def test_price_moves_the_market_there_at_once() -> None:
    async with gateway() as server, client(server) as ib:
        contract = (await ib.qualifyContractsAsync(_spy()))[0]
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.halted == 0)
        await control(server, "market", running=False)
        answer = await control(
            server, "price", symbol="SPY", bid=500.01, ask=500.05, last=500.02, bid_size=700, ask_size=300
        )
        assert answer == {"ok": True, "bid": 500.01, "ask": 500.05, "last": 500.02, "bid_size": 700, "ask_size": 300}
        await until(lambda: (ticker.bid, ticker.ask, ticker.last) == (500.01, 500.05, 500.02))
        assert (ticker.bidSize, ticker.askSize) == (700, 300)


def _spy() -> Any:
    from ib_insync import Stock

    return Stock("SPY", "SMART", "USD")


async def test_a_market_that_does_not_run_sends_nothing_and_goes_on_when_told() -> None:
    async with gateway() as server, client(server) as ib:
        contract = (await ib.qualifyContractsAsync(_spy()))[0]
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.halted == 0)
        await control(server, "market", running=False)
        before = (await control(server, "stats"))["sent"]["ticks"]
        await asyncio.sleep(0.5)
        assert (await control(server, "stats"))["sent"]["ticks"] == before
        await control(server, "market", running=True)
        await asyncio.wait_for(ib.updateEvent, 10)


async def test_the_clock_stops_jumps_and_runs_at_another_speed() -> None:
    async with gateway() as server:
        stopped = await control(server, "clock", speed=0, at="2026-03-10T11:00:00")
        assert stopped["market_time"] == "2026-03-10 11:00:00 EDT"
        assert (await control(server, "clock"))["market_ns"] == stopped["market_ns"]
        await control(server, "clock", speed=100)
        await until(lambda: server.gateway.clock.now_ns() > stopped["market_ns"] + 10**9)


async def test_stats_names_clients_subscriptions_and_both_directions() -> None:
    async with gateway() as server, client(server, client_id=4) as ib:
        ib.reqMktData((await ib.qualifyContractsAsync(_spy()))[0])
        await until(lambda: len(server.gateway.feeds) == 1)
        stats = await control(server, "stats")
        assert set(stats) >= {"clients", "sent", "received", "orders", "subscriptions", "market_ns", "speed"}
        (subscription,) = stats["subscriptions"]
        assert (subscription["client_id"], subscription["symbol"], subscription["feed"]) == (4, "SPY", "ticks")
        assert subscription["sent"] == stats["sent"]["ticks"]["SPY"] > 0
        assert stats["received"]["1"] == 1


# As a process


def start(*options: str, **arguments: Any) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    command = [sys.executable, "-m", "ibtui", "sim", "--port", "0", "--control-port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **arguments)
    assert process.stdout is not None
    return process, json.loads(process.stdout.readline())


def ended(process: subprocess.Popen[str]) -> int:
    """The exit code; what it printed after its first line must be nothing."""
    with process:
        code = process.wait(timeout=10)
        assert process.stdout is not None
        assert process.stdout.read() == ""
    return code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_prints_one_line_and_ends_with_0_on_a_signal(number: signal.Signals) -> None:
    process, listening = start(stdin=subprocess.DEVNULL)
    assert listening["event"] == "listening"
    assert listening["port"] != listening["control_port"]
    process.send_signal(number)
    assert ended(process) == 0


def test_the_process_ends_with_its_input() -> None:
    process, _ = start("--until-input-ends", stdin=subprocess.PIPE)
    assert process.stdin is not None
    process.stdin.close()
    assert ended(process) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's parent-death signal is Linux's")
def test_the_process_ends_with_its_parent_even_where_its_input_stays_open() -> None:
    reader, writer = os.pipe()
    parent = (
        "import subprocess, sys;"
        "child = subprocess.Popen([sys.executable, '-m', 'ibtui', 'sim', '--port', '0', '--until-input-ends'],"
        "stdin=int(sys.argv[1]), stdout=subprocess.PIPE, text=True);"
        "child.stdout.readline(); print(child.pid)"
    )
    command = [sys.executable, "-c", parent, str(reader)]
    found = subprocess.run(command, pass_fds=[reader], capture_output=True, text=True, timeout=20, check=True)
    pid = int(found.stdout)
    deadline = time.monotonic() + 10
    while _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    try:
        assert not _runs(pid)
    finally:
        os.close(reader)
        os.close(writer)


def _runs(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_stop_ends_the_process(gateway_factory: Callable[..., Any]) -> None:
    running = gateway_factory()
    await running.control("stop")
    assert running.process.wait(timeout=10) == 0


def test_a_port_that_is_taken_is_said_in_one_line_with_exit_code_2() -> None:
    process, listening = start(stdin=subprocess.DEVNULL)
    try:
        command = [sys.executable, "-m", "ibtui", "sim", "--port", str(listening["port"])]
        second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
        assert second.returncode == 2
        assert f"can't listen on 127.0.0.1:{listening['port']}" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        process.terminate()
        ended(process)
