"""Frames on a terminal that stalls, is slow, changes its size or has things pasted into it: it costs frames only."""

import asyncio
import math
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ibtui.services.status_socket import ask_console
from tests.conftest import Gateway, end_gateway, start_gateway
from tests.terminal.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(120)]

HEARTBEAT = "49"
"""Message by which the console asks for the gateway's time."""

CURSOR = "›".encode()
"""What marks the row on the board; it is sent only when the cursor moves."""

SETTINGS = """
[gateway]
heartbeat = 0.1
[orders]
quantity = 1
"""


class Opened:
    """A console on a terminal at a gateway of its own, opened once for all promises of this file."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.gateway: Gateway = start_gateway("--seed", "7")
        (home / "config.toml").write_text(SETTINGS)
        own = {"IBTUI_DATA_DIR": str(home / "data"), "XDG_CONFIG_HOME": str(home)}
        options = ("--port", str(self.gateway.port), "--config", str(home / "config.toml"))
        self.terminal = Terminal(*options, environment=own)

    def control(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """One verb to the gateway."""
        return asyncio.run(self.gateway.control(verb, **arguments))

    def orders(self) -> list[tuple[str, int]]:
        """The gateway's orders: status, and how often each was placed."""
        return [(each["status"], each["placed_count"]) for each in self.control("stats")["orders"]]

    def heartbeats(self) -> int:
        """Heartbeats that the gateway has had."""
        return int(self.control("stats")["received"].get(HEARTBEAT, 0))

    def drawn_right(self) -> None:
        """Waits until the terminal shows what the console says that it does, numbers apart, which go on changing."""
        shown = ""
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            answer = ask_console(self.home / "data", {"do": "snapshot", "screen": "", "form": "text"})
            assert answer is not None
            wanted, shown = steady("\n".join(answer["lines"])), steady(self.terminal.text())
            if wanted == shown:
                return
            time.sleep(0.1)
        assert "\n".join(shown) == "\n".join(wanted)


def steady(screen: str) -> list[str]:
    """A screen's lines below the status bar without what goes on changing by itself."""
    return [re.sub(r"[-+\d.,%▲▼▁-█ ]+", " ", line).rstrip() for line in screen.splitlines()[2:]]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    found = Opened(tmp_path_factory.mktemp("frames"))
    try:
        yield found
    finally:
        found.terminal.close()
        end_gateway(found.gateway)


@pytest.fixture
def console(opened: Opened) -> Iterator[Opened]:
    """The console on its board, every quote live; whatever a test did to terminal and market is taken back."""
    terminal = opened.terminal
    opened.control("market", running=True, rate=4)
    terminal.until(lambda text: "READY" in text.splitlines()[0] and text.count("LIVE") >= 15, 30)
    yield opened
    terminal.link, terminal.answers = math.inf, True


def frames_of(terminal: Terminal, seconds: float) -> int:
    """Frames that are painted within a time."""
    before = terminal.frames
    time.sleep(seconds)
    return terminal.frames - before


def test_neither_dialogs_nor_screens_nor_words_are_painted_while_a_frame_is_unanswered(console: Opened) -> None:
    terminal = console.terminal
    terminal.answers = False
    time.sleep(0.3)
    before = terminal.frames
    for key in ("?", "?", "2", "+", "3", "-", "1", "?"):  # no ESC: a key read with it would be another key
        terminal.press(key)
        time.sleep(0.1)
    assert terminal.frames - before <= 1, "a key may paint one frame ahead"
    terminal.answers = True
    terminal.until("Show every key")
    terminal.press_until("\x1b", lambda text: "Show every key" not in text)
    console.drawn_right()


def test_what_is_not_shown_and_what_did_not_change_is_not_painted(console: Opened) -> None:
    terminal = console.terminal
    moving = frames_of(terminal, 1.2)
    assert moving <= 14, "ten frames a second"
    terminal.press_until("9", lambda text: text.rstrip().splitlines()[-1].startswith("log"))
    time.sleep(0.3)
    assert frames_of(terminal, 1.2) <= moving / 2, "only the status bar changes while the board is hidden"
    terminal.press_until("1", lambda text: "XLK" in text)
    console.control("market", running=False)
    time.sleep(1.2)
    assert frames_of(terminal, 1.2) <= moving / 2, "only the status bar changes while the market stands still"


