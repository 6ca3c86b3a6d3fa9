"""What comes besides the quote: statistics, greeks, delayed and frozen data; and which generic ticks are refused."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ib_insync import Contract, Forex, Index, Option, Stock

from ibtui.sim.option_values import greeks, implied_volatility, option_price
from tests.conftest import until
from tests.sim.protocol_rig import bare, client, control, gateway

SPY_FIELDS = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", "0"]


async def test_statistics_of_weeks_come_with_165_and_hold_what_daily_bars_say() -> None:
    async with gateway(speed=0) as server, client(server) as ib:
        contract = Stock("SPY", "SMART", "USD")
        ticker = ib.reqMktData(contract, "165")
        await until(lambda: ticker.avVolume > 0)
        lows = [ticker.low13week, ticker.low26week, ticker.low52week]
        highs = [ticker.high13week, ticker.high26week, ticker.high52week]
        assert lows == sorted(lows, reverse=True)
        assert highs == sorted(highs)
        bars = await ib.reqHistoricalDataAsync(contract, "20260309 23:59:59 UTC", "63 D", "1 day", "TRADES", True)
        ends = [price for bar in bars for price in (bar.open, bar.close)]
        assert (ticker.low13week, ticker.high13week) == pytest.approx((min(ends), max(ends)), rel=0.001)


async def test_an_option_is_quoted_with_what_its_prices_imply() -> None:
    async with gateway() as server, client(server) as ib:
        found = await ib.reqContractDetailsAsync(Option("SPY", "", 0, "C", "SMART", currency="USD"))
        share = Stock("SPY", "SMART", "USD")
        price = server.gateway.exchange.worth((await ib.qualifyContractsAsync(share))[0].conId)
        option = min((each.contract for each in found), key=lambda each: abs(each.strike - price))
        ticker = ib.reqMktData(option)
        await until(lambda: ticker.modelGreeks is not None and ticker.askGreeks is not None)
        assert ticker.modelGreeks.undPrice == pytest.approx(price, rel=0.002)
        assert ticker.bid < ticker.modelGreeks.optPrice * 1.1
        assert ticker.bidGreeks.impliedVol < ticker.askGreeks.impliedVol
        for each in (ticker.bidGreeks, ticker.askGreeks, ticker.modelGreeks):
            assert 0 < each.delta < 1
            assert each.gamma > 0
            assert each.vega > 0
            assert each.theta < 0
        first = ticker.modelGreeks
        await control(server, "price", symbol="SPY", percent=2)
        server.gateway.exchange.watch(server.gateway.exchange.universe.by_symbol("SPY").con_id)  # type: ignore[union-attr]
        await until(lambda: ticker.modelGreeks.delta > first.delta)


TERMS = (
    st.floats(50, 500),
    st.floats(0.8, 1.25),
    st.integers(2000, 500_000),
    st.floats(0.05, 1.5),
    st.sampled_from("CP"),
)


@given(*TERMS)
def test_greeks_are_the_slopes_of_the_value(
    price: float, part: float, minutes: int, volatility: float, right: str
) -> None:
    strike, step = price * part, price * 1e-4
    found = greeks(price, strike, minutes, volatility, right)

    def worth(at: float = price, sigma: float = volatility) -> float:
        return option_price(at, strike, minutes, sigma, right)

    assert found.price == worth()
    assert found.delta == pytest.approx((worth(price + step) - worth(price - step)) / (2 * step), abs=1e-3)
    assert found.vega == pytest.approx(
        (worth(sigma=volatility + 1e-4) - worth(sigma=volatility - 1e-4)) / 0.02, abs=1e-3
    )
    if found.price - max(0.0, (price - strike) * (1 if right == "C" else -1)) > price * 1e-5:
        implied = implied_volatility(found.price, price, strike, minutes, right)
        assert implied is not None
        assert math.isclose(implied, volatility, rel_tol=0.01)


async def test_generic_ticks_are_legal_by_kind_of_contract_and_refused_in_ibs_words() -> None:
    async with gateway() as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        told: list[str] = []
        ib.errorEvent += lambda req_id, code, text, _: told.append(f"{code} {text}")
        spy, euro, spx = Stock("SPY", "SMART", "USD"), Forex("EURUSD"), Index("SPX", "CBOE")
        await ib.qualifyContractsAsync(spy, euro, spx)
        legal: list[tuple[Contract, str]] = [(spy, "mdoff,292:BRFG,233"), (spx, "162"), (euro, "233"), (spy, "104,595")]
        for contract, text in legal:
            ib.client.reqMktData(ib.client.getReqId(), contract, text, False, False, [])
        await ib.reqCurrentTimeAsync()
        assert not told
        for contract, text in ((spy, "162"), (spy, "abc"), (euro, "456"), (spx, "595")):
            ib.client.reqMktData(ib.client.getReqId(), contract, text, False, False, [])
        await ib.reqCurrentTimeAsync()
        begins = [each.partition("  Legal ones for ")[::2] for each in told]
        start = "321 Error validating request.-'bQ' : cause - Incorrect generic tick list of "
        assert [one for one, _ in begins] == [f"{start}{text}." for text in ("162", "abc", "456", "595")]
        assert begins[0][1].startswith("(STK) are: 100(Option Volume),101(Option Open Interest),105(Average Opt")
        assert "221/220(Creditman Mark Price)" in begins[2][1]
        assert ("(CASH)" in begins[2][1], "595(" in begins[2][1]) == (True, False)


async def test_without_permission_data_is_refused_or_a_quarter_of_an_hour_late() -> None:
    async with gateway(speed=0) as server, bare(server) as raw:
        await raw.start(1)
        await control(server, "permission", live=False, symbol="SPY")
        raw.ask("1", "11", "5", *SPY_FIELDS, "", "0", "0", "")
        assert (await raw.read())[2:4] == ["5", "354"]
        raw.ask("59", "1", "3")
        raw.ask("1", "11", "6", *SPY_FIELDS, "", "0", "0", "")
        assert (await raw.read())[2:4] == ["6", "10167"]
        raw.ask("49", "1")
        image: dict[str, str] = {}
        while (fields := await raw.read())[0] != "49":
            image[fields[3] if fields[0] in ("1", "2", "45", "46") else fields[0]] = fields[
                -1 if fields[0] == "58" else 4
            ]
        assert image["58"] == "3"
        assert set(image) >= {"66", "67", "68", "69", "70", "71", "72", "73", "74", "75", "76", "90"}
        listing = server.gateway.exchange.universe.by_symbol("SPY")
        assert listing is not None
        before = server.gateway.exchange.market_at(listing.con_id, server.gateway.clock.now_ns() - 900 * 10**9).top()
        assert (float(image["66"]), float(image["67"]), float(image["68"])) == (before.bid, before.ask, before.last)
        await control(server, "clock", at="2026-03-10T10:30:30")
        raw.ask("49", "1")
        kinds = set()
        while (fields := await raw.read())[0] != "49":
            kinds.add(fields[3])
        assert {"66", "69", "70", "88"} <= kinds <= {str(kind) for kind in (*range(66, 77), 88)}
        raw.ask("10", "5", "7", *SPY_FIELDS[:-1], "5", "1", "")
        raw.ask("97", "8", *SPY_FIELDS[:-1], "AllLast", "0", "0")
        assert [(await raw.read())[3] for _ in range(2)] == ["354", "10189"]
        await control(server, "permission", live=True)
        raw.ask("1", "11", "9", *SPY_FIELDS, "", "0", "0", "")
        assert (await raw.read_until("58"))[2:] == ["9", "1"]


async def test_delayed_frozen_data_is_told_when_the_market_is_closed() -> None:
    async with gateway(start="2026-03-08T12:00:00") as server, client(server) as ib:
        await control(server, "permission", live=False)
        ib.reqMarketDataType(4)
        (ticker,) = await ib.reqTickersAsync(*await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD")))
        assert ticker.marketDataType == 4
        assert ticker.bid < ticker.ask


async def test_news_bulletins_can_be_asked_for_and_none_come() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("12", "1", "1")
        raw.ask("13", "1")
        raw.ask("49", "1")
        assert (await raw.read())[0] == "49"
