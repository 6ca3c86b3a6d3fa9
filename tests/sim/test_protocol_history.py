"""Bars and head timestamps, as ib_insync reads them."""

import asyncio
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from ib_insync import IB, BarDataList, Contract, Crypto, RequestError, Stock

from ibtui.clock import NS
from ibtui.market.bars import BAR_SIZES
from ibtui.sim.history_request import BadHistoryError, parse_time, start_of
from ibtui.sim.night_calendars import CRYPTO, FOREX, FUTURES
from ibtui.sim.trading_days import Calendar
from tests.sim.protocol_rig import bare, client, control, gateway

END = "20260310 10:00:00 US/Eastern"


async def spy(ib: IB) -> Contract:
    (contract,) = await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD"))
    return contract


async def bars(ib: IB, size: str, duration: str, **options: object) -> BarDataList:
    request = {"endDateTime": END, "whatToShow": "TRADES", "useRTH": True, "formatDate": 2, "timeout": 20, **options}
    return await ib.reqHistoricalDataAsync(
        await spy(ib), durationStr=duration, barSizeSetting=size, **request  # type: ignore[arg-type]
    )  # fmt: skip


async def test_every_bar_size_comes_in_order_and_on_its_grid() -> None:
    async with gateway() as server, client(server) as ib:
        for size in BAR_SIZES:
            duration = DAILY[size.text] if size.daily else size.duration(min(size.longest, 40 * size.seconds))
            found = await bars(ib, size.text, duration)
            assert len(found) > 1, size
            starts = [bar.date for bar in found]
            assert starts == sorted(set(starts)), size
            for bar in found:
                assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high, size
                assert bar.low <= bar.average <= bar.high, size
                assert bar.volume > 0, size
                # A session's first bar may be short.
                if not size.daily and size.seconds <= 3600 and bar.date.minute != 30:
                    assert bar.date.timestamp() % size.seconds == 0, size


DAILY = {"1 day": "20 D", "1 week": "3 W", "1 month": "2 M"}
"""How much is asked for of the sizes that know no hours: every day in it is drawn minute by minute."""


@pytest.mark.parametrize("version", [157, 176])
async def test_both_date_formats_name_the_same_instants(version: int) -> None:
    async with gateway() as server, client(server, version=version) as ib:
        zoned = await bars(ib, "5 mins", "1 D", formatDate=1)
        seconds = await bars(ib, "5 mins", "1 D", formatDate=2)
        assert [bar.date.astimezone(UTC) for bar in zoned] == [bar.date for bar in seconds]
        assert str(zoned[0].date.tzinfo) == "US/Eastern"


async def test_daily_bars_carry_dates_in_both_formats() -> None:
    async with gateway() as server, client(server) as ib:
        for format_date in (1, 2):
            found = await bars(ib, "1 day", "5 D", formatDate=format_date, endDateTime="20260309 23:00:00 US/Eastern")
            assert found[-1].date == date(2026, 3, 9)
            assert date(2026, 3, 7) not in [bar.date for bar in found]


@pytest.mark.parametrize("what", ["MIDPOINT", "BID", "ASK", "BID_ASK"])
async def test_bars_of_quotes_have_no_volume(what: str) -> None:
    async with gateway() as server, client(server) as ib:
        found = await bars(ib, "1 min", "3600 S", whatToShow=what)
        assert {(bar.volume, bar.average, bar.barCount) for bar in found} == {(-1, -1, -1)}


async def test_regular_hours_and_all_hours_differ() -> None:
    async with gateway() as server, client(server) as ib:
        end = "20260309 20:00:00 US/Eastern"
        regular = await bars(ib, "30 mins", "1 D", endDateTime=end)
        everything = await bars(ib, "30 mins", "1 D", endDateTime=end, useRTH=False)
        opening = datetime(2026, 3, 9, 13, 30, tzinfo=UTC)
        assert opening in [bar.date for bar in regular]
        assert {bar.date for bar in regular} < {bar.date for bar in everything}


async def test_overlapping_requests_agree() -> None:
    async with gateway() as server, client(server) as ib:
        long = {bar.date: bar for bar in await bars(ib, "1 min", "7200 S")}
        short = await bars(ib, "1 min", "1800 S")
        assert short
        assert [long[bar.date] for bar in short] == list(short)


async def test_history_ends_in_the_bar_that_is_running_now() -> None:
    async with gateway() as server, client(server) as ib:
        found = await bars(ib, "1 min", "1800 S", endDateTime="")
        now = datetime.fromtimestamp(server.gateway.exchange.now_ns / NS, UTC)
        assert timedelta(0) <= now - found[-1].date < timedelta(minutes=2)


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (
            {"endDateTime": "20260308 12:00:00 US/Eastern", "duration": "3600 S"},
            162,
            "HMDS query returned no data: SPY",
        ),
        ({"endDateTime": "someday"}, 10314, "End Date/Time"),
        ({"duration": "5 X"}, 321, "no duration"),
        ({"duration": "90000 S"}, 321, "longer than"),
        ({"size": "7 mins"}, 321, "bar size setting is invalid"),
        ({"whatToShow": "GOSSIP"}, 321, "GOSSIP"),
        ({"keepUpToDate": True}, 321, "keep up to date"),
        ({"endDateTime": "", "keepUpToDate": True, "size": "1 secs"}, 321, "keep up to date"),
    ],
)
async def test_what_can_not_be_answered_gets_ibs_error(options: dict[str, object], code: int, words: str) -> None:
    async with gateway() as server, client(server) as ib:
        size, duration = str(options.pop("size", "1 min")), str(options.pop("duration", "3600 S"))
        with pytest.raises(RequestError, match=words) as caught:
            await bars(ib, size, duration, **options)
        assert caught.value.code == code


