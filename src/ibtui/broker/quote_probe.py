"""One quote, to see whether and how this login gets market data."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ibtui.broker.session import Session

LIVE, DELAYED = 1, 3

_NO_QUOTE = frozenset({354, 10089, 10090, 10091, 10168, 10186, 10187, 10197})
"""Codes that say why there is no quote."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What came.

    Attributes:
        data_type: IB's market data type: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen; None without any tick.
        refusal: Code and text of why nothing came, where the gateway said so.
    """

    data_type: int | None
    refusal: tuple[int, str] | None


async def probe_quote(session: "Session", symbol: str, messages: Sequence[tuple[int, str]], seconds: float) -> Probe:
    """Asks for a US share's quote, delayed if need be, and takes it back with the first tick.

    Args:
        session: To ask in.
        symbol: The share.
        messages: What the gateway says, as it comes: code and text.
        seconds: How long to wait.
    """
    from ib_insync import Stock

    first = asyncio.Event()
    data_type = LIVE

    def told(_: int, number: int) -> None:
        nonlocal data_type
        data_type = number

    session.tap("marketDataType", told)
    for name in ("priceSizeTick", "tickSize"):
        session.tap(name, lambda *_: first.set())
    share = Stock(symbol, "SMART", "USD")
    session.ib.reqMarketDataType(DELAYED)
    session.ib.reqMktData(share)
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await first.wait()
    session.ib.cancelMktData(share)
    refusal = next((each for each in reversed(messages) if each[0] in _NO_QUOTE), None)
    return Probe(data_type if first.is_set() else None, refusal)
