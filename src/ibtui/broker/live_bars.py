"""The bar that is forming, as IB itself makes it: history that keeps up to date, for the one series that is shown.

Not made from ticks: IB's bars leave out some reports by rules of its own and a sampled feed misses trades, so that the
running bar would differ from the stored one after its end.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ibtui.clock import Clock
from ibtui.errors import LinkDownError, RequestRefusedError, RequestTimeoutError
from ibtui.market.bars import Bar, BarSize
from ibtui.market.instruments import Instrument

if TYPE_CHECKING:
    from ibtui.broker.history import History
    from ibtui.broker.session import Session

RETRY_SECONDS = 30.0
"""Pause after a refusal, as outside the hours; well over the 15 s within which IB forbids the same request."""

KEPT = 2000
"""Bars kept of a series that is shown for long."""

log = logging.getLogger(__name__)


class Followed(NamedTuple):
    """A series of bars; ``what`` and ``use_rth`` as IB's request has them."""

    instrument: Instrument
    bar: BarSize
    what: str
    use_rth: bool


class LiveBars:
    """Follows one series at a time. A part of a session; what is wanted outlives sessions.

    Attributes:
        wanted: The series that is followed.
        bars: Start to bar, of those that came since it is followed: the last one is forming, the others have ended.
        changes: Counts the states that came.
        updated: Monotonic seconds of the last one; None before.
        problem: Why none comes, in plain words.
    """

    def __init__(self, history: "History", clock: Clock) -> None:
        self.wanted: Followed | None = None
        self.bars: dict[int, Bar] = {}
        self.changes = 0
        self.updated: float | None = None
        self.problem = ""
        self._history = history
        self._clock = clock
        self._linked = False
        self._request: int | None = None
        self._refused = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def show(self, wanted: Followed | None) -> None:
        """Follows this series from now on, instead of the one before."""
        if wanted == self.wanted:
            return
        self.wanted = wanted
        self.bars = {}
        self.changes += 1
        self.updated = None
        self.problem = ""
        self._begin()

    def attach(self, session: "Session") -> None:
        """Listens for the errors that end it."""
        session.tap("error", self._error)

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """One step: begin again to follow what is wanted."""

        async def follow() -> None:
            self._linked = True
            self._begin()

        return (("chart", follow),)

    def detach(self) -> None:
        """The session is gone."""
        self._linked = False
        self._request = None
        self._end()

    def data_lost(self) -> None:
        """IB came back without our requests."""
        self._begin()

    def _begin(self) -> None:
        self._end()
        if self._linked and self.wanted is not None:
            self._task = asyncio.create_task(self._follow(self.wanted), name="live bars")

    def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            self._task = None
        if self._request is not None:
            self._history.let_go(self._request)
            self._request = None

    async def _follow(self, wanted: Followed) -> None:
        def take(bar: Bar) -> None:
            if self.wanted is wanted:
                self._take(bar)

        while True:
            self._refused.clear()
            try:
                self._request, bars = await self._history.keep_up(*wanted, take)
                self.problem = ""
                for each in bars:
                    take(each)
                await self._refused.wait()
            except (RequestRefusedError, RequestTimeoutError) as error:
                self.problem = str(error)
            except LinkDownError as down:
                self.problem = str(down)
                return
            await asyncio.sleep(RETRY_SECONDS)

    def _take(self, bar: Bar) -> None:
        self.bars[bar.start] = bar
        if len(self.bars) > KEPT:
            del self.bars[next(iter(self.bars))]
        self.changes += 1
        self.updated = self._clock.monotonic()

    def _error(self, request_id: int, code: int, text: str, *_: object) -> None:
        if request_id == self._request and not 2100 <= code < 2200:
            log.info("live bars ended: %s %s", code, text)
            self._request = None
            self.problem = text
            self._refused.set()
