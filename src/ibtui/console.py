"""The composition root: builds the parts, hands each what it needs, owns their start and their end.

Nothing below this file looks anything up by itself. Heavy libraries are imported when a console is built, not before.
"""

import asyncio
import logging
import os
import random
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ibtui.clock import NS, Clock, MarketClock
from ibtui.config import Settings, listen_address, without_effect
from ibtui.errors import EnvironmentUnfitError, GatewayUnreachableError, StorageError
from ibtui.market.day_lines import DayLines
from ibtui.market.rows import Batch
from ibtui.market.state import MarketState
from ibtui.services.last_quotes import show_last_quotes
from ibtui.services.order_alerts import OrderAlerts
from ibtui.services.price_alerts import PriceAlerts, stored_price_alerts
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory
from ibtui.storage.journal import Journal
from ibtui.storage.writer import Writer
from ibtui.trading.orders import ENDED

if TYPE_CHECKING:
    from ibtui.broker.status import ConnectionEvent, ConnectionStatus
    from ibtui.services.demo import Listening
    from ibtui.services.health_server import HealthServer
    from ibtui.services.log_buffer import LogBuffer
    from ibtui.services.status_socket import Job

log = logging.getLogger(__name__)

RECENT_ORDERS_NS = 24 * 3600 * NS
"""Orders that ended within this time before the start are shown again."""

EVENTS_KEPT = 500
"""Connection events in memory, for the timeline."""

USABLE = frozenset({"READY", "DEGRADED"})


