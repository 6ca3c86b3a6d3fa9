"""Live feeds on a gateway that does what a test says, in a loop whose time costs nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ibtui.broker.feeds import Feeds
from ibtui.broker.status import feed_trouble
from ibtui.broker.subscriptions import Feed
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import MarketClock
from ibtui.config import DepthSettings, GatewaySettings, MarketDataSettings
from ibtui.market.instruments import Instrument
from ibtui.market.rows import Batch, DepthRow
from ibtui.market.state import MarketState

from .small_gateway import SmallGateway, settle, until, virtual_clock

QUOTES, DEPTH, TAPE = "1", "10", "97"
"""Ids of the three requests."""


def stock(number: int, hours: str = "", regular: str = "") -> Instrument:
    """One with hours as IB writes them, in New York; its clock begins on Tuesday 2023-11-14 at 17:13."""
    return Instrument(
        number, f"S{number}", trading_hours=hours, liquid_hours=regular, time_zone="America/New_York" if hours else ""
    )


@dataclass
class Rig:
    gateway: SmallGateway
    supervisor: Supervisor
    feeds: Feeds
    market: MarketState
    batches: list[Batch] = field(default_factory=list)
    gaps: list[tuple[str, str]] = field(default_factory=list)

    async def ready(self) -> None:
        await until(lambda: self.supervisor.status.state == "READY")
        await settle()

    def asked(self, kind: str, since: int = 0) -> dict[str, list[str]]:
        """By contract number: the request ids under which it was asked for, of the gateway's requests ``since``."""
        asked: dict[str, list[str]] = {}
        for fields in self.gateway.requests[since:]:
            if fields[0] == kind:
                asked.setdefault(fields[2 if kind == TAPE else 3], []).append(fields[1 if kind == TAPE else 2])
        return asked

    def id_of(self, kind: str, instrument: Instrument) -> int:
        """The newest request id of one."""
        return int(self.asked(kind)[str(instrument.con_id)][-1])

    def tick(self, request_id: int, price: float = 10.0, kind: int = 1) -> None:
        self.gateway.send(1, 6, request_id, kind, price, 100, 0)

    def level(self, request_id: int, side: int, position: int, price: float, operation: int = 0) -> None:
        """A row of a SMART book: side 1 is bid, operation 0 insert."""
        self.gateway.send(13, 1, request_id, position, "ARCA", operation, side, price, 100, 1)

    def trade(self, request_id: int, price: float = 10.0) -> None:
        self.gateway.send(99, request_id, 2, 1_700_000_000, price, 100, 0, "ARCA", "")

    def refuse(self, request_id: int, code: int, text: str = "refused") -> None:
        self.gateway.send(4, 2, request_id, code, text, "")

    def depth_rows(self, instrument: Instrument) -> list[DepthRow]:
        return [row for batch in self.batches for row in batch.depth if row[0] == instrument.con_id]

    def reason(self, instrument: Instrument, feed: Feed = Feed.QUOTES) -> str:
        return self.feeds.reason(instrument.con_id, feed)


@asynccontextmanager
async def feeding(settings: MarketDataSettings | None = None) -> AsyncIterator[Rig]:
    gateway = await SmallGateway().start()
    clock = virtual_clock()
    market_clock = MarketClock(clock)
    market = MarketState()
    batches: list[Batch] = []
    gaps: list[tuple[str, str]] = []
    feeds = Feeds(
        market,
        clock,
        market_clock,
        settings or MarketDataSettings(),
        DepthSettings(),
        batches.append,
        vouched=lambda: not feed_trouble(supervisor.status),
        trouble=lambda: feed_trouble(supervisor.status),
        on_gap=lambda what, reason, from_ns, to_ns: gaps.append((what, reason)),
    )
    supervisor = Supervisor(
        GatewaySettings(port=gateway.port, heartbeat=20),
        clock,
        market_clock,
        [feeds],
        on_event=lambda event: None,
        on_change=lambda status: None,
        jitter=lambda: 0.0,
    )
    task = asyncio.ensure_future(supervisor.run())
    try:
        yield Rig(gateway, supervisor, feeds, market, batches, gaps)
    finally:
        await feeds.close()
        await supervisor.stop()
        await task
        await gateway.stop()
