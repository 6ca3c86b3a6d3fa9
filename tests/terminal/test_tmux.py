"""Inside a real tmux: five frames a second at most, and a right screen for whoever attaches again."""

import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import Gateway
from tests.terminal.terminal import PROGRAM, Terminal

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.timeout(120),
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]

PROBE = b"\x1b[6n"
SIZE = ("-x", "120", "-y", "40")


class Tmux:
    """A tmux server of the test's own, with the console in its only pane."""

    def __init__(self, home: Path, gateway: Gateway) -> None:
        self.socket = str(home / "tmux")
        self.written = home / "written"
        variables = ("-e", f"IBTUI_DATA_DIR={home / 'data'}", "-e", f"XDG_CONFIG_HOME={home}")
        self.do("new-session", "-d", *SIZE, *variables, f"{PROGRAM} --port {gateway.port}")

    def do(self, *words: str) -> str:
        """One tmux command."""
        command = ["tmux", "-S", self.socket, "-f", "/dev/null", *words]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=20).stdout

    def frames(self, seconds: float) -> int:
        """Frames that the console writes within a time."""
        self.do("pipe-pane", f"cat > {self.written}")
        time.sleep(seconds)
        self.do("pipe-pane")
        return self.written.read_bytes().count(PROBE)


@pytest.fixture
def tmux(tmp_path: Path, gateway: Gateway) -> Iterator[Tmux]:
    found = Tmux(tmp_path, gateway)
    yield found
    found.do("kill-server")


def steady(screen: str) -> list[str]:
    """A screen's lines without what goes on changing by itself."""
    return [re.sub(r"[-+\d.,%▲▼▁-█ ]+", " ", line).rstrip() for line in screen.splitlines()[2:]]


async def test_tmux_gets_five_frames_a_second_and_whoever_attaches_again_a_right_screen(
    tmux: Tmux, gateway: Gateway, open_terminal: Callable[..., Terminal]
) -> None:
    await gateway.control("market", running=True, rate=4)
    first = open_terminal("-S", tmux.socket, "attach", lines=41, program="tmux")
    first.until(lambda text: "READY" in text.splitlines()[0] and text.count("LIVE") >= 15, 30)
    assert 4 <= tmux.frames(2.0) <= 11
    tmux.do("detach-client")
    assert first.wait() == 0
    tmux.do("send-keys", "7")
    second = open_terminal("-S", tmux.socket, "attach", lines=41, program="tmux")
    second.until("NetLiquidation")
    tmux.do("send-keys", "1")
    await gateway.control("market", running=False)
    second.until(lambda text: "XLK" in text and steady(text)[:-1] == steady(tmux.do("capture-pane", "-p"))[:39])
