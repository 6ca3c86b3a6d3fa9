"""Market rules: from which price on a contract trades in which increment, as IB tells on request.

Asked for when somebody needs the grid of a contract, once a run; until the answer is in, the smallest increment holds.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from ibtui.broker.window import turn
from ibtui.clock import Clock
from ibtui.errors import IbtuiError
from ibtui.market.increments import Increments, increments
from ibtui.market.instruments import Instrument

if TYPE_CHECKING:
    from ib_insync import ContractDetails

    from ibtui.broker.session import Session

log = logging.getLogger(__name__)

AGAIN_AFTER = 30.0
"""Seconds after which a rule that could not be had is asked for again."""


class MarketRules:
    """The grids of prices.

    Args:
        clock: For the pace of asking.
        describe: Asks for a contract's details anew; they tell its rule's number, see :meth:`learn`.
    """

    def __init__(self, clock: Clock, describe: Callable[[int], Awaitable[object]]) -> None:
        self._clock = clock
        self._describe = describe
        self._session: Session | None = None
        self._numbers: dict[int, int | None] = {}
        self._grids: dict[int, Increments] = {}
        self._bands: dict[int, tuple[tuple[float, float], ...]] = {}
        self._not_before: dict[int, float] = {}
        self._asking: set[asyncio.Task[None]] = set()

    def attach(self, session: "Session") -> None:
        """There is somebody to ask."""
        self._session = session
        self._not_before.clear()

    def detach(self) -> None:
        """The session is gone; what it told holds on."""
        self._session = None
        for task in self._asking:
            task.cancel()

    def learn(self, details: "ContractDetails", con_id: int, exchange: str) -> None:
        """Takes a rule's number from a contract's details: IB lists one for each of its exchanges."""
        rules = dict(zip(details.validExchanges.split(","), details.marketRuleIds.split(","), strict=False))
        number = rules.get(exchange, "")
        self._numbers[con_id] = int(number) if number.isdecimal() else None

    def known(self, con_id: int) -> Increments | None:
        """A contract's grid; None while its rule is not known. Asks nothing."""
        return self._grids.get(con_id)

    def grid(self, instrument: Instrument) -> Increments:
        """The grid as far as it is known now; what is not known is asked for meanwhile."""
        con_id = instrument.con_id
        found = self._grids.get(con_id)
        if found is not None:
            return found
        now = self._clock.monotonic()
        if self._session is not None and now >= self._not_before.get(con_id, 0.0):
            self._not_before[con_id] = now + AGAIN_AFTER
            task = asyncio.get_running_loop().create_task(self._ask(self._session, instrument), name="market rule")
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)
        return increments((), instrument.min_tick)

    async def _ask(self, session: "Session", instrument: Instrument) -> None:
        con_id = instrument.con_id
        try:
            if con_id not in self._numbers:
                await self._describe(con_id)
            number = self._numbers.get(con_id)
            if number is not None and number not in self._bands:
                await turn(session)
                answer = await session.ask(session.ib.reqMarketRuleAsync(number), f"market rule {number}")
                if answer is None:
                    return
                self._bands[number] = tuple((each.lowEdge, each.increment) for each in answer)
        except (IbtuiError, ConnectionError) as error:
            log.warning("No market rule of %s yet: %s", instrument.symbol, error)
            return
        bands = () if number is None else self._bands[number]
        self._grids[con_id] = increments(bands, instrument.min_tick)
