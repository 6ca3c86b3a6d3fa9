"""The demo's simulated gateway: a child process on a free port that ends with the console, however that ends.

Its standard input is a pipe of ours: it ends at end of input, which the kernel brings about even when we are killed. On
Linux the child also asks the kernel for a signal when its parent is gone.
"""

import asyncio
import json
import logging
import shutil
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from ibtui.clock import NS, MarketClock
from ibtui.errors import EnvironmentUnfitError

STATE_FILE = "demo.json"
GATEWAY_STATE_FILE = "sim.json"
LOG_FILE = "sim.log"
DATA_FILES = ("journal.db*", "history.db*", "md", f"{GATEWAY_STATE_FILE}*")
KEEP_SECONDS = 10.0
LISTENING_SECONDS = 15.0
ENDING_SECONDS = 2.0
NEW_YORK = ZoneInfo("America/New_York")
AFTER_OPEN_NS = 30 * 60 * NS
"""The demo opens half an hour into a session, when the opening's rush is over."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DemoState:
    """What a demo goes on with.

    Attributes:
        seed: The market is a function of it.
        market_ns: Market time when it was last seen, UTC nanoseconds; None before the first run.
    """

    seed: int = 1
    market_ns: int | None = None


class Listening(NamedTuple):
    """Where the child listens."""

    host: str
    port: int
    control_port: int


class DemoGateway:
    """One child process, and the state that the next one goes on with."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None
        self._state_file = Path(STATE_FILE)
        self._state = DemoState()

    @property
    def pid(self) -> int | None:
        """Its process id while it runs."""
        return self._process.pid if self._process is not None and self._process.returncode is None else None

    async def start(self, directory: Path, fresh: bool = False, options: Sequence[str] = ()) -> Listening:
        """Launches the child and waits until it listens; see :meth:`launch` and :meth:`listening`."""
        await self.launch(directory, fresh, options)
        return await self.listening()

    async def launch(self, directory: Path, fresh: bool = False, options: Sequence[str] = ()) -> None:
        """Starts the child, which needs half a second of a core to its first word.

        Call it from the main thread (the kernel ties the child to the caller's), with the directory's lock held and
        before the data files are opened.

        Args:
            directory: The demo's data directory; the child's standard error goes to ``sim.log`` there.
            fresh: Start over: another market, and nothing of what was stored.
            options: More options of ``ibtui sim``.

        Raises:
            EnvironmentUnfitError: ``fresh`` would delete what is no demo's.
        """
        self._state_file = directory / STATE_FILE
        self._state = start_over(directory) if fresh else read_state(self._state_file)
        write_state(self._state_file, self._state)  # from here on the directory is a demo's
        at = [] if self._state.market_ns is None else ["--start", new_york(resume_at(self._state.market_ns))]
        with (directory / LOG_FILE).open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ibtui", "sim", "--port", "0", "--control-port", "0", "--until-input-ends"),
                *("--seed", str(self._state.seed), "--state", str(directory / GATEWAY_STATE_FILE), *at, *options),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                # Its own session: a Ctrl-C on the terminal is the console's to handle, and the console still needs it.
                start_new_session=True,
            )

    async def listening(self) -> Listening:
        """Waits until the launched child listens.

        Raises:
            EnvironmentUnfitError: It ended or stayed silent instead.
        """
        try:
            async with asyncio.timeout(LISTENING_SECONDS):
                event = json.loads(await self._output().readline())
        except (TimeoutError, ValueError):
            await self.stop()
            raise EnvironmentUnfitError(
                f"The simulated gateway did not start; {self._state_file.with_name(LOG_FILE)} says why."
            ) from None
        self._reading = asyncio.create_task(_read_on(self._output()), name="demo gateway output")
        return Listening(event["host"], event["port"], event["control_port"])

    async def keep_clock(self, market_clock: MarketClock) -> None:
        """Writes down market time every few seconds, until cancelled, so that even a killed demo goes on near it."""
        while True:
            await asyncio.sleep(KEEP_SECONDS)
            await asyncio.to_thread(self.remember, market_clock.now_ns())

    def remember(self, market_ns: int | None) -> None:
        """Writes down market time for the next start; None changes nothing."""
        if market_ns is not None:
            self._state = replace(self._state, market_ns=market_ns)
        write_state(self._state_file, self._state)

    async def stop(self) -> None:
        """Ends the child: end of input first, then a kill."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), ENDING_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        reading, self._reading = self._reading, None
        if reading is not None:
            await reading

    def _output(self) -> asyncio.StreamReader:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout


async def _read_on(output: asyncio.StreamReader) -> None:
    """Keeps the pipe empty, so that the child never blocks on it."""
    while line := await output.readline():
        log.info("simulated gateway: %s", line.decode(errors="replace").rstrip())


def start_over(directory: Path) -> DemoState:
    """Forgets what a demo stored and returns the state of a new one with another seed.

    Raises:
        EnvironmentUnfitError: What is stored there is no demo's.
    """
    if not (directory / STATE_FILE).exists() and (directory / "journal.db").exists():
        raise EnvironmentUnfitError(
            f"{directory} holds data that is not a demo's, and --fresh would delete it. Choose another --data-dir."
        )
    before = read_state(directory / STATE_FILE)
    for pattern in DATA_FILES:
        for path in directory.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    state = DemoState(seed=before.seed + 1)
    write_state(directory / STATE_FILE, state)
    return state


def read_state(file: Path) -> DemoState:
    """The state in the file; a new demo's when there is none or it can't be read."""
    try:
        fields = json.loads(file.read_text(encoding="utf-8"))
        return DemoState(int(fields["seed"]), None if fields["market_ns"] is None else int(fields["market_ns"]))
    except (OSError, ValueError, KeyError, TypeError):
        return DemoState()


def write_state(file: Path, state: DemoState) -> None:
    """Replaces the file as a whole, so that a kill leaves the old or the new one."""
    new = file.with_suffix(".new")
    new.write_text(json.dumps(asdict(state)), encoding="utf-8")
    new.chmod(0o600)
    new.replace(file)


def resume_at(market_ns: int) -> int:
    """Where the clock goes on: there, if a regular session is open then, else in the next one."""
    from ibtui.market.nyse import sessions

    day = datetime.fromtimestamp(market_ns // NS, UTC).astimezone(NEW_YORK).date()
    for session in sessions(day, day + timedelta(days=10)):
        if market_ns < session.close_ns:
            return market_ns if session.open_ns <= market_ns else session.open_ns + AFTER_OPEN_NS
    return market_ns


def new_york(ns: int) -> str:
    """An instant as ``ibtui sim --start`` takes it: New York time, to the second."""
    return datetime.fromtimestamp(ns // NS, UTC).astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M:%S")
