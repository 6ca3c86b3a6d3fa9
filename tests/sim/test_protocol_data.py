"""Contracts and streams of market data, as ib_insync sees them, and counted to the last frame."""

from collections import Counter
from typing import Any

import pytest
from ib_insync import IB, Contract, Index, Stock, Ticker

from tests.conftest import until
from tests.sim.protocol_rig import SPY, bare, client, control, gateway


def tapped(ib: IB) -> Counter[int]:
    """Counts every frame that reaches the library, by message id."""
    counts: Counter[int] = Counter()
    interpret = ib.client.decoder.interpret

    def counting(fields: list[str]) -> None:
        counts[int(fields[0])] += 1
        interpret(fields)

    ib.client.decoder.interpret = counting  # type: ignore[method-assign]
    return counts


async def qualified(ib: IB, contract: Contract = SPY) -> Contract:
    (found,) = await ib.qualifyContractsAsync(Stock(contract.symbol, "SMART", "USD"))
    return found


async def test_contract_details_say_what_a_console_needs() -> None:
    async with gateway() as server, client(server) as ib:
        (details,) = await ib.reqContractDetailsAsync(Stock("AAPL", "SMART", "USD"))
        contract = details.contract
        assert (contract.symbol, contract.secType, contract.exchange, contract.currency) == (
            "AAPL",
            "STK",
            "SMART",
            "USD",
        )
        assert (details.timeZoneId, details.longName, details.priceMagnifier) == ("US/Eastern", "APPLE INC", 1)
        assert "20260310:0930-20260310:1600" in details.liquidHours
        assert "20260310:0400-20260310:2000" in details.tradingHours
        assert "SMART" in details.validExchanges.split(",")
        assert "LMT" in details.orderTypes.split(",")
        by_id = await ib.reqContractDetailsAsync(Contract(conId=contract.conId, exchange="SMART"))
        assert by_id[0].contract == contract
        rule = await ib.reqMarketRuleAsync(int(details.marketRuleIds.split(",")[0]))
        assert [(each.lowEdge, each.increment) for each in rule] == [(0.0, 0.01)]


async def test_an_unknown_contract_gets_error_200() -> None:
    async with gateway() as server, client(server) as ib:
        with pytest.raises(Exception, match="200: No security definition"):
            await ib.reqContractDetailsAsync(Stock("NOSUCH", "SMART", "USD"))


@pytest.mark.parametrize("version", [157, 175, 176])
async def test_matching_symbols_are_found_by_symbol_and_by_name(version: int) -> None:
    async with gateway() as server, client(server, version=version) as ib:
        found = [each.contract.symbol for each in await ib.reqMatchingSymbolsAsync("AA")]
        assert "AAPL" in found
        assert "AAPL" in [each.contract.symbol for each in await ib.reqMatchingSymbolsAsync("apple")]
        assert await ib.reqMatchingSymbolsAsync("ZZZZZZ") == []


async def test_the_venues_with_depth_are_listed() -> None:
    async with gateway() as server, client(server) as ib:
        venues = {each.exchange for each in await ib.reqMktDepthExchangesAsync()}
        assert {"ARCA", "NYSE", "IEX"} <= venues


@pytest.mark.parametrize("version", [157, 176])
async def test_quotes_begin_with_an_image_and_go_on(version: int) -> None:
    async with gateway() as server, client(server, version=version) as ib:
        ticker = ib.reqMktData(await qualified(ib))
        await until(lambda: ticker.halted == 0)
        assert ticker.marketDataType == 1
        assert ticker.bid < ticker.ask
        assert min(ticker.bidSize, ticker.askSize, ticker.lastSize, ticker.volume) > 0
        assert ticker.low <= ticker.open <= ticker.high
        assert ticker.close > 0
        assert ticker.minTick == 0.01
        image = ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize
        await until(lambda: (ticker.bid, ticker.bidSize, ticker.ask, ticker.askSize) != image)


async def test_a_price_frame_is_followed_by_its_size_frame() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        raw.ask("1", "11", "5", *contract_fields("SPY"), "0", "", "0", "0", "")
        size_of = {"1": "0", "2": "3", "4": "5"}
        seen = 0
        while seen < 12:
            fields = await raw.read()
            if fields[0] == "1" and fields[3] in size_of:
                follower = await raw.read()
                assert (follower[0], follower[3], follower[4]) == ("2", size_of[fields[3]], fields[5])
                seen += 1


def contract_fields(symbol: str) -> list[str]:
    return ["0", symbol, "STK", "", "0.0", "", "", "SMART", "", "USD", "", ""]


