"""What the gateway refuses, with IB's codes and words, as a client hears it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest
from ib_insync import IB, Contract, Index, LimitOrder, Order, Stock

from ibtui.sim.server import RunningGateway
from tests.conftest import until
from tests.sim.protocol_rig import SPY, client, control, gateway


@dataclass
class Desk:
    """A client that notes everything it hears about orders: codes, and status words."""

    server: RunningGateway
    ib: IB
    spy: Contract
    heard: list[tuple[int, str]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)

    @property
    def codes(self) -> list[int]:
        return [code for code, _ in self.heard]

    def buy(self, **change: object) -> Order:
        """A purchase far below the market."""
        order = LimitOrder("BUY", 10, 100.0, orderId=self.ib.client.getReqId(), tif="DAY")
        for name, value in change.items():
            setattr(order, name, value)
        return order

    def send(self, order: Order, contract: Contract | None = None) -> Order:
        """Sends an order past the library's own bookkeeping."""
        self.ib.client.placeOrder(order.orderId, contract or self.spy, order)
        return order

    async def told(self, code: int) -> str:
        """Waits for a code; its text."""
        await until(lambda: code in self.codes, what=f"code {code}")
        return next(text for each, text in self.heard if each == code)

    async def settled(self) -> None:
        """Until the gateway has answered everything so far."""
        await asyncio.wait_for(self.ib.reqCurrentTimeAsync(), 5)


@asynccontextmanager
async def desk(start: str = "2026-03-10T10:30:00") -> AsyncIterator[Desk]:
    async with gateway(start=start) as server, client(server) as ib:
        ib.RaiseRequestErrors = False
        (spy,) = await ib.qualifyContractsAsync(SPY)
        found = Desk(server, ib, spy)
        ib.errorEvent += lambda _, code, text, *__: found.heard.append((code, text))
        ib.client.wrapper.orderStatus = lambda *fields: found.statuses.append(fields[1])
        yield found


async def test_an_order_id_is_taken_once() -> None:
    async with desk() as it:
        refused = it.send(it.buy(lmtPrice=100.001))
        assert "minimum price variation" in await it.told(110)
        it.send(it.buy(orderId=refused.orderId))
        assert await it.told(103) == "Duplicate order id"


async def test_a_filled_order_is_not_changed() -> None:
    async with desk() as it:
        order = it.send(it.buy(lmtPrice=9000.0))
        await until(lambda: "Filled" in it.statuses)
        it.send(it.buy(orderId=order.orderId, lmtPrice=9000.0, totalQuantity=20))
        assert await it.told(104) == "Cannot modify a filled order."


async def test_a_change_of_side_type_or_contract_is_refused_and_the_order_works_on() -> None:
    async with desk() as it:
        order = it.send(it.buy())
        it.send(it.buy(orderId=order.orderId, action="SELL"))
        assert await it.told(105) == "Order being modified does not match original order"
        await it.settled()
        assert it.statuses[-1] == "Submitted"


async def test_a_child_of_nobody_is_refused() -> None:
    async with desk() as it:
        it.send(it.buy(parentId=4711))
        assert await it.told(135) == "Can't find order with ID =4711"


async def test_what_is_not_found_or_has_ended_is_not_cancelled() -> None:
    async with desk() as it:
        it.ib.client.cancelOrder(4711)
        assert await it.told(10147) == "OrderId 4711 that needs to be cancelled is not found."
        order = it.send(it.buy())
        it.ib.client.cancelOrder(order.orderId)
        assert await it.told(202) == "Order Canceled - reason:"
        it.ib.client.cancelOrder(order.orderId)
        assert "can not be cancelled, state: Cancelled" in await it.told(10148)
        assert it.statuses[-2:] == ["PendingCancel", "Cancelled"]
        done = it.send(it.buy(lmtPrice=9000.0))
        await until(lambda: "Filled" in it.statuses)
        it.ib.client.cancelOrder(done.orderId)
        assert "not in a cancellable state" in await it.told(161)


async def test_what_the_server_refuses_is_inactive_first_and_then_says_why() -> None:
    async with desk() as it:
        order = it.send(it.buy(totalQuantity=1_000_000))
        assert "MUST EXCEED THE INITIAL MARGIN" in await it.told(201)
        assert it.statuses == ["Inactive"]
        assert await it.ib.reqAllOpenOrdersAsync() == []
        (done,) = await it.ib.reqCompletedOrdersAsync(False)
        assert (done.orderStatus.status, done.order.permId > 0) == ("Inactive", True)
        it.send(it.buy(orderId=order.orderId))
        await it.told(103)


async def test_shares_that_nobody_lends_are_sold_only_by_who_holds_them() -> None:
    async with desk() as it:
        (gme,) = await it.ib.qualifyContractsAsync(Stock("GME", "SMART", "USD"))
        it.send(it.buy(action="SELL"), gme)
        assert await it.told(201) == "Order rejected - reason:The contract is not available for short sale."
        it.heard.clear()
        it.send(it.buy(lmtPrice=9000.0), gme)
        await until(lambda: "Filled" in it.statuses)
        it.send(it.buy(action="SELL", lmtPrice=9000.0), gme)  # what it holds
        it.send(it.buy(action="SELL", lmtPrice=9000.0, totalQuantity=1), gme)  # and one share more
        await it.told(201)
        await it.settled()
        assert it.statuses.count("Submitted") == 2
        assert it.codes == [201]


async def test_out_of_hours_an_order_is_held_and_one_that_cannot_wait_is_refused() -> None:
    async with desk("2026-03-10T18:00:00") as it:
        it.send(it.buy())
        assert "will not be placed at the exchange until 2026-03-11 09:30:00 US/Eastern" in await it.told(399)
        for tif in ("IOC", "FOK"):
            it.heard.clear()
            it.send(it.buy(tif=tif))
            assert await it.told(201) == "Order rejected - reason:Exchange is closed."


async def test_an_index_is_not_for_the_account() -> None:
    async with desk() as it:
        (index,) = await it.ib.qualifyContractsAsync(Index("SPX", "CBOE", "USD"))
        it.send(it.buy(), index)
        assert await it.told(203) == "The security is not available or allowed for this account."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"account": "DU0000009"}, "Invalid account code 'DU0000009'"),
        ({"action": "HOLD"}, "Invalid side 'HOLD'"),
        ({"orderType": "TRAIL"}, "trailing amount or the trailing percent"),
        ({"goodAfterTime": "20260310 15:00:00 US/Eastern"}, "good-after time"),
        ({"allOrNone": True}, "All-or-none orders"),
        ({"cashQty": 500.0}, "Orders for an amount of cash"),
        ({"hidden": True}, "Hidden orders"),
    ],
)
async def test_a_request_that_makes_no_sense_names_the_cause(change: dict[str, object], words: str) -> None:
    async with desk() as it:
        it.send(it.buy(**change))
        assert words in await it.told(321)


@pytest.mark.parametrize("change", [{"ocaType": 4}, {"orderType": "MOC"}, {"tif": "OPG"}])
async def test_a_group_that_cannot_be_handled_is_refused(change: dict[str, object]) -> None:
    async with desk() as it:
        it.send(it.buy(**{"ocaGroup": "g", **change}))
        assert await it.told(201) == "Order rejected - reason:Invalid OCA handling method"


async def test_market_data_that_is_not_subscribed_is_refused_when_a_scenario_says_so() -> None:
    async with desk() as it:
        words = "Requested market data is not subscribed."
        await control(it.server, "reject", request="data", code=354, text=words)
        it.ib.reqMktData(it.spy)
        assert await it.told(354) == words
        assert len(it.server.gateway.feeds) == 0
