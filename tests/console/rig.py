"""The broker's parts on real storage and a real session, without a screen."""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ibtui.broker.account import Account
from ibtui.broker.contracts import Contracts
from ibtui.broker.feeds import Feeds
from ibtui.broker.history import History
from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.order_guards import Surroundings
from ibtui.broker.orders import OrderDesk
from ibtui.broker.session import Session
from ibtui.broker.status import obstacle_to_orders
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import MarketClock, system_clock
from ibtui.config import DepthSettings, GatewaySettings, MarketDataSettings, RiskSettings
from ibtui.market.instruments import Instrument
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory, open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.trading.orders import Order
from tests.conftest import until


@dataclass
class Rig:
    """Everything that a console has between the socket and the screen."""

    directory: DataDirectory
    writer: Writer
    supervisor: Supervisor
    market: MarketState
    feeds: Feeds
    contracts: Contracts
    history: History
    account: Account
    desk: OrderDesk
    batches: list[Batch] = field(default_factory=list)
    changes: list[Order] = field(default_factory=list)

    @property
    def session(self) -> Session:
        """The session that there is."""
        session = self.supervisor.session
        assert session is not None
        return session

    async def ready(self, seconds: float = 15.0) -> None:
        await until(lambda: self.supervisor.status.state == "READY", seconds, f"READY: {self.supervisor.status}")

    async def not_ready(self) -> None:
        await until(lambda: self.supervisor.status.state != "READY", 10, "a loss")

    async def quoted(self, symbol: str) -> Instrument:
        """Resolves a symbol, wants its quotes, and waits until both sides are there."""
        instrument = await self.contracts.resolve(symbol)
        self.feeds.want(instrument, quotes=True)
        quote = self.market.board.quote(instrument.con_id)
        await until(
            lambda: quote.bid and quote.ask and self.feeds.mark(instrument.con_id) == "LIVE",
            10,
            f"a LIVE quote of {symbol}: {quote} {self.feeds.mark(instrument.con_id)}",
        )
        return instrument

    def rows(self, sql: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows of journal.db as they are on disk now."""
        connection = sqlite3.connect(f"file:{self.directory.journal}?mode=ro", uri=True)
        try:
            return connection.execute(sql, arguments).fetchall()
        finally:
            connection.close()


Build = Callable[..., Rig]


@asynccontextmanager
async def running(
    path: Path,
    host: str,
    port: int,
    *,
    client_id: int = 10,
    risk: RiskSettings | None = None,
    stale_after: float = 60.0,
    jitter: float = 0.0,
    request_timeout: float = 10.0,
) -> AsyncIterator[Rig]:
    """A rig that connects, and ends in the order in which a console ends."""
    clock = system_clock()
    market_clock = MarketClock(clock)
    directory = open_directory(path)
    writer = Writer(directory, clock, client_id=client_id)
    writer.open()
    journal = Journal(writer, clock)
    market = MarketState()
    settings = GatewaySettings(host=host, port=port, client_id=client_id, retry_first=0.1, retry_max=0.5)
    batches: list[Batch] = []
    made: list[Rig] = []

    def store(batch: Batch) -> None:
        batches.append(batch)
        writer.add(batch)

    def obstacle(reduces: bool) -> str | None:
        return obstacle_to_orders(made[0].supervisor.status, reduces=reduces)

    def vouched() -> bool:
        status = made[0].supervisor.status
        return status.state in ("READY", "DEGRADED", "SYNCING") and status.data.state != "down"

    feeds = Feeds(
        market, clock, market_clock, MarketDataSettings(stale_after=stale_after), DepthSettings(), store, vouched
    )
    contracts = Contracts(directory, writer, clock)
    history = History()
    account = Account(settings.account, clock, writer.history_soon)
    desk = OrderDesk(
        risk or RiskSettings(),
        clock,
        Surroundings(
            market, feeds.mark, OpeningHours(market_clock), account, obstacle, contracts.known, contracts.rules.known
        ),
        journal,
        partial(queries.highest_order_id, directory),
        confirm=feeds.confirm,
        acknowledge_wait=request_timeout,
        random_bits=partial(random.getrandbits, 80),
    )
    desk.load(queries.load_orders(directory), queries.restraints(directory))
    supervisor = Supervisor(
        settings,
        clock,
        market_clock,
        (desk, account, feeds, contracts, history),
        on_event=lambda event: journal.connection(
            event.state, event.link, event.cause, event.code, event.detail, event.ts_ns
        ),
        on_change=lambda status: None,
        jitter=lambda: jitter,
    )
    rig = Rig(directory, writer, supervisor, market, feeds, contracts, history, account, desk, batches)
    desk.on_change.append(rig.changes.append)
    made.append(rig)
    tasks = [asyncio.create_task(writer.run()), asyncio.create_task(supervisor.run())]
    try:
        yield rig
    finally:
        await feeds.close()
        await supervisor.stop()
        await writer.close()
        for task in tasks:
            with suppress(TimeoutError):
                await asyncio.wait_for(task, 5)
        directory.close()


async def never(*_: Any) -> None:
    """Stands in for what does not come back."""
    await asyncio.Event().wait()
