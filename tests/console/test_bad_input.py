"""Whatever is wrong outside the program is told in a clear line, with the right exit code, and nothing is lost."""

import asyncio
import os
import pty
import re
import socket
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ibtui.storage.files import open_directory
from tests.conftest import Gateway
from tests.console.program import Ended, Program, rows


def one_line(ended: Ended, code: int, *words: str) -> None:
    """The command ended with the code, said nothing but one line, and the line has the words."""
    assert ended.code == code, ended
    assert ended.out == ""
    (line,) = [each for each in ended.err.splitlines() if "READY: connected" not in each]
    assert line.startswith("ibtui: ")
    for word in words:
        assert word in line


def a_free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


# --- symbols and options ---


async def test_an_unknown_symbol_is_named(program: Program) -> None:
    one_line(await program.run("record", "ZZZZ", "--for", "1s"), 2, "'ZZZZ'")


@pytest.mark.parametrize("command", [("record", "%%%"), ("record", ""), ("backfill", "SPY", "%%%")])
async def test_a_nonsense_symbol_is_told_without_a_gateway(lonely: Program, command: tuple[str, ...]) -> None:
    one_line(await lonely.run(*command), 2, "is not a symbol", "AAPL")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (("record", "SPY", "--for", "soon"), "'soon' is no duration"),
        (("backfill", "SPY", "--bar", "7 parsecs"), "There is no bar size '7 parsecs'"),
        (("backfill", "SPY", "--start", "yesterday"), "'yesterday' is no time"),
        (("backfill", "SPY", "--what", "GOSSIP"), "'midpoint'"),
        (("backfill",), "Missing argument"),
        (("--port", "70000"), "range"),
        (("nosuch",), "nosuch"),
        (("--fresh",), "--demo"),
        (("why", "0"), "'0' is no order here"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
async def test_a_wrong_argument_is_bad_usage(lonely: Program, command: tuple[str, ...], words: str) -> None:
    ended = await lonely.run(*command)
    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err
    assert not lonely.data.exists()


# --- settings ---


@pytest.mark.parametrize("command", [("record", "SPY"), ("backfill", "SPY"), ("config", "show"), ()])
async def test_a_wrong_key_names_file_key_and_what_is_allowed(lonely: Program, command: tuple[str, ...]) -> None:
    lonely.config_file.parent.mkdir(parents=True)
    lonely.config_file.write_text("[gateway]\nprot = 4002\n")
    one_line(await lonely.run(*command), 2, str(lonely.config_file), "'prot'", "port")
    assert not lonely.data.exists()


async def test_wrong_values_name_where_they_came_from(lonely: Program) -> None:
    one_line(await lonely.run("backfill", "SPY", IBTUI_PORT="gate"), 2, "IBTUI_PORT", "'gate'", "whole number")
    file = lonely.home / "own.toml"
    file.write_text("[market_data]\ntype = 'psychic'\n")
    one_line(await lonely.run("config", "show", "--config", str(file)), 2, str(file), "type", "live, delayed")
    file.write_text("[market_data\n")
    one_line(await lonely.run("config", "show", "--config", str(file)), 2, str(file), "TOML")


async def test_a_settings_file_that_is_named_must_be_there(lonely: Program) -> None:
    one_line(await lonely.run("record", "SPY", "--config", "missing.toml"), 2, "missing.toml", "config init")


async def test_a_settings_file_that_cannot_be_written_is_told(lonely: Program) -> None:
    (lonely.home / "file").touch()
    one_line(await lonely.run("config", "init", "--config", str(lonely.home / "file" / "config.toml")), 2, "config")


# --- no gateway ---


async def test_backfill_says_in_a_line_that_nobody_listens(lonely: Program) -> None:
    port = a_free_port()
    one_line(await lonely.run("backfill", "SPY", "--port", str(port)), 3, f"127.0.0.1:{port}", "nothing listens")
    assert lonely.journal("SELECT count(*) FROM runs WHERE clean AND ended_ns IS NOT NULL") == [(1,)]


async def test_record_waits_for_the_gateway_and_says_each_try(
    lonely: Program, gateway_factory: Callable[..., Gateway]
) -> None:
    port = a_free_port()
    lonely.config_file.parent.mkdir(parents=True)
    lonely.config_file.write_text(f"[gateway]\nport = {port}\nretry_first = 0.2\nretry_max = 0.4\n")
    recording = await lonely.start("record", "SPY", "--for", "0.5s", "--json")
    await recording.says("(try 3;")
    assert re.findall(r"DISCONNECTED: .*nothing listens there.*\(try (\d)", recording.err)[:3] == ["1", "2", "3"]
    await asyncio.to_thread(gateway_factory, port=port)
    await recording.says("READY")
    ended = await recording.ended()
    assert ended.code == 0
    assert ended.document[0]["ticks"] > 0
    assert ("READY",) in lonely.journal("SELECT state FROM connection_events")


# --- data files ---


async def test_a_file_from_a_newer_version_is_refused_and_left_alone(program: Program) -> None:
    assert (await program.run("record", "SPY", "--for", "0.5s")).code == 0
    (day,) = (program.data / "md").glob("md-????????.db")
    for file, reader in (
        (program.data / "journal.db", "orders"),
        (program.data / "history.db", "positions"),
        (day, ""),
    ):
        right = set_version(file, 999)
        before = file.read_bytes()
        one_line(await program.run("record", "SPY"), 2, str(file), "newer ibtui", "--data-dir")
        if reader:
            one_line(await program.run(reader), 2, str(file), "newer ibtui")
        assert file.read_bytes() == before
        set_version(file, right)


def set_version(file: Path, version: int) -> int:
    """Writes a version into a file, and says which one it had."""
    connection = sqlite3.connect(file)
    before = int(connection.execute("PRAGMA user_version").fetchone()[0])
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return before


async def test_a_damaged_journal_stops_everything_and_is_left_alone(program: Program) -> None:
    program.data.mkdir()
    journal = program.data / "journal.db"
    journal.write_bytes(b"no database at all " * 300)
    for command in (("record", "SPY"), ("orders",), ("status",)):
        one_line(await program.run(*command), 1, str(journal), "not a database")
    assert journal.read_bytes() == b"no database at all " * 300


async def test_a_damaged_history_is_set_aside_and_told(program: Program) -> None:
    program.data.mkdir()
    (program.data / "history.db").write_bytes(b"no database at all " * 300)
    ended = await program.run("record", "SPY", "--for", "0.5s", "--json")
    assert ended.code == 0
    assert "history.db was damaged" in ended.err
    (aside,) = program.data.glob("history.db.corrupt.*")
    assert aside.name in ended.err
    assert aside.read_bytes() == b"no database at all " * 300
    assert program.history("SELECT symbol FROM contracts") == [("SPY",)]
    assert "history.db was damaged" in rows(program.data / "journal.db", "SELECT text FROM alerts")[0][0]


# --- the data directory ---


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
async def test_a_directory_that_cannot_be_written_is_told(program: Program) -> None:
    program.data.mkdir(mode=0o500)
    program.data.parent.chmod(0o500)
    try:
        one_line(await program.run("record", "SPY", IBTUI_DATA_DIR=f"{program.data}/deep"), 2, "--data-dir")
    finally:
        program.data.parent.chmod(0o700)


async def test_a_file_in_the_place_of_the_directory_is_told(program: Program) -> None:
    program.data.touch()
    one_line(await program.run("record", "SPY"), 2, str(program.data), "--data-dir")
    assert (await program.run("status")).code == 0


async def test_a_directory_that_another_holds_is_told_with_its_process(program: Program) -> None:
    with open_directory(program.data):
        one_line(await program.run("record", "SPY"), 2, str(program.data), f"process {os.getpid()}")


async def test_a_deep_directory_serves_commands_like_any_other(program: Program) -> None:
    deep = {"IBTUI_DATA_DIR": str(program.home / ("d" * 60) / ("e" * 60))}
    recording = await program.start("record", "SPY", **deep)
    await recording.says("READY")
    status = await program.run("status", "--json", **deep)
    assert status.document["running"]
    recording.interrupt()
    assert (await recording.ended()).code == 130


# --- the terminal ---


async def test_the_console_needs_a_terminal(lonely: Program) -> None:
    one_line(await lonely.run(), 2, "needs a terminal", "ibtui record")


async def test_a_dumb_terminal_is_told_what_to_set(lonely: Program) -> None:
    ours, theirs = pty.openpty()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ibtui"),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=lonely.environment(TERM="dumb"),
    )
    os.close(theirs)
    assert await process.wait() == 2
    said = os.read(ours, 65536).decode()
    os.close(ours)
    assert "TERM=dumb" in said
    assert len(said.splitlines()) == 1
    assert not lonely.data.exists()


@pytest.mark.parametrize("command", [("account",), ("account", "--json"), ("status",), ("config", "show"), ("--help",)])
async def test_a_reader_that_left_is_no_error(lonely: Program, command: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "ibtui", *command),
        stdout=writing,
        stderr=asyncio.subprocess.PIPE,
        env=lonely.environment(),
    )
    os.close(writing)
    _, errors = await process.communicate()
    assert (process.returncode, errors) == (0, b"")
