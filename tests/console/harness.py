"""A console on real parts without a gateway: the market is fed by hand, everything else is what the program uses."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ibtui.backfill.runner import BackfillRunner
from ibtui.broker.account import Account
from ibtui.broker.contracts import Contracts
from ibtui.broker.feeds import Feeds
from ibtui.broker.flattening import Flattening
from ibtui.broker.history import History
from ibtui.broker.live_bars import LiveBars
from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.order_guards import Surroundings
from ibtui.broker.orders import OrderDesk
from ibtui.broker.supervisor import Supervisor
from ibtui.clock import Clock, MarketClock, system_clock
from ibtui.config import Settings
from ibtui.market.day_lines import DayLines
from ibtui.market.instruments import Instrument
from ibtui.market.rows import Batch, DepthRow, PrintRow, TickRow
from ibtui.market.state import MarketState
from ibtui.services.alerts import Alerts
from ibtui.services.day_watch import DayWatch
from ibtui.services.log_buffer import LogBuffer
from ibtui.services.loop_lag import LoopLag
from ibtui.services.order_watch import OrderWatch
from ibtui.services.price_alerts import PriceAlerts
from ibtui.services.views import Views
from ibtui.services.watchlists import Watchlists
from ibtui.storage import queries
from ibtui.storage.files import open_directory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.ui.parts import Parts

SPY = Instrument(756733, "SPY", primary_exchange="ARCA", long_name="SPDR S&P 500 ETF", time_zone="US/Eastern")
QQQ = Instrument(320227571, "QQQ", primary_exchange="NASDAQ", long_name="Invesco QQQ", time_zone="US/Eastern")
LISTS: Mapping[str, Sequence[Instrument | str]] = {"benchmarks": [SPY, QQQ], "sectors": ["XLK"]}
BID, BID_SIZE, ASK, ASK_SIZE, LAST, LAST_SIZE, VOLUME, CLOSE = 1, 0, 2, 3, 4, 5, 8, 9


@asynccontextmanager
async def console_parts(
    directory: Path,
    settings: Settings | None = None,
    *,
    clock: Clock | None = None,
    lists: Mapping[str, Sequence[Instrument | str] | None] = LISTS,
) -> AsyncIterator[Parts]:
    """Parts whose gateway is not there; the writer runs, the supervisor does not."""
    settings = settings or Settings()
    clock = clock or system_clock()
    market_clock = MarketClock(clock)
    market = MarketState()
    writer = Writer(open_directory(directory), clock)
    writer.open()
    journal = Journal(writer, clock)
    feeds = Feeds(market, clock, market_clock, settings.market_data, settings.depth, writer.add, lambda: True)
    account = Account(settings.gateway.account, clock, writer.history_soon)
    contracts = Contracts(writer.directory, writer, clock)
    around = Surroundings(
        market, feeds.mark, OpeningHours(market_clock), account, lambda _: None, contracts.known, contracts.rules.known
    )
    orders = OrderDesk(settings.risk, clock, around, journal, lambda endpoint, client_id: None)
    history = History()
    alerts = Alerts(
        settings.alerts,
        write=lambda text: None,
        toast=lambda text, severity: None,
        record=lambda alert: None,
        clock=clock,
        environment={},
    )
    parts = Parts(
        settings=settings,
        clock=clock,
        market_clock=market_clock,
        market=market,
        supervisor=Supervisor(
            settings.gateway,
            clock,
            market_clock,
            (),
            on_event=lambda event: None,
            on_change=lambda status: None,
            jitter=lambda: 0.0,
        ),
        feeds=feeds,
        contracts=contracts,
        orders=orders,
        flattening=Flattening(orders, account, market, feeds.mark),
        order_watch=OrderWatch(
            orders, account, clock, market_clock, settings.risk, lambda: False, lambda kind, text: None
        ),
        day_watch=DayWatch(
            orders, account, contracts.known, market, feeds.mark, clock, market_clock, lambda kind, text: None
        ),
        account=account,
        backfill=BackfillRunner(history, writer, settings.backfill, clock, market_clock),
        live_bars=LiveBars(history, clock),
        writer=writer,
        watchlists=Watchlists(
            lists,
            save=lambda name, position, entries: None,
            forget=lambda name: None,
        ),
        views=Views(queries.views(writer.directory), journal.view),
        day_lines=DayLines(),
        log=LogBuffer(),
        loop_lag=LoopLag(clock),
        events=deque(),
        alerts=alerts,
        price_alerts=PriceAlerts(feeds, journal, alerts.tell, clock),
    )
    running = asyncio.create_task(writer.run())
    try:
        yield parts
    finally:
        await writer.close()
        await running
        writer.directory.close()


async def nothing() -> None:
    """A start or stop with nothing to do."""


class Calls:
    """Counts awaits of a start or stop."""

    def __init__(self, then: Callable[[], Awaitable[None]] = nothing) -> None:
        self.count = 0
        self._then = then

    async def __call__(self) -> None:
        self.count += 1
        await self._then()


def feed(
    parts: Parts,
    *,
    ticks: list[tuple[Instrument, int, float | None, float | None]] = (),  # type: ignore[assignment]
    depth: list[DepthRow] = (),  # type: ignore[assignment]
    prints: list[PrintRow] = (),  # type: ignore[assignment]
) -> None:
    """Applies one batch, as a network read of session 1 would."""
    now, now_ns = parts.clock.monotonic(), parts.clock.utc_ns()
    rows: list[TickRow] = [
        (instrument.con_id, now_ns, number, kind, price, size)
        for number, (instrument, kind, price, size) in enumerate(ticks)
    ]
    parts.market.apply(Batch(now_ns, now, rows, list(prints), list(depth)), 1)


def quote(parts: Parts, instrument: Instrument, bid: float, ask: float, last: float, size: float = 300) -> None:
    """A whole quote at once."""
    feed(
        parts,
        ticks=[
            (instrument, BID, bid, size),
            (instrument, ASK, ask, size * 2),
            (instrument, LAST, last, 100),
            (instrument, CLOSE, last - 1, None),
            (instrument, VOLUME, None, 1_234_567),
        ],
    )
