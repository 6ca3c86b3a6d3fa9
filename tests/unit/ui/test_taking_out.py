import os
from pathlib import Path

import pytest

from ibtui.ui.clipboard import copy_by_tmux, has_own_buffer
from ibtui.ui.dropped_link import warning
from ibtui.ui.exporting import csv_text
from ibtui.ui.text import Column

COLUMNS = (Column("NAME", 8), Column("LAST", 8, right=True))


@pytest.mark.parametrize(
    ("shown", "kept"),
    [
        ("1,234.50", "1234.50"),
        ("▲674.82", "674.82"),
        ("-1,000", "-1000"),
        ("+0.25%", "+0.25%"),
        ("—", ""),
        ("=SUM(A1)", "'=SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("a,b", '"a,b"'),
    ],
)
def test_a_cell_of_an_export_can_be_calculated_with_and_is_never_a_formula(shown, kept):
    assert csv_text(COLUMNS, [(("X", "plain"), (shown, "up"))]) == f"NAME,LAST\nX,{kept}\n"


def test_a_group_s_title_takes_one_cell():
    assert csv_text(COLUMNS, [((" sectors", "title"),)]) == "NAME,LAST\nsectors,\n"


def a_tmux(folder: Path, body: str) -> str:
    path = folder / "tmux"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o700)
    return os.fspath(path)


async def test_tmux_gets_the_row_and_hands_it_on_to_the_terminal_around_it(tmp_path: Path):
    assert has_own_buffer({"TMUX": "/tmp/tmux-1000/default,1,0"})
    assert not has_own_buffer({"TERM": "tmux-256color"})
    program = a_tmux(tmp_path, f'echo "$@" > {tmp_path}/asked; cat > {tmp_path}/copied')
    assert await copy_by_tmux("SPY\t500.02 ▲", program) is None
    assert (tmp_path / "asked").read_text() == "load-buffer -w -\n"
    assert (tmp_path / "copied").read_text() == "SPY\t500.02 ▲"


async def test_a_tmux_that_can_not_reach_the_clipboard_keeps_the_row_itself(tmp_path: Path):
    program = a_tmux(tmp_path, f'[ "$2" = "-w" ] && exit 1; cat > {tmp_path}/copied')
    assert await copy_by_tmux("SPY", program) is None
    assert (tmp_path / "copied").read_text() == "SPY"


async def test_what_tmux_refuses_is_told(tmp_path: Path):
    assert "no server" in str(await copy_by_tmux("SPY", a_tmux(tmp_path, "echo no server >&2; exit 1")))
    assert "can't be started" in str(await copy_by_tmux("SPY", os.fspath(tmp_path / "nonesuch")))


@pytest.mark.parametrize("around", [{}, {"SSH_CONNECTION": "a", "TMUX": "b"}, {"SSH_CONNECTION": "a", "STY": "b"}])
def test_who_outlives_the_link_is_told_nothing(around):
    assert warning(around, "keep", "u") is None


def test_what_a_dropped_link_does_to_orders_is_said_as_it_is_set():
    for setting, words in (("keep", "working orders stay"), ("cancel", "cancels our orders")):
        line = warning({"SSH_CONNECTION": "a"}, setting, "u")
        assert line is not None
        assert words in "".join(text for text, _ in line)[:80], "seen on the smallest terminal"