class Console:
    """Every part of a running ibtui, with or without screens.

    Args:
        settings: As loaded.
        directory: Held open to write.
        clock: The machine's clocks.
        log_buffer: Recent log lines.
        listening: Where the demo's simulated gateway is, when there is one.
    """

    def __init__(
        self,
        settings: Settings,
        directory: DataDirectory,
        clock: Clock,
        log_buffer: "LogBuffer",
        listening: "Listening | None" = None,
    ) -> None:
        from ibtui.backfill.command import BackfillJobs
        from ibtui.backfill.gaps import GapLedger
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
        from ibtui.broker.status import feed_trouble
        from ibtui.broker.supervisor import Supervisor
        from ibtui.services.alert_command import AlertCommand
        from ibtui.services.alert_watch import AlertWatch
        from ibtui.services.alerts import Alerts
        from ibtui.services.day_sampler import DaySampler
        from ibtui.services.day_watch import DayWatch
        from ibtui.services.loop_lag import LoopLag
        from ibtui.services.notices import ConnectionNotices, NoticeBoard
        from ibtui.services.order_watch import OrderWatch
        from ibtui.services.quoting import Quoting
        from ibtui.services.record import Recordings
        from ibtui.services.sim_control import SimControl
        from ibtui.services.status_socket import StatusSocket
        from ibtui.services.views import Views
        from ibtui.services.watching import Watching
        from ibtui.services.watchlists import Watchlists, stored_lists

        if listening is not None:
            gateway = replace(settings.gateway, host=listening.host, port=listening.port, account="")
            settings = replace(settings, gateway=gateway)
        self.settings = settings
        self.directory = directory
        self.clock = clock
        self.log_buffer = log_buffer
        self.market = MarketState()
        self.events: deque[ConnectionEvent] = deque(maxlen=EVENTS_KEPT)
        self.sim = None if listening is None else SimControl(listening.host, listening.control_port)
        self.writer = Writer(
            directory, clock, client_id=settings.gateway.client_id, keep_days=settings.storage.keep_days
        )
        self.market_clock = MarketClock(clock, self.writer.add_clock)
        self.journal = Journal(self.writer, clock)
        self.alerts = Alerts(
            settings.alerts,
            write=lambda text: None,
            toast=lambda text, severity: None,
            record=lambda alert: self.journal.alert(alert.kind, alert.text, alert.count),
            clock=clock,
            environment=os.environ,
        )
        self.contracts = Contracts(directory, self.writer, clock)
        self.feeds = Feeds(
            self.market,
            clock,
            self.market_clock,
            settings.market_data,
            settings.depth,
            on_batch=self._batch,
            vouched=lambda: self.supervisor.session is not None and not feed_trouble(self.supervisor.status),
            trouble=lambda: feed_trouble(self.supervisor.status),
            on_gap=self.writer.add_gap,
        )
        self.loop_lag = LoopLag(clock, self.feeds.lagged)
        self.account = Account(settings.gateway.account, clock, self.writer.history_soon)
        around = Surroundings(
            market=self.market,
            mark=self.feeds.mark,
            hours=OpeningHours(self.market_clock),
            account=self.account,
            obstacle=self._obstacle_to_orders,
            instrument=self.contracts.known,
            grid=self.contracts.rules.known,
        )
        self.orders = OrderDesk(
            settings.risk,
            clock,
            around,
            self.journal,
            lambda endpoint, client_id: queries.highest_order_id(directory, endpoint, client_id),
            acknowledge_wait=settings.gateway.request_timeout,
            confirm=self.feeds.confirm,
        )
        self.flattening = Flattening(self.orders, self.account, self.market, self.feeds.mark)
        self.order_watch = OrderWatch(
            self.orders,
            self.account,
            clock,
            self.market_clock,
            settings.risk,
            ready=lambda: self.supervisor.status.state == "READY",
            tell=self.alerts.tell,
        )
        self.day_watch = DayWatch(
            self.orders,
            self.account,
            self.contracts.known,
            self.market,
            self.feeds.mark,
            clock,
            self.market_clock,
            tell=self.alerts.tell,
        )
        self.history = History()
        self.live_bars = LiveBars(self.history, clock)
        self.backfill = BackfillRunner(self.history, self.writer, settings.backfill, clock, self.market_clock)
        self.watchlists = Watchlists(stored_lists(directory), self.journal.watchlist, self.journal.remove_watchlist)
        self.views = Views(queries.views(directory), self.journal.view)
        self.day_lines = DayLines()
        self._day_sampler = DaySampler(
            self.day_lines,
            self.market.board.quotes,
            lambda: frozenset(each.con_id for each in self.watchlists.all_instruments()),
            clock,
            self.market_clock,
            directory,
        )
        self.supervisor = Supervisor(
            settings.gateway,
            clock,
            self.market_clock,
            (self.contracts, self.history, self.account, self.orders, self.feeds, self.live_bars),
            on_event=self._connection_event,
            on_change=self._connection_changed,
            jitter=random.random,
        )
        self.price_alerts = PriceAlerts(self.feeds, self.journal, self.alerts.tell, clock)
        self.alert_watch = AlertWatch(
            settings,
            clock,
            self.alerts.tell,
            status=lambda: self.supervisor.status,
            feeds=self.feeds,
            account=self.account,
            breaker=self.orders.breaker,
            differences=lambda: self.orders.differences,
            writer=lambda: self.writer.status,
            loop_lag=self.loop_lag,
            directory=directory.path,
        )
        command = settings.alerts.command
        self.alert_command = AlertCommand(command, self.alerts.tell) if command.strip() else None
        self._watching = Watching(
            self.watchlists, self.contracts, self.feeds, connected=lambda: self.supervisor.session is not None
        )
        self.told = NoticeBoard(clock)
        self.alerts.on_change.append(self.told.alert)
        self.on_status: list[Callable[[ConnectionStatus], None]] = [ConnectionNotices(clock, self.told.add)]
        backfills = BackfillJobs(self.backfill, self.contracts)
        recordings = Recordings(self.feeds, self.contracts)
        self.jobs: dict[str, Job] = {
            "hello": self._hello,
            "status": self._status,
            "notices": self.told.after,
            "quote": Quoting(self.feeds, self.contracts, clock, directory).answer,
            "backfill": backfills.start,
            "jobs": backfills.look,
            "gaps": GapLedger(self.history, self.contracts, directory, self.market_clock).answer,
            "record": recordings.start,
            "recorded": recordings.end,
            "snapshot": self._no_screens,
        }
        self.notices: list[str] = []
        """What the start has to tell of files, settings and socket."""
        self._socket = StatusSocket(directory.path, self.jobs)
        self.health: HealthServer | None = None
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []
        self._connection_news = asyncio.Event()

    # --- life ---

    async def start(self, *, watch: bool) -> None:
        """Opens the files, then starts the tasks; returns at once, connected or not.

        Args:
            watch: Subscribe to the watchlists, as a console with screens does.

        Raises:
            StorageError: The data files can't be used.
        """
        await asyncio.to_thread(self.writer.open)
        self.writer.give_books(self.feeds.book_rows)
        self.notices += self.writer.notices
        self.notices += [f"{name} is set and not in effect yet." for name in without_effect(self.settings)]
        await self._take_over_orders()
        self.price_alerts.load(*await asyncio.to_thread(stored_price_alerts, self.directory))
        self._spawn(self.writer.run(), "writer")
        self._spawn(self.supervisor.run(), "connection")
        self._spawn(self.loop_lag.run(), "loop lag")
        self._spawn(self.order_watch.run(), "order watch")
        self._spawn(self.day_watch.run(), "day watch")
        self._spawn(self.alert_watch.run(), "alert watch")
        if self.alert_command is not None:
            self.alerts.on_change.append(self.alert_command)
            self._spawn(self.alert_command.run(), "alert command")
        try:
            await self._socket.start()
        except EnvironmentUnfitError as error:
            self.notices.append(f"Other commands can't find this console: {error}")
        await self._serve_health()
        for notice in self.notices:
            self.alerts.tell("message", notice)
        if watch:
            try:
                await show_last_quotes(self.directory, self.market.board, self.watchlists.all_instruments())
            except StorageError as error:  # a slow disk, a damaged old day: no reason not to start
                self.alerts.tell("message", f"The last known quotes can't be shown: {error}")
            self._spawn(self._watching.run(), "watchlists")
            self._spawn(self._day_sampler.run(), "day sampler")

    async def _serve_health(self) -> None:
        address = listen_address(self.settings.health.listen)
        if address is None:
            return
        # It brings an HTTP library, which takes its time: only for who wants it, and beside the loop.
        module = await asyncio.to_thread(import_module, "ibtui.services.health_server")
        self.health = module.HealthServer(*address, partial(self.status_document, counted=False))
        try:
            await self.health.start()
        except EnvironmentUnfitError as error:
            self.notices.append(str(error))

    async def stop(self) -> None:
        """Unsubscribes, disconnects, drains and closes, in that order, each even if one before it failed."""
        self._stopping = True
        for end in (
            *([] if self.health is None else [self.health.stop]),
            self._socket.stop,
            self.backfill.stop,
            self.feeds.close,
            self.supervisor.stop,
            self.writer.close,
        ):
            try:
                await end()
            except Exception:
                log.exception("A part could not be ended as it should")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def connected(self, *, patient: bool) -> None:
        """Waits until requests can be made.

        Args:
            patient: Keep waiting while the gateway is down, as the supervisor keeps trying.

        Raises:
            GatewayUnreachableError: Not patient, and the first try failed.
        """
        while self.supervisor.session is None or self.supervisor.status.state not in USABLE:
            status = self.supervisor.status
            if not patient and status.state == "DISCONNECTED":
                raise GatewayUnreachableError(status.cause)
            self._connection_news.clear()
            await self._connection_news.wait()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._task_ended)
        self._tasks.append(task)

    def _task_ended(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.critical("The task '%s' failed", task.get_name(), exc_info=error)
            kind = "journal" if task.get_name() == "writer" else "message"
            self.alerts.tell(kind, f"The {task.get_name()} task failed ({error}); restart ibtui. The log says more.")

    # --- what a start brings back ---

    async def _take_over_orders(self) -> None:
        from ibtui.broker.account import Position

        since = self.clock.utc_ns() - RECENT_ORDERS_NS
        orders = await asyncio.to_thread(queries.load_orders, self.directory, since_ns=since)
        self.orders.load(orders, await asyncio.to_thread(queries.restraints, self.directory))
        self.orders.on_change.append(OrderAlerts(self.alerts, self.orders.orders.values(), self.contracts.known))
        for con_id in {each.intent.con_id for each in orders if each.status not in ENDED}:
            instrument = await asyncio.to_thread(queries.contract, self.directory, con_id)
            if instrument is not None:
                self.contracts.learn(instrument)
        held = await asyncio.to_thread(queries.positions, self.directory)
        for account in {row["account"] for row in held}:
            if self.settings.gateway.account in ("", account):
                rows = [row for row in held if row["account"] == account and row["quantity"] is not None]
                positions = [Position(row["con_id"], row["symbol"], row["quantity"]) for row in rows]
                self.account.remember(account, positions)

    # --- what the parts tell each other ---

    def _batch(self, batch: Batch) -> None:
        self.writer.add(batch)
        self.price_alerts.look(batch.monotonic)

    def _obstacle_to_orders(self, reduces: bool) -> str | None:
        from ibtui.broker.status import obstacle_to_orders

        if self.writer.status.journal_problem is not None:
            return f"the order journal: {self.writer.status.journal_problem}"
        return obstacle_to_orders(self.supervisor.status, reduces=reduces)

    def _connection_event(self, event: "ConnectionEvent") -> None:
        self.events.append(event)
        self.journal.connection(event.state, event.link, event.cause, event.code, event.detail, event.ts_ns)

    def _connection_changed(self, status: "ConnectionStatus") -> None:
        self._connection_news.set()
        if self._stopping:
            return
        for listener in self.on_status:
            listener(status)
        self.alerts.connection(status.state, status.cause, asked=status.asked)
        self._watching.connection(usable=status.state in USABLE)

    # --- jobs: what commands ask of a running console, through its socket, or of one of their own ---

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Does one job of :attr:`jobs`, named by ``do``.

        Raises:
            IbtuiError: It can't be done; says why.
        """
        arguments = dict(request)
        return await self.jobs[arguments.pop("do")](arguments)

    async def _no_screens(self, _: dict[str, Any]) -> dict[str, Any]:
        raise EnvironmentUnfitError("What runs on this data directory is a command without screens.")

    async def _hello(self, _: dict[str, Any]) -> dict[str, Any]:
        gateway = self.settings.gateway
        return {
            "run_id": self.writer.run_id,
            "endpoint": f"{gateway.host}:{gateway.port}",
            "state": self.supervisor.status.state,
        }

    async def _status(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"status": await self.status_document(counted=True)}

    async def status_document(self, *, counted: bool) -> dict[str, Any]:
        """See :func:`ibtui.services.status.live_status`."""
        from ibtui.services.status import live_status

        return await live_status(
            supervisor=self.supervisor,
            feeds=self.feeds,
            writer=self.writer,
            loop_lag=self.loop_lag,
            log=self.log_buffer,
            clock=self.clock,
            counted=counted,
        )
