"""``ibtui doctor`` against a real simulated gateway, alone and beside a console."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibtui.config import GatewaySettings, Settings
from ibtui.services.doctor import Finding, visit
from tests.conftest import Gateway
from tests.console.program import Program
from tests.console.whole import console_on


async def test_a_gateway_that_is_well_ends_it_well(program: Program) -> None:
    ended = await program.run("doctor", "--json")
    found = {each["step"]: each for each in ended.document}
    assert (ended.code, ended.err) == (0, "")
    assert not program.data.exists(), "looking at it leaves nothing behind"
    assert {step for step, each in found.items() if each["verdict"] != "ok"} == {"other ports"}
    assert "10 is free" in found["client id"]["words"]
    assert "DUSIM0001 is a paper account" in found["accounts"]["words"]


@asynccontextmanager
async def closing_port() -> AsyncIterator[int]:
    """A port that accepts and closes. A refused one would have the doctor look at the developer's own gateways."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def test_a_gateway_that_can_not_be_used_is_told_line_by_line(lonely: Program) -> None:
    async with closing_port() as port:
        ended = await lonely.run("doctor", "--port", str(port))
    assert (ended.code, ended.err) == (3, "")
    lines = ended.out.splitlines()
    assert lines[0] == f"✓ port              127.0.0.1:{port} accepts connections"
    assert lines[2].startswith("✗ handshake ")
    assert "accepts and closes at once" in lines[2]
    assert lines[3].strip().startswith("Add 127.0.0.1 to the gateway's Trusted IPs")


async def test_beside_a_console_its_gateway_is_looked_at_unless_another_is_named(
    shared_gateway: Gateway, tmp_path: Path
) -> None:
    async def found(port: int, *, named: bool) -> dict[str, Finding]:
        settings = Settings(gateway=GatewaySettings(port=port))
        findings = await visit(settings, tmp_path, {}, lambda finding: None, named=named, demo=False)
        return {each.step: each for each in findings}

    async with closing_port() as other, console_on(tmp_path, "127.0.0.1", shared_gateway.port) as console:
        beside = await found(other, named=False)
        assert beside["client id"].words.startswith("10 is used by the running console, which is ")
        assert beside["handshake"].verdict == "ok"
        assert "accepts and closes at once" in (await found(other, named=True))["handshake"].words
        assert console.supervisor.status.reconnects == 0, "the console was not disturbed"