def test_a_terminal_that_stops_reading_costs_frames_and_neither_heartbeats_nor_a_cancel(console: Opened) -> None:
    terminal = console.terminal
    terminal.press(":")
    terminal.type_line("buy SPY 1 @ 600")
    terminal.until("enter sends")
    terminal.press("\r")
    terminal.until(lambda _: ("Submitted", 1) in console.orders())
    with terminal.stalled():
        time.sleep(1.0)
        beats, frames = console.heartbeats(), len(terminal.raw)
        terminal.press("\x18")  # ctrl+x
        terminal.until(lambda _: ("Cancelled", 1) in console.orders())
        time.sleep(1.0)
        assert console.heartbeats() - beats >= 5
        assert len(terminal.raw) == frames
    console.drawn_right()


def test_a_slow_link_gets_fewer_frames_and_keys_are_answered_between_them(console: Opened) -> None:
    terminal = console.terminal
    terminal.until("›")
    quick, sent = terminal.frames, len(terminal.raw)
    time.sleep(1.0)
    quick, sent = terminal.frames - quick, len(terminal.raw) - sent
    terminal.link = sent / 5  # the market may send less in the next second than in this one
    time.sleep(1.0)
    assert frames_of(terminal, 1.5) / 1.5 <= quick * 0.75
    for key in "jkj":
        mark, before = len(terminal.raw), terminal.frames
        terminal.press(key)
        terminal.until(lambda _, mark=mark: terminal.raw.find(CURSOR, mark) >= 0)
        assert terminal.frames - before <= 2, "one that was on its way, and the key's own"
    terminal.link = math.inf
    console.drawn_right()


def test_a_storm_of_sizes_ends_with_the_last_one_drawn(console: Opened) -> None:
    terminal, dice = console.terminal, random.Random(7)
    sizes = [(1, 1), (20, 5), (500, 3), (3, 200), (80, 24)]
    sizes += [(dice.randrange(1, 260), dice.randrange(1, 90)) for _ in range(44)]
    for at, size in enumerate([*sizes, (100, 30)]):
        terminal.resize(*size)
        time.sleep(dice.choice((0.0, 0.005, 0.03)))
        if at % 10 == 0:
            terminal.press("2?:1"[at // 10 % 4])
    terminal.until(lambda _: back_on_board(terminal))
    console.drawn_right()


def test_what_is_pasted_sends_no_order_and_ends_nothing_not_even_while_armed(console: Opened) -> None:
    terminal = console.terminal
    lines = "bs\rBS\r:buy SPY 1 @ 600\r\ry\r:flatten\ryq"
    garbage = "".join(chr(each) for each in range(256)).replace("\x03", "").replace("\x11", "")
    bracketed = f"\x1b[200~{lines * 60}{garbage}\x1b[201~"
    pasted = (
        ("b", "enter sends", ("\r" * 9, bracketed)),
        (":buy SPY 1 @ 600", "buy SPY 1 @ 600", ("\r" * 9 + lines,)),
        ("", "SIM", (lines * 60, lines * 2, garbage)),
    )
    before = console.orders()
    for opening, shown, texts in pasted:
        for text in texts:
            terminal.until(lambda _, keys=opening, shown=shown: opens(terminal, "a" + keys, shown), 60)
            terminal.child.send(text)
            time.sleep(0.2)
    terminal.until(lambda _: back_on_board(terminal))
    assert terminal.child.isalive()
    assert console.orders() == before


def opens(terminal: Terminal, keys: str, shown: str) -> bool:
    """Whether keys, pressed on what lies below all dialogs, open what they should: two in one read may not trade."""
    terminal.press("\x1b")
    time.sleep(0.35)
    terminal.press(keys)
    deadline = time.monotonic() + 5
    while shown not in terminal.text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return shown in terminal.text()


def back_on_board(terminal: Terminal) -> bool:
    """Leaves what is open, step by step."""
    terminal.press("\x1b")
    time.sleep(0.4)
    terminal.press("1")
    time.sleep(0.2)
    return "XLK" in terminal.text() and terminal.text().splitlines()[-1].startswith("quotes")
