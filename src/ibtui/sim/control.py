"""The control port: one JSON object a line in, one a line out. A verb has taken effect when its answer is written."""

import asyncio
import inspect
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ibtui.clock import NS
from ibtui.errors import UsageError
from ibtui.sim.client import SYSTEM, numbered
from ibtui.sim.gateway import Gateway
from ibtui.sim.listener import Listener
from ibtui.sim.simclock import describe, parse_start

LONGEST_LINE = 1 << 20
"""Bytes of one line in."""

Answer = dict[str, Any]
Verb = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Controls:
    """What the verbs work on."""

    gateway: Gateway
    listener: Listener
    stopped: asyncio.Event


def stats(controls: Controls) -> Answer:
    """What went through the sockets, who is connected, every order."""
    gateway = controls.gateway
    gateway.advance()
    gateway.flush()
    return {
        "market_ns": gateway.clock.now_ns(),
        "speed": gateway.clock.speed,
        "clients": [
            {"client_id": client.client_id, "server_version": client.version, "data_type": client.data_type}
            for client in numbered(gateway.clients)
        ],
        **gateway.stats.as_json(),
        "subscriptions": [
            {
                "client_id": each.client_id,
                "req_id": each.req_id,
                "con_id": each.con_id,
                "symbol": each.symbol,
                "feed": each.feed,
                "sent": each.sent,
            }
            for each in gateway.feeds.subscriptions()
        ],
        "orders": gateway.orders.as_json(),
    }


def drop(controls: Controls, how: str = "fin", client_id: int | None = None) -> Answer:
    """Loses all clients, or one: ``fin`` closes in order, ``rst`` tears down."""
    if how not in ("fin", "rst"):
        raise UsageError("how must be fin or rst")
    chosen = [each for each in controls.gateway.clients if client_id in (None, each.client_id)]
    for client in chosen:
        if how == "fin":
            client.lose()
        else:
            client.reset()
    return {"dropped": len(chosen)}


def refuse(controls: Controls, seconds: float = 5.0) -> Answer:
    """Closes the listener for a time, 0 opens it again; who is connected stays."""
    controls.listener.refuse(_seconds(seconds))
    return {"seconds": seconds}


def freeze(controls: Controls, seconds: float | None = None) -> Answer:
    """Goes silent without closing anything: for a time, until ``seconds=0``, or for ever."""
    if seconds is not None and _seconds(seconds) == 0:
        controls.gateway.unfreeze()
    else:
        controls.gateway.freeze(seconds)
    return {"frozen": controls.gateway.frozen}


def message(controls: Controls, code: int, text: str = "", id: int = SYSTEM) -> Answer:  # noqa: A002
    """Sends IB's message number 4 to every client."""
    controls.gateway.tell_all(int(code), text, int(id))
    controls.gateway.flush()
    return {}


def price(
    controls: Controls,
    symbol: str,
    bid: float | None = None,
    ask: float | None = None,
    last: float | None = None,
    bid_size: int | None = None,
    ask_size: int | None = None,
) -> Answer:
    """Moves one symbol's market there."""
    gateway = controls.gateway
    listing = gateway.exchange.universe.by_symbol(str(symbol))
    if listing is None:
        raise UsageError(f"no symbol {symbol} is listed here")
    gateway.advance()
    gateway.deliver(gateway.exchange.steer(listing.con_id, bid, ask, last, bid_size, ask_size))
    gateway.flush()
    top = gateway.exchange.top(listing.con_id)
    return {"bid": top.bid, "ask": top.ask, "last": top.last, "bid_size": top.bid_size, "ask_size": top.ask_size}


def market(controls: Controls, running: bool | None = None, rate: float | None = None) -> Answer:
    """Stops, starts or speeds up the flow of events."""
    exchange = controls.gateway.exchange
    controls.gateway.advance()
    controls.gateway.flush()
    if rate is not None:
        if not rate >= 0:
            raise UsageError("rate must be 0 or more")
        exchange.rate = float(rate)
    if running is not None:
        exchange.running = bool(running)
    return {"running": exchange.running, "rate": exchange.rate}


def clock(controls: Controls, speed: float | None = None, at: str | None = None) -> Answer:
    """Changes the market clock's speed or moves it forward; without arguments just reads it."""
    gateway = controls.gateway
    now = gateway.clock.now_ns()
    gateway.clock.steer(speed=speed, at_ns=None if at is None else parse_start(str(at), now))
    gateway.advance()
    gateway.flush()
    at_ns = gateway.clock.now_ns()
    return {
        "market_ns": at_ns,
        "market_time": describe(at_ns),
        "speed": gateway.clock.speed,
        "moved_s": (at_ns - now) / NS,
    }


def stop(controls: Controls) -> Answer:
    """Ends the gateway."""
    controls.stopped.set()
    return {}


VERBS: dict[str, Verb] = {
    verb.__name__: verb for verb in (stats, drop, refuse, freeze, message, price, market, clock, stop)
}
"""Every verb by its name; a verb's parameters are the keys it takes."""


def run_line(controls: Controls, line: bytes) -> Answer:
    """Carries out one line; whatever is wrong with it becomes ``ok`` false and a sentence."""
    try:
        verb, arguments = _command(line)
        answer = verb(controls, **arguments)
    except ValueError as error:
        return {"ok": False, "error": f"can't be read: {error}"}
    except (UsageError, TypeError) as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, **answer}


def _command(line: bytes) -> tuple[Verb, dict[str, Any]]:
    given = json.loads(line)
    if not isinstance(given, dict) or not isinstance(given.get("do"), str):
        raise UsageError('a line must be a JSON object with a verb, like {"do":"stats"}')
    name = given.pop("do")
    verb = VERBS.get(name)
    if verb is None:
        raise UsageError(f"there is no verb '{name}'; there are {', '.join(VERBS)}")
    allowed = dict(list(inspect.signature(verb).parameters.items())[1:])
    for key in given:
        if key not in allowed:
            raise UsageError(f"{name} takes no '{key}'; it takes {', '.join(allowed) or 'nothing'}")
    for key, parameter in allowed.items():
        if parameter.default is parameter.empty and key not in given:
            raise UsageError(f"{name} needs '{key}'")
    return verb, given


def _seconds(value: float) -> float:
    if not 0 <= value < 1e6:
        raise UsageError("seconds must be 0 or more")
    return float(value)


class ControlPort:
    """The listening socket of the verbs."""

    def __init__(self, gateway: Gateway, listener: Listener, stopped: asyncio.Event) -> None:
        self._controls = Controls(gateway, listener, stopped)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def open(self, host: str, port: int) -> int:
        """Listens; returns the port.

        Raises:
            UsageError: The address can't be listened on.
        """
        try:
            self._server = await asyncio.start_server(self._connected, host, port, limit=LONGEST_LINE)
        except OSError as error:
            raise UsageError(f"can't listen on {host}:{port}: {error.strerror or error}") from None
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def close(self) -> None:
        """Stops listening and ends the conversations."""
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # A line longer than the limit raises ValueError: there is no answering what can't be told apart.
            with suppress(ConnectionError, ValueError, asyncio.CancelledError):
                while line := await reader.readline():
                    writer.write(json.dumps(run_line(self._controls, line)).encode() + b"\n")
                    await writer.drain()
        finally:
            self._connections.discard(task)
            writer.close()
