"""The control port of the simulated gateway: one JSON object a line in, one a line out."""

import asyncio
import json
import socket
from collections.abc import Mapping, Sequence
from typing import Any

from ibtui.errors import GatewayUnreachableError, IbtuiError, RequestTimeoutError, UsageError

ANSWER_SECONDS = 10.0
LONGEST_LINE = 1 << 24
"""Bytes; ``stats`` of a long run with many orders is the longest answer."""


class SimControl:
    """Asks a running simulated gateway, from the event loop.

    Each verb has a connection of its own, so that a verb that drops or wedges the gateway harms no other.
    """

    def __init__(self, host: str, port: int) -> None:
        self.host = host
        self.port = port

    async def do(self, verb: str, /, **arguments: Any) -> dict[str, Any]:
        """Sends one verb and returns the answer: ``ok`` true and its fields, or ``ok`` false and ``error``.

        Raises:
            GatewayUnreachableError: Nothing listens on the control port.
            RequestTimeoutError: No answer in time.
        """
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(self.host, self.port, limit=LONGEST_LINE)
                try:
                    writer.write(_line(verb, arguments))
                    return _answer(await reader.readline())
                finally:
                    writer.close()
        except TimeoutError:
            raise _silent(verb) from None
        except OSError as error:
            raise _unreachable(self.host, self.port, error) from None


def do_blocking(port: int, verb: str, arguments: Mapping[str, Any], host: str = "127.0.0.1") -> dict[str, Any]:
    """The same without an event loop, for ``ibtui sim-ctl``. Raises as :meth:`SimControl.do`."""
    try:
        with socket.create_connection((host, port), timeout=ANSWER_SECONDS) as connection:
            connection.sendall(_line(verb, arguments))
            with connection.makefile("rb") as answers:
                return _answer(answers.readline())
    except TimeoutError:
        raise _silent(verb) from None
    except OSError as error:
        raise _unreachable(host, port, error) from None


def parse_arguments(words: Sequence[str]) -> dict[str, Any]:
    """``key=value`` words as typed: values that are JSON (numbers, true, false, lists) become it, others stay text.

    Raises:
        UsageError: A word has no ``=``.
    """
    arguments: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not (key and equals):
            raise UsageError(f"'{word}' is no argument; write key=value")
        try:
            arguments[key] = json.loads(text)
        except ValueError:
            arguments[key] = text
    return arguments


def _line(verb: str, arguments: Mapping[str, Any]) -> bytes:
    return json.dumps({"do": verb, **arguments}).encode() + b"\n"


def _answer(line: bytes) -> dict[str, Any]:
    if not line:
        raise IbtuiError("The simulated gateway closed the control connection without an answer.")
    return dict(json.loads(line))


def _silent(verb: str) -> RequestTimeoutError:
    return RequestTimeoutError(f"The simulated gateway did not answer '{verb}' within {ANSWER_SECONDS:g} s.")


def _unreachable(host: str, port: int, error: OSError) -> GatewayUnreachableError:
    return GatewayUnreachableError(
        f"No control port at {host}:{port} ({error.strerror or error}). Start `ibtui sim --control-port {port}`."
    )
