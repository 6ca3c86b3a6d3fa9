"""Whatever keeps the gateway from being used is named, with its cure, by whoever has nothing but host and port."""

import asyncio
import socket
from pathlib import Path

import pytest

from ibtui.config import GatewaySettings
from ibtui.services.doctor import Finding, Patient, examine, exit_code
from ibtui.services.terminal_check import Terminal
from tests.unit.broker.small_gateway import SmallGateway, frame, until, virtual, virtual_clock

TERMINAL = Terminal({"TERM": "xterm-256color"}, (120, 40))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(fields: list[str], writer: asyncio.StreamWriter) -> bool:
    """Quotes and the time."""
    if fields[0] == "1":
        writer.write(frame(58, 1, fields[2], 3) + frame(1, 6, fields[2], 1, 450.0, 100, 0))
    return fields[0] == "1"


async def examined(path: Path, port: int, **facts: object) -> dict[str, Finding]:
    gateway = GatewaySettings(port=port)
    patient = Patient(gateway, virtual_clock(), path, TERMINAL, ports={}, **facts)
    findings = await examine(patient, lambda finding: None)
    return {each.step: each for each in findings}


@pytest.mark.parametrize(
    ("mode", "words", "advice", "code"),
    [
        ("close", "accepts and closes at once", "Add 127.0.0.1 to the gateway's Trusted IPs", 3),
        ("silent", "accepts connections but says nothing", "Add 127.0.0.1 to the gateway's Trusted IPs", 3),
        ("refuses", "must be upgraded (IB code 503)", "Install TWS or IB Gateway 972", 3),
        ("senseless", "does not speak the TWS API", "Check [gateway] host and port", 3),
        ("half ready", "half ready", "still logging in", 3),
        ("too old", "server version 100, at least 157", "Install TWS or IB Gateway 972", 3),
        ("326", "client id 989 is in use", "end the other program", 3),
    ],
)
def test_each_way_to_fail_a_handshake_is_named_with_its_cure(
    mode: str, words: str, advice: str, code: int, tmp_path: Path
) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.mode = mode
        found = await examined(tmp_path, gateway.port)
        handshake = found["handshake"]
        assert handshake.verdict == "bad"
        assert words in handshake.words + handshake.advice
        assert advice in handshake.words + ". " + handshake.advice
        assert exit_code(list(found.values())) == code
        assert found["accounts"].verdict is None
        await gateway.stop()

    test()


def test_a_refused_port_says_which_other_one_answers(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        paper, live, closing = [await SmallGateway().start() for _ in range(3)]
        live.accounts = "ULIVE01"
        closing.mode = "close"
        ports = {live.port: "TWS, LIVE", closing.port: "TWS, paper", free_port(): "nobody"}
        gateway = GatewaySettings(port=free_port())

        async def others(ports: dict[int, str]) -> Finding:
            patient = Patient(gateway, virtual_clock(), tmp_path, TERMINAL, ports=ports)
            findings = {each.step: each for each in await examine(patient, lambda finding: None)}
            assert "nothing listens there" in findings["port"].words
            assert exit_code(list(findings.values())) == 3
            return findings["other ports"]

        found = await others(ports)
        assert f"{live.port} (TWS, LIVE) answers for ULIVE01, LIVE; {closing.port} (TWS, paper) is open" in found.words
        assert "Log in to paper trading" in found.advice
        assert "nobody" not in found.words
        found = await others({**ports, paper.port: "IB Gateway, paper"})
        assert f"{paper.port} (IB Gateway, paper) answers for DU100001, paper" in found.words
        assert found.advice == f"Try --port {paper.port}"
        await until(lambda: not live.open + paper.open)
        for each in (paper, live, closing):
            await each.stop()

    test()


def test_where_nothing_answers_it_says_what_to_start(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        found = await examined(tmp_path, free_port())
        assert "Start TWS or IB Gateway" in found["other ports"].advice
        assert found["handshake"].verdict is None

    test()


def test_a_gateway_that_is_well_is_told_step_by_step(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.answer = answering
        found = await examined(tmp_path, gateway.port)
        assert [each.verdict for each in found.values() if each.verdict == "bad"] == []
        assert "server version" in found["handshake"].words
        assert "10 is free" in found["client id"].words
        assert "comes delayed" in found["market data"].words
        assert "subscriptions" in found["market data"].advice
        assert exit_code(list(found.values())) == 0
        await gateway.stop()

    test()


def test_a_clock_that_is_far_away_is_told(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.answer = answering
        gateway.time -= 86_400
        found = await examined(tmp_path, gateway.port)
        assert found["clock"].verdict == "warn"
        assert "NTP" in found["clock"].advice
        await gateway.stop()

    test()


def test_the_running_consoles_client_id_is_not_tried(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        found = await examined(tmp_path, gateway.port, running="READY")
        assert "running console, which is READY" in found["client id"].words
        assert gateway.connections == 2, "the probe of the port, and the doctor's own session"
        await gateway.stop()

    test()


def test_a_simulated_markets_own_time_is_no_fault(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        gateway = await SmallGateway().start()
        gateway.accounts = "DUSIM0001"
        gateway.time -= 86_400
        found = await examined(tmp_path, gateway.port)
        assert found["clock"].verdict == "ok"
        assert "a time of its own" in found["clock"].words
        await gateway.stop()

    test()


def test_a_data_directory_that_can_not_be_is_told(tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        (tmp_path / "file").write_text("")
        found = await examined(tmp_path / "file" / "data", free_port())
        assert found["data directory"].verdict == "bad"
        assert "--data-dir" in found["data directory"].advice

    test()
