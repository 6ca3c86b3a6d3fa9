"""``ibtui`` as its users start it: a process of its own, with its own data, settings and environment."""

import asyncio
import json
import os
import signal
import sqlite3
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conftest import Gateway

SECONDS = 30.0
"""How long anything may take before its test fails."""


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said. None may ever show a traceback."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it must be."""
        return json.loads(self.out)


class Running:
    """A command that has not ended yet; what it says on standard error can be awaited."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        assert process.stdout is not None
        self._out = asyncio.create_task(process.stdout.read())
        self._errors = asyncio.create_task(self._listen())
        self._heard = asyncio.Condition()
        self.err = ""

    async def _listen(self) -> None:
        assert self.process.stderr is not None
        while data := await self.process.stderr.read(65536):
            async with self._heard:
                self.err += data.decode("utf-8", "replace")
                self._heard.notify_all()
        async with self._heard:
            self._heard.notify_all()

    async def says(self, wanted: str) -> None:
        """Waits for words on standard error."""
        async with self._heard, asyncio.timeout(SECONDS):
            await self._heard.wait_for(lambda: wanted in self.err or self._at_end())
        assert wanted in self.err, self.err

    def _at_end(self) -> bool:
        assert self.process.stderr is not None
        return self.process.stderr.at_eof()

    def interrupt(self, number: signal.Signals = signal.SIGINT) -> None:
        """What Ctrl-C does; a process that has ended already doesn't mind."""
        if self.process.returncode is None:
            self.process.send_signal(number)

    async def kill(self) -> None:
        """Ends it without a word."""
        if self.process.returncode is None:
            self.process.kill()
        await asyncio.gather(self._out, self._errors, self.process.wait())

    async def ended(self) -> Ended:
        """Waits for its end."""
        async with asyncio.timeout(SECONDS):
            out = (await asyncio.shield(self._out)).decode("utf-8")
            await asyncio.shield(self._errors)
            code = await self.process.wait()
        assert "Traceback" not in self.err, self.err
        assert "Exception ignored" not in self.err, self.err
        return Ended(code, out, self.err)


@dataclass
class Program:
    """Starts commands on one data directory; all of them end with the test."""

    home: Path
    gateway: Gateway | None = None
    started: list[Running] = field(default_factory=list)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def config_file(self) -> Path:
        return self.home / "config" / "ibtui" / "config.toml"

    def environment(self, **more: str) -> dict[str, str]:
        """Nothing of the developer's own settings, and the gateway's port."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("IBTUI_")}
        own |= {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / "config"), "IBTUI_DATA_DIR": str(self.data)}
        if self.gateway is not None:
            own["IBTUI_PORT"] = str(self.gateway.port)
        return {**own, "TERM": "xterm-256color", "PYTHONUNBUFFERED": "", **more}

    async def start(self, *arguments: str, **environment: str) -> Running:
        """A command that goes on by itself."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ibtui", *arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self.environment(**environment),
        )
        running = Running(process)
        self.started.append(running)
        return running

    async def run(self, *arguments: str, **environment: str) -> Ended:
        """A command to its end."""
        return await (await self.start(*arguments, **environment)).ended()

    async def end(self) -> None:
        """Ends what still runs."""
        for each in self.started:
            await each.kill()

    # --- what lies in its files ---

    def journal(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.data / "journal.db", sql)

    def history(self, sql: str) -> list[tuple[Any, ...]]:
        return rows(self.data / "history.db", sql)

    def market_data(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of every day's file."""
        return [row for file in sorted((self.data / "md").glob("md-????????.db")) for row in rows(file, sql)]

    def kept(self) -> dict[int, tuple[int, int, int]]:
        """By contract, how many ticks, depth rows (our own "book cleared" too) and prints lie in the files."""
        found: dict[int, list[int]] = {}
        for place, table in enumerate(("ticks", "depth", "prints")):
            for con_id, count in self.market_data(f"SELECT con_id, count(*) FROM {table} GROUP BY con_id"):
                found.setdefault(con_id, [0, 0, 0])[place] += count
        return {con_id: (ticks, depth, prints) for con_id, (ticks, depth, prints) in found.items()}


def rows(file: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a file as they are on disk now."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()
