"""Whatever keeps the gateway from being used is named, with its cure, by whoever has nothing but host and port."""

import asyncio
import socket
from pathlib import Path

import pytest

from ibtui.config import GatewaySettings
from ibtui.services.doctor import Finding, Patient, examine, exit_code, line
from tests.unit.broker.small_gateway import SmallGateway, frame, virtual, virtual_clock


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
    patient = Patient(gateway, virtual_clock(), path, {"TERM": "xterm-256color"}, ports={}, **facts)
    findings = await examine(patient, lambda finding: None)
    return {each.step: each for each in findings}


@pytest.mark.parametrize(
    ("mode", "words", "advice", "code"),
    [
        ("close", "accepts and closes at once", "Add 127.0.0.1 to the gateway's Trusted IPs", 3),
        ("silent", "accepts connections but says nothing", "restart the gateway", 3),
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
        other = await SmallGateway().start()
        live = await SmallGateway().start()
        patient = Patient(
            GatewaySettings(port=free_port()),
            virtual_clock(),
            tmp_path,
            {},
            ports={other.port: "IB Gateway, paper", live.port: "TWS, LIVE", free_port(): "nobody"},
        )
        findings = {each.step: each for each in await examine(patient, lambda finding: None)}
        assert "nothing listens there" in findings["port"].words
        assert f"{other.port} (IB Gateway, paper), {live.port} (TWS, LIVE) answers" in findings["other ports"].words
        assert findings["other ports"].advice == f"Try --port {other.port}"
        assert exit_code(list(findings.values())) == 3
        await other.stop()
        await live.stop()

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


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"TERM": "dumb"}, "xterm-256color"),
        ({"TERM": "screen", "TMUX": "1"}, "bell-action"),
        ({"TERM": "xterm", "SSH_CONNECTION": "1"}, "tmux"),
        ({"TERM": "xterm", "NO_COLOR": "1"}, "NO_COLOR"),
    ],
)
def test_what_would_help_the_terminal_is_said(environment: dict[str, str], words: str, tmp_path: Path) -> None:
    @virtual
    async def test() -> None:
        patient = Patient(GatewaySettings(port=free_port()), virtual_clock(), tmp_path, environment, ports={})
        findings = await examine(patient, lambda finding: None)
        assert words in line(findings[-1])

    test()
