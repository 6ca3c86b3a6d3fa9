"""The simulated gateway alone: what it sends a second, what it costs while nothing happens, and how soon it is there.

Everything is compared within one run: messages a second with what bare ib_insync decodes of the same bytes, the start
with that of a Python that does nothing.
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ibtui.sim.catalogue import SECURITIES
from tests.benchmarks.live import SYMBOLS, split
from tests.benchmarks.process import cpu, resident
from tests.benchmarks.raw_client import VERSION, raw_client
from tests.benchmarks.report import Figure, show
from tests.conftest import Gateway

Start = Callable[..., Gateway]

MID_SESSION, EVENING = "2026-03-10T10:30:00", "2026-03-10T21:00:00"
FLOOD_RATE, FLOOD_SECONDS = 1_000.0, 4.0
BOOK_ROWS = 50
STARTS = 12
LIBRARY = {"quotes": "mktData", "depth": "mktDepth", "Last": "Last", "BidAsk": "BidAsk"}
"""What ib_insync calls the kinds of data."""
DESK = [*(("quotes", each) for each in SYMBOLS), *((kind, each) for kind in ("depth", "Last") for each in SYMBOLS[:3])]
"""What a console shows: quotes of all, depth and tape of three."""
FLOODS = {
    "a desk": DESK,
    "15 quotes": [("quotes", each) for each in SYMBOLS],
    "15 books": [("depth", each) for each in SYMBOLS],
    "15 of everything": [(kind, each) for each in SYMBOLS for kind in LIBRARY],
    "four desks, all of them together": DESK * 4,
}


@pytest.mark.timeout(120)
@pytest.mark.parametrize("what", FLOODS)
async def test_flood(gateway_factory: Start, what: str) -> None:
    gateway = gateway_factory("--no-limits", "--start", MID_SESSION)
    pid = gateway.process.pid
    with raw_client(gateway) as client:
        requests = {client.subscribe(*each): each for each in FLOODS[what]}
        client.answered()
        await gateway.control("market", rate=FLOOD_RATE)
        await asyncio.sleep(1.0)
        client.taken()
        began, used, before = time.perf_counter(), cpu(pid), await sent(gateway)
        await asyncio.sleep(FLOOD_SECONDS)
        taken = client.taken()
        after, used, took = await sent(gateway), cpu(pid) - used, time.perf_counter() - began
        await gateway.control("market", running=False)
    messages = after - before
    decoded, decoding = await decode(whole_frames(taken), requests)
    ours, bare = messages / took, decoded / decoding[0]
    show(
        [
            Figure(f"{what}: bare ib_insync decodes, thousand messages/s", bare / 1000),
            Figure("the gateway sends, thousand messages/s", ours / 1000),
            Figure("ratio by wall clock", ours / bare, 1.0, None, more_is_better=True),
            Figure("ratio by CPU", (messages / used) / (decoded / decoding[1]), None, None, more_is_better=True),
        ]
    )


def whole_frames(taken: bytes) -> list[bytes]:
    """The whole frames of a piece of a stream that may begin and end within one."""
    return split(taken[next(start for start in range(len(taken)) if plausible(taken, start)) :])


def plausible(stream: bytes, start: int) -> bool:
    """Whether a hundred frames begin one after the other here."""
    for _ in range(100):
        length = int.from_bytes(stream[start : start + 4], "big")
        if not 8 <= length <= 200 or stream[start + 3 + length : start + 4 + length] != b"\0":
            return False
        start += 4 + length
    return True


async def sent(gateway: Gateway) -> int:
    """Frames that the gateway has handed to its sockets."""
    counts = (await gateway.control("stats"))["sent"]
    return sum(count for number, count in counts.items() if number.isdecimal())


async def decode(frames: list[bytes], requests: dict[int, tuple[str, str]]) -> tuple[int, tuple[float, float]]:
    """Frames, wall and CPU seconds of a library object that has tickers for the same requests and nothing else."""
    from ib_insync import IB, Contract, DOMLevel

    best = (float("inf"), float("inf"))
    reads = [b"".join(frames[start : start + 500]) for start in range(0, len(frames), 500)]
    for _ in range(3):
        ib = IB()
        client = ib.client
        client._serverVersion = client.decoder.serverVersion = VERSION
        client._apiReady = True
        for req_id, (kind, symbol) in requests.items():
            ticker = ib.wrapper.startTicker(req_id, Contract(conId=1 + SYMBOLS.index(symbol)), LIBRARY[kind])
            ticker.domBids = [DOMLevel(0.0, 0, "")] * BOOK_ROWS
            ticker.domAsks = [DOMLevel(0.0, 0, "")] * BOOK_ROWS
        began, used = time.perf_counter(), time.process_time()
        for number, data in enumerate(reads):
            client._onSocketHasData(data)
            if number % 20 == 0:
                await asyncio.sleep(0)
        best = min(best, (time.perf_counter() - began, time.process_time() - used))
    return len(frames), best


@pytest.mark.timeout(180)
@pytest.mark.parametrize(
    ("what", "start", "running", "bar"),
    [
        ("after the close", EVENING, True, 2.0),
        ("market stopped", MID_SESSION, False, 2.0),
        ("live at rate 1", MID_SESSION, True, None),
    ],
)
async def test_a_thousand_subscriptions(
    gateway_factory: Start, what: str, start: str, running: bool, bar: float | None
) -> None:
    listed = [line.partition("|")[0] for line in SECURITIES.strip().splitlines()]
    invented = [f"Z{number:03}" for number in range(1000 - len(listed))]
    gateway = gateway_factory("--no-limits", "--start", start, "--symbols", ",".join(invented))
    pid = gateway.process.pid
    with raw_client(gateway) as client:
        used = cpu(pid)
        for symbol in [*listed, *invented]:
            client.subscribe("quotes", symbol)
        client.answered()
        opening = cpu(pid) - used
        if not running:
            await gateway.control("market", running=False)
        await asyncio.sleep(2.0)
        client.taken()
        used, before = cpu(pid), await sent(gateway)
        await asyncio.sleep(10.0)
        messages, share = await sent(gateway) - before, 10.0 * (cpu(pid) - used)
    show(
        [
            Figure(f"1,000 subscriptions, {what}: CPU % of a core", share, bar, None),
            Figure("messages/s", messages / 10),
            Figure("CPU ms to open one of them", opening),
            Figure("memory MB", resident(pid)),
        ]
    )


@pytest.mark.timeout(120)
@pytest.mark.parametrize("start", [MID_SESSION, "2026-03-10T15:59:30"])
async def test_opening_a_hundred_markets(gateway_factory: Start, start: str) -> None:
    gateway = gateway_factory("--no-limits", "--start", start)
    pid = gateway.process.pid
    symbols = [line.partition("|")[0] for line in SECURITIES.strip().splitlines()][:100]
    with raw_client(gateway) as client:
        began, used = time.perf_counter(), cpu(pid)
        for symbol in symbols:
            client.subscribe("quotes", symbol)
        client.answered()
        took, used = time.perf_counter() - began, cpu(pid) - used
        began, year = time.perf_counter(), cpu(pid)
        contract = ("0", "SPY", "STK", "", "0", "", "", "SMART", "", "USD", "", "")
        client.ask("20", "9000", *contract, "0", "", "1 day", "1 Y", "1", "TRADES", "1", "0", "")
        client.until(b"17\0009000\00020")
        year = cpu(pid) - year
    show(
        [
            Figure(f"{len(symbols)} markets opened at {start[11:16]}, wall s", took),
            Figure("the same, CPU s", used),
            Figure("a first year of daily bars, CPU s", year),
        ]
    )


@pytest.mark.timeout(120)
def test_start(tmp_path: Path) -> None:
    # Compiled modules, as an installed wheel has them, whatever the environment says.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    nothing = "import sys; sys.stdout.write('{}'); sys.stdout.flush()"
    programs = {
        "a Python that does nothing": ["-c", nothing],
        "the same with asyncio": ["-c", f"import asyncio; {nothing}"],
        "the gateway": ["-m", "ibtui", "sim", "--port", "0"],
    }
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(STARTS + 1):
        for name, arguments in programs.items():
            times[name].append(ms_to_first_line([sys.executable, *arguments], environment))
    figures = []
    for name, taken in times.items():
        bar = 500 if name == "the gateway" else None
        figures.append(Figure(f"{name}: best of {STARTS}, ms from the spawn to its line", min(taken[1:]), bar))
        figures.append(Figure("median", statistics.median(taken[1:]), bar))
    show(figures)


def ms_to_first_line(command: list[str], environment: dict[str, str]) -> float:
    """Milliseconds from the spawn of a program to the end of the first line that it writes."""
    began = time.perf_counter()
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        json.loads(process.stdout.readline())
        took = time.perf_counter() - began
        process.terminate()
    return 1000 * took
