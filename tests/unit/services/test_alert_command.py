"""The user's own command: real processes, and what becomes of them."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ibtui.services.alert_command import WAITING, AlertCommand
from ibtui.services.alerts import Alert
from tests.conftest import until

LOSS = Alert("link lost", "DISCONNECTED: refused", "error", 1, 2)


class Told(list[tuple[str, str]]):
    """Alerts that the command itself led to."""

    def __call__(self, kind: str, text: str) -> None:
        self.append((kind, text))


@asynccontextmanager
async def running(command: AlertCommand) -> AsyncIterator[None]:
    task = asyncio.create_task(command.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_gets_the_alert_as_one_json_object_and_no_shell_reads_its_words(tmp_path):
    told, file = Told(), tmp_path / "a; touch b"
    command = AlertCommand(f"tee '{file}'", told)
    async with running(command):
        command(LOSS)
        await until(lambda: file.exists() and file.read_bytes().endswith(b"\n"))
    assert json.loads(file.read_text()) == {
        "topic": "connection",
        "kind": "link lost",
        "text": "DISCONNECTED: refused",
        "severity": "error",
        "first_ns": 1,
        "last_ns": 2,
        "count": 1,
    }
    assert list(tmp_path.iterdir()) == [file]
    assert told == []


async def test_only_news_reaches_it_and_never_its_own_failure(tmp_path):
    file = tmp_path / "got"
    command = AlertCommand(f"tee -a {file}", Told(), at_once=1)
    command(Alert("message", "again", "warning", 1, 2, count=2))
    command(Alert("alert command", "it failed", "warning", 1, 2))
    command(LOSS)
    async with running(command):
        await until(lambda: file.exists() and file.read_text().endswith("\n"))
    assert [json.loads(line)["kind"] for line in file.read_text().splitlines()] == ["link lost"]


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        ("false", "it ended with code 1"),
        ("/no/such/command", "it can't be started (No such file or directory)"),
        ("sleep 60", "it took over 0.05 s and was killed"),
    ],
)
async def test_failures_in_a_row_are_told_once(command, problem):
    told = Told()
    failing = AlertCommand(command, told, at_once=1, longest=0.05)
    async with running(failing):
        for _ in range(3):
            failing(LOSS)
        await until(failing._waiting.empty)
        await until(lambda: told)
    assert told == [("alert command", f"[alerts] command ({command.split()[0]}) failed: {problem}")]


async def test_few_run_at_once_and_all_of_them_end_with_the_console(tmp_path):
    command = AlertCommand(f"sh -c 'echo > {tmp_path}/$$; exec sleep 60'", Told(), at_once=2)
    async with running(command):
        for _ in range(6):
            command(LOSS)
        await until(lambda: len([*tmp_path.iterdir()]) >= 2)
        groups = [int(file.name) for file in tmp_path.iterdir()]
        assert len(groups) == 2
    for group in groups:
        with pytest.raises(ProcessLookupError):
            os.killpg(group, 0)


def test_a_storm_of_alerts_neither_waits_nor_grows():
    told = Told()
    command = AlertCommand("true", told)
    for _ in range(WAITING * 3):
        command(LOSS)
    assert len(told) == 1
    assert f"over {WAITING} alerts wait" in told[0][1]
