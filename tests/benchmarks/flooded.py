"""A whole console with its screens on a terminal, flooded: ``… HOST PORT CONTROL_PORT DIRECTORY RESULT``."""

import asyncio
import json
import sys
from pathlib import Path

from ibtui import heap
from ibtui.launch import SWITCH_EVERY, parts_of
from ibtui.ui.app import ConsoleApp
from tests.benchmarks.live import connected_console, reads, record_stream
from tests.benchmarks.test_throughput import MESSAGES, ROUNDS, bare_library, whole_way
from tests.conftest import Gateway, until
from tests.console.harness import nothing

FRAMES_A_READ = 500
"""What a read of a full socket buffer brings: only there does it matter how much goes through."""


Turn = tuple[tuple[float, float], tuple[float, float]]
"""Wall and CPU seconds of the bare library and of the console, for the same bytes."""

SETTLES = 3.0
"""Seconds after which all that the desk asked for has come; the market stands still."""


async def run(gateway: Gateway, directory: Path) -> list[Turn]:
    """Measures turn by turn on the desk, and ends."""
    async with connected_console(directory, gateway) as console:
        stream = reads(await record_stream(console, gateway, 3.0), MESSAGES, FRAMES_A_READ)
        heap.settle()
        sys.setswitchinterval(SWITCH_EVERY)
        app = ConsoleApp(parts_of(console), start=nothing, stop=nothing)

        async def measure() -> list[Turn]:
            try:
                await until(lambda: app.is_running and bool(app.screen_stack), 20, "the app")
                app.call_later(app.action_open_screen, "desk")
                await asyncio.sleep(SETTLES)
                return [(await bare_library(stream, console), await whole_way(stream, console)) for _ in range(ROUNDS)]
            finally:
                app.call_later(app.exit)

        measuring = asyncio.create_task(measure())
        await app.run_async()
        return await measuring


if __name__ == "__main__":
    host, port, control_port, directory, result = sys.argv[1:]
    there = Gateway(None, host, int(port), int(control_port))  # type: ignore[arg-type]
    Path(result).write_text(json.dumps(asyncio.run(run(there, Path(directory)))))
