"""Orders in every kind of contract, and for several accounts, over the wire."""

from pathlib import Path

import pytest
from ib_insync import IB, Contract, Crypto, Fill, Forex, Future, Index, LimitOrder, MarketOrder, Option

from ibtui.sim.exchange import Exchange
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, control, gateway

ES = Future("ES", exchange="CME")
ACCOUNT = "DUSIM0001"
BOUGHT = (
    (ES, 1),
    (Forex("EURUSD"), 30_000),
    (Crypto("BTC", "PAXOS", "USD"), 1),
    (SPY, 10),
    (Option("SPY", "", 640, "C", "SMART"), 1),
)


async def first(ib: IB, contract: Contract) -> Contract:
    found = (await ib.reqContractDetailsAsync(contract))[0].contract
    assert found is not None
    return found


async def filled(ib: IB, contract: Contract, action: str, quantity: int) -> Fill:
    """The one fill of a market order, once it is charged."""
    trade = ib.placeOrder(contract, MarketOrder(action, quantity))
    await until(lambda: bool(trade.fills) and trade.fills[-1].commissionReport.commission > 0, what="it is charged")
    (fill,) = trade.fills
    return fill


async def round_trip(ib: IB, exchange: Exchange, contract: Contract, quantity: int) -> None:
    """Buys and sells, and compares what the messages say."""
    multiplier = float(contract.multiplier or 1)
    whatif = await ib.whatIfOrderAsync(contract, MarketOrder("BUY", quantity))
    bought = await filled(ib, contract, "BUY", quantity)
    cost, fee = bought.execution.price * multiplier, bought.commissionReport.commission
    assert whatif.commission == pytest.approx(fee, rel=0.01)
    assert contract.exchange in ("SMART", bought.execution.exchange)
    held = [(contract.conId, quantity, pytest.approx(cost + fee / quantity))]
    await until(lambda: [(each.contract.conId, each.position, each.avgCost) for each in ib.positions()] == held)
    single = ib.reqPnLSingle(ACCOUNT, "", contract.conId)
    await until(lambda: single.position == quantity)
    assert single.value == pytest.approx(exchange.top(contract.conId).worth * quantity * multiplier, rel=0.01)
    ib.cancelPnLSingle(ACCOUNT, "", contract.conId)
    sold = await filled(ib, contract, "SELL", quantity)
    gain = (sold.execution.price * multiplier - cost) * quantity
    assert sold.commissionReport.realizedPNL == pytest.approx(gain - fee - sold.commissionReport.commission)
    await until(lambda: ib.positions() == [])


async def test_one_of_each_kind_is_bought_shown_everywhere_and_closed() -> None:
    async with gateway(speed=5.0) as server, client(server) as ib:
        exchange = server.gateway.exchange
        for wanted, quantity in BOUGHT:
            await round_trip(ib, exchange, await first(ib, wanted), quantity)
        assert exchange.account.net_liquidation() == pytest.approx(1_000_000 + exchange.pnl().realized)


async def test_what_no_exchange_takes_is_refused_in_ibs_words() -> None:
    async with gateway() as server, client(server) as ib:
        told: list[tuple[int, str]] = []
        ib.errorEvent += lambda _, code, text, __: told.append((code, text))
        future, bitcoin = await first(ib, ES), await first(ib, Crypto("BTC", "PAXOS", "USD"))
        ib.placeOrder(await first(ib, Index("SPX", "CBOE", "USD")), LimitOrder("BUY", 1, 6000.0))
        ib.placeOrder(future, LimitOrder("BUY", 1, 6600.10))
        ib.placeOrder(future, LimitOrder("BUY", 1.5, 6600.0))
        ib.placeOrder(future, LimitOrder("BUY", 500, 6600.0))
        ib.placeOrder(bitcoin, LimitOrder("SELL", 1, 60_000.0))
        ib.placeOrder(await first(ib, Forex("EURUSD")), LimitOrder("BUY", 1_000, 1.1))
        await until(lambda: len(told) >= 6, what="all is said")
        assert [code for code, _ in told] == [203, 110, 10243, 201, 201, 399]
        assert "below the EUR 20000 IdealPro minimum" in told[-1][1]


async def test_each_account_has_its_own_orders_money_and_positions(tmp_path: Path) -> None:
    names, state = ["DUSIM0001", "DUSIM0002"], str(tmp_path / "sim.json")
    async with gateway(account=",".join(names), state=state) as server, client(server) as ib:
        told: list[int] = []
        ib.errorEvent += lambda _, code, __, ___: told.append(code)
        assert ib.managedAccounts() == names
        contract = await first(ib, SPY)
        trade = ib.placeOrder(contract, MarketOrder("BUY", 10, account="DUSIM0002"))
        await until(lambda: bool(trade.fills) and trade.fills[-1].commissionReport.commission > 0)
        assert [(each.account, each.position) for each in ib.positions()] == [("DUSIM0002", 10)]
        for account in (None, "DUSIM0003"):
            ib.placeOrder(contract, MarketOrder("BUY", 10, account=account or ""))
        await until(lambda: told == [435, 321])
        cash = {row.account: row.value for row in await ib.accountSummaryAsync() if row.tag == "TotalCashValue"}
        assert cash["DUSIM0001"] == "1000000.00" != cash["DUSIM0002"]
        pnl = [ib.reqPnL(name) for name in names]
        await until(lambda: pnl[1].dailyPnL < 0)
        assert pnl[0].dailyPnL == 0
    async with gateway(start=None, state=state) as server, client(server) as ib:
        assert ib.managedAccounts() == names
        assert [(each.account, each.position) for each in ib.positions()] == [("DUSIM0002", 10)]


async def test_stats_tell_pairs_of_one_first_currency_apart() -> None:
    async with gateway() as server, client(server) as ib:
        for pair in ("USDJPY", "USDCHF"):
            ib.reqMktData(await first(ib, Forex(pair)))
        await ib.reqCurrentTimeAsync()
        stats = await control(server, "stats")
        assert {each["symbol"] for each in stats["subscriptions"]} == {"USD.JPY", "USD.CHF"}
