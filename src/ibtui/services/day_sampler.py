"""Follows each quote through the day, and begins with what is stored of it."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from ibtui.clock import NS, Clock, MarketClock
from ibtui.errors import StorageError
from ibtui.market.board import Quote
from ibtui.market.day_lines import DayLines, slot_of, spans
from ibtui.market.trading_day import day_began_ns
from ibtui.storage import recorded_queries
from ibtui.storage.board_queries import last_prices
from ibtui.storage.files import DataDirectory

EVERY = 5.0
"""Seconds between two looks."""

log = logging.getLogger(__name__)


class DaySampler:
    """One task; a look costs a microsecond a quote.

    Args:
        lines: Where prices are kept.
        quotes: All quotes by contract id.
        watched: Contract ids whose day is wanted.
    """

    def __init__(
        self,
        lines: DayLines,
        quotes: Mapping[int, Quote],
        watched: Callable[[], frozenset[int]],
        clock: Clock,
        market_clock: MarketClock,
        directory: DataDirectory,
    ) -> None:
        self._lines = lines
        self._quotes = quotes
        self._watched = watched
        self._clock = clock
        self._market_clock = market_clock
        self._directory = directory
        self._day = 0
        self._read: frozenset[int] = frozenset()

    async def run(self) -> None:
        """Looks until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(EVERY)

    async def look(self) -> None:
        """One look; reads first what is stored of contracts that are new."""
        market_ns = self._market_clock.now_ns()
        if market_ns is None:
            return
        day = day_began_ns(market_ns)
        if day != self._day:
            self._day = day
            self._lines.begin_day(slot_of(day))
        new = self._watched() - self._read
        if new:
            self._read |= new
            await self._read_stored(new, day)
        slot = slot_of(market_ns)
        for con_id, quote in self._quotes.items():
            if quote.session and quote.last is not None and quote.updated_ns > self._clock.utc_ns() - 2 * EVERY * NS:
                self._lines.note(con_id, slot, quote.last)

    async def _read_stored(self, con_ids: frozenset[int], day_ns: int) -> None:
        def read() -> dict[int, dict[int, float]]:
            known = recorded_queries.clocks(self._directory)
            return last_prices(self._directory, con_ids, spans(known, day_ns, self._clock.utc_ns()))

        try:
            found = await asyncio.to_thread(read)
        except StorageError as error:
            log.info("The day so far can't be read: %s", error)
            return
        for con_id, prices in found.items():
            self._lines.fill(con_id, prices)
