"""The demo as a user meets it: one command on a real terminal, a moving market, an order, an outage, the way out."""

import json
import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from ibtui.services.status_socket import ask_console
from tests.terminal.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(120)]

Open = Callable[..., Terminal]


def row_of(symbol: str, screen: str) -> str:
    """The line of a symbol on the quote board."""
    return next((line for line in screen.splitlines() if re.search(rf"[ ›]{symbol} ", line)), "")


def journal(directory: Path, sql: str) -> list[tuple[object, ...]]:
    """Rows of the journal, read as another program would."""
    with closing(sqlite3.connect(f"file:{directory / 'journal.db'}?mode=ro", uri=True)) as connection:
        return connection.execute(sql).fetchall()


def children_of(pid: int) -> list[int]:
    """Process ids whose parent is ``pid``."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(status.parent.name))
    return found


def gone(pid: int, seconds: float = 5.0) -> bool:
    """Whether a process ends within so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False


def send(terminal: Terminal) -> None:
    """Sends a ticket, as one who presses again where it says that the key or the disk was not quick enough."""
    terminal.press_until("\r", lambda text: "┏━" not in text, again=2.0)


def test_one_command_opens_a_market_that_moves(open_terminal: Open) -> None:
    terminal = open_terminal("--demo")
    first = row_of("SPY", terminal.until(lambda text: "READY" in text and "LIVE" in row_of("SPY", text)))
    assert "SIM" in terminal.text().splitlines()[0]
    terminal.until(lambda text: row_of("SPY", text) and row_of("SPY", text) != first)


def test_an_order_works_is_journalled_and_fills_at_the_ask(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text and "LIVE" in row_of("SPY", text))
    # Bid far below the market: it stays on the book.
    terminal.press(":")
    terminal.type_line("buy SPY 10 @ 660")
    terminal.until("enter sends")
    send(terminal)
    terminal.press_until("4", lambda text: "SPY" in text and "WORKING" in text)
    assert journal(tmp_path / "data", "SELECT status, client_id FROM orders WHERE status <> 'REFUSED'") == [
        ("WORKING", 10)
    ]
    terminal.press_until("x", lambda text: "CANCELLED" in text)
    # At the near touch, as `b` opens it, priced up to the ask and over it: it fills at once.
    terminal.press("1")
    terminal.until(lambda text: "LIVE" in row_of("SPY", text))
    terminal.press("b")
    terminal.until("enter sends")
    for _ in range(40):
        terminal.press("\x1b[A")
    send(terminal)
    terminal.press_until("4", lambda text: "FILLED" in text)
    executions = journal(tmp_path / "data", "SELECT sum(quantity), side FROM executions WHERE superseded_by IS NULL")
    assert executions == [(10.0, "BUY")]


def test_b_and_enter_give_a_working_order(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text and "LIVE" in row_of("XLU", text))
    terminal.press("b")
    terminal.until("enter sends")
    send(terminal)
    terminal.press_until("4", lambda text: re.search(r"WORKING|PARTIAL|FILLED", text))
    [(reference, sent)] = journal(tmp_path / "data", "SELECT order_ref, sent_ns FROM orders WHERE status <> 'REFUSED'")
    [(intended,)] = journal(
        tmp_path / "data", f"SELECT ts_ns FROM order_events WHERE order_ref = '{reference}' AND kind = 'intent'"
    )
    assert isinstance(intended, int)
    assert isinstance(sent, int)
    assert intended <= sent


def test_a_lost_gateway_is_told_within_a_second_and_quotes_come_back(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text and "LIVE" in row_of("SPY", text))
    # Refused for two seconds, for a loss of one can lie between two looks at a busy machine's terminal.
    # Both lines at once, as one who types ahead of a busy machine: each key acts when the one before it has acted.
    terminal.child.send(":sim refuse seconds=2\r:sim drop how=rst\r")
    terminal.until(lambda text: "DISCONNECTED" in text.splitlines()[0], seconds=5)
    terminal.until(lambda text: "READY" in text.splitlines()[0])
    terminal.until(lambda text: "LIVE" in row_of("SPY", text))
    lost = journal(
        tmp_path / "data", "SELECT min(ts_ns) FROM connection_events WHERE state = 'DISCONNECTED' AND link = 'GW'"
    )
    assert lost[0][0] is not None