async def test_the_head_timestamp_comes_in_both_formats() -> None:
    async with gateway() as server, client(server) as ib:
        contract = await spy(ib)
        as_text = await ib.reqHeadTimeStampAsync(contract, "TRADES", True, 1)
        as_seconds = await ib.reqHeadTimeStampAsync(contract, "TRADES", True, 2)
        assert as_text.replace(tzinfo=UTC) == as_seconds
        assert as_seconds.year < 2026


@pytest.mark.no_cover  # the tracer takes longer than what it traces, and the request has to be a long one
async def test_a_long_request_holds_nobody_up() -> None:
    async with gateway() as server, client(server) as ib, bare(server) as raw:
        await raw.start(2)
        half_a_year = asyncio.ensure_future(bars(ib, "1 day", "6 M"))
        started = time.perf_counter()
        waits = []
        while not half_a_year.done():
            before = time.perf_counter()
            raw.ask("49", "1")
            await raw.read_until("49")
            waits.append(time.perf_counter() - before)
        assert len(await half_a_year) > 120
        assert max(waits) < (time.perf_counter() - started) / 3, f"{len(waits)} heartbeats were answered meanwhile"


async def test_a_cancelled_request_is_given_up() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        contract = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", "0"]
        raw.ask("20", "5", *contract, "", "1 day", "1 Y", "1", "TRADES", "1", "0", "")
        raw.ask("25", "1", "5")
        assert (await raw.read())[2:4] == ["5", "162"]
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"


async def test_bars_are_counted_by_symbol() -> None:
    async with gateway() as server, client(server) as ib:
        found = await bars(ib, "1 min", "3600 S")
        sent = (await control(server, "stats"))["sent"]
        assert sent["bars"] == {"SPY": len(found)}
        assert sent["17"] == 1


async def test_a_cancel_of_history_is_passed_over() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("25", "1", "5")
        raw.ask("90", "5")
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * NS  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 5),
        ("20260310 10:00:00 US/Eastern", at(2026, 3, 10, 14)),
        ("20260310 10:00:00", at(2026, 3, 10, 14)),
        ("20260310-10:00:00", at(2026, 3, 10, 10)),
        ("20260310 10:00:00 UTC", at(2026, 3, 10, 10)),
        ("20260310  10:00:00 Europe/Berlin", at(2026, 3, 10, 9)),
    ],
)
def test_times_are_read_in_all_the_ways_clients_write_them(text: str, expected: int) -> None:
    assert parse_time(text, 5) == expected


@pytest.mark.parametrize("text", ["x", "20261310 10:00:00", "20260310 10:00:00 Nowhere/City", "20260310"])
def test_a_time_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadHistoryError):
        parse_time(text, 5)


@pytest.mark.parametrize(
    ("end", "duration", "start"),
    [
        (at(2026, 3, 10, 20), "60 S", at(2026, 3, 10, 19, 59)),
        (at(2026, 3, 8, 20), "2 D", at(2026, 3, 5, 5)),  # two trading days before a Sunday: Thursday midnight, New York
        (at(2026, 3, 10, 20), "1 W", at(2026, 3, 3, 20)),
        (at(2026, 3, 31, 20), "1 M", at(2026, 2, 28, 21)),  # 16:00 in New York, on both sides of the clock change
        (at(2026, 3, 10, 20), "1 Y", at(2025, 3, 10, 20)),
    ],
)
def test_a_duration_reaches_back_as_ib_counts_it(end: int, duration: str, start: int) -> None:
    assert start_of(end, duration) == start


@pytest.mark.parametrize(
    ("calendar", "end", "start"),
    [
        (CRYPTO, at(2026, 3, 15, 16), at(2026, 3, 14, 16)),  # a Sunday: it traded all day before
        (FUTURES, at(2026, 3, 10, 16), at(2026, 3, 9, 16)),
        (FUTURES, at(2026, 3, 10, 23), at(2026, 3, 9, 23)),  # Wednesday's session has begun at 18:00 New York time
        (FUTURES, at(2026, 3, 15, 16), at(2026, 3, 12, 22)),  # a Sunday before the evening: Friday's whole session
        (FOREX, at(2026, 3, 15, 16), at(2026, 3, 12, 21) + 15 * 60 * NS),
    ],
)
def test_a_day_of_history_is_a_day_of_the_contract_s_own_market(calendar: Calendar, end: int, start: int) -> None:
    assert start_of(end, "1 D", calendar) == start


async def test_a_month_of_bars_is_written_with_a_capital() -> None:
    async with gateway() as server, client(server) as ib:
        months, minutes = await bars(ib, "1M", "2 M"), await bars(ib, "1m", "600 S")
        assert [str(bar.date)[-2:] for bar in months] == ["01"] * len(months)
        assert 2 <= len(months) <= 3
        assert minutes[1].date - minutes[0].date == timedelta(minutes=1)


async def test_trades_of_crypto_currencies_are_had_by_ibs_word_for_them() -> None:
    async with gateway() as server, client(server) as ib:
        (btc,) = await ib.qualifyContractsAsync(Crypto("BTC", "PAXOS", "USD"))
        request = {"endDateTime": "20260308 12:00:00 US/Eastern", "durationStr": "1 D", "barSizeSetting": "1 hour"}
        found = await ib.reqHistoricalDataAsync(btc, whatToShow="AGGTRADES", useRTH=False, timeout=20, **request)
        assert len(found) == 24  # of a Saturday and a Sunday
        with pytest.raises(RequestError, match="321"):
            await bars(ib, "1 hour", "1 D", whatToShow="AGGTRADES")
