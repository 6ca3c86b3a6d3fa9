"""A demo goes on where it was left: what was bought, and the order that was left working."""

import asyncio
from contextlib import asynccontextmanager

from ib_insync import IB, LimitOrder, MarketOrder, Stock

from ibtui.services.demo import DemoGateway
from tests.conftest import until


@asynccontextmanager
async def demo(directory, fresh=False):
    """A demo's gateway and a client of it."""
    gateway, ib = DemoGateway(), IB()
    try:
        listening = await gateway.start(directory, fresh)
        await ib.connectAsync(listening.host, listening.port, clientId=1)
        yield ib
    finally:
        ib.disconnect()
        await asyncio.sleep(0.01)
        await gateway.stop()


async def test_position_and_working_order_are_back_and_a_fresh_start_forgets_them(tmp_path):
    async with demo(tmp_path) as ib:
        (spy,) = await ib.qualifyContractsAsync(Stock("SPY", "SMART", "USD"))
        bought = ib.placeOrder(spy, MarketOrder("BUY", 100))
        kept = ib.placeOrder(spy, LimitOrder("BUY", 10, 100.0, tif="GTC", orderRef="KEPT"))
        await until(lambda: bought.orderStatus.status == "Filled" and kept.orderStatus.status == "Submitted")
    async with demo(tmp_path) as ib:
        assert [(each.position, each.contract.symbol) for each in ib.positions()] == [(100, "SPY")]
        assert [(each.order.orderRef, each.orderStatus.status) for each in ib.openTrades()] == [("KEPT", "Submitted")]
        assert [each.unrealizedPNL != 0 for each in ib.portfolio()] == [True]
    async with demo(tmp_path, fresh=True) as ib:
        assert (ib.positions(), ib.openTrades()) == ([], [])
