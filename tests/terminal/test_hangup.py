"""A terminal that goes away, in each way that one can: orders are kept or cancelled as they were told to be."""

import asyncio
import json
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ibtui.trading.orders import Status
from tests.conftest import Gateway, until
from tests.console.rig import running
from tests.terminal.terminal import Terminal
from tests.terminal.test_demo import gone

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(120)]

Open = Callable[..., Terminal]
Way = Callable[[Terminal], None]


def closed(terminal: Terminal) -> None:
    terminal.hang_up()


def sent(number: signal.Signals) -> Way:
    return lambda terminal: terminal.child.kill(number)


CASES: dict[str, tuple[str, Way, str]] = {
    "closed": ("cancel", closed, "Cancelled"),
    "hup": ("keep", sent(signal.SIGHUP), "Submitted"),
    "term": ("cancel", sent(signal.SIGTERM), "Cancelled"),
}
"""What the settings say, how the terminal goes, and what the gateway says of the order then."""


def test_an_order_is_kept_or_cancelled_as_told_however_the_terminal_goes(
    gateway: Gateway, open_terminal: Open, tmp_path: Path
) -> None:
    asyncio.run(place_orders(gateway, tmp_path))
    opened = {name: console(open_terminal, tmp_path / name, gateway, name) for name in CASES}
    for terminal in opened.values():
        terminal.until(lambda text: "READY" in text.splitlines()[0], 40)
    began = time.monotonic()
    for name, terminal in opened.items():
        CASES[name][1](terminal)
    assert all(gone(terminal.child.pid, 10) for terminal in opened.values())
    assert time.monotonic() - began < 10
    orders = asyncio.run(gateway.control("stats"))["orders"]
    assert {CLIENTS[each["client_id"]]: (each["status"], each["placed_count"]) for each in orders} == {
        name: (status, 1) for name, (_, _, status) in CASES.items()
    }


CLIENTS = dict(enumerate(CASES, 10))
"""Whose terminal goes in which way, by client id."""


async def place_orders(gateway: Gateway, home: Path) -> None:
    """An order that rests for each client, kept in the data directory that its console will open."""
    for client_id, name in CLIENTS.items():
        async with running(home / name / "data", gateway.host, gateway.port, client_id=client_id) as rig:
            await rig.ready()
            rig.desk.acknowledge()
            spy = await rig.quoted("SPY")
            bid = rig.market.board.quote(spy.con_id).bid
            assert bid
            intent = rig.desk.intent(spy, "BUY", 10, limit_price=round(bid * 0.98, 2))
            await rig.desk.submit(intent, spy)
            await until(lambda rig=rig: {each.status for each in rig.desk.orders.values()} == {Status.WORKING})


def console(open_terminal: Open, home: Path, gateway: Gateway, name: str) -> Terminal:
    """A console of its own directory and settings at the gateway."""
    settings = home / "config" / "ibtui" / "config.toml"
    settings.parent.mkdir(parents=True)
    settings.write_text(f"[orders]\non_hangup = {json.dumps(CASES[name][0])}\n")
    own = {"IBTUI_DATA_DIR": str(home / "data"), "XDG_CONFIG_HOME": str(home / "config")}
    client_id = next(number for number, each in CLIENTS.items() if each == name)
    port = str(gateway.port)
    return open_terminal("--port", port, "--client-id", str(client_id), columns=80, lines=24, **own)
