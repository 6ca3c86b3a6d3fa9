"""Finds out why the gateway can't be used, step by step, each step with what to do about it.

A step's finding is ``ok``, ``warn`` or ``bad``; ``None`` means that it can't be looked at after what failed before it.
"""

import asyncio
import logging
import os
import re
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
from ibtui.services.terminal_check import Terminal, described, hints, look, usable
from ibtui.storage.files import open_directory
from ibtui.storage.mounts import NETWORK_TYPES, file_system_type
from ibtui.trading.checks import is_paper

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
PORT_WAIT = 3.0
"""Seconds that one of the other ports may take to say who is there."""

QUOTE_WAIT = 5.0
"""Seconds to wait for the first ticks of a quote."""

LIST_WAIT = 3.0
"""Seconds to wait for the list of ended orders."""

SKEW_SHOWN = 2.0
"""Seconds between the gateway's clock and this machine's from which they are told."""

SIMULATED = "DUSIM"
"""What the simulated gateway's accounts begin with."""

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
    terminal: Terminal
    running: str | None = None
    local: str = ""
    session: "Session | None" = None
    refused: bool = False
    messages: list[tuple[int, str]] = field(default_factory=list)
    ports: Mapping[int, str] = field(default_factory=lambda: PORTS)


Step = Callable[[Patient], Awaitable[Finding]]


async def visit(
    settings: Settings,
    directory: Path,
    environment: Mapping[str, str],
    say: Callable[[Finding], None],
    *,
    named: bool,
    demo: bool,
) -> list[Finding]:
    """Examines the way to the gateway that a console with these settings would use, the demo's own included.

    Args:
        settings: As loaded.
        directory: The data directory.
        environment: Of the terminal.
        say: Gets each finding as it is made.
        named: Host or port were named for this visit, so they hold; else those of a running console do.
        demo: Look at the demo's gateway: that of the running demo, or one of our own.

    Raises:
        EnvironmentUnfitError: The demo's directory or gateway can't be used.
    """
    logging.getLogger().addHandler(logging.NullHandler())  # the library's own words are not for the terminal
    patient = Patient(settings.gateway, system_clock(), directory, await look(environment))
    running = await asyncio.to_thread(ask_console, directory, {"do": "hello"})
    if running is not None:
        host, _, port = running["endpoint"].rpartition(":")
        theirs = replace(settings.gateway, host=host, port=int(port))
        if not named or theirs == settings.gateway:
            patient.gateway, patient.running = theirs, running["state"]
    if not demo or named or running is not None:
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


@dataclass(frozen=True, slots=True)
class _Answer:
    """Who answers at another port: its accounts, or why none were told."""

    port: int
    accounts: tuple[str, ...]
    words: str

    @property
    def paper(self) -> bool:
        return bool(self.accounts) and all(map(is_paper, self.accounts))


async def _other_ports(patient: Patient) -> Finding:
    if not patient.refused:
        return Finding("other ports", None, "not tried: the port answers, or the host doesn't")
    others = [port for port in patient.ports if port != patient.gateway.port]
    answers = [answer for port in others if (answer := await _who(patient, port)) is not None]
    if not answers:
        advice = "Start TWS or IB Gateway, and enable its API: Configure > Settings > API > Enable ActiveX and Socket"
        return Finding("other ports", "bad", f"{', '.join(map(str, others))} are refused too", advice)
    words = "; ".join(f"{each.port} ({patient.ports[each.port]}) {each.words}" for each in answers)
    if paper := next((each for each in answers if each.paper), None):
        return Finding("other ports", "warn", words, f"Try --port {paper.port}")
    if any(each.accounts for each in answers):
        return Finding("other ports", "warn", words, "Log in to paper trading: orders go to paper accounts only")
    return Finding("other ports", "warn", words, f"Let it be looked at with --port {answers[0].port}")


