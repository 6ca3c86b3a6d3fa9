"""Finds out why the gateway can't be used, step by step, each step with what to do about it.

A step's finding is ``ok``, ``warn`` or ``bad``; ``None`` means that it can't be looked at after what failed before it.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from ibtui.clock import NS, Clock, system_clock
from ibtui.config import GatewaySettings, Settings
from ibtui.errors import GatewayUnreachableError, IbtuiError
from ibtui.services.demo import DemoGateway
from ibtui.services.status_socket import ask_console
from ibtui.storage.files import open_directory

if TYPE_CHECKING:
    from ibtui.broker.session import Session

Verdict = Literal["ok", "warn", "bad"]

PORTS: Mapping[int, str] = {
    4002: "IB Gateway, paper",
    7497: "TWS, paper",
    4001: "IB Gateway, LIVE",
    7496: "TWS, LIVE",
    4003: "IB Gateway behind a container's relay",
}
"""The ports that are tried when the given one refuses, with who usually listens there (IBKR, "TWS API: connectivity",
and the defaults of the common container images)."""

OWN_CLIENT_ID = 987
"""Away from the console's, whose id belongs to its orders. A taken one is counted up: a doctor has no orders."""

ID_TRIES = 3
PORT_WAIT = 1.0
"""Seconds to wait for one of the other ports."""

QUOTE_WAIT = 5.0
"""Seconds to wait for the first ticks of a quote."""

SKEW_SHOWN = 2.0
"""Seconds between the gateway's clock and this machine's from which they are told."""

_DATA_TYPES = {1: "live", 2: "frozen", 3: "delayed", 4: "delayed and frozen"}


@dataclass(frozen=True, slots=True)
class Finding:
    """What one step found.

    Attributes:
        step: Its name.
        verdict: ``ok``, ``warn`` or ``bad``; None where it could not be looked at.
        words: What was found.
        advice: What to do; empty when there is nothing to do.
    """

    step: str
    verdict: Verdict | None
    words: str
    advice: str = ""


@dataclass(slots=True)
class Patient:
    """What the steps have learned so far.

    Attributes:
        running: State word of the console that runs on this data directory; None without one.
        local: Address of this machine towards the gateway; empty while its port did not answer.
        refused: The port was refused, so that another may be the right one.
        session: Once the handshake came through.
        messages: What the gateway said of itself: code and text.
        ports: Those to try when the given one refuses, with who listens there.
    """

    gateway: GatewaySettings
    clock: Clock
    directory: Path
    environment: Mapping[str, str]
    running: str | None = None
    local: str = ""
    session: "Session | None" = None
    refused: bool = False
    messages: list[tuple[int, str]] = field(default_factory=list)
    ports: Mapping[int, str] = field(default_factory=lambda: PORTS)


Step = Callable[[Patient], Awaitable[Finding]]


