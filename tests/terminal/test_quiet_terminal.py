"""What fails inside the program is counted and written down, and never lands on the terminal."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from ibtui.services.status_socket import ask_console
from tests.conftest import Gateway
from tests.terminal.terminal import Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(120)]

EXECUTION, OPEN_ORDER = "11", "5"
WORDS = (b"Traceback", b"Error:", b"Exception", b"Warning", b"site-packages")


def test_what_nobody_can_read_is_counted_and_logged_and_not_a_word_of_it_lands_on_the_terminal(
    gateway: Gateway, open_terminal: Callable[..., Terminal], tmp_path: Path
) -> None:
    terminal = open_terminal("--port", str(gateway.port), columns=80, lines=24)
    terminal.until(lambda text: "READY" in text.splitlines()[0])
    for fields in ([EXECUTION, "no number"], [OPEN_ORDER, "1", "Traceback"], [EXECUTION]):
        asyncio.run(gateway.control("raw", fields=fields))
    errors = counted(tmp_path / "data")
    while errors["not_understood"] < 3:
        errors = counted(tmp_path / "data")
    terminal.until(lambda text: "READY" in text.splitlines()[0])
    assert errors["logged"] > 0
    terminal.press("q")
    assert terminal.wait() == 0
    assert "Traceback" in (tmp_path / "data" / "ibtui.log").read_text()
    assert not [word for word in WORDS if word in terminal.raw]


def counted(directory: Path) -> dict[str, int]:
    """The running console's counts of what went wrong."""
    answer = ask_console(directory, {"do": "status"})
    assert answer is not None
    errors: dict[str, int] = answer["status"]["errors"]
    return errors
