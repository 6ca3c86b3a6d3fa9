"""Historical ticks, histogram, schedule and scanner, as ib_insync reads them."""

import asyncio
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any

import pytest
from ib_insync import IB, Contract, RequestError, ScannerSubscription, Stock

from tests.sim.protocol_rig import SPY, bare, client, control, gateway

TEN = "20260310 10:00:00 US/Eastern"
UTC_TEN = datetime(2026, 3, 10, 14, tzinfo=UTC)


async def qualified(ib: IB, contract: Contract = SPY) -> Contract:
    (contract,) = await ib.qualifyContractsAsync(contract)
    return contract


async def ticks(ib: IB, what: str, *, start: str = "", end: str = "", count: int = 100, **options: Any) -> list[Any]:
    contract = options.pop("contract", None) or await qualified(ib)
    use_rth, ignore_size = options.pop("use_rth", True), options.pop("ignore_size", False)
    found: list[Any] = await ib.reqHistoricalTicksAsync(contract, start, end, count, what, use_rth, ignore_size)
    return found


@pytest.mark.parametrize("what", ["TRADES", "BID_ASK", "MIDPOINT"])
async def test_ticks_come_from_either_end_in_whole_seconds(what: str) -> None:
    async with gateway() as server, client(server) as ib:
        after, before = await ticks(ib, what, start=TEN), await ticks(ib, what, end=TEN)
        assert min(len(after), len(before)) >= 100
        assert after[0].time >= UTC_TEN > before[-1].time
        for found in (after, before):
            assert [each.time for each in found] == sorted(each.time for each in found)
        assert all(each.time == after[99].time for each in after[100:])
        assert all(each.time == before[-100].time for each in before[:-100])
        for k in range(2):  # one that goes on from where the first ended has nothing twice and leaves nothing out
            rest = await ticks(ib, what, start=f"{after[50 + k].time:%Y%m%d-%H:%M:%S}", count=200)
            assert rest[: len(after) // 3] == [each for each in after if each.time >= rest[0].time][: len(after) // 3]


@pytest.mark.parametrize(("kind", "what"), [("AllLast", "TRADES"), ("BidAsk", "BID_ASK"), ("MidPoint", "MIDPOINT")])
async def test_ticks_of_the_past_are_those_that_were_sent_live(kind: str, what: str) -> None:
    async with gateway(speed=0, start="2026-03-10T10:29:59") as server, client(server) as ib:
        contract = await qualified(ib)
        stream = ib.reqTickByTickData(contract, kind)
        live: list[Any] = []
        stream.updateEvent += lambda ticker: live.extend(ticker.tickByTicks)
        await ib.reqCurrentTimeAsync()
        await asyncio.sleep(0.01)
        live.clear()
        await control(server, "clock", at="2026-03-10T10:30:40")
        await ib.reqCurrentTimeAsync()
        past = await ticks(ib, what, start="20260310 10:30:00 US/Eastern", count=1000, contract=contract)
        assert len(past) > 20
        if what == "TRADES":
            known = [(each.price, each.size, each.exchange, each.specialConditions) for each in past]
            told = [(each.price, each.size, each.exchange, each.specialConditions) for each in live]
        elif what == "MIDPOINT":
            known = [each.price for each in past]  # type: ignore[misc]
            told = [each.midPoint for each in live]  # type: ignore[misc]
        else:
            known = [(each.priceBid, each.priceAsk, each.sizeBid, each.sizeAsk) for each in past]
            told = [(each.bidPrice, each.askPrice, each.bidSize, each.askSize) for each in live]
        assert told[-len(known) :] == known


async def test_ticks_of_a_minute_that_was_steered_are_what_happened() -> None:
    async with gateway(speed=0) as server, client(server) as ib:
        contract = await qualified(ib)
        ib.reqMktData(contract)
        await ib.reqCurrentTimeAsync()
        await control(server, "price", symbol="SPY", last=700.0)
        await control(server, "clock", at="2026-03-10T10:30:20")
        found = await ticks(ib, "TRADES", end="20260310 10:30:20 US/Eastern", count=1000, contract=contract)
        assert 700.0 in [each.price for each in found]


async def test_quotes_can_leave_changes_of_size_out() -> None:
    async with gateway() as server, client(server) as ib:
        found = await ticks(ib, "BID_ASK", start=TEN, ignore_size=True)
        prices = [(each.priceBid, each.priceAsk) for each in found]
        assert all(one != other for one, other in pairwise(prices))


async def test_regular_hours_only_leaves_the_night_out() -> None:
    async with gateway() as server, client(server) as ib:
        start = "20260309 15:59:50 US/Eastern"
        regular = await ticks(ib, "TRADES", start=start, count=200)
        everything = await ticks(ib, "TRADES", start=start, count=200, use_rth=False)
        closing = datetime(2026, 3, 9, 20, tzinfo=UTC)
        assert next(each.time for each in everything if each.time >= closing).date() == date(2026, 3, 9)
        assert {each.time.astimezone(UTC).date() for each in regular} == {date(2026, 3, 9), date(2026, 3, 10)}
        assert all(each.tickAttribLast.unreported == ("I" in each.specialConditions) for each in everything)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"what": "GOSSIP", "end": TEN}, "GOSSIP"),
        ({"what": "TRADES"}, "Either start or end"),
        ({"what": "TRADES", "end": TEN, "count": 1001}, "number of ticks"),
    ],
)
async def test_ticks_that_can_not_be_had_get_ibs_error(options: dict[str, Any], words: str) -> None:
    async with gateway() as server, client(server) as ib:
        with pytest.raises(RequestError, match=words) as caught:
            await ticks(ib, **options)
        assert caught.value.code == 321


