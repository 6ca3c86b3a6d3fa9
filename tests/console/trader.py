"""What tests of the order path ask for again and again: one rig with a quoted symbol, orders that rest or fill."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibtui.config import RiskSettings
from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Action, Order, OrderIntent, Status
from tests.conftest import Gateway, until
from tests.console.rig import Rig, running


@dataclass
class Trader:
    """A rig that is READY, with LIVE quotes of one symbol."""

    gateway: Gateway
    rig: Rig
    spy: Instrument

    def intent(self, factor: float, quantity: float = 10, action: Action = "BUY", **terms: Any) -> OrderIntent:
        """An order priced at so many times the bid."""
        bid = self.rig.market.board.quote(self.spy.con_id).bid
        assert bid
        return self.rig.desk.intent(self.spy, action, quantity, limit_price=round(bid * factor, 2), **terms)

    async def sent(self, factor: float = 0.98, quantity: float = 10, action: Action = "BUY") -> str:
        """Sends such an order and returns its reference."""
        order = await self.rig.desk.submit(self.intent(factor, quantity, action), self.spy)
        assert order.status is Status.SENT, order.reason
        return order.intent.order_ref

    async def working(self, factor: float = 0.98, quantity: float = 10) -> str:
        """A buy that rests; its reference."""
        ref = await self.sent(factor, quantity)
        await self.until(ref, Status.WORKING)
        return ref

    def order(self, ref: str) -> Order:
        """As it stands here."""
        return self.rig.desk.orders[ref]

    async def until(self, ref: str, *statuses: Status) -> Order:
        """Waits for one of the statuses."""
        await until(lambda: self.order(ref).status in statuses, 10, f"{statuses}: {self.rig.desk.orders[ref]}")
        return self.order(ref)

    async def at_gateway(self, ref: str) -> list[dict[str, Any]]:
        """The gateway's own account of an order: one entry for each that it ever got."""
        return [each for each in (await self.gateway.control("stats"))["orders"] if each["order_ref"] == ref]

    async def received(self, message: int) -> int:
        """How many requests of a number the gateway has got so far, of all clients."""
        count = (await self.gateway.control("stats"))["received"].get(str(message), 0)
        assert isinstance(count, int)
        return count

    async def asked_again(self, message: int, before: int) -> int:
        """Waits until the gateway has got more requests of a number than before."""
        async with asyncio.timeout(10):
            # The gateway tells nobody what it gets: it is asked until it got more.
            while (count := await self.received(message)) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        return count

    def error(self, code: int, ref: str, text: str = "") -> dict[str, Any]:
        """Arguments of a ``message`` verb about an order."""
        return {"code": code, "id": self.order(ref).order_id, "text": text or f"about {code}"}


@asynccontextmanager
async def trading(
    gateway: Gateway, path: Path, *, client_id: int = 10, risk: RiskSettings | None = None
) -> AsyncIterator[Trader]:
    """A trader who may send: what others left at a shared gateway is acknowledged, and nothing of ours is left."""
    async with running(path, gateway.host, gateway.port, client_id=client_id, risk=risk) as rig:
        await rig.ready()
        spy = await rig.quoted("SPY")
        rig.desk.acknowledge()
        yield Trader(gateway, rig, spy)
        if rig.supervisor.session is not None:
            await rig.desk.cancel_all()
