"""The real simulated gateway, as a process of its own, for every test that needs one."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# The same examples every time, so that a run says something about a change and nothing about its luck; the search for
# what nobody has thought of yet is a run of its own: pytest --hypothesis-profile explore.
settings.register_profile("quick", deadline=None, max_examples=30, derandomize=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile("quick")

# The programs that tests start load compiled modules, as installed ones do: compiling takes longer than most tests.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LISTENING_SECONDS = 20.0


@dataclass
class Gateway:
    """A running simulated gateway and its control port."""

    process: subprocess.Popen[str]
    host: str
    port: int
    control_port: int

    async def control(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """One control verb; fails the test when the gateway refuses it."""
        reader, writer = await asyncio.open_connection(self.host, self.control_port, limit=2**24)
        try:
            writer.write(json.dumps({"do": verb, **arguments}).encode() + b"\n")
            await writer.drain()
            answer: dict[str, Any] = json.loads(await asyncio.wait_for(reader.readline(), 10))
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
        assert answer.get("ok"), answer
        return answer

    def kill(self) -> None:
        """Ends the process without a word to its clients' programs; the kernel resets or closes their sockets."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=10)


def start_gateway(*options: str, port: int = 0) -> Gateway:
    """Starts ``ibtui sim`` on loopback and waits for its listening line."""
    command = [sys.executable, "-m", "ibtui", "sim", "--port", str(port), "--control-port", "0", *options]
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, f"the simulated gateway ended with {process.wait(timeout=LISTENING_SECONDS)}"
    event = json.loads(line)
    assert event["event"] == "listening"
    return Gateway(process, event["host"], event["port"], event["control_port"])


def end_gateway(gateway: Gateway) -> None:
    """Ends the process, however it is."""
    if gateway.process.poll() is None:
        gateway.process.terminate()
        try:
            gateway.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            gateway.process.kill()
            gateway.process.wait(timeout=10)
    if gateway.process.stdout is not None:
        gateway.process.stdout.close()


@pytest.fixture
def gateway_factory() -> Iterator[Callable[..., Gateway]]:
    """Starts simulated gateways with options; all of them end with the test."""
    started: list[Gateway] = []

    def start(*options: str, port: int = 0) -> Gateway:
        gateway = start_gateway(*options, port=port)
        started.append(gateway)
        return gateway

    yield start
    for gateway in started:
        end_gateway(gateway)


@pytest.fixture
def gateway(gateway_factory: Callable[..., Gateway]) -> Gateway:
    """One simulated gateway with its defaults, on a free port."""
    return gateway_factory()


@pytest.fixture
def recorded() -> list[dict[str, Any]]:
    """Messages that real gateways sent; the test is skipped where they are not at hand."""
    file = Path(__file__).resolve().parents[2] / "shared" / "recorded" / "messages.jsonl"
    if not file.exists():
        pytest.skip("the recorded messages of real gateways are not beside this checkout")
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def until(condition: Callable[[], Any], seconds: float = 10.0, what: str = "") -> Any:
    """Lets the loop run until the condition holds and returns its value; fails after ``seconds``."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not (value := condition()):
        if loop.time() > deadline:
            raise AssertionError(f"not within {seconds} s: {what or condition}")
        await asyncio.sleep(0.01)
    return value


@pytest.fixture
async def no_stray_tasks() -> AsyncIterator[None]:
    """Fails a test that leaves tasks behind."""
    before = asyncio.all_tasks()
    yield
    left = asyncio.all_tasks() - before
    assert not left, left
