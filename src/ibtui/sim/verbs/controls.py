"""What the control verbs work on, and what they have in common."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ibtui.errors import UsageError
from ibtui.sim.gateway import Gateway
from ibtui.sim.listener import Listener
from ibtui.sim.universe import Listing

Answer = dict[str, Any]
Verb = Callable[..., Answer]


@dataclass(frozen=True, slots=True)
class Controls:
    """What the verbs work on."""

    gateway: Gateway
    listener: Listener
    stopped: asyncio.Event


def seconds_of(value: float) -> float:
    """A number of seconds that a verb was given.

    Raises:
        UsageError: It is none.
    """
    if not 0 <= value < 1e6:
        raise UsageError("seconds must be 0 or more")
    return float(value)


def count_of(value: int) -> int:
    """How many are concerned, as a verb was told.

    Raises:
        UsageError: It is no such number.
    """
    if int(value) < 0:
        raise UsageError("count must be 0 or more")
    return int(value)


def bytes_of(text: str) -> bytes:
    """Bytes that a verb was given as hexadecimal digits.

    Raises:
        UsageError: It was given something else.
    """
    try:
        return bytes.fromhex(str(text))
    except ValueError:
        raise UsageError("hex must be pairs of hexadecimal digits") from None


def one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Checks a word that a verb was given.

    Raises:
        UsageError: It is none of those allowed.
    """
    if value not in allowed:
        raise UsageError(f"{name} must be {', '.join(allowed[:-1])} or {allowed[-1]}")


def listing_of(controls: Controls, symbol: str) -> Listing:
    """The contract of a symbol.

    Raises:
        UsageError: There is none.
    """
    listing = controls.gateway.exchange.universe.by_symbol(str(symbol))
    if listing is None:
        raise UsageError(f"no symbol {symbol} is listed here")
    return listing
