"""IB's limits hold for every client that does not know them, and can be switched off."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import Contract

from ibtui.sim import limits
from ibtui.sim.limits import HistoryPacing, MessageRate
from tests.conftest import until
from tests.sim.protocol_rig import SPY, Bare, bare, client, gateway


async def errors(raw: Bare, count: int) -> list[tuple[str, str]]:
    """Request and code of the next errors."""
    found = [await raw.read_until("4") for _ in range(count)]
    return [(fields[2], fields[3]) for fields in found]


async def test_one_line_and_one_book_more_than_allowed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (limits.LINES, limits.BOOKS, limits.TICK_BY_TICK) == (100, 3, 5)
    monkeypatch.setattr(limits, "LINES", 6)  # opening a hundred markets takes long
    async with gateway() as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        told: list[tuple[int, int]] = []
        ib.errorEvent += lambda req_id, code, *_: told.append((req_id, code))
        listings = list(server.gateway.exchange.universe)[:8]
        contracts = [Contract(conId=each.con_id, exchange="SMART") for each in listings]
        for number, contract in enumerate([*contracts, contracts[0]]):
            ib.client.reqMktData(1000 + number, contract, "", False, False, [])
        await until(lambda: told == [(1006, 101), (1007, 101)], what="two too many are refused")
        await until(lambda: len(server.gateway.feeds) == 7, what="a line is shared by those who watch the contract")
        for number, contract in enumerate(contracts[:4]):
            ib.client.reqMktDepth(2000 + number, contract, 5, True, [])
        await until(lambda: told[2:] == [(2003, 309)])


async def test_the_sixth_tick_by_tick_stream_is_refused_until_one_ends() -> None:
    async with gateway() as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        codes: list[int] = []
        ib.errorEvent += lambda _id, code, *_: codes.append(code)
        (contract,) = await ib.qualifyContractsAsync(SPY)
        for kind in ("Last", "AllLast", "BidAsk", "MidPoint", "Last", "AllLast"):
            ib.client.reqTickByTickData(ib.client.getReqId(), contract, kind, 0, False)
        await until(lambda: codes == [10190])


async def test_more_than_fifty_messages_at_once_are_answered_with_100_and_the_end() -> None:
    async with gateway() as server, bare(server) as raw, bare(server) as other:
        await raw.start(1)
        await other.start(2)
        for _ in range(60):
            raw.ask("49", "1")
        assert await errors(raw, 1) == [("-1", "100")]
        assert await raw.closed()
        other.ask("49", "1")
        assert (await other.read())[0] == "49"


async def test_without_limits_everything_goes() -> None:
    async with gateway(limits=False) as server, bare(server) as raw:
        await raw.start(1)
        for _ in range(600):
            raw.ask("49", "1")
        assert [(await raw.read())[0] for _ in range(600)] == ["49"] * 600


async def test_an_identical_request_for_small_bars_within_15_seconds_is_a_pacing_violation() -> None:
    async with gateway(start="2026-03-10T10:30:30") as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        codes: list[int] = []
        ib.errorEvent += lambda _id, code, *_: codes.append(code)
        (contract,) = await ib.qualifyContractsAsync(SPY)

        async def ask(size: str) -> int:
            return len(await ib.reqHistoricalDataAsync(contract, "", "600 S", size, "TRADES", useRTH=True))

        assert await ask("5 secs") > 0
        assert await ask("5 secs") == 0
        assert codes == [162]
        assert await asyncio.gather(*[ask("1 min") for _ in range(7)]) == [10] * 7


@given(st.lists(st.floats(0, 0.2), min_size=1, max_size=200))
def test_a_client_that_keeps_a_fiftieth_of_a_second_apart_is_never_too_fast(gaps: list[float]) -> None:
    rate, now = MessageRate(), 0.0
    for gap in gaps:
        now += max(gap, 0.0201)
        assert not rate.too_fast(now)


def test_bursts_of_45_a_second_pass_even_a_little_early() -> None:
    rate = MessageRate()
    assert not any(rate.too_fast(second * 0.95) for second in range(10) for _ in range(45))
    assert any(rate.too_fast(20 + n / 60) for n in range(601))


@pytest.mark.parametrize(("weight", "passed"), [(1, 60), (2, 30)])
def test_sixty_history_requests_in_ten_minutes_pass_and_bid_ask_counts_twice(weight: int, passed: int) -> None:
    pacing = HistoryPacing()
    refused = [pacing.refuses(("SPY", n), (n,), weight, n * 5.0) for n in range(70)]
    assert refused == [False] * passed + [True] * (70 - passed)
    assert not pacing.refuses(("SPY",), ("later",), weight, 700.0)


def test_the_sixth_request_for_one_contract_within_two_seconds_is_refused() -> None:
    pacing = HistoryPacing()
    assert [pacing.refuses(("SPY",), (n,), 1, n / 10) for n in range(6)] == [False] * 5 + [True]
    assert not pacing.refuses(("QQQ",), ("other",), 1, 0.6)
    assert not pacing.refuses(("SPY",), ("later",), 1, 2.6)