async def test_a_snapshot_is_the_image_and_an_end() -> None:
    async with gateway() as server, client(server) as ib:
        (ticker,) = await ib.reqTickersAsync(await qualified(ib))
        assert ticker.bid < ticker.ask
        assert (await control(server, "stats"))["subscriptions"] == []


async def test_volume_and_vwap_come_with_generic_tick_233() -> None:
    async with gateway() as server, client(server) as ib:
        ticker = ib.reqMktData(await qualified(ib), "233")
        await until(lambda: ticker.vwap == ticker.vwap and ticker.rtVolume > 0, seconds=20)
        assert ticker.low <= ticker.vwap <= ticker.high


async def test_frozen_data_is_told_when_the_market_is_closed() -> None:
    async with gateway(start="2026-03-08T12:00:00") as server, client(server) as ib:
        ib.reqMarketDataType(2)
        ticker = ib.reqMktData(await qualified(ib))
        await until(lambda: ticker.halted == 0)
        assert ticker.marketDataType == 2


def book_of(ticker: Ticker) -> tuple[list[Any], list[Any]]:
    return list(ticker.domBids), list(ticker.domAsks)


@pytest.mark.parametrize("smart", [True, False])
async def test_depth_keeps_a_sorted_uncrossed_book_of_the_rows_asked_for(smart: bool) -> None:
    async with gateway() as server, client(server) as ib:
        contract = await qualified(ib)
        contract.exchange = "SMART" if smart else "ARCA"
        ticker = ib.reqMktDepth(contract, numRows=5, isSmartDepth=smart)
        counts = tapped(ib)
        for _ in range(15):
            await ib.updateEvent
            bids, asks = book_of(ticker)
            assert [each.price for each in bids] == sorted({each.price for each in bids}, reverse=True)
            assert [each.price for each in asks] == sorted({each.price for each in asks})
            assert max(len(bids), len(asks)) <= 5
            assert not bids or not asks or bids[0].price < asks[0].price
            assert {bool(each.marketMaker) for each in bids + asks} <= {smart}
        assert set(counts) == {13 if smart else 12}


async def test_what_a_client_is_shown_of_the_book_is_the_exchanges() -> None:
    async with gateway() as server, client(server) as ib:
        contract = await qualified(ib)
        ticker = ib.reqMktDepth(contract, numRows=10, isSmartDepth=True)
        quote = ib.reqMktData(contract)
        await until(lambda: len(ticker.domBids) == 10 and quote.halted == 0)
        for _ in range(15):
            await ib.updateEvent
        await control(server, "market", running=False)
        server.gateway.flush()
        current = await ib.reqCurrentTimeAsync()
        assert current
        bids, asks = server.gateway.exchange.book(contract.conId, 10)
        assert [(each.price, each.size, each.marketMaker) for each in ticker.domBids] == bids
        assert [(each.price, each.size, each.marketMaker) for each in ticker.domAsks] == asks
        assert (quote.bid, quote.ask) == (bids[0].price, asks[0].price)
        assert (quote.bidSize, quote.askSize) == (bids[0].size, asks[0].size)


async def test_depth_of_smart_without_the_smart_flag_is_refused_as_ib_does() -> None:
    async with gateway() as server, client(server) as ib:
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        ib.reqMktDepth(await qualified(ib), numRows=5, isSmartDepth=False)
        await until(lambda: codes == [10092])


async def test_an_index_has_no_book() -> None:
    async with gateway() as server, client(server) as ib:
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        (index,) = await ib.qualifyContractsAsync(Index("SPX", "CBOE"))
        ticker = ib.reqMktDepth(index, numRows=5, isSmartDepth=True)
        await until(lambda: codes == [10092])
        assert not ticker.domBids


@pytest.mark.parametrize("kind", ["Last", "AllLast", "BidAsk", "MidPoint"])
async def test_ticks_come_one_by_one(kind: str) -> None:
    async with gateway() as server, client(server) as ib:
        contract = await qualified(ib)
        ticker = ib.reqTickByTickData(contract, kind)
        ticks: list[Any] = []
        ib.pendingTickersEvent += lambda _: ticks.extend(ticker.tickByTicks)
        await until(lambda: len(ticks) >= 3, seconds=20)
        top = server.gateway.exchange.top(contract.conId)
        for tick in ticks:
            prices = {"BidAsk": ("bidPrice", "askPrice"), "MidPoint": ("midPoint",)}.get(kind, ("price",))
            for name in prices:
                assert getattr(tick, name) == pytest.approx(top.last, rel=0.02)


