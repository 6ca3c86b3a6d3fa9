"""Opens a console on a data directory: with screens on this terminal, or without them for a command."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ibtui import heap
from ibtui.clock import system_clock
from ibtui.config import Settings
from ibtui.console import Console
from ibtui.errors import EnvironmentUnfitError
from ibtui.storage.files import open_directory

if TYPE_CHECKING:
    from ibtui.ui.parts import Parts

INTERRUPTED = 130

PARTS = ("ibtui.broker.supervisor", "ibtui.broker.orders", "ibtui.backfill.command", "ibtui.services.record")
SCREENS = ("ibtui.ui.app", "ibtui.ui.screens.quotes")
"""What a console is built of, and what its first screen needs on top: imported while the demo's gateway starts."""

SWITCH_EVERY = 0.001
"""Seconds that one thread may keep Python to itself while another waits.

With Python's own 5 ms a frame of an order waited up to 3 ms behind the writer's or the terminal's thread, one time in
ten (measured); what goes through in a second stays the same.
"""


@asynccontextmanager
async def opened(
    settings: Settings, path: Path, *, log_level: str, demo: bool, fresh: bool = False, imports: Sequence[str] = ()
) -> AsyncIterator[Console]:
    """A console on its locked data directory, with the demo's gateway if wanted; built, not started.

    Args:
        settings: As loaded.
        path: The data directory.
        log_level: What ``ibtui.log`` gets.
        demo: Whether it has the demo's gateway.
        fresh: Start the demo over.
        imports: Modules that the caller will need: imported here, while the demo's gateway starts.

    Raises:
        EnvironmentUnfitError: The directory or the demo's gateway can't be used.
        DirectoryInUseError: Another ibtui holds the directory.
        StorageError: A data file can't be read.
    """
    from ibtui.services.demo import DemoGateway
    from ibtui.services.log_buffer import set_up

    with open_directory(path) as directory:
        logging_ = set_up(directory.path / "ibtui.log", log_level)
        gateway = DemoGateway() if demo else None
        try:
            if gateway is not None:
                await gateway.launch(directory.path, fresh)
            for name in (*PARTS, *imports):
                import_module(name)
            listening = None if gateway is None else await gateway.listening()
            console = Console(settings, directory, system_clock(), logging_.buffer, listening)
            keeping = None if gateway is None else asyncio.create_task(gateway.keep_clock(console.market_clock))
            try:
                yield console
            finally:
                if gateway is not None and keeping is not None:
                    keeping.cancel()
                    gateway.remember(console.market_clock.now_ns())
        finally:
            if gateway is not None:
                await gateway.stop()
            logging_.close()


def open_console(settings: Settings, path: Path, *, log_level: str, demo: bool, fresh: bool) -> int:
    """Opens the console on this terminal and returns its exit code.

    Raises:
        EnvironmentUnfitError: There is no terminal to draw on, or see :func:`opened`.
    """
    check_terminal()
    return asyncio.run(_with_screens(settings, path, log_level=log_level, demo=demo, fresh=fresh))


