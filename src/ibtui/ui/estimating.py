"""Has the broker asked what the order in an open ticket would need and cost, as often as it changes and no oftener."""

import asyncio
from collections.abc import Awaitable, Callable

from ibtui.market.instruments import Instrument
from ibtui.trading.orders import OrderIntent
from ibtui.trading.what_if import WhatIf, same_terms

PAUSE = 0.3
"""Seconds without a change before the broker is asked: nobody wants the margin of half a number."""

ASK_AGAIN = 3.0
"""Seconds after which an answer that did not come is asked for again."""


class Estimator:
    """One question at a time, about the last order that was wanted.

    Args:
        ask: Asks the broker.
        changed: Told when there is an answer.

    Attributes:
        answer: To what is wanted now; None while it is awaited, or nothing is wanted.
    """

    def __init__(
        self, ask: Callable[[OrderIntent, Instrument], Awaitable[WhatIf]], changed: Callable[[], None]
    ) -> None:
        self.answer: WhatIf | None = None
        self._ask = ask
        self._changed = changed
        self._wanted: OrderIntent | None = None
        self._edited = asyncio.Event()

    def want(self, intent: OrderIntent | None) -> None:
        """What the ticket stands at; None while it is no order yet."""
        if not same_terms(intent, self._wanted):
            self._wanted, self.answer = intent, None
            self._edited.set()

    async def run(self, instrument: Instrument) -> None:
        """Asks, for as long as the ticket is open."""
        while True:
            await self._edited.wait()
            self._edited.clear()
            if await self._edited_within(PAUSE):
                continue
            wanted = self._wanted
            if wanted is None:
                continue
            answer = await self._ask(wanted, instrument)
            if not same_terms(wanted, self._wanted):
                continue
            self.answer = answer
            self._changed()
            if not answer.final and not await self._edited_within(ASK_AGAIN):
                self._edited.set()

    async def _edited_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._edited.wait()
        except TimeoutError:
            return False
        return True
