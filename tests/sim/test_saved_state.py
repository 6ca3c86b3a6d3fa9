"""Orders, account and market time outlive the gateway's process."""

import json
from pathlib import Path
from typing import Any

from ib_insync import IB, LimitOrder, MarketOrder, Trade

from ibtui.sim.saved import FORMAT
from ibtui.sim.server import RunningGateway, SimOptions, running
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, control, gateway


async def placed(ib: IB, order: Any, status: str) -> Trade:
    (contract,) = await ib.qualifyContractsAsync(SPY)
    trade = ib.placeOrder(contract, order)
    await until(lambda: trade.orderStatus.status == status, what=f"the order is {status}")
    return trade


def orders_of(stats: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(stats["orders"], key=lambda order: order["perm_id"])


async def test_what_was_bought_and_what_still_works_is_there_after_a_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    async with gateway(state=state) as server, client(server) as ib:
        bought = await placed(ib, MarketOrder("BUY", 100, orderRef="BOUGHT"), "Filled")
        await until(lambda: bought.fills[0].commissionReport.commission > 0, what="the commission is charged")
        price = server.gateway.exchange.top(bought.contract.conId).bid
        assert price is not None
        await placed(ib, LimitOrder("BUY", 10, round(price - 3, 2), tif="GTC", orderRef="WORKS"), "Submitted")
        before = await control(server, "stats")
        cost, cash = (
            server.gateway.exchange.position(bought.contract.conId).average_cost,
            {key: value for key, value, _ in server.gateway.exchange.account_values()}["TotalCashValue"],
        )

    async with gateway(start=None, state=state) as server, client(server) as ib:
        after = await control(server, "stats")
        assert orders_of(after) == orders_of(before)
        assert before["market_ns"] <= after["market_ns"] < before["market_ns"] + 10e9
        (position,) = ib.positions()
        assert (position.position, position.avgCost) == (100, cost)
        assert {value.value for value in ib.accountValues() if value.tag == "TotalCashValue"} == {cash}
        (works,) = ib.openTrades()
        assert (works.order.orderRef, works.orderStatus.status) == ("WORKS", "Submitted")
        assert {fill.execution.execId for fill in ib.fills()} == {bought.fills[0].execution.execId}
        assert ib.client.getReqId() > works.order.orderId

        await control(server, "price", symbol="SPY", ask=round(works.order.lmtPrice - 1, 2))
        await until(lambda: works.orderStatus.status == "Filled", what="the order that outlived the process fills")
        assert works.orderStatus.permId == orders_of(before)[1]["perm_id"]


async def test_bars_of_minutes_in_which_clients_traded_are_the_same_after_a_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    end = "20260310 10:34:00 US/Eastern"

    async def bars(ib: IB) -> list[Any]:
        (contract,) = await ib.qualifyContractsAsync(SPY)
        return list(await ib.reqHistoricalDataAsync(contract, end, "600 S", "1 min", "TRADES", useRTH=True))

    async with gateway(state=state, speed=0) as server, client(server) as ib:
        await placed(ib, MarketOrder("BUY", 5000), "Filled")
        await control(server, "clock", at="2026-03-10T10:31:30")
        await control(server, "price", symbol="SPY", percent=3)
        await control(server, "print", symbol="SPY", price=900, size=300)
        await control(server, "clock", at="2026-03-10T10:32:10")
        await control(server, "price", symbol="SPY", percent=-1)
        await control(server, "clock", at="2026-03-10T10:32:30")
        before = await bars(ib)
    async with gateway(start=None, state=state, speed=0) as server, client(server) as ib:
        assert (await bars(ib))[:-1] == before[:-1]
        assert [bar.high for bar in before].count(900) == 1


async def test_a_commission_that_was_still_owed_is_charged_after_the_restart(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    async with gateway(state=state, speed=0.0) as server, client(server) as ib:
        trade = await placed(ib, MarketOrder("BUY", 100), "Filled")
        assert trade.fills[0].commissionReport.commission == 0
    async with gateway(start=None, state=state, speed=1.0) as server:
        exchange = server.gateway.exchange
        assert [charged for _, charged in exchange.executions()] == [None]
        await until(lambda: [charged.commission for _, charged in exchange.executions() if charged] == [1.0])


async def test_a_day_order_ends_with_its_day_and_a_later_start_wins(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    async with gateway(state=state) as server, client(server) as ib:
        await placed(ib, LimitOrder("BUY", 10, 1.0, tif="DAY", orderRef="DAY"), "Submitted")
        await placed(ib, LimitOrder("BUY", 10, 1.0, tif="GTC", orderRef="GTC"), "Submitted")
    async with gateway(start="2026-03-11T10:00:00", state=state) as server, client(server) as ib:
        assert {order["order_ref"]: order["status"] for order in (await control(server, "stats"))["orders"]} == {
            "DAY": "Cancelled",
            "GTC": "Submitted",
        }
        assert [trade.order.orderRef for trade in ib.openTrades()] == ["GTC"]


async def test_a_change_is_in_the_file_soon_without_an_orderly_end(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    async with gateway(state=str(file)) as server, client(server) as ib:
        await placed(ib, LimitOrder("BUY", 10, 1.0, orderRef="KEPT"), "Submitted")
        await until(lambda: "KEPT" in file.read_text(), what="the order is in the file")
        assert file.stat().st_mode & 0o777 == 0o600
        json.loads(file.read_text())


async def test_a_state_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    file.write_text('{"format": 1, "exch')
    async with gateway(state=str(file)) as server:
        assert await _starts(server)
    assert (tmp_path / "sim.json.unreadable").read_text() == '{"format": 1, "exch'
    assert json.loads(file.read_text())["format"] == FORMAT


async def test_seed_account_and_symbols_go_on_as_they_were(tmp_path: Path) -> None:
    state = str(tmp_path / "sim.json")
    async with gateway(state=state, seed=7, account="DUSIM0007", symbols=("ZZZT",)):
        pass
    async with running(SimOptions(port=0, state=state)) as server:
        exchange = server.gateway.exchange
        assert (exchange.seed, server.gateway.managed_accounts) == (7, ("DUSIM0007",))
        assert exchange.universe.by_symbol("ZZZT") is not None


async def _starts(server: RunningGateway) -> bool:
    async with client(server) as ib:
        return ib.isConnected()
