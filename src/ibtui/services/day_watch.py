"""Compares the day's profit that IB reports with what our own fills come to, and tells when they lie apart."""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ibtui.clock import NS, Clock, MarketClock
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.state import MarketState
from ibtui.market.trading_day import day_began_ns
from ibtui.trading.day_result import (
    SETTLES_AFTER,
    ContractResult,
    allowed_difference,
    began_flat,
    by_currency,
    day_results,
    fills_since,
    in_base,
    mark_price,
)

if TYPE_CHECKING:
    from ibtui.broker.account import Account
    from ibtui.broker.orders import OrderDesk

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds between two looks."""

TOLD_AFTER = 30.0
"""Seconds that two figures must lie apart: IB's comes seconds after a fill, a position's price later still."""


class DayWatch:
    """One task. What the fills come to is pure and stands in :mod:`ibtui.trading.day_result`.

    Args:
        desk: Whose orders' fills count.
        account: IB's figures.
        instrument: A contract's facts by its id.
        market: Quotes.
        mark: What a contract's quote may be called now.
        clock: The machine's clocks.
        market_clock: The gateway's, by which a trading day begins.
        tell: Tells an alert of a kind.

    Attributes:
        results: The day of each contract that our fills traded, by contract id.
    """

    def __init__(
        self,
        desk: "OrderDesk",
        account: "Account",
        instrument: Callable[[int], Instrument | None],
        market: MarketState,
        mark: Callable[[int], Mark],
        clock: Clock,
        market_clock: MarketClock,
        tell: Callable[[str, str], object],
    ) -> None:
        self.results: Mapping[int, ContractResult] = {}
        self._desk = desk
        self._account = account
        self._instrument = instrument
        self._market = market
        self._mark = mark
        self._clock = clock
        self._market_clock = market_clock
        self._tell = tell
        self._looked = False
        self._apart_since: float | None = None
        self._told = False

    async def run(self) -> None:
        """Looks until cancelled; what fails is logged and tried again."""
        while True:
            try:
                self.look()
            except Exception:
                log.exception("Comparing the day's profit failed")
            await asyncio.sleep(LOOK_EVERY)

    def look(self) -> None:
        """One look: the results anew, and whether they lie apart from IB's figure for too long."""
        market_ns = self._market_clock.now_ns() or self._clock.utc_ns()
        fills = fills_since(self._desk.orders.values(), day_began_ns(market_ns))
        self.results, self._looked = day_results(fills, self._instrument, self._price), True
        now, difference = self._clock.monotonic(), self.difference
        if difference is None or abs(difference) <= self._allowed():
            self._apart_since, self._told = None, False
        elif self._apart_since is None:
            self._apart_since = now
        elif now - self._apart_since >= TOLD_AFTER and not self._told:
            self._told = True
            unit = self._account.base_currency
            self._tell(
                "position",
                f"IB's profit of the day is {difference:+,.2f} {unit} from what our own fills come to: somebody else "
                "trades the account, or a fill is missing",
            )

    @property
    def own(self) -> float | None:
        """The day's result of our own fills after commissions, in base currency; None while unknown."""
        if not self._looked:
            return None
        return in_base(by_currency(self.results.values()), self._account.base_currency, self._account.rate)

    @property
    def difference(self) -> float | None:
        """IB's figure less ours; None while one is unknown, or where they need not be the same."""
        own, reported = self.own, self._account.daily_pnl
        return None if own is None or reported is None or not self._comparable() else reported - own

    def _comparable(self) -> bool:
        """Whether all that is held, and all of IB's figure, is of today."""
        market_ns = self._market_clock.now_ns()
        if market_ns is None or not self._account.holdings.known:
            return False
        held = {con_id: each.quantity for con_id, each in self._account.positions.items()}
        settled = market_ns - day_began_ns(market_ns) >= SETTLES_AFTER * NS
        return settled and began_flat(self.results, held)

    def _allowed(self) -> float:
        return allowed_difference(self.results.values(), self._account.base_currency, self._account.rate)

    def _price(self, con_id: int) -> float | None:
        """Where a position stands: at its quote while that is LIVE, else where IB marks it."""
        if self._mark(con_id) is Mark.LIVE:
            quote = self._market.board.quote(con_id)
            found = mark_price(quote.bid, quote.ask, quote.last)
            if found is not None:
                return found
        position = self._account.positions.get(con_id)
        return None if position is None else position.market_price
