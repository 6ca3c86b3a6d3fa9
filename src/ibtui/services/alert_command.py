"""The user's own command, run once for each alert with the alert as one JSON object on its standard input."""

import asyncio
import json
import logging
import os
import shlex
import signal
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict

from ibtui.services.alerts import KINDS, Alert

AT_ONCE = 4
"""Commands that run at the same time."""

WAITING = 100
"""Alerts that wait for their command; what comes beyond is not told to it."""

LONGEST = 30.0
"""Seconds after which a command is killed."""

log = logging.getLogger(__name__)


class AlertCommand:
    """A listener of :class:`ibtui.services.alerts.Alerts`: repeats are not told, only news.

    Each command runs without a shell, in a session of its own: it can't touch the terminal, and where its time is over
    what it started ends with it.

    Args:
        command: As in ``[alerts] command``.
        tell: Tells an alert of a kind; of failures only the first in a row, which never reaches the command itself.
    """

    def __init__(
        self, command: str, tell: Callable[[str, str], object], *, at_once: int = AT_ONCE, longest: float = LONGEST
    ) -> None:
        self._words = shlex.split(command)
        self._tell = tell
        self._at_once = at_once
        self._longest = longest
        self._waiting: asyncio.Queue[Alert] = asyncio.Queue(WAITING)
        self._failing = False

    def __call__(self, alert: Alert) -> None:
        """Takes an alert; returns at once."""
        if alert.count > 1 or not KINDS[alert.kind].command:
            return
        try:
            self._waiting.put_nowait(alert)
        except asyncio.QueueFull:
            self._failed(f"over {WAITING} alerts wait for it; the rest are not told to it")

    async def run(self) -> None:
        """Runs commands until cancelled; those that run then are killed."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._at_once):
                group.create_task(self._work())

    async def _work(self) -> None:
        while True:
            alert = await self._waiting.get()
            problem = await self._run_once(as_json(alert))
            if problem:
                self._failed(problem)
            else:
                self._failing = False

    async def _run_once(self, document: bytes) -> str:
        """Why the command failed; empty when it did what it should."""
        try:
            process = await asyncio.create_subprocess_exec(
                *self._words, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
            )
        except (OSError, ValueError) as error:
            return f"it can't be started ({getattr(error, 'strerror', None) or error})"
        try:
            async with asyncio.timeout(self._longest):
                await process.communicate(document)
        except TimeoutError:
            return f"it took over {self._longest:g} s and was killed"
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        return f"it ended with code {process.returncode}" if process.returncode else ""

    def _failed(self, problem: str) -> None:
        if not self._failing:
            self._failing = True
            text = f"[alerts] command ({self._words[0]}) failed: {problem}"
            log.warning("%s", text)
            self._tell("alert command", text)


def as_json(alert: Alert) -> bytes:
    """An alert as the command gets it: one line; times are UTC nanoseconds."""
    return json.dumps({"topic": KINDS[alert.kind].topic, **asdict(alert)}).encode() + b"\n"
