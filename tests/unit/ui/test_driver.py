"""The terminal's signals, as the driver hears them."""

import asyncio
import signal
from types import SimpleNamespace

import pytest
from textual.drivers.linux_driver import LinuxDriver

from ibtui.ui.driver import ConsoleDriver
from tests.conftest import until


async def test_of_two_sizes_that_follow_closely_the_last_one_is_told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[tuple[int, int]] = []
    app = SimpleNamespace(terminal_ready=lambda _: None, post_message=lambda event: told.append(event.size))
    monkeypatch.setattr(LinuxDriver, "start_application_mode", lambda _: None)
    driver = ConsoleDriver(app)
    sizes = [(48, 35), (100, 30)]

    def read() -> tuple[int, int]:
        size = sizes.pop(0)
        if sizes:
            signal.raise_signal(signal.SIGWINCH)  # the next size comes between the reading of this one and its telling
        return size

    monkeypatch.setattr(driver, "_get_terminal_size", read)
    driver.start_application_mode()
    try:
        signal.raise_signal(signal.SIGWINCH)
        await until(lambda: not sizes)
        assert told == [(48, 35), (100, 30)]
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGWINCH)
        assert driver._output is not None
        driver._output.close(1.0)
