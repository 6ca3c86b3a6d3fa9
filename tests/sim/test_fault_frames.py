"""What control verbs do to single frames: their order, their fields, forged and repeated ones; and to the time told."""

import asyncio
from typing import Any

import pytest
from ib_insync import MarketOrder

from tests.conftest import until
from tests.sim.protocol_rig import SPY, bare, client, control, gateway

SPY_FIELDS = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""]


async def test_two_messages_change_their_order() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "delay", message=49, until=9, count=1)
        for _ in range(2):
            raw.ask("49", "1")
            raw.ask("8", "1", "1")
        assert [(await raw.read())[0] for _ in range(4)] == ["9", "49", "49", "9"]
        assert (await control(server, "stats"))["sent"]["49"] == 2


async def test_a_commission_can_come_before_its_fill_and_a_fill_from_a_zone_nobody_knows() -> None:
    async with gateway() as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        came: list[int] = []
        interpret = ib.client.decoder.interpret
        ib.client.decoder.interpret = lambda fields: (came.append(int(fields[0])), interpret(fields))  # type: ignore
        await control(server, "delay", message=11, until=59, count=1)
        trade = ib.placeOrder(contract, MarketOrder("BUY", 1))
        await until(lambda: len(trade.fills) == 1)
        assert came.index(59) < came.index(11)
        await control(server, "alter", message=11, values={"time": "20260310 10:30:00 Foo/Bar"}, count=1)
        lost = ib.placeOrder(contract, MarketOrder("BUY", 1))
        await until(lambda: lost.orderStatus.status == "Filled")
        assert lost.fills == []


async def test_a_fill_is_corrected_under_the_next_revision_of_its_id() -> None:
    async with gateway() as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        with pytest.raises(AssertionError, match="no such fill"):
            await control(server, "correct")
        trade = ib.placeOrder(contract, MarketOrder("BUY", 10))
        await until(lambda: trade.orderStatus.status == "Filled")
        first = trade.fills[-1].execution
        told = await control(server, "correct", price=1.25)
        await until(lambda: trade.fills[-1].execution.execId == told["exec_id"])
        second = trade.fills[-1].execution
        assert first.execId.rpartition(".")[0] == second.execId.rpartition(".")[0]
        assert (first.execId[-2:], second.execId[-2:], second.price, second.shares) == ("01", "02", 1.25, first.shares)
        assert ib.positions()[0].position == 10


async def test_fields_are_altered_for_as_long_as_was_said() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "market", running=False)
        await control(server, "alter", message=1, values={"price": -1, "size": 0}, id=5, count=2)
        raw.ask("1", "11", "5", *SPY_FIELDS, "0", "", "0", "0", "")
        prices = [(await raw.read_until("1"))[4:6] for _ in range(3)]
        assert prices[:2] == [["-1", "0"]] * 2
        assert float(prices[2][0]) > 0
        await control(server, "duplicate", message=49, values={"time": 7}, count=1)
        raw.ask("49", "1")
        assert int((await raw.read_until("49"))[2]) > 7
        assert (await raw.read_until("49"))[2] == "7"


async def test_a_frame_is_forged_from_its_fields() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "raw", fields=["12", "1", "9", 5, 1, 0, "400.5", "100"])
        assert await raw.read() == ["12", "1", "9", "5", "1", "0", "400.5", "100"]


async def test_a_message_is_repeated() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "message", code=1100, text="lost", count=2)
        await control(server, "message", code=1100, text="lost", count=3, ms=5)
        assert [(await raw.read())[3] for _ in range(5)] == ["1100"] * 5


async def test_clients_are_told_a_time_that_is_off() -> None:
    async with gateway(speed=0) as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "clock", skew=-45)
        raw.ask("49", "1")
        told = int((await raw.read_until("49"))[2])
        assert told == server.gateway.clock.now_ns() // 10**9 - 45


async def test_a_competing_session_takes_the_data_until_it_is_gone() -> None:
    async with gateway() as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        told: list[int] = []
        ib.errorEvent += lambda req_id, code, *_: told.append(code)
        (contract,) = await ib.qualifyContractsAsync(SPY)
        ticker = ib.reqMktData(contract)
        book = ib.reqMktDepth(contract, isSmartDepth=True)
        await until(lambda: ticker.bid > 0 and len(book.domBids) == 5)
        assert (await control(server, "compete"))["lines"] == 1
        await until(lambda: told == [10197])
        seen = ticker.time
        await control(server, "price", symbol="SPY", percent=-2)
        ib.reqMktData((await ib.qualifyContractsAsync(SPY))[0], "233")
        await until(lambda: told == [10197] * 2)
        assert ticker.time == seen
        await control(server, "compete", on=False)
        await until(lambda: told[2:] == [317], what="the book that missed something is reset")
        await control(server, "market", running=False)
        await ib.reqCurrentTimeAsync()
        top = server.gateway.exchange.top(contract.conId)
        bids, asks = server.gateway.exchange.book(contract.conId, 5)
        assert (ticker.bid, ticker.ask) == (top.bid, top.ask)
        assert [row.price for row in [*book.domBids, *book.domAsks]] == [row.price for row in [*bids, *asks]]


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("alter", {"message": 1, "values": {"prise": 1}}, "message 1 has no 'prise'; it has req_id, kind, price"),
        ("alter", {"message": 1, "values": {"price": "x"}}, "'price' can't be 'x'"),
        ("alter", {"message": 999, "values": {"price": 1}}, "no message 999"),
        ("raw", {}, "'hex' or 'fields'"),
        ("greet", {"hex": "00", "at": "noon"}, "connect or hello"),
        ("hangup", {"count": -1}, "0 or more"),
        ("version", {"max": 0}, "server version"),
    ],
)
async def test_a_verb_that_makes_no_sense_is_refused_in_plain_words(
    verb: str, arguments: dict[str, Any], words: str
) -> None:
    async with gateway() as server:
        with pytest.raises(AssertionError, match=words):
            await control(server, verb, **arguments)
        await asyncio.sleep(0)
