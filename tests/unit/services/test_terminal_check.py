"""A terminal that could serve better is told how; one that is fine is left alone."""

import asyncio
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ibtui.services.terminal_check import Terminal, described, hints, look, usable

FINE = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "en_US.UTF-8"}


@pytest.mark.parametrize(
    ("terminal", "words"),
    [
        (Terminal({**FINE, "TERM": "dumb"}), "TERM=xterm-256color"),
        (Terminal(FINE, (79, 24)), "at least 80×24"),
        (Terminal({**FINE, "TERM": "screen", "TMUX": "1"}), "default-terminal tmux-256color"),
        (Terminal({**FINE, "TMUX": "1"}, tmux={"escape-time": "500"}), "escape-time 10"),
        (Terminal({**FINE, "TMUX": "1"}, tmux={"bell-action": "none"}), "bell-action any"),
        (Terminal({**FINE, "TMUX": "1"}, tmux={"visual-bell": "on"}), "visual-bell off"),
        (Terminal({**FINE, "SSH_CONNECTION": "1"}), "inside tmux"),
        (Terminal({**FINE, "NO_COLOR": "1"}), "without colours"),
        (Terminal({**FINE, "COLORTERM": ""}), "COLORTERM=truecolor"),
        (Terminal({**FINE, "LC_ALL": "C"}), "UTF-8"),
    ],
)
def test_what_would_help_is_said(terminal: Terminal, words: str) -> None:
    (only,) = hints(terminal)
    assert words in only


def test_a_fine_terminal_is_left_alone() -> None:
    tmux = Terminal({**FINE, "TMUX": "1"}, (80, 24), {"escape-time": "10", "bell-action": "any", "visual-bell": "off"})
    for terminal in (Terminal(FINE, (80, 24)), tmux):
        assert usable(terminal)
        assert hints(terminal) == []
    assert described(tmux) == "TERM=xterm-256color, 80×24, in tmux"


@pytest.mark.parametrize("terminal", [Terminal({}), Terminal({"TERM": "dumb"}), Terminal(FINE, (200, 23))])
def test_where_screens_do_not_fit_it_is_not_usable(terminal: Terminal) -> None:
    assert not usable(terminal)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux here")
def test_tmux_is_asked_for_its_own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = ["tmux", "-S", str(tmp_path / "tmux"), "-f", os.devnull]
    subprocess.run([*at, "new-session", "-d", "cat"], check=True)
    try:
        subprocess.run([*at, "set-option", "-g", "bell-action", "none"], check=True)
        subprocess.run([*at, "set-option", "-s", "escape-time", "321"], check=True)
        monkeypatch.setenv("TMUX", f"{tmp_path / 'tmux'},1,0")
        terminal = asyncio.run(look(os.environ))
        assert terminal.tmux == {"escape-time": "321", "bell-action": "none", "visual-bell": "off"}
    finally:
        subprocess.run([*at, "kill-server"], check=True)
