"""``ibtui sim``: the process around the simulated gateway. Listens, advances the market, ends when it is told to."""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ibtui.clock import system_clock
from ibtui.errors import UsageError
from ibtui.sim import saved
from ibtui.sim.answers import ANSWERS
from ibtui.sim.client import Client
from ibtui.sim.control import ControlPort
from ibtui.sim.exchange import Exchange
from ibtui.sim.gateway import Gateway, account_names
from ibtui.sim.keeper import Keeper
from ibtui.sim.listener import Listener
from ibtui.sim.simclock import SimClock, at_time, parse_start
from ibtui.sim.verbs.controls import Controls

if TYPE_CHECKING:
    from ibtui.sim.scenario import Scenario

log = logging.getLogger(__name__)

STEP_SECONDS = 0.02
"""How often the market is advanced and what happened is sent."""
ACCOUNT_STEPS = 50
"""Steps between two looks at account and P&L."""


@dataclass(frozen=True, slots=True)
class SimOptions:
    """What ``ibtui sim`` was asked for.

    Attributes:
        account: Ids of the accounts, comma-separated.
        port: 0 means any free one; ``control_port`` too, None means no control port.
        symbols: Listed besides those of the catalogue.
        rate: How lively the book is, 1 being ordinary.
        speed: Market seconds in a second.
        start: Market time to start at, see :func:`ibtui.sim.simclock.parse_start`.
        scenario: Path or name of a scenario file.
        replay: Data directory whose recorded market is replayed instead of a seeded one.
        limits: Whether IB's limits hold.
        state: File in which orders, account and market time are kept; an existing one is gone on with, and its seed,
            account, symbols and, unless ``start`` is later, its market time hold.
        until_input_ends: End when standard input does, and with the parent process.
    """

    host: str = "127.0.0.1"
    port: int = 4002
    control_port: int | None = None
    seed: int = 1
    account: str = "DUSIM0001"
    symbols: tuple[str, ...] = ()
    rate: float = 1.0
    speed: float = 1.0
    start: str | None = None
    scenario: str | None = None
    replay: str | None = None
    limits: bool = True
    state: str | None = None
    until_input_ends: bool = False


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that listens.

    Attributes:
        stopped: Set to end it.
    """

    gateway: Gateway
    host: str
    port: int
    control_port: int | None
    stopped: asyncio.Event


@contextlib.asynccontextmanager
async def running(options: SimOptions) -> AsyncIterator[RunningGateway]:
    """A gateway in the running event loop; at the end of the context its sockets are closed.

    Raises:
        UsageError: The address can't be listened on, the start is no time, or the scenario makes no sense.
    """
    scenario = None if options.scenario is None else _loaded(options.scenario)
    gateway = _built(options, scenario)
    stopped = asyncio.Event()
    listener = Listener(lambda: Client(gateway), options.host, options.port)
    async with contextlib.AsyncExitStack() as stack:
        await listener.open()
        stack.callback(listener.close)
        if options.state is not None:
            keeper = Keeper(gateway, Path(options.state))
            keeper.start()
            stack.push_async_callback(keeper.close)
        control_port = None
        if options.control_port is not None:
            control = ControlPort(gateway, listener, stopped)
            control_port = await control.open(options.host, options.control_port)
            stack.push_async_callback(control.close)
        if scenario is not None:
            from ibtui.sim.scenario import play

            steps = play(scenario, Controls(gateway, listener, stopped))
            stack.push_async_callback(_end, asyncio.create_task(steps, name="scenario"))
        market = asyncio.create_task(_run_market(gateway), name="market")
        stack.push_async_callback(_end, market)
        stack.callback(_disconnect, gateway)
        yield RunningGateway(gateway, options.host, listener.port, control_port, stopped)


def _loaded(name: str) -> "Scenario":
    # Imported here: a gateway without a scenario, which is nearly every one, starts sooner without what reads them.
    from ibtui.sim.scenario import load

    return load(name)


def _built(options: SimOptions, scenario: "Scenario | None") -> Gateway:
    """A gateway as the options want it, or as it was saved."""
    clock = system_clock()
    before = None if options.state is None else saved.read(Path(options.state))
    if options.replay is not None:
        return _replaying(options, Path(options.replay))
    start_ns = parse_start(options.start, clock.utc_ns())
    if options.start is None and scenario is not None and scenario.start is not None:
        start_ns = at_time(start_ns, scenario.start)
    if before is None:
        names = account_names(options.account)
        exchange = Exchange(options.seed, names[0], start_ns, options.symbols, options.rate)
        gateway = Gateway(exchange, SimClock(clock, start_ns, options.speed), ANSWERS, limited=options.limits)
        gateway.manage(names)
        return gateway
    since_ns = before.exchange.market_ns
    start_ns = since_ns if options.start is None else max(start_ns, since_ns)
    symbols = tuple(dict.fromkeys((*before.symbols, *options.symbols)))
    exchange = Exchange(before.seed, before.accounts[0], since_ns, symbols, options.rate)
    exchange.restore(before.exchange)
    gateway = Gateway(exchange, SimClock(clock, start_ns, options.speed), ANSWERS, limited=options.limits)
    gateway.manage(before.accounts)
    gateway.orders.restore(before.desk)
    gateway.advance()
    return gateway


def _replaying(options: SimOptions, directory: Path) -> Gateway:
    """A gateway whose market is a recorded one."""
    from ibtui.sim.replayed import replayed_exchange  # it reads databases, which nothing else here does

    if options.state is not None:
        raise UsageError("a recorded market is replayed from its beginning: --replay keeps no --state")
    clock = system_clock()
    start_ns = None if options.start is None else parse_start(options.start, clock.utc_ns())
    names = account_names(options.account)
    exchange = replayed_exchange(directory, names[0], start_ns, options.rate)
    gateway = Gateway(exchange, SimClock(clock, exchange.now_ns, options.speed), ANSWERS, limited=options.limits)
    gateway.manage(names)
    return gateway


def serve(options: SimOptions) -> int:
    """Runs a simulated gateway until SIGTERM, SIGINT, the control verb ``stop``, or the end of its input.

    Prints one JSON line on standard output when it listens.

    Returns:
        The exit code.

    Raises:
        UsageError: An option can't be met.
    """
    asyncio.run(_serve(options))
    return 0


async def _serve(options: SimOptions) -> None:
    loop = asyncio.get_running_loop()
    async with running(options) as server:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, server.stopped.set)
        if options.until_input_ends:
            _end_with_input(loop, server.stopped)
            _end_with_parent()
        listening = {
            "event": "listening",
            "host": server.host,
            "port": server.port,
            "control_port": server.control_port,
        }
        sys.stdout.write(json.dumps(listening) + "\n")
        sys.stdout.flush()
        await server.stopped.wait()


async def _run_market(gateway: Gateway) -> None:
    step, loop = 0, asyncio.get_running_loop()
    due = loop.time()
    while True:
        # A step that took long is followed by the next at once, with a turn of the loop for requests in between.
        due = max(due + STEP_SECONDS, loop.time())
        await asyncio.sleep(due - loop.time())
        try:
            gateway.advance()
            step += 1
            if step % ACCOUNT_STEPS == 0:
                gateway.accounts.refresh()
        except Exception:
            # A market that stops without a word would be worse than one that misses a step.
            log.exception("a step of the market failed")
        gateway.flush()


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _disconnect(gateway: Gateway) -> None:
    gateway.unfreeze()
    for client in list(gateway.clients):
        client.close()


def _end_with_input(loop: asyncio.AbstractEventLoop, stopped: asyncio.Event) -> None:
    """Sets the event when standard input ends, whatever kind of file it is."""

    def read_to_end() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(stopped.set)

    threading.Thread(target=read_to_end, daemon=True, name="end of input").start()


def _end_with_parent() -> None:
    """On Linux asks the kernel for SIGTERM when the parent process is gone, a second rope beside the input's end."""
    if sys.platform != "linux":
        return
    import ctypes

    set_parent_death_signal = 1
    parent = os.getppid()
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGTERM)
