"""The session's volume by row: what this run saw, and what was stored before."""

import asyncio
import logging
from typing import TYPE_CHECKING

from ibtui.errors import StorageError
from ibtui.market.flow import Flow
from ibtui.market.increments import Scale
from ibtui.market.trading_day import day_began_ns
from ibtui.storage import tape_queries
from ibtui.ui.rows.ladder_book import by_row

if TYPE_CHECKING:
    from ibtui.ui.app import ConsoleApp

log = logging.getLogger(__name__)


class LadderProfile:
    """Sums a flow's profile by row, once a second: a day has thousands of prices.

    Attributes:
        rows: Row to size.
        control: Row with the most of it.
    """

    def __init__(self, console: "ConsoleApp") -> None:
        self._host = console
        self.rows: dict[int, float] = {}
        self.control: int | None = None

    def forget(self) -> None:
        """Rows mean something else from now on."""
        self.rows, self.control = {}, None

    def update(self, flow: Flow, scale: Scale, *, full: bool) -> None:
        """Brings the rows up to date; a session that has begun since has its stored part read."""
        if not full and self.rows:
            return
        now_ns = self._host.parts.market_clock.now_ns()
        if now_ns is not None and flow.session_ns != (began_ns := day_began_ns(now_ns)):
            self._begin(flow, began_ns)
        self.rows = by_row(flow.profile, scale, "down")
        self.control = max(self.rows, key=self.rows.__getitem__, default=None)

    def _begin(self, flow: Flow, began_ns: int) -> None:
        parts = self._host.parts
        flow.begin_session(began_ns)
        tape = parts.market.tapes.get(flow.con_id)
        prints = tape.prints if tape is not None else ()
        for each in prints:
            if each.size and (each.exchange_ns or each.ts_ns) >= began_ns:
                flow.add_volume(each.price, each.size)
        before = (prints[0].ts_ns, prints[0].seq) if prints else (parts.clock.utc_ns(), 0)

        async def read() -> None:
            try:
                stored = await asyncio.to_thread(
                    tape_queries.profile, parts.writer.directory, flow.con_id, began_ns, before
                )
            except StorageError as error:
                log.warning("The profile is of this run alone: %s", error)
                return
            if flow.session_ns == began_ns:
                for price, size in stored.items():
                    flow.add_volume(price, size)

        self._host.run_worker(read(), name="profile", exit_on_error=True)
