"""Looks after orders and positions once a second: the day's loss, stops that went, positions that others moved."""

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from ibtui.clock import Clock, MarketClock
from ibtui.config import RiskSettings
from ibtui.errors import IbtuiError
from ibtui.market.prices import exact
from ibtui.market.trading_day import day_began_ns
from ibtui.trading.brackets import unprotected
from ibtui.trading.orders import Order
from ibtui.trading.restraints import Restraint, Source, blind_restraint, day_profit, is_over, loss_restraint
from ibtui.trading.unanswered import UNANSWERED_SECONDS, unanswered

if TYPE_CHECKING:
    from ibtui.broker.account import Account
    from ibtui.broker.orders import OrderDesk

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds between two looks."""

EXTERNAL_EVERY = 30.0
"""Seconds between two lists of all clients' open orders."""

POSITIONS_AGAIN = 5.0
"""Seconds between two requests for positions that a fill waits for."""


class OrderWatch:
    """One task. Everything it decides is pure and stands in :mod:`ibtui.trading`.

    Args:
        desk: Holds back and releases; lists others' orders.
        account: Positions and profit.
        clock: The machine's clocks.
        market_clock: The gateway's, by which a trading day begins.
        risk: What a day may lose, and what then holds back.
        ready: Whether the connection is READY.
        tell: Tells an alert of a kind.

    Attributes:
        unprotected: Stops of brackets that went while their position is still there.
    """

    def __init__(
        self,
        desk: "OrderDesk",
        account: "Account",
        clock: Clock,
        market_clock: MarketClock,
        risk: RiskSettings,
        ready: Callable[[], bool],
        tell: Callable[[str, str], object],
    ) -> None:
        self.unprotected: tuple[Order, ...] = ()
        self._desk = desk
        self._account = account
        self._clock = clock
        self._market_clock = market_clock
        self._risk = risk
        self._ready = ready
        self._tell = tell
        self._unanswered: set[str] = set()
        self._left_behind: str | None = None
        self._beyond_loss = False
        self._ready_since: float | None = None
        self._listed_at = self._asked_at = clock.monotonic()

    async def run(self) -> None:
        """Looks until cancelled; what fails is logged and tried again."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except IbtuiError as error:
                log.warning("%s", error)
            except Exception:
                log.exception("Looking after orders and positions failed")

    async def look(self) -> None:
        """One look.

        Raises:
            IbtuiError: A list did not come, or the journal can't be written; the next look tries again.
        """
        now = self._clock.monotonic()
        if not self._ready():
            self._ready_since = None
        elif self._ready_since is None:
            self._ready_since = now
        self._look_for_stops()
        self._look_for_answers()
        self._look_at_identity()
        await self._look_at_profit(now)
        moved = self._look_at_positions(now)
        if self._ready_since is None:
            return
        if self._account.holdings.overdue(now) and now - self._asked_at >= POSITIONS_AGAIN:
            self._asked_at = now
            await self._account.ask_positions()
        if moved or now - self._listed_at >= EXTERNAL_EVERY:
            self._listed_at = now
            await self._desk.ask_external()

    def _look_for_stops(self) -> None:
        before = {each.intent.order_ref for each in self.unprotected}
        self.unprotected = tuple(unprotected(self._desk.orders.values(), self._holds))
        for order in self.unprotected:
            if order.intent.order_ref not in before:
                self._tell("unprotected", f"{order.intent.symbol} is UNPROTECTED: its stop is {order.status}")

    def _look_for_answers(self) -> None:
        late = {each.intent.order_ref: each for each in unanswered(self._desk.orders.values(), self._clock.utc_ns())}
        for ref, order in late.items():
            if ref not in self._unanswered:
                words = f"{order.intent.action} {exact(order.intent.quantity)} {order.intent.symbol}"
                self._tell(
                    "unanswered",
                    f"{words} was sent {UNANSWERED_SECONDS:g} s ago and is not acknowledged; it may be at the broker. "
                    "It is not sent again: wait, or cancel it",
                )
        self._unanswered = set(late)

    def _look_at_identity(self) -> None:
        left = self._desk.left_behind
        if left is not None and left != self._left_behind:
            self._tell("identity", f"Nothing new can be opened: {left}")
        self._left_behind = left

    def _holds(self, con_id: int) -> bool:
        held = self._account.held(con_id)
        return held is None or held.least != 0 or held.most != 0

    async def _look_at_profit(self, now: float) -> None:
        market_ns = self._market_clock.now_ns() or self._clock.utc_ns()
        flat, traded = self._account.holdings.flat, self._traded_since(day_began_ns(market_ns))
        profit = day_profit(self._account.daily_pnl, flat=flat, traded=traded)
        held_back = self._desk.restraints
        latched = held_back.get("daily loss")
        if latched is not None and is_over(latched, market_ns):
            await self._desk.release("daily loss", "a new trading day began")
            latched, self._beyond_loss = None, False
        if profit is not None:
            loss = loss_restraint(profit, self._risk.daily_loss, self._risk.on_daily_loss, market_ns)
            # Released by hand, it stays so until the loss is below its limit and reaches it again.
            if latched is None and not self._beyond_loss:
                await self._hold(loss)
            self._beyond_loss = loss is not None
        ready_for = None if self._ready_since is None else now - self._ready_since
        blind = blind_restraint(profit, ready_for, market_ns)
        if blind is not None:
            await self._hold(blind)
        elif profit is not None and "unknown profit" in held_back:
            await self._release("unknown profit", "IB reports the profit of the day")

    async def _hold(self, restraint: Restraint | None) -> None:
        if restraint is not None and restraint.source not in self._desk.restraints:
            self._tell("trading state", f"Trading is {restraint.state}: {restraint.reason}")
            await self._desk.hold_back(restraint)

    async def _release(self, source: Source, reason: str) -> None:
        self._tell("trading state", f"No longer held back: {reason}")
        await self._desk.release(source, reason)

    def _look_at_positions(self, now: float) -> bool:
        """Tells positions that somebody else moved; whether there were any."""
        moved = self._account.holdings.unexplained(now)
        for con_id, change in moved.items():
            position = self._account.positions.get(con_id)
            name = position.symbol if position is not None else f"#{con_id}"
            self._tell(
                "position", f"{name} changed by {'+' if change > 0 else ''}{exact(change)} without an order of ours"
            )
        return bool(moved)

    def _traded_since(self, day_ns: int) -> bool:
        return any(fill.ts_ns >= day_ns for order in self._desk.orders.values() for fill in order.executions)
