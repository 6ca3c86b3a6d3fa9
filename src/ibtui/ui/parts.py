"""What the console is made of, handed to the screens by the composition root."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibtui.clock import Clock, MarketClock
from ibtui.config import Settings
from ibtui.market.day_lines import DayLines
from ibtui.market.state import MarketState

if TYPE_CHECKING:
    from ibtui.backfill.runner import BackfillRunner
    from ibtui.broker.account import Account
    from ibtui.broker.contracts import Contracts
    from ibtui.broker.feeds import Feeds
    from ibtui.broker.flattening import Flattening
    from ibtui.broker.live_bars import LiveBars
    from ibtui.broker.orders import OrderDesk
    from ibtui.broker.supervisor import ConnectionEvent, Supervisor
    from ibtui.services.alerts import Alerts
    from ibtui.services.day_watch import DayWatch
    from ibtui.services.log_buffer import LogBuffer
    from ibtui.services.loop_lag import LoopLag
    from ibtui.services.order_watch import OrderWatch
    from ibtui.services.price_alerts import PriceAlerts
    from ibtui.services.sim_control import SimControl
    from ibtui.services.views import Views
    from ibtui.services.watchlists import Watchlists
    from ibtui.storage.writer import Writer


@dataclass(frozen=True)
class Parts:
    """Every part of a running console.

    Attributes:
        sim: The simulated gateway's control port; None on a real gateway.
        events: What happened to the connection, newest last; whoever gets the supervisor's events appends here.
    """

    settings: Settings
    clock: Clock
    market_clock: MarketClock
    market: MarketState
    supervisor: "Supervisor"
    feeds: "Feeds"
    contracts: "Contracts"
    orders: "OrderDesk"
    flattening: "Flattening"
    order_watch: "OrderWatch"
    day_watch: "DayWatch"
    account: "Account"
    backfill: "BackfillRunner"
    live_bars: "LiveBars"
    writer: "Writer"
    watchlists: "Watchlists"
    views: "Views"
    day_lines: DayLines
    log: "LogBuffer"
    loop_lag: "LoopLag"
    alerts: "Alerts"
    price_alerts: "PriceAlerts"
    events: "deque[ConnectionEvent]"
    sim: "SimControl | None" = None
