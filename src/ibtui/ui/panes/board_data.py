"""What the board shows besides quotes: stored daily bars, read in a thread and kept, and prices that just changed."""

import asyncio
import logging
from collections.abc import Iterable, Mapping

from ibtui.clock import NS
from ibtui.errors import StorageError
from ibtui.market.board import Quote
from ibtui.market.daily import YEAR, Daily, daily
from ibtui.market.instruments import Instrument, what_of
from ibtui.storage.board_queries import daily_bars
from ibtui.storage.files import DataDirectory

FLASH = 0.3
"""Seconds for which a changed price is inverted."""

_DAY = 86_400
_FLASHED = ("last",)
"""Trades are what the eye is to catch; quotes change all the time, and each flash is sent twice."""

log = logging.getLogger(__name__)


class DailyBars:
    """Facts of stored daily bars by contract; read again when asked to, and when the market's date changes.

    Attributes:
        facts: By contract id; what nothing is stored of is missing.
    """

    def __init__(self, directory: DataDirectory) -> None:
        self.facts: Mapping[int, Daily] = {}
        self._directory = directory
        self._read: tuple[frozenset[int], int] | None = None

    def forget(self) -> None:
        """More may be stored by now: the next look reads again."""
        self._read = None

    def due(self, instruments: Iterable[Instrument], market_ns: int) -> bool:
        """Whether :meth:`read` would bring anything new; said once."""
        wanted = frozenset(each.con_id for each in instruments), market_ns // NS // _DAY
        if wanted == self._read:
            return False
        self._read = wanted
        return True

    async def read(self, instruments: Iterable[Instrument], market_ns: int) -> None:
        """Reads the bars of these contracts."""
        wanted = {each.con_id: what_of(each) for each in instruments}
        today = market_ns // NS // _DAY * _DAY

        def read() -> dict[int, Daily]:
            found = daily_bars(self._directory, wanted, today - YEAR)
            return {con_id: daily(bars, today) for con_id, bars in found.items()}

        try:
            self.facts = await asyncio.to_thread(read)
        except StorageError as error:
            log.info("Daily bars can't be read: %s", error)


class Flashes:
    """Which prices changed just now."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[float | None, ...]] = {}
        self._now: dict[int, dict[str, int]] = {}
        self._until: dict[int, float] = {}

    def note(self, quote: Quote, now: float) -> None:
        """Compares a quote with what was seen of it before."""
        prices = (quote.last,)
        before = self._seen.get(quote.con_id)
        self._seen[quote.con_id] = prices
        if before is None or before == prices:
            return
        changed = {
            name: 1 if new > old else -1
            for name, old, new in zip(_FLASHED, before, prices, strict=True)
            if old is not None and new is not None and new != old
        }
        if changed:
            self._now[quote.con_id] = changed
            self._until[quote.con_id] = now + FLASH

    def of(self, con_id: int) -> Mapping[str, int] | None:
        """What of a contract is inverted now: field to 1 (rose) or -1 (fell)."""
        return self._now.get(con_id)

    def ended(self, now: float) -> list[int]:
        """Contracts whose prices stand still again since the last call."""
        over = [con_id for con_id, until in self._until.items() if until <= now]
        for con_id in over:
            del self._until[con_id], self._now[con_id]
        return over
