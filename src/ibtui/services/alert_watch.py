"""Looks once a second for what must be told and tells nobody by itself: feeds, margin, breaker, writer, machine."""

import asyncio
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ibtui.broker.status import READ_ONLY
from ibtui.broker.subscriptions import Feed, Standing
from ibtui.clock import Clock
from ibtui.config import Settings
from ibtui.market.marks import Mark
from ibtui.services.conditions import Conditions, Key, Trouble
from ibtui.services.health import LOOP_LAG_LIMIT_MS
from ibtui.trading.differences import Difference

if TYPE_CHECKING:
    from ibtui.broker.account import Account
    from ibtui.broker.feeds import Feeds
    from ibtui.broker.status import ConnectionStatus
    from ibtui.services.loop_lag import LoopLag
    from ibtui.storage.writer import WriterStatus
    from ibtui.trading.breaker import Breaker

LOOK_EVERY = 1.0
"""Seconds between two looks."""

DISK_EVERY = 30.0
"""Seconds between two questions for the room on the disk."""

LEAST_FREE = 500_000_000
"""Bytes free on the data directory's disk under which to tell: a busy day writes about that much."""

MOST_SKEW = 30.0
"""Seconds that the gateway's clock may drift from the machine's."""

FEED_AFTER = 10.0
"""Seconds for which a symbol must be silent or refused: a subscription that is renewed is neither."""

log = logging.getLogger(__name__)

Found = Iterator[tuple[Key, Trouble]]


class AlertWatch:
    """One task; what it tells is decided by :mod:`ibtui.services.conditions` and by the functions below.

    Args:
        tell: Tells an alert of a kind.
        status: The connection's.
        differences: What happened while the link was lost and was not acknowledged yet.
        writer: The writer's.
        directory: Where the data files are.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        tell: Callable[[str, str], object],
        *,
        status: "Callable[[], ConnectionStatus]",
        feeds: "Feeds",
        account: "Account",
        breaker: "Breaker",
        differences: Callable[[], Iterable[Difference]],
        writer: "Callable[[], WriterStatus]",
        loop_lag: "LoopLag",
        directory: Path,
        least_free: int = LEAST_FREE,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._status = status
        self._feeds = feeds
        self._account = account
        self._breaker = breaker
        self._tell = tell
        self._differences = differences
        self._moved: set[Difference] = set()
        self._writer = writer
        self._loop_lag = loop_lag
        self._directory = directory
        self._least_free = least_free
        self._conditions = Conditions(tell)
        self._free: int | None = None
        self._asked_at = float("-inf")
        self._shed = 0

    async def run(self) -> None:
        """Looks until cancelled; what fails is logged and tried again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except Exception:
                log.exception("Looking for what must be told failed")

    async def look(self) -> None:
        """One look."""
        now = self._clock.monotonic()
        if now - self._asked_at >= DISK_EVERY:
            self._asked_at = now
            self._free = (await asyncio.to_thread(shutil.disk_usage, self._directory)).free
        moved = {each for each in self._differences() if each.kind == "moved"}
        for each in moved - self._moved:
            self._tell("position", each.text)
        self._moved = moved
        status, writing = self._status(), self._writer()
        troubles = dict(margin_trouble(self._account, self._settings.alerts.margin_cushion_percent))
        troubles.update(breaker_trouble(self._breaker, now))
        troubles.update(writer_troubles(writing, self._shed))
        troubles.update(machine_troubles(self._loop_lag.p99_ms, status.skew_s, self._free, self._least_free))
        self._shed = writing.shed
        troubles.update(refusal_of_orders(status))
        if status.state in ("READY", "DEGRADED") and self._feeds.vouched():
            troubles.update(feed_troubles(self._feeds, self._settings.market_data.type))
        else:  # the link's own alert says it
            self._conditions.forget(lambda key: isinstance(key, tuple) and key[0] == "feed")
        self._conditions.look(troubles, now)