def check_terminal() -> None:
    """Refuses to open screens where there is nothing to draw on.

    Raises:
        EnvironmentUnfitError: Says what is missing.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise EnvironmentUnfitError("The console needs a terminal; `ibtui record` and `ibtui status` work without one.")
    if os.environ.get("TERM", "") in ("", "dumb"):
        raise EnvironmentUnfitError(
            f"TERM={os.environ.get('TERM', '')} can't show screens; set it to your terminal's, such as xterm-256color."
        )


async def _with_screens(settings: Settings, path: Path, **options: Any) -> int:
    from ibtui.ui.keymap import keymap

    keymap(settings.keys)  # a wrong key is told before anything is opened
    heap.start()
    sys.setswitchinterval(SWITCH_EVERY)
    async with opened(settings, path, imports=SCREENS, **options) as console:
        from ibtui.ui.app import ConsoleApp

        async def start() -> None:
            await console.start(watch=True)
            heap.settle()

        app = ConsoleApp(parts_of(console), start=start, stop=console.stop)
        console.jobs["snapshot"] = app.snapshot
        await app.run_async()
        return app.return_code or 0


def parts_of(console: Console) -> "Parts":
    """What the screens get of a console."""
    from ibtui.ui.parts import Parts

    return Parts(
        settings=console.settings,
        clock=console.clock,
        market_clock=console.market_clock,
        market=console.market,
        supervisor=console.supervisor,
        feeds=console.feeds,
        contracts=console.contracts,
        orders=console.orders,
        flattening=console.flattening,
        order_watch=console.order_watch,
        day_watch=console.day_watch,
        account=console.account,
        backfill=console.backfill,
        live_bars=console.live_bars,
        writer=console.writer,
        watchlists=console.watchlists,
        views=console.views,
        day_lines=console.day_lines,
        log=console.log_buffer,
        loop_lag=console.loop_lag,
        alerts=console.alerts,
        price_alerts=console.price_alerts,
        sim=console.sim,
        events=console.events,
    )


Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Has a job of :attr:`Console.jobs` done and returns its answer."""

Flow = Callable[[Ask], Awaitable[int]]
"""What a command does, in jobs; returns its exit code."""


def run_flow(
    settings: Settings, path: Path, flow: Flow, *, patient: bool, log_level: str, demo: bool, say: Callable[[str], None]
) -> int:
    """Runs a command's flow on the console that runs on the data directory, or on one of its own without screens.

    Whatever ends it, what was received is written first.

    Args:
        settings: Of a console of its own.
        path: The data directory.
        flow: What to do.
        patient: Wait for a gateway that is down; otherwise that is an error.
        log_level: Of a console of its own.
        demo: Whether a console of its own has the demo's gateway.
        say: Gets losses, tries and returns of the connection, and other alerts.

    Returns:
        The flow's exit code; 130 when it was interrupted.

    Raises:
        GatewayUnreachableError: Not patient, and there is no gateway.
        IbtuiError: As the flow raises.
    """
    from ibtui.services.status_socket import ask_console, ask_running

    async def work() -> int:
        if await asyncio.to_thread(ask_console, path, {"do": "hello"}) is not None:
            return await _handed_flow(lambda request: ask_running(path, request), flow, say)
        async with opened(settings, path, log_level=log_level, demo=demo) as console:
            starting = asyncio.ensure_future(console.start(watch=False))
            try:
                await asyncio.shield(starting)  # an interrupt must not leave a start half done
                return await _connected_flow(console, flow, say, patient=patient)
            finally:
                await asyncio.wait({starting})
                await console.stop()

    return asyncio.run(_interruptible(work()))


async def _connected_flow(console: Console, flow: Flow, say: Callable[[str], None], *, patient: bool) -> int:
    if patient:
        console.told.follow(say, before=True)
    else:  # the one failed try is the command's own error; only what comes after the connect is a notice
        for notice in console.notices:
            say(notice)
    await console.connected(patient=patient)
    if not patient:
        console.told.follow(say, before=False)
    return await flow(console.answer)


async def _handed_flow(ask: Ask, flow: Flow, say: Callable[[str], None]) -> int:
    """The flow on a running console, which may end before it."""
    from ibtui.services.notices import follow_running

    following, working = asyncio.ensure_future(follow_running(ask, say)), asyncio.ensure_future(flow(ask))
    try:
        await asyncio.wait({following, working}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            following.result()
        return await working
    finally:
        following.cancel()
        working.cancel()
        await asyncio.gather(following, working, return_exceptions=True)


async def _interruptible(work: Awaitable[int]) -> int:
    """The work's code, or 130 when a signal ended it; the work is cancelled then and cleans up first."""
    interrupted = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(name, interrupted.set)
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(interrupted.wait())
    await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not working.done():
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return INTERRUPTED
    return working.result()