async def _who(patient: Patient, port: int) -> _Answer | None:
    """Who answers at a port; None when nobody does."""
    from ibtui.broker.causes import Stage
    from ibtui.broker.session import Session

    settings = replace(patient.gateway, port=port, client_id=OWN_CLIENT_ID, connect_timeout=PORT_WAIT)
    session = Session(settings, 1, patient.clock)
    try:
        await session.open()
    except GatewayUnreachableError as error:
        if session.stage is Stage.REACHING:
            return None
        return _Answer(port, (), f"is open but can't be used: {_parted(str(error))[0]}")
    await session.close("the doctor knows who is there")
    kind = "paper" if all(map(is_paper, session.accounts)) else "LIVE"
    return _Answer(port, session.accounts, f"answers for {', '.join(session.accounts) or 'no account'}, {kind}")


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
            if session.stage is Stage.ACCEPTED and session.problem is None:
                advice = " ".join(filter(None, (_trust(patient), advice)))
            return Finding("handshake", "bad", words, advice)
        patient.session = session
        return Finding("handshake", "ok", f"server version {session.server_version}, client id {session.client_id}")
    raise AssertionError("a loop that always returns")


def _trust(patient: Patient) -> str:
    """How to be trusted, with the address to add."""
    beyond = (
        "" if patient.local.startswith("127.") else ", or the address that a router or container puts in its place,"
    )
    return f"Add {patient.local}{beyond} to the gateway's Trusted IPs: Configure > Settings > API."


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


async def _orders(patient: Patient) -> Finding:
    """Whether anything about orders may be asked. A list of ended ones is asked for, for that changes nothing."""
    from ibtui.broker.codes import is_read_only

    session = patient.session
    if session is None:
        return Finding("orders", None, "not tried")
    asked = asyncio.ensure_future(session.ask(session.ib.reqCompletedOrdersAsync(apiOnly=True), "completed orders"))
    answered = bool((await asyncio.wait({asked}, timeout=LIST_WAIT))[0])
    asked.cancel()
    await asyncio.wait({asked})
    if any(is_read_only(code, text) for code, text in patient.messages):
        advice = 'Switch off "Read-Only API": Configure > Settings > API'
        return Finding("orders", "warn", "the gateway's API is read-only: the console would be VIEW ONLY", advice)
    if not answered:
        advice = 'Look whether "Read-Only API" is switched on: Configure > Settings > API'
        return Finding("orders", "warn", f"no list of orders came in {LIST_WAIT:g} s", advice)
    return Finding("orders", "ok", "the gateway answers about orders")


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
    words = f"{away:+,.0f} s from this machine's"
    if all(account.startswith(SIMULATED) for account in session.accounts):
        return Finding("clock", "ok", f"{words}: a simulated market has a time of its own")
    return Finding("clock", "warn", words, "Set this machine's clock (NTP); market time is the gateway's all the same")


# --- this side ---


async def _data_directory(patient: Patient) -> Finding:
    path = patient.directory
    parent = next(each for each in (path, *path.absolute().parents) if each.exists())
    if not os.access(parent, os.W_OK | os.X_OK):
        return Finding("data directory", "bad", f"{path} can't be written", "Name another with --data-dir")
    if (kind := file_system_type(parent)) in NETWORK_TYPES:
        advice = "SQLite can lose data there: name a local one with --data-dir"
        return Finding("data directory", "bad", f"{path} is on a network file system ({kind})", advice)
    return Finding("data directory", "ok", str(path))


async def _terminal(patient: Patient) -> Finding:
    terminal = patient.terminal
    return Finding("terminal", "ok" if usable(terminal) else "warn", described(terminal), "; ".join(hints(terminal)))


STEPS: tuple[tuple[str, Step], ...] = (
    ("port", _port),
    ("other ports", _other_ports),
    ("handshake", _handshake),
    ("client id", _client_id),
    ("accounts", _accounts),
    ("orders", _orders),
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
    """A cause and what to do about it, as :mod:`ibtui.broker.causes` writes them: two sentences, or more of IB's."""
    told = re.fullmatch(r"(.*\(IB code \d+\))(?:\. (.*))?", sentence)
    words, advice = told.groups("") if told else sentence.partition(". ")[::2]
    return words, advice