def feed_troubles(feeds: "Feeds", wanted: str) -> Found:
    """Symbols whose quotes don't come, or not as they should.

    Args:
        feeds: The subscriptions.
        wanted: ``[market_data] type``.
    """
    for each in feeds.subscriptions():
        if each.feed is not Feed.QUOTES:
            continue
        con_id = each.instrument.con_id
        mark, reason = feeds.mark(con_id), feeds.reason(con_id)
        what = detail = ""
        if each.standing in (Standing.REFUSED, Standing.WITHOUT):
            what = f"no quotes: {reason}"
        elif mark is Mark.STALE and each.standing is Standing.GRANTED:
            what, detail = "no ticks come, the quote is STALE", reason
        elif mark is Mark.HALTED:
            what = "trading is HALTED"
        elif mark is Mark.DELAYED and wanted == "live":
            what = f"quotes are DELAYED{': ' + reason if reason else ''}"
        if what:
            over, symbol = ("feed back", "quotes are LIVE again"), each.instrument.symbol
            yield ("feed", con_id), Trouble("feed lost", what, over, symbol, detail, FEED_AFTER)


def refusal_of_orders(status: "ConnectionStatus") -> Found:
    """The gateway takes no orders at all."""
    if status.read_only:
        yield "read-only", Trouble("read-only", READ_ONLY, ("system back", "the gateway takes orders again"))


def margin_trouble(account: "Account", percent: float) -> Found:
    """Too little between the account and a liquidation, by IB's own figures."""
    excess, net = account.number("ExcessLiquidity"), account.number("NetLiquidation")
    cushion = account.number("Cushion")
    if cushion is None and excess is not None and net:
        cushion = excess / net
    if account.holdings.known and cushion is not None and cushion * 100 < percent:
        figures = "" if excess is None else f", excess liquidity {excess:,.2f} {account.base_currency}".rstrip()
        what, over = f"margin cushion under {percent:g} %", ("margin back", f"margin cushion over {percent:g} % again")
        yield "margin", Trouble("margin", what, over, detail=f"{cushion:.1%}{figures}")


def breaker_trouble(breaker: "Breaker", now: float) -> Found:
    """The order path failed too often, so that new orders wait."""
    seconds = breaker.remaining(now)
    if breaker.state != "closed":
        what = "BREAKER: the order path failed three times, new orders wait; cancels and reducing orders go"
        detail = f"for {seconds:.0f} s, then one order probes" if seconds else "one order probes"
        yield "breaker", Trouble("breaker open", what, ("breaker closed", "breaker closed: orders go"), detail=detail)


def writer_troubles(writing: "WriterStatus", shed_before: int) -> Found:
    """What can't be written, and what was given up since the last look."""
    back = ("writer back", "everything is written again")
    if writing.journal_problem is not None:
        what = f"the order journal: {writing.journal_problem}; new orders are blocked"
        yield "journal", Trouble("journal", what, back)
    elif writing.problem is not None:
        yield "writer", Trouble("writer", f"the writer: {writing.problem}", back)
    if writing.shed > shed_before:
        over = ("writer back", "all market data is kept again")
        what = "market data is given up, the disk can't keep up"
        yield "shed", Trouble("shed", what, over, detail=f"{writing.shed:,} rows so far")


def machine_troubles(lag_ms: float, skew_s: float | None, free: int | None, least_free: int) -> Found:
    """What is wrong with this machine: a loop that is late, a clock that is off, a disk that is full."""
    if lag_ms > LOOP_LAG_LIMIT_MS:
        what, over = "the console can't keep up", ("system back", "the console keeps up again")
        yield "loop lag", Trouble("loop lag", what, over, detail=f"its loop is {lag_ms:.0f} ms late")
    if skew_s is not None and abs(skew_s) > MOST_SKEW:
        what, over = "this machine's clock and the gateway's drift apart", ("system back", "the clocks agree again")
        yield "clock skew", Trouble("clock skew", what, over, detail=f"{skew_s:+.0f} s")
    if free is not None and free < least_free:
        what, over = "the disk is nearly full", ("system back", "the disk has room again")
        yield "disk", Trouble("disk", what, over, detail=f"{free / 1e6:,.0f} MB free for the data files")
