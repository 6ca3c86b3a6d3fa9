"""Every fault that the control port can bring about, as a client meets it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from ib_insync import IB, Contract, LimitOrder, MarketOrder

from ibtui.sim.server import RunningGateway
from tests.conftest import until
from tests.sim.protocol_rig import SPY, bare, client, control, gateway

WHERE = {"symbol": "SPY"}


@asynccontextmanager
async def session(**options: Any) -> AsyncIterator[tuple[RunningGateway, IB, Contract, list[tuple[int, int, str]]]]:
    """A client, SPY, and the messages that the client was told."""
    async with gateway(**options) as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        told: list[tuple[int, int, str]] = []
        ib.errorEvent += lambda req_id, code, text, _: told.append((req_id, code, text))
        (contract,) = await ib.qualifyContractsAsync(SPY)
        yield server, ib, contract, told


def codes(told: list[tuple[int, int, str]]) -> list[int]:
    return [code for _, code, _ in told]


async def test_a_wedged_gateway_accepts_and_never_greets_until_it_is_told_to() -> None:
    async with gateway() as server, bare(server) as before:
        await before.start(1)
        await control(server, "wedge")
        async with bare(server) as raw:
            raw.write(b"API\0\0\0\0\tv157..176")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(raw.read(), 0.15)
            before.ask("49", "1")
            assert (await before.read_until("49"))[0] == "49"
            await control(server, "wedge", seconds=0)
            assert (await raw.read())[0] == "176"


async def test_a_restart_resets_refuses_says_in_use_lowers_ids_and_flaps() -> None:
    async with session() as (server, ib, contract, _):
        ib.placeOrder(contract, LimitOrder("BUY", 1, 1.0, tif="GTC", orderRef="LIVES"))
        await until(lambda: [trade.orderStatus.status for trade in ib.trades()] == ["Submitted"])
        await control(server, "restart", seconds=0.2, next_valid_id=2, in_use=2)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(server.host, server.port)
        await until(lambda: not ib.isConnected())
        await asyncio.sleep(0.3)
        for _turn in range(2):
            async with bare(server) as raw:
                await raw.hello()
                raw.ask("71", "2", "1", "")
                assert (await raw.read_until("4"))[3] == "326"
                assert await raw.closed()
        told: list[int] = []
        async with client(server, told=lambda _id, code, *_: told.append(code)) as again:
            async with bare(server) as other:
                assert ["9", "1", "2"] in await other.start(3)
            assert [trade.order.orderRef for trade in again.openTrades()] == ["LIVES"]
            await until(lambda: told.count(2103) == 3 and told.count(2104) >= 3, what="the farm has flapped")


async def test_upstream_lost_and_restored_keeps_streams_and_hands_out_what_was_missed() -> None:
    async with session() as (server, ib, contract, told):
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.bid > 0)
        resting = ib.placeOrder(contract, LimitOrder("BUY", 5, round(ticker.bid - 2, 2)))
        await until(lambda: resting.orderStatus.status == "Submitted")
        await control(server, "upstream", state="lost")
        await until(lambda: codes(told) == [1100])
        seen = ticker.time
        await control(server, "price", **WHERE, ask=round(resting.order.lmtPrice - 1, 2))
        sent_while_lost = ib.placeOrder(contract, LimitOrder("BUY", 3, 1.0, orderRef="WAITS"))
        await ib.reqCurrentTimeAsync()
        assert ticker.time == seen
        assert (resting.orderStatus.status, sent_while_lost.orderStatus.status) == ("Submitted", "PendingSubmit")

        await control(server, "upstream", state="restored")
        await until(lambda: resting.orderStatus.status == "Filled", what="the fill that was missed is told")
        await until(lambda: sent_while_lost.orderStatus.status == "Submitted", what="the kept order goes on")
        await until(lambda: ticker.time != seen, what="quotes come again")
        assert codes(told) == [1100, 1102]
        stats = await control(server, "stats")
        assert [each["placed_count"] for each in stats["orders"] if each["order_ref"] == "WAITS"] == [1]


async def test_upstream_that_loses_data_ends_streams_and_may_lose_orders() -> None:
    async with session() as (server, ib, contract, told):
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.bid > 0)
        await control(server, "upstream", state="lost", keep_orders=False)
        lost = ib.placeOrder(contract, LimitOrder("BUY", 3, 1.0, orderRef="LOST"))
        await ib.reqCurrentTimeAsync()
        await control(server, "upstream", state="restored_data_lost")
        await until(lambda: codes(told) == [1100, 1101])
        stats = await control(server, "stats")
        assert (stats["subscriptions"], stats["orders"]) == ([], [])
        assert lost.orderStatus.status == "PendingSubmit"


@pytest.mark.parametrize(
    ("name", "state", "code"),
    [
        ("usfarm", "broken", 2103),
        ("usfarm", "ok", 2104),
        ("eufarm", "inactive", 2108),
        ("ushmds", "broken", 2105),
        ("ushmds", "ok", 2106),
        ("ushmds", "inactive", 2107),
        ("secdefnj", "broken", 2157),
        ("secdefnj", "ok", 2158),
    ],
)
async def test_each_farm_has_its_codes(name: str, state: str, code: int) -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        assert (await control(server, "farm", name=name, state=state))["code"] == code
        fields = await raw.read_until("4")
        assert fields[3] == str(code)
        assert fields[4].endswith(name)


async def test_a_broken_farm_stops_its_data_only() -> None:
    async with session() as (server, ib, contract, told):
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.bid > 0)
        await control(server, "farm", name="usfarm", state="broken")
        await ib.reqCurrentTimeAsync()
        seen = ticker.time
        bars = await ib.reqHistoricalDataAsync(contract, "", "1 D", "1 hour", "TRADES", useRTH=True)
        assert bars
        assert ticker.time == seen
        async with bare(server) as late:
            assert "2103" in [fields[3] for fields in await late.start(9) if fields[0] == "4"]
        await control(server, "farm", name="ushmds", state="broken")
        assert not await ib.reqHistoricalDataAsync(contract, "", "1 D", "1 hour", "TRADES", useRTH=True)
        assert 162 in codes(told)
        await control(server, "farm", name="usfarm", state="ok")
        await until(lambda: ticker.time != seen, what="quotes come again")


async def test_reject_refuses_the_next_orders_and_cancels_with_any_code() -> None:
    async with session() as (server, ib, contract, told):
        await control(server, "reject", code=201, text="Order rejected - reason:because", count=2)
        trades = [ib.placeOrder(contract, LimitOrder("BUY", 1, 1.0, orderRef=f"R{n}")) for n in range(3)]
        await until(lambda: trades[2].orderStatus.status == "Submitted")
        assert told[:2] == [(trade.order.orderId, 201, "Order rejected - reason:because") for trade in trades[:2]]
        await control(server, "reject", code=10148, text="can not be cancelled", request="cancel")
        ib.cancelOrder(trades[2].order)
        await until(lambda: 10148 in codes(told))
        orders = {order["order_ref"]: order for order in (await control(server, "stats"))["orders"]}
        assert [orders[f"R{n}"]["status"] for n in range(3)] == ["Inactive", "Inactive", "Submitted"]
        ib.cancelOrder(trades[2].order)
        await until(lambda: 202 in codes(told))


async def test_messages_are_muted_delayed_and_doubled_by_number_and_count() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "mute", message=49, count=1)
        raw.ask("49", "1")
        raw.ask("8", "1", "1")
        assert (await raw.read())[0] == "9"
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"

        await control(server, "delay", message=49, ms=100, count=1)
        raw.ask("49", "1")
        raw.ask("8", "1", "1")
        await raw.read_until("9")
        assert (await raw.read())[0] == "49"

        await control(server, "duplicate", message=9, count=1)
        raw.ask("8", "1", "1")
        assert [(await raw.read())[0] for _ in range(2)] == ["9", "9"]

        await control(server, "mute", message=49)
        raw.ask("49", "1")
        raw.ask("8", "1", "1")
        assert (await raw.read())[0] == "9"
        await control(server, "mute", message=49, count=0)
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"
        assert (await control(server, "stats"))["sent"]["49"] == 3


async def test_a_mute_can_concern_one_request() -> None:
    async with session() as (server, ib, contract, _):
        muted, heard = ib.reqMktData(contract), ib.reqTickByTickData(contract, "BidAsk")
        await until(lambda: muted.bid > 0)
        req_id = ib.wrapper.ticker2ReqId["mktData"][muted]
        for number in (1, 2, 45, 46):
            await control(server, "mute", message=number, id=req_id)
        before = (await control(server, "stats"))["sent"]
        await until(lambda: len(heard.tickByTicks) > 0)
        after = (await control(server, "stats"))["sent"]
        assert [after[n] - before[n] for n in ("1", "2")] == [0, 0]


async def test_raw_bytes_reach_the_wire_as_they_are() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "raw", hex="00000006" + b"zz\0yy\0".hex())
        assert await raw.read() == ["zz", "yy"]


@pytest.mark.parametrize(("done", "placed"), [(True, 1), (False, 0)])
async def test_the_link_is_lost_on_an_order_that_lives_or_does_not(done: bool, placed: int) -> None:
    async with session() as (server, ib, contract, _):
        await control(server, "drop", how="rst", on=3, done=done)
        trade = ib.placeOrder(contract, LimitOrder("BUY", 1, 1.0, orderRef="LOST"))
        await until(lambda: not ib.isConnected())
        assert trade.orderStatus.status == "PendingSubmit"
        assert len((await control(server, "stats"))["orders"]) == placed


async def test_print_halt_and_resume_steer_the_market() -> None:
    async with session() as (server, ib, contract, told):
        ticker = ib.reqMktData(contract)
        await until(lambda: ticker.bid > 0)
        await control(server, "market", running=False)
        await control(server, "print", **WHERE, price=ticker.ask, size=777)
        await until(lambda: (ticker.last, ticker.lastSize) == (ticker.ask, 777))
        await control(server, "halt", **WHERE)
        await until(lambda: ticker.halted == 1)
        trade = ib.placeOrder(contract, MarketOrder("BUY", 1))
        await until(lambda: trade.orderStatus.status == "PreSubmitted")
        await control(server, "resume", **WHERE)
        await until(lambda: trade.orderStatus.status == "Filled")
        assert ticker.halted == 0
        before = ticker.bid
        await control(server, "price", **WHERE, percent=-5)
        await until(lambda: ticker.bid == round(before * 0.95, 2))
        assert not told


async def test_a_reset_book_is_sent_whole_again() -> None:
    async with session() as (server, ib, contract, told):
        ticker = ib.reqMktDepth(contract, isSmartDepth=True)
        await until(lambda: len(ticker.domBids) == 5)
        await control(server, "market", running=False)
        await ib.reqCurrentTimeAsync()
        book = [(row.price, row.size, row.marketMaker) for row in [*ticker.domBids, *ticker.domAsks]]
        assert (await control(server, "depth_reset", **WHERE))["reset"] == 1
        await until(lambda: 317 in codes(told))
        await ib.reqCurrentTimeAsync()
        assert [(row.price, row.size, row.marketMaker) for row in [*ticker.domBids, *ticker.domAsks]] == book


async def test_accounts_are_renamed_for_who_is_connected_and_who_comes() -> None:
    async with session() as (server, ib, _, __):
        await control(server, "accounts", ids="DUSIM0002,DUSIM0003")
        await until(lambda: ib.managedAccounts() == ["DUSIM0002", "DUSIM0003"])
        async with client(server, client_id=2) as other:
            assert other.managedAccounts() == ["DUSIM0002", "DUSIM0003"]


@pytest.mark.parametrize(
    ("verb", "arguments", "words"),
    [
        ("upstream", {"state": "gone"}, "state must be lost, restored or restored_data_lost"),
        ("raw", {"hex": "xyz"}, "hexadecimal"),
        ("mute", {"message": 1, "count": -1}, "0 or more"),
        ("print", {"symbol": "SPY", "price": 0}, "above zero"),
        ("accounts", {"ids": ""}, "account ids"),
        ("reject", {"request": "modify"}, "place, cancel, data or what_if"),
        ("restart", {"next_valid_id": 0}, "1 or more"),
    ],
)
async def test_a_verb_that_makes_no_sense_is_refused_in_plain_words(
    verb: str, arguments: dict[str, Any], words: str
) -> None:
    async with gateway() as server:
        with pytest.raises(AssertionError, match=words):
            await control(server, verb, **arguments)
