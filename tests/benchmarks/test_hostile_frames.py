"""A million frames that no gateway would send, into a whole console: nothing breaks, shows wrongly, or shifts."""

import asyncio
import logging
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibtui.broker.session import Session
from ibtui.config import GatewaySettings
from ibtui.ui.app import ConsoleApp
from tests.benchmarks.report import Figure, show
from tests.console.harness import QQQ, SPY, console_parts, nothing
from tests.console.test_screens import settle, text_of
from tests.unit.broker.small_gateway import SmallGateway, frame

FRAMES, CHUNK, READ, SEED = 1_000_000, 5_000, 1_000, 7

WORDS = (
    *("", "-1", "0", "1", "2", "7", "nan", "inf", "-inf", "1e308", "1.7976931348623157E308", "2147483647", "9" * 40),
    *("\x1b[2J", "\x1b]0;x\x07", "\x9b31m", "\u202e", "\r\n", "[red]", "[/bold] [x", "Filled", "Cancelled", "DU100001"),
    *(
        "SPY",
        "USD",
        "STK",
        "20260101 09:30:00",
        "20260101 09:30:00 Foo/Bar",
        "é\udcff".encode("utf-8", "replace").decode(),
    ),
)

SOUND = (
    (1, 6, 3, 1, 450.25, 300, 0),
    (2, 6, 3, 0, 300),
    (12, 1, 3, 0, 0, 1, 450.25, 300),
    (13, 1, 3, 0, "ARCA", 0, 1, 450.25, 300, 1),
    (21, 3, 10, 0, 0.2, 0.5, 1.25, 0, 0, 0, 0, 450),
    (45, 6, 3, 49, 0),
    (46, 6, 3, 48, "450;100;1700000000000;1;450;true"),
    (58, 1, 3, 1),
    (81, 3, 0.01, "9c0001", 3),
    (99, 3, 1, 1_700_000_000, 450.25, 100, 0, "ARCA", ""),
    (3, 5, "Submitted", 0, 10, 0, 1, 0, 0, 10, "", 0),
    (4, 2, 5, 399, "Order Message", ""),
    (4, 2, -1, 2103, "Market data farm connection is broken:usfarm", ""),
    (6, 2, "NetLiquidation", "1000000", "USD", "DU100001"),
    (7, 8, SPY.con_id, "SPY", "STK", "", 0, "", "", "", "USD", "SPY", "SPY", 100, 450, 45000, 440, 1, 0, "DU100001"),
    (49, 1, 1_700_000_000),
    (59, 1, "0001", 1.0, "USD", 0, 0, 0),
    (61, 3, "DU100001", SPY.con_id, "SPY", "STK", "", 0, "", "", "", "USD", "SPY", "SPY", 100, 450),
    (94, 9, 1.0, 2.0, 3.0),
)
"""What a gateway sends; hostile frames are these with fields changed, lost or added, and some without any sense."""


def hostile(chance: random.Random) -> Iterator[bytes]:
    while True:
        if chance.random() < 0.2:
            fields = [str(chance.randrange(-5, 130)), *chance.choices(WORDS, k=chance.randrange(40))]
        else:
            fields = [str(each) for each in chance.choice(SOUND)]
            for _ in range(chance.randrange(1, 4)):
                at = chance.randrange(len(fields) + 1)
                fields[at : at + chance.randrange(2)] = chance.choices(WORDS, k=chance.randrange(2))
        yield frame(*fields)


@pytest.mark.timeout(1200)
async def test_hostile_frames(tmp_path: Path) -> None:
    gateway = await SmallGateway().start()
    logging.disable(logging.CRITICAL)
    stream = hostile(random.Random(SEED))
    worst = 0.0
    try:
        async with console_parts(tmp_path) as parts:
            session = Session(GatewaySettings(port=gateway.port), 1, parts.clock)
            attached = (parts.contracts, parts.account, parts.orders, parts.feeds)
            await session.open(lambda: [each.attach(session) for each in attached])
            for step in parts.feeds.steps(session):
                await step[1]()
            for instrument in (SPY, QQQ):
                parts.feeds.want(instrument, quotes=True, depth=True, tape=True)
            await asyncio.sleep(0.2)
            request = next(fields[2] for fields in gateway.requests if fields[0] == "1")
            app = ConsoleApp(parts, start=nothing, stop=nothing)
            async with app.run_test(size=(80, 24)) as pilot:
                began = time.perf_counter()
                for number in range(FRAMES // CHUNK):
                    for _ in range(CHUNK // READ):
                        data = b"".join(next(stream) for _ in range(READ))
                        before = time.perf_counter()
                        session.ib.client.conn.data_received(data)
                        worst = max(worst, time.perf_counter() - before)
                        await asyncio.sleep(0)
                    bid = 400 + number / 100
                    session.ib.client.conn.data_received(frame(1, 6, request, 1, bid, 7 + number, 0))
                    quote = parts.market.board.quote(SPY.con_id)
                    assert (quote.bid, quote.bid_size) == (bid, 7 + number), "a field was shifted"
                    await pilot.press("1234679"[number % 7])
                    await settle(app, pilot)
                    lines = text_of(app).splitlines()
                    assert len(lines) == 24
                    assert all(line.isprintable() for line in lines), lines
                seconds = time.perf_counter() - began
            assert parts.writer.status.problem is None
            assert not session.ended.done()
            assert (await session.heartbeat())[0] < 2
            figures = [
                Figure("hostile frames taken, in thousands", session.frames / 1000),
                Figure("of those not understood, counted", session.decode_errors / 1000),
                Figure("of those refused by handlers of ours too, in thousands", session.handler_errors / 1000),
                Figure("frames/s, screens painted beside", FRAMES / seconds),
                Figure("longest read of 1,000 frames, ms", worst * 1000),
            ]
            session.abort()
    finally:
        logging.disable(logging.NOTSET)
        await gateway.stop()
    show(figures)
