"""Real terminals that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.terminal.terminal import PROGRAM, Terminal


@pytest.fixture
def open_terminal(tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    """Opens ``ibtui`` with arguments on a terminal; its data and settings are the test's own."""
    opened: list[Terminal] = []

    def start(
        *arguments: str, columns: int = 120, lines: int = 40, program: str = PROGRAM, **environment: str
    ) -> Terminal:
        own = {"IBTUI_DATA_DIR": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config"), **environment}
        terminal = Terminal(*arguments, columns=columns, lines=lines, environment=own, program=program)
        opened.append(terminal)
        return terminal

    yield start
    for terminal in opened:
        terminal.close()
