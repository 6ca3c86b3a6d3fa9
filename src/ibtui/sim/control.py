"""The control port: one JSON object a line in, one a line out. A verb has taken effect when its answer is written."""

import asyncio
import inspect
import json
import math
from contextlib import suppress
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from ibtui.errors import UsageError
from ibtui.sim.gateway import Gateway
from ibtui.sim.listener import Listener
from ibtui.sim.verbs import VERBS
from ibtui.sim.verbs.controls import Answer, Controls, Verb

LONGEST_LINE = 1 << 20
"""Bytes of one line in."""


def run_line(controls: Controls, line: bytes) -> Answer:
    """Carries out one line; whatever is wrong with it becomes ``ok`` false and a sentence."""
    try:
        answer = run(controls, *command(json.loads(line)))
    except UsageError as error:
        return {"ok": False, "error": str(error)}
    except (ValueError, OverflowError) as error:
        return {"ok": False, "error": f"can't be read: {error}"}
    except TypeError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, **answer}


def command(given: object) -> tuple[str, dict[str, Any]]:
    """Name and arguments of a verb as it is written.

    Raises:
        UsageError: It is not written so.
    """
    if not isinstance(given, dict) or not isinstance(given.get("do"), str):
        raise UsageError('a verb must be an object that names it, like the JSON object {"do":"stats"}')
    return given["do"], {key: value for key, value in given.items() if key != "do"}


def run(controls: Controls, name: str, arguments: dict[str, Any]) -> Answer:
    """Carries out one verb. What was queued before goes out before, what it causes right after.

    Raises:
        UsageError: There is no such verb, or it takes no such arguments.
    """
    verb = checked(name, arguments)
    controls.gateway.flush()
    answer = verb(controls, **arguments)
    controls.gateway.flush()
    return answer


def checked(name: str, arguments: dict[str, Any]) -> Verb:
    """The verb of a name, if it takes these arguments.

    Raises:
        UsageError: There is none, or it doesn't.
    """
    verb = VERBS.get(name)
    if verb is None:
        raise UsageError(f"there is no verb '{name}'; there are {', '.join(VERBS)}")
    allowed = dict(list(inspect.signature(verb).parameters.items())[1:])
    hints = get_type_hints(verb)
    for key, value in arguments.items():
        if key not in allowed:
            raise UsageError(f"{name} takes no '{key}'; it takes {', '.join(allowed) or 'nothing'}")
        wanted = _unlike(value, hints[key])
        if wanted is not None:
            raise UsageError(f"{key} must be {wanted}, not {value!r}")
    for key, parameter in allowed.items():
        if parameter.default is parameter.empty and key not in arguments:
            raise UsageError(f"{name} needs '{key}'")
    return verb


def _unlike(value: object, hint: Any) -> str | None:
    """What a value should be, if it is something else. Text is not looked at: numbers are text to many verbs."""
    choices = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    kinds = {get_origin(each) or each for each in choices}
    if value is None and type(None) in kinds:
        return None
    if kinds & {int, float}:
        number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return None if number else "a number"
    if bool in kinds:
        return None if isinstance(value, bool) else "true or false"
    if list in kinds:
        return None if isinstance(value, list | str) else "a list"
    if dict in kinds:
        return None if isinstance(value, dict) else "an object"
    return None


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
