"""Contracts that are no shares: found, described, quoted and remembered as a real gateway does it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import IB, Contract, Crypto, Forex, Future, Index, Option, RequestError, Stock

from ibtui.clock import NS
from ibtui.market.hours import is_open, parse_hours
from ibtui.sim.night_calendars import CRYPTO, FOREX, FUTURES, REGULAR_ONLY
from ibtui.sim.option_values import expiry_minute, option_price, third_fridays
from ibtui.sim.trading_days import SHARES, Calendar
from ibtui.sim.universe import default_universe
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, gateway

ES, SPX, EUR = Future("ES", exchange="CME"), Index("SPX", "CBOE"), Forex("EURUSD")
BTC, CALL = Crypto("BTC", "PAXOS", "USD"), Option("SPY", "20260417", 640, "C", "SMART")
SUNDAY_EVENING, SATURDAY = "2026-03-08T18:30:00", "2026-03-07T12:00:00"


async def first(ib: IB, contract: Contract) -> Any:
    return (await ib.reqContractDetailsAsync(contract))[0]


@pytest.mark.parametrize(
    ("contract", "local_symbol", "tick", "multiplier", "zone"),
    [
        (ES, "ESH6", 0.25, "50", "US/Central"),
        (SPX, "SPX", 0.01, "", "US/Central"),
        (EUR, "EUR.USD", 0.00005, "", "US/Eastern"),
        (BTC, "BTC.USD", 0.25, "", "US/Eastern"),
        (CALL, "SPY   260417C00640000", 0.01, "100", "US/Eastern"),
    ],
)
async def test_every_kind_is_found_described_and_has_a_market_rule(
    contract: Contract, local_symbol: str, tick: float, multiplier: str, zone: str
) -> None:
    async with gateway() as server, client(server) as ib:
        found = await first(ib, contract)
        assert (found.contract.localSymbol, found.contract.multiplier) == (local_symbol, multiplier)
        assert (found.minTick, found.timeZoneId) == (tick, zone)
        rule = await ib.reqMarketRuleAsync(int(found.marketRuleIds.split(",")[0]))
        assert rule[0].increment == tick
        assert (await first(ib, Contract(conId=found.contract.conId))).contract == found.contract
        assert (await first(ib, Contract(secType=contract.secType, localSymbol=local_symbol))).contract.conId == (
            found.contract.conId
        )
        sessions = parse_hours(found.tradingHours, found.timeZoneId)
        assert is_open(sessions, server.gateway.exchange.now_ns)


@pytest.mark.parametrize("contract", [ES, EUR, BTC, CALL])
async def test_every_kind_is_quoted_on_its_increments(contract: Contract) -> None:
    async with gateway() as server, client(server) as ib:
        found = await first(ib, contract)
        ticker = ib.reqMktData(found.contract)
        await until(lambda: ticker.bid == ticker.bid and ticker.ask == ticker.ask)
        assert 0 < ticker.bid < ticker.ask
        assert ticker.bid / found.minTick == pytest.approx(round(ticker.bid / found.minTick), abs=1e-6)
        assert (ticker.last == ticker.last) == (contract.secType != "CASH")


async def test_an_index_has_a_last_price_and_no_quote() -> None:
    async with gateway() as server, client(server) as ib:
        ticker = ib.reqMktData((await first(ib, SPX)).contract)
        await until(lambda: ticker.close == ticker.close)
        await ib.reqCurrentTimeAsync()
        assert ticker.last > 1000
        assert ticker.bid != ticker.bid
        assert ticker.volume != ticker.volume


@pytest.mark.parametrize(
    ("start", "contract", "trades"),
    [
        (SUNDAY_EVENING, ES, True),
        (SUNDAY_EVENING, EUR, True),
        (SUNDAY_EVENING, SPY, False),
        (SATURDAY, BTC, True),
        (SATURDAY, EUR, False),
        (SATURDAY, ES, False),
    ],
)
async def test_each_kind_keeps_its_own_hours(start: str, contract: Contract, trades: bool) -> None:
    async with gateway(start=start) as server, client(server) as ib:
        found = await first(ib, contract)
        now_ns = server.gateway.exchange.now_ns
        assert is_open(parse_hours(found.tradingHours, found.timeZoneId), now_ns) is trades
        assert server.gateway.exchange.is_open(found.contract.conId) is trades
        past = (
            await ib.reqHistoricalDataAsync(found.contract, "", "1800 S", "1 min", "MIDPOINT", False, 2)
            if trades
            else []
        )
        assert len(past) == (30 if trades else 0)


async def test_the_evening_belongs_to_the_day_that_follows() -> None:
    async with gateway(start=SUNDAY_EVENING) as server, client(server) as ib:
        contract = (await first(ib, EUR)).contract
        found = await ib.reqHistoricalScheduleAsync(contract, 1, "", True)
        (session,) = found.sessions
        assert (session.refDate, session.startDateTime) == ("20260309", "20260308-17:15:00")
        hours = await ib.reqHistoricalDataAsync(
            contract, "20260307 00:00:00 US/Eastern", "2 D", "1 hour", "MIDPOINT", True, 2
        )
        assert hours[-1].date < datetime(2026, 3, 6, 22, tzinfo=UTC)
        assert [one.date for one in hours] == sorted({one.date for one in hours})


async def test_a_future_goes_where_its_index_goes() -> None:
    async with gateway() as server, client(server) as ib:
        closes = []
        for contract in (ES, SPX):
            bars = await ib.reqHistoricalDataAsync(
                (await first(ib, contract)).contract,
                "20260310 10:30:00 US/Eastern",
                "3600 S",
                "5 mins",
                "TRADES",
                True,
                2,
            )
            closes.append([bar.close / bars[0].close for bar in bars])
        assert len(closes[0]) == len(closes[1]) == 12
        assert closes[0] == pytest.approx(closes[1], abs=0.002)


async def test_currencies_have_no_trades_in_the_past() -> None:
    async with gateway() as server, client(server) as ib:
        contract = (await first(ib, EUR)).contract
        with pytest.raises(RequestError, match="EUR/CASH@IDEALPRO"):
            await ib.reqHistoricalDataAsync(contract, "", "3600 S", "1 min", "TRADES", True, 2)


async def test_option_parameters_name_options_that_exist() -> None:
    async with gateway() as server, client(server) as ib:
        share = (await first(ib, SPY)).contract
        chains = await ib.reqSecDefOptParamsAsync("SPY", "", "STK", share.conId)
        assert {"SMART", "CBOE"} <= {chain.exchange for chain in chains}
        chain = next(each for each in chains if each.exchange == "SMART")
        assert all(each > "20260310" for each in chain.expirations)
        expiry, strike = chain.expirations[-1], chain.strikes[3]
        (put,) = await ib.qualifyContractsAsync(Option("SPY", expiry, strike, "P", "SMART"))
        assert put.multiplier == chain.multiplier == "100"
        assert len(await ib.reqContractDetailsAsync(Option("SPY", expiry, 0, "", "SMART"))) == 2 * len(chain.strikes)
        silver = (await first(ib, Stock("RBLX", "SMART", "USD"))).contract
        assert await ib.reqSecDefOptParamsAsync("RBLX", "", "STK", silver.conId) == []


async def test_symbols_match_over_all_kinds() -> None:
    async with gateway() as server, client(server) as ib:
        for pattern, kind in (("ES", "FUT"), ("SPX", "IND"), ("BTC", "CRYPTO"), ("EUR", "CASH"), ("SPY", "STK")):
            found = (await ib.reqMatchingSymbolsAsync(pattern))[0]
            assert (found.contract.symbol, found.contract.secType) == (pattern, kind)
            assert ("OPT" in found.derivativeSecTypes) == (kind == "STK")


@pytest.mark.parametrize("calendar", [SHARES, REGULAR_ONLY, FUTURES, FOREX, CRYPTO], ids=lambda each: each.name)
@given(st.integers(int(datetime(2007, 1, 9).timestamp()) // 60, int(datetime(2027, 11, 1).timestamp()) // 60))  # noqa: DTZ001
def test_a_calendars_questions_agree(calendar: Calendar, minute: int) -> None:
    day = calendar.day_of(minute)
    assert calendar.before(day).regular.last <= minute < day.regular.last
    assert calendar.day_of(day.regular.last - 1) == day
    following, last = calendar.next_open_minute(minute), calendar.last_open_minute(minute)
    assert last <= minute <= following
    assert calendar.moment_of(following) is not None
    assert calendar.moment_of(last) is not None
    assert (calendar.moment_of(minute) is not None) == (last == minute == following)
    session = calendar.session_of(minute)
    assert session.span(calendar.leads).first <= minute < calendar.day_of(session.regular.last).regular.last


@given(st.floats(50, 900), st.floats(50, 900), st.integers(1, 500_000), st.floats(0.05, 1.5))
def test_an_options_value_keeps_its_bounds_and_parity(
    price: float, strike: float, minutes: int, volatility: float
) -> None:
    call, put = (option_price(price, strike, minutes, volatility, right) for right in "CP")
    assert call - put == pytest.approx(price - strike, abs=1e-6)
    assert max(0.0, price - strike) - 1e-6 <= call <= price
    assert option_price(price, strike, 0, volatility, "C") == max(0.0, price - strike)


def test_expirations_are_third_fridays_or_the_day_before_a_holiday() -> None:
    assert third_fridays(date(2025, 4, 1), (4, 5))[:2] == [date(2025, 4, 17), date(2025, 5, 16)]
    assert expiry_minute("20250516") * 60 * NS == int(datetime(2025, 5, 16, 20, tzinfo=UTC).timestamp()) * NS


def test_a_few_hundred_symbols_are_listed_each_with_a_spread_and_a_volume_of_its_own() -> None:
    shares = [each for each in default_universe() if each.instrument.sec_type == "STK"]
    symbols = {each.instrument.symbol for each in shares}
    assert len(symbols) == len(shares) >= 250
    assert {"RBLX", "SPY", "AAPL"} <= symbols
    assert len({each.spread for each in shares}) > 10
    assert len({each.daily_volume for each in shares}) > 100
    assert all(each.price > 0 and each.daily_volume > 0 for each in shares)