async def test_every_stream_can_be_cancelled_and_unknown_ones_get_an_error() -> None:
    async with gateway() as server, client(server) as ib:
        codes: list[int] = []
        ib.errorEvent += lambda _, code, *__: codes.append(code)
        contract = await qualified(ib)
        ib.reqMktData(contract)
        ib.reqMktDepth(contract, isSmartDepth=True)
        ib.reqTickByTickData(contract, "AllLast")
        assert await until(lambda: len(server.gateway.feeds) == 3)
        ib.cancelMktData(contract)
        ib.cancelMktDepth(contract, isSmartDepth=True)
        ib.cancelTickByTickData(contract, "AllLast")
        await until(lambda: len(server.gateway.feeds) == 0)
        ib.client.cancelMktData(991)
        ib.client.cancelMktDepth(992, True)
        ib.client.cancelTickByTickData(993)
        await until(lambda: codes == [300, 310, 300])


async def test_a_request_id_in_use_is_refused() -> None:
    async with gateway() as server, bare(server) as raw:
        await raw.start(1)
        for _ in range(2):
            raw.ask("1", "11", "5", *contract_fields("SPY"), "0", "", "0", "0", "")
        assert (await raw.read_until("4"))[2:4] == ["5", "102"]


async def test_streams_end_with_their_client() -> None:
    async with gateway() as server:
        async with client(server) as ib:
            ib.reqMktData(await qualified(ib))
            await until(lambda: len(server.gateway.feeds) == 1)
        await until(lambda: len(server.gateway.feeds) == 0)


@pytest.mark.parametrize("symbols", [("SPY",), ("SPY", "QQQ", "AAPL")])
async def test_what_stats_says_was_sent_is_what_arrives(symbols: tuple[str, ...]) -> None:
    async with gateway() as server, client(server) as ib:
        contracts = [await qualified(ib, Stock(symbol)) for symbol in symbols]
        counts = tapped(ib)
        before = Counter({int(key): n for key, n in (await control(server, "stats"))["sent"].items() if key.isdigit()})
        for contract in contracts:
            ib.reqMktData(contract)
            ib.reqMktDepth(contract, isSmartDepth=True)
            ib.reqTickByTickData(contract, "AllLast")
        for _ in range(25):
            await ib.updateEvent
        for contract in contracts:
            ib.cancelMktData(contract)
            ib.cancelMktDepth(contract, isSmartDepth=True)
            ib.cancelTickByTickData(contract, "AllLast")
        await ib.reqCurrentTimeAsync()
        sent = (await control(server, "stats"))["sent"]
        after = Counter({int(key): n for key, n in sent.items() if key.isdigit()})
        assert counts == after - before
        assert sum(sent["ticks"].values()) == counts[1] + counts[2] + counts[45] + counts[46]
        assert sum(sent["depth"].values()) == counts[13]
        assert sum(sent["prints"].values()) == counts[99]
        assert set(sent["ticks"]) == set(symbols)


async def test_generic_ticks_come_as_a_real_feed_sends_them() -> None:
    async with gateway(speed=0, start="2026-03-10T10:30:40") as server, bare(server) as raw:
        await raw.start(1)
        spy = ["0", "SPY", "STK", "", "0.0", "", "", "SMART", "", "USD", "", "", "0"]
        raw.ask("1", "11", "7", *spy, "104,106,165,221,233,236,411", "0", "0", "")
        raw.ask("49", "1")
        frames = []
        while (frame := await raw.read())[0] != "49":
            frames.append(frame)
        assert frames[0][0] == "81"
        assert float(frames[0][2]) == 0.01
        kinds = {(each[0], int(each[3])): each[4] for each in frames if each[0] in ("1", "2", "45", "46")}
        assert {("2", 21), ("2", 89), ("1", 37), ("46", 45)} <= set(kinds)
        assert {("45", kind) for kind in (23, 24, 46, 49, 58)} <= set(kinds)
        assert int(kinds["46", 45]) <= server.gateway.clock.now_ns() // 10**9
        assert kinds["45", 49] == "0"


async def test_a_generic_tick_that_is_none_is_refused() -> None:
    async with gateway() as server, client(server) as ib:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        heard: list[int] = []
        ib.errorEvent += lambda req_id, code, text, contract: heard.append(code)
        ib.reqMktData(contract, "233,999")
        await ib.reqCurrentTimeAsync()
        assert heard == [321]