def test_quitting_leaves_nothing_behind(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text)
    gateways = children_of(terminal.child.pid)
    assert gateways
    terminal.press("q")
    assert terminal.wait() == 0
    assert all(gone(pid) for pid in gateways)
    assert bytes(terminal.raw).rstrip().endswith(b"\x1b[?1049l") or b"\x1b[?1049l" in terminal.raw[-400:]
    assert journal(tmp_path / "data", "SELECT clean, ended_ns IS NOT NULL FROM runs") == [(1, 1)]
    assert ask_console(tmp_path / "data", {"do": "hello"}) is None


def test_the_gateway_dies_with_a_killed_console(open_terminal: Open) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text)
    gateways = children_of(terminal.child.pid)
    os.kill(terminal.child.pid, signal.SIGKILL)
    assert gateways
    assert all(gone(pid) for pid in gateways)


def test_a_closed_terminal_ends_the_console_and_its_gateway(open_terminal: Open) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text)
    pids = [terminal.child.pid, *children_of(terminal.child.pid)]
    terminal.hang_up()
    assert all(gone(pid, seconds=10) for pid in pids)


@pytest.mark.parametrize(("columns", "lines"), [(80, 24), (200, 60)])
def test_every_screen_is_usable_at(open_terminal: Open, columns: int, lines: int) -> None:
    terminal = open_terminal("--demo", columns=columns, lines=lines)
    terminal.until(lambda text: "READY" in text and "LIVE" in row_of("XLK", text))
    for key, shows in {
        "2": "PRICE",
        "3": "VENUE",
        "4": "no order",
        "5": "no download",
        "6": "GW",
        "7": "NetLiquidation",
        "9": "READY",
        "1": "XLK",
    }.items():
        screen = terminal.press_until(key, lambda text, shows=shows: shows.lower() in text.lower())
        first = screen.splitlines()[0]
        assert "SIM" in first
        assert "READY" in first
        assert "ACTIVE" in first
    help_screen = terminal.press_until("?", lambda text: "Show every key" in text)
    assert "Watchlists with live quotes" in help_screen


def test_without_a_gateway_the_console_opens_and_keeps_trying(open_terminal: Open) -> None:
    terminal = open_terminal("--port", "1")
    terminal.until(lambda text: "DISCONNECTED" in text.splitlines()[0])
    terminal.until("refused the connection")
    terminal.until(lambda text: "next try" in text)
    terminal.press("q")
    assert terminal.wait() == 0


def test_a_terminal_too_small_says_so(open_terminal: Open) -> None:
    terminal = open_terminal("--demo", columns=70, lines=20, COLUMNS="80", LINES="24")
    terminal.until(lambda text: "80×24" in text or "80x24" in text)
    terminal.press("q")
    assert terminal.wait() == 0


def test_a_dumb_terminal_is_refused_in_one_line(open_terminal: Open) -> None:
    terminal = open_terminal("--demo", TERM="dumb")
    assert terminal.wait() == 2
    assert "TERM=dumb" in terminal.text()
    assert "Traceback" not in terminal.text()


def test_a_second_console_on_the_directory_is_told_who_holds_it(open_terminal: Open) -> None:
    first = open_terminal("--demo")
    first.until(lambda text: "READY" in text)
    second = open_terminal("--demo")
    assert second.wait() == 2
    assert f"process {first.child.pid}" in second.text()


def test_control_c_at_the_start_leaves_no_traceback(open_terminal: Open) -> None:
    for delay in (0.05, 0.2, 0.5, 1.0):
        terminal = open_terminal("--demo", lines=150)
        time.sleep(delay)
        code = terminal.press_until_ended("\x03")
        text = terminal.text().replace("\n", "")
        if "site module" in text or ("Traceback" in text and ", in main" not in text):
            continue  # on a full machine Python or pip's script was still starting: no line of the program's had run
        assert code in (0, 130)
        assert "Traceback" not in text


def test_commands_find_the_running_console(open_terminal: Open, tmp_path: Path) -> None:
    terminal = open_terminal("--demo")
    terminal.until(lambda text: "READY" in text and "LIVE" in row_of("SPY", text))
    status = open_terminal("status", "--json")
    assert status.wait() == 0
    backfill = open_terminal("backfill", "SPY", "--bar", "1 min")
    assert backfill.wait(20) == 0
    with closing(sqlite3.connect(f"file:{tmp_path / 'data' / 'history.db'}?mode=ro", uri=True)) as history:
        assert history.execute("SELECT count(*) FROM bars").fetchone()[0] >= 300
    terminal.press_until("5", lambda text: "done" in text.lower() and "SPY" in text)
    answer = ask_console(tmp_path / "data", {"do": "status"})
    assert answer is not None
    document = answer["status"]
    assert document["running"]
    assert document["state"] == "READY"
    assert json.dumps(document)