async def visit(
    settings: Settings, directory: Path, environment: Mapping[str, str], say: Callable[[Finding], None], *, demo: bool
) -> list[Finding]:
    """Examines the way to the gateway that a console with these settings would use, the demo's own included.

    Args:
        settings: As loaded.
        directory: The data directory.
        environment: Of the terminal.
        say: Gets each finding as it is made.
        demo: Look at the demo's gateway: that of the running demo, or one of our own.

    Raises:
        EnvironmentUnfitError: The demo's directory or gateway can't be used.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # the library's own words are not for the terminal
    clock = system_clock()
    running = await asyncio.to_thread(ask_console, directory, {"do": "hello"})
    patient = Patient(settings.gateway, clock, directory, environment)
    if running is not None:
        host, _, port = running["endpoint"].rpartition(":")
        patient.running = running["state"]
        patient.gateway = replace(settings.gateway, host=host, port=int(port))
    if not demo or running is not None:
        return await examine(patient, say)
    own = DemoGateway()
    with open_directory(directory) as held:
        try:
            listening = await own.start(held.path)
            patient.gateway = replace(settings.gateway, host=listening.host, port=listening.port)
            return await examine(patient, say)
        finally:
            await own.stop()


async def examine(patient: Patient, say: Callable[[Finding], None]) -> list[Finding]:
    """Takes every step of :data:`STEPS`, telling each finding as it is made."""
    findings: list[Finding] = []
    try:
        for name, step in STEPS:
            try:
                finding = await step(patient)
            except (IbtuiError, OSError) as error:
                finding = Finding(name, "bad", str(error))
            findings.append(finding)
            say(finding)
    finally:
        if patient.session is not None:
            await patient.session.close("the doctor is done")
    return findings


def exit_code(findings: list[Finding]) -> int:
    """0 when nothing is bad, 3 when there is no usable gateway, else 1."""
    bad = {each.step for each in findings if each.verdict == "bad"}
    return 3 if bad & {"port", "handshake"} else int(bool(bad))


# --- the way to the gateway ---


async def _port(patient: Patient) -> Finding:
    from ibtui.broker import causes

    gateway = patient.gateway
    endpoint = f"{gateway.host}:{gateway.port}"
    try:
        async with asyncio.timeout(gateway.connect_timeout):
            _, writer = await asyncio.open_connection(gateway.host, gateway.port)
    except TimeoutError:
        words = causes.silent(endpoint, causes.Stage.REACHING, gateway.connect_timeout)
        return Finding("port", "bad", *_parted(words))
    except OSError as error:
        patient.refused = not isinstance(error, socket.gaierror)
        return Finding("port", "bad", *_parted(causes.not_reached(endpoint, error)))
    patient.local = writer.get_extra_info("sockname")[0]
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return Finding("port", "ok", f"{endpoint} accepts connections")


async def _other_ports(patient: Patient) -> Finding:
    if not patient.refused:
        return Finding("other ports", None, "not tried: the port answers, or the host doesn't")
    open_ports = [
        port for port in patient.ports if port != patient.gateway.port and await _answers(patient.gateway.host, port)
    ]
    if not open_ports:
        advice = "Start TWS or IB Gateway, and enable its API: Configure > Settings > API > Enable ActiveX and Socket"
        return Finding("other ports", "bad", f"nothing answers at {', '.join(map(str, patient.ports))} either", advice)
    words = ", ".join(f"{port} ({patient.ports[port]})" for port in open_ports)
    paper = next((port for port in open_ports if "LIVE" not in patient.ports[port]), None)
    advice = f"Try --port {paper}" if paper else "Only a LIVE port answers: orders go to paper accounts only"
    return Finding("other ports", "warn", f"{words} answers", advice)


async def _answers(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(PORT_WAIT):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _handshake(patient: Patient) -> Finding:
    from ibtui.broker.causes import CLIENT_ID_IN_USE, Stage
    from ibtui.broker.session import Session

    if not patient.local:
        return Finding("handshake", None, "not tried")
    for number in range(ID_TRIES):
        settings = replace(patient.gateway, client_id=OWN_CLIENT_ID + number)
        session = Session(settings, 1, patient.clock)
        session.tap("error", lambda _id, code, text, *_: patient.messages.append((code, text)))
        try:
            await session.open()
        except GatewayUnreachableError as error:
            if session.problem is not None and session.problem[0] == CLIENT_ID_IN_USE and number + 1 < ID_TRIES:
                continue
            words, advice = _parted(str(error))
            if session.stage <= Stage.ACCEPTED and "accepts and closes" in words:
                advice = f"Add {patient.local} to the gateway's Trusted IPs: Configure > Settings > API. " + advice
            return Finding("handshake", "bad", words, advice)
        patient.session = session
        return Finding("handshake", "ok", f"server version {session.server_version}, client id {session.client_id}")
    raise AssertionError("a loop that always returns")


async def _client_id(patient: Patient) -> Finding:
    wanted = patient.gateway.client_id
    if patient.running is not None:
        return Finding("client id", "ok", f"{wanted} is used by the running console, which is {patient.running}")
    if patient.session is None:
        return Finding("client id", None, "not tried")
    from ibtui.broker.session import Session

    session = Session(patient.gateway, 2, patient.clock)
    try:
        await session.open()
    except GatewayUnreachableError as error:
        return Finding("client id", "bad", *_parted(str(error)))
    await session.close("the doctor has seen enough")
    return Finding("client id", "ok", f"{wanted} is free")


async def _accounts(patient: Patient) -> Finding:
    from ibtui.broker.account import choose_account

    if patient.session is None:
        return Finding("accounts", None, "not tried")
    account, problem = choose_account(patient.gateway.account, patient.session.accounts)
    listed = ", ".join(patient.session.accounts) or "none"
    if not problem:
        return Finding("accounts", "ok", f"{account} is a paper account (all: {listed})")
    advice = "The console would be VIEW ONLY: log in to the paper account, or name it with --account"
    return Finding("accounts", "warn", problem, advice)


async def _market_data(patient: Patient) -> Finding:
    from ibtui.broker.quote_probe import LIVE, probe_quote

    if patient.session is None:
        return Finding("market data", None, "not tried")
    probe = await probe_quote(patient.session, "SPY", patient.messages, QUOTE_WAIT)
    if probe.data_type is not None:
        words = f"a quote of SPY comes {_DATA_TYPES.get(probe.data_type, 'of an unknown kind')}"
        if probe.data_type == LIVE:
            return Finding("market data", "ok", words)
        advice = "Live quotes need market data subscriptions, shared with the paper account"
        return Finding("market data", "warn", words, advice)
    if probe.refusal is not None:
        code, text = probe.refusal
        return Finding("market data", "warn", f"{text} (IB code {code})", "Subscribe in Account Management")
    advice = "The market may be closed; with it open, look at the farms on screen 6"
    return Finding("market data", "warn", f"no tick of SPY in {QUOTE_WAIT:g} s", advice)


async def _clock(patient: Patient) -> Finding:
    session = patient.session
    if session is None:
        return Finding("clock", None, "not tried")
    before = patient.clock.utc_ns()
    answer = await session.ask(session.ib.reqCurrentTimeAsync(), "the time")
    away = answer.timestamp() - (before + patient.clock.utc_ns()) / 2 / NS
    if abs(away) <= SKEW_SHOWN:
        return Finding("clock", "ok", f"{away:+.1f} s from this machine's")
    advice = "Set this machine's clock (NTP), unless the gateway is a simulated one, whose market has a time of its own"
    return Finding("clock", "warn", f"{away:+,.0f} s from this machine's", advice)


# --- this side ---


async def _data_directory(patient: Patient) -> Finding:
    path = patient.directory
    parent = next(each for each in (path, *path.parents) if each.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        return Finding("data directory", "bad", f"{path} can't be written", "Name another with --data-dir")
    return Finding("data directory", "ok", str(path))


async def _terminal(patient: Patient) -> Finding:
    environment = patient.environment
    term = environment.get("TERM", "")
    if term in ("", "dumb"):
        return Finding("terminal", "warn", f"TERM={term or 'unset'} can't show screens", "Set TERM=xterm-256color")
    advice: list[str] = []
    if "TMUX" in environment:
        advice.append("in tmux: `set -g bell-action any`, `set -g focus-events on`, `set -s escape-time 10`")
    elif "SSH_CONNECTION" in environment:
        advice.append("over SSH: run it inside tmux, so that a dropped link costs nothing")
    if environment.get("COLORTERM") not in ("truecolor", "24bit"):
        advice.append("COLORTERM=truecolor shows all colours, where the terminal can")
    if environment.get("NO_COLOR"):
        advice.append("NO_COLOR is set: monochrome")
    return Finding("terminal", "ok", f"TERM={term}", "; ".join(advice))


STEPS: tuple[tuple[str, Step], ...] = (
    ("port", _port),
    ("other ports", _other_ports),
    ("handshake", _handshake),
    ("client id", _client_id),
    ("accounts", _accounts),
    ("market data", _market_data),
    ("clock", _clock),
    ("data directory", _data_directory),
    ("terminal", _terminal),
)
"""The steps, in the order in which they are taken."""

SIGNS: Mapping[Verdict | None, str] = {"ok": "✓", "warn": "!", "bad": "✗", None: "·"}


def line(finding: Finding) -> str:
    """A finding as a line of text, its advice on a second one."""
    advice = f"\n                    {finding.advice}" if finding.advice else ""
    return f"{SIGNS[finding.verdict]} {finding.step:<17} {finding.words}{advice}"


def _parted(sentence: str) -> tuple[str, str]:
    """A cause and what to do about it, as :mod:`ibtui.broker.causes` writes them: two sentences."""
    words, _, advice = sentence.partition(". ")
    return words, advice
