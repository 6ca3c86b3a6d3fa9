"""A whole console without a terminal on the simulated gateway, and the gateway's byte stream to feed it with."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from ibtui.config import Settings
from ibtui.console import Console
from ibtui.launch import opened
from ibtui.market.instruments import Instrument
from tests.conftest import Gateway, until

HOT = frozenset({b"1", b"2", b"12", b"13", b"45", b"46", b"99"})
"""Messages of quotes, depth and tape."""

SYMBOLS = ("XLK", "XLV", "XLF", "XLY", "XLI", "XLP", "XLE", "XLB", "XLRE", "XLU", "XLC", "SPY", "QQQ", "IWM", "DIA")
"""The default watchlists."""


@asynccontextmanager
async def connected_console(path: Path, gateway: Gateway) -> AsyncIterator[Console]:
    """A console whose quotes of the 15 default ETFs flow."""
    settings = Settings()
    settings = replace(
        settings,
        gateway=replace(settings.gateway, host=gateway.host, port=gateway.port),
        risk=replace(settings.risk, orders_per_minute=10_000),
    )
    async with opened(settings, path, log_level="warning", demo=False) as console:
        await console.start(watch=True)
        try:
            await until(lambda: all_live(console), 30, "live quotes of all ETFs")
            yield console
        finally:
            await console.stop()


def instruments(console: Console) -> list[Instrument]:
    """Those of the watchlists."""
    return list(console.watchlists.all_instruments())


def all_live(console: Console) -> bool:
    """Whether everything that is watched has a live quote."""
    watched = instruments(console)
    return len(watched) == len(SYMBOLS) and all(console.feeds.mark(each.con_id) == "LIVE" for each in watched)


async def record_stream(console: Console, gateway: Gateway, seconds: float, rate: float = 20.0) -> list[bytes]:
    """The market data frames that the gateway sends in a time, length prefix included. The market stands still after.

    Three symbols have depth and tape as well, like a desk's.
    """
    for instrument in instruments(console)[:3]:
        console.feeds.want(instrument, depth=True, tape=True, owner="benchmark")
    session = console.supervisor.session
    assert session is not None
    received = bytearray()
    conn = session.ib.client.conn
    taking = _Taking(received)
    await gateway.control("market", rate=rate)
    await asyncio.sleep(1.0)
    conn.hasData += taking.take
    await asyncio.sleep(seconds)
    conn.hasData -= taking.take
    await gateway.control("market", running=False)
    await asyncio.sleep(0.5)
    settle = _Settling(console)
    return [settle.frame(frame) for frame in split(bytes(received)) if repeatable(frame)]


def repeatable(frame: bytes) -> bool:
    """Whether a frame can come any number of times: inserted and deleted levels would make the book absurd."""
    fields = frame[4:].split(b"\0")
    operation = {b"12": 4, b"13": 5}.get(fields[0])
    return fields[0] in HOT and (operation is None or fields[operation] == b"1")


class _Settling:
    """Gives touches and levels the prices at which the market stopped.

    Frames that are repeated out of their order would make a book that the console rightly refuses to believe.
    """

    def __init__(self, console: Console) -> None:
        self._market = console.feeds.market
        self._con_ids = {
            str(each.request_id).encode(): each.instrument.con_id for each in console.feeds.subscriptions()
        }

    def frame(self, frame: bytes) -> bytes:
        """The frame with the settled price, if it tells one of a touch or a level."""
        fields = frame[4:].split(b"\0")
        place = {b"1": 4, b"12": 6, b"13": 7}.get(fields[0])
        con_id = self._con_ids.get(fields[2])
        if place is None or con_id is None:
            return frame
        price = self._touch(fields, con_id) if fields[0] == b"1" else self._level(fields, con_id)
        if price is None:
            return frame
        fields[place] = f"{price:.10g}".encode()
        body = b"\0".join(fields)
        return struct.pack(">I", len(body)) + body

    def _touch(self, fields: list[bytes], con_id: int) -> float | None:
        quote = self._market.board.quote(con_id)
        return {b"1": quote.bid, b"2": quote.ask}.get(fields[3])

    def _level(self, fields: list[bytes], con_id: int) -> float | None:
        book, position, side = self._market.book(con_id), int(fields[3]), int(fields[-4 if fields[0] == b"12" else -5])
        levels = book.bids if side else book.asks
        return levels[position].price if position < len(levels) else None


class _Taking:
    def __init__(self, into: bytearray) -> None:
        self._into = into

    def take(self, data: bytes) -> None:
        self._into += data


def split(stream: bytes) -> list[bytes]:
    """The whole frames of a stream, which begins at a frame's begin."""
    frames, start = [], 0
    while start + 4 <= len(stream):
        end = start + 4 + struct.unpack_from(">I", stream, start)[0]
        if end > len(stream):
            break
        frames.append(stream[start:end])
        start = end
    return frames


def reads(frames: list[bytes], total: int, size: int) -> list[bytes]:
    """A stream of ``total`` frames, repeated from those recorded, as network reads of ``size`` frames."""
    stream = [frames[number % len(frames)] for number in range(total)]
    return [b"".join(stream[start : start + size]) for start in range(0, total, size)]