async def test_a_future_without_ticks_is_an_empty_answer() -> None:
    async with gateway() as server, client(server) as ib:
        assert await ticks(ib, "TRADES", start="20260310 15:00:00 US/Eastern") == []


async def test_a_histogram_has_the_volume_of_its_bars() -> None:
    async with gateway(speed=0) as server, client(server) as ib:
        contract = await qualified(ib)
        rows = await ib.reqHistogramDataAsync(contract, True, "2 days")
        bars = await ib.reqHistoricalDataAsync(contract, "", "2 D", "1 min", "TRADES", True, 2)
        assert sum(row.count for row in rows) == sum(bar.volume for bar in bars)
        assert [row.price for row in rows] == sorted({row.price for row in rows})
        assert min(bar.low for bar in bars) <= rows[0].price <= rows[-1].price <= max(bar.high for bar in bars)
        with pytest.raises(RequestError, match="no period"):
            await ib.reqHistogramDataAsync(contract, True, "often")


async def test_a_schedule_names_sessions_early_closes_and_no_holidays() -> None:
    async with gateway() as server, client(server) as ib:
        contract = await qualified(ib)
        found = await ib.reqHistoricalScheduleAsync(contract, 3, "20251201-12:00:00", True)
        assert found.timeZone == "US/Eastern"
        assert [(each.refDate, each.startDateTime, each.endDateTime) for each in found.sessions] == [
            ("20251125", "20251125-09:30:00", "20251125-16:00:00"),
            ("20251126", "20251126-09:30:00", "20251126-16:00:00"),
            ("20251128", "20251128-09:30:00", "20251128-13:00:00"),
        ]
        everything = await ib.reqHistoricalScheduleAsync(contract, 1, "20251127-12:00:00", False)
        assert everything.startDateTime == "20251126-04:00:00"
        assert everything.endDateTime == "20251126-20:00:00"


async def test_scans_are_sorted_by_what_they_look_for() -> None:
    async with gateway() as server, client(server) as ib:
        codes = ("TOP_PERC_GAIN", "TOP_PERC_LOSE", "MOST_ACTIVE")
        found = {}
        for code in codes:
            wanted = ScannerSubscription(numberOfRows=10, instrument="STK", locationCode="STK.US.MAJOR", scanCode=code)
            found[code] = [each.contractDetails.contract for each in await ib.reqScannerDataAsync(wanted)]
        assert {len(each) for each in found.values()} == {10}
        assert "SPY" in [each.symbol for each in found["MOST_ACTIVE"]]
        moves = {}
        for code in codes[:2]:
            for each in found[code]:
                bars = await ib.reqHistoricalDataAsync(
                    Stock(each.symbol, "SMART", "USD"), "", "2 D", "1 day", "TRADES", True, 2
                )
                moves[code, each.symbol] = bars[-1].close / bars[-2].close
        assert min(moves[codes[0], each.symbol] for each in found[codes[0]]) > 1
        assert max(moves[codes[1], each.symbol] for each in found[codes[1]]) < 1


async def test_a_scan_looks_where_and_in_the_range_it_is_told_to() -> None:
    async with gateway() as server, client(server) as ib:
        wanted = ScannerSubscription(
            instrument="ETF.EQ.US", locationCode="ETF.EQ.US.MAJOR", scanCode="MOST_ACTIVE", abovePrice=100
        )
        rows = await ib.reqScannerDataAsync(wanted)
        symbols = {each.contractDetails.contract.symbol for each in rows}
        assert "SPY" in symbols
        assert not symbols & {"XLF", "AAPL"}
        for wrong in ({"scanCode": "HOT_BY_GOSSIP"}, {"locationCode": "STK.MARS"}):
            with pytest.raises(RequestError, match="No scanner subscription"):
                await ib.reqScannerDataAsync(
                    ScannerSubscription(**{"locationCode": "STK.US", "scanCode": "MOST_ACTIVE", **wrong})
                )
        assert "TOP_PERC_LOSE" in await ib.reqScannerParametersAsync()


async def test_a_scan_goes_on_every_half_minute_until_it_is_cancelled() -> None:
    async with gateway(speed=0) as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("22", "5", "3", "STK", "STK.US", "MOST_ACTIVE", *[""] * 19)
        assert (await raw.read())[:4] == ["20", "3", "5", "3"]
        await control(server, "clock", at="2026-03-10T10:30:31")
        assert (await raw.read())[:4] == ["20", "3", "5", "3"]
        raw.ask("23", "1", "5")
        assert (await raw.read())[2:4] == ["5", "162"]
