"""Keeps subscriptions to all that is on the watchlists, now and after each change and each connect."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.errors import IbtuiError
from ibtui.market.instruments import Instrument
from ibtui.services.watchlists import Watchlists

if TYPE_CHECKING:
    from ibtui.broker.contracts import Contracts
    from ibtui.broker.feeds import Feeds

OWNER = "watchlists"
"""Under which the subscriptions are wanted."""

LOOK_AGAIN = 600.0
"""Seconds after which symbols that nobody knew, and hours that have run out, are asked for again."""

log = logging.getLogger(__name__)


class Watching:
    """Looks up what is not known yet, subscribes to what is, and gives back what left the lists.

    Args:
        connected: Whether there is a session to ask.
    """

    def __init__(
        self, watchlists: Watchlists, contracts: "Contracts", feeds: "Feeds", connected: Callable[[], bool]
    ) -> None:
        self._watchlists = watchlists
        self._contracts = contracts
        self._feeds = feeds
        self._connected = connected
        self._wake = asyncio.Event()
        self._usable = False

    def connection(self, *, usable: bool) -> None:
        """Tells whether requests can be made; may be called as often as one likes.

        Only a connection that becomes usable is a reason to look. Were every change of its status one, a symbol that
        nobody knows would be asked for without end: the answer is an error message, which is such a change.
        """
        before, self._usable = self._usable, usable
        if usable and not before:
            self._wake.set()

    async def run(self) -> None:
        """Watches until cancelled."""
        self._watchlists.on_change.append(lambda _: self._wake.set())
        for instrument in self._watchlists.all_instruments():
            self._contracts.learn(instrument)
        watched: dict[int, Instrument] = {}
        while True:
            self._wake.clear()
            await self._watchlists.resolve(self._contracts.resolve)
            wanted = {each.con_id: each for each in self._watchlists.all_instruments()}
            for con_id in watched.keys() - wanted.keys():
                self._feeds.unwant(watched[con_id], quotes=True, owner=OWNER)
            for instrument in wanted.values():
                self._feeds.want(instrument, quotes=True, owner=OWNER)
            watched = wanted
            await self._renew_hours()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LOOK_AGAIN)

    async def _renew_hours(self) -> None:
        """Asks for the hours of what is watched, where those at hand have run out."""
        for instrument in self._watchlists.all_instruments():
            if not self._connected() or self._feeds.knows_hours(instrument.con_id):
                continue
            try:
                renewed = await self._contracts.refresh(instrument.con_id)
            except IbtuiError as error:
                log.info("The hours of %s could not be asked for: %s", instrument.symbol, error)
            else:
                self._watchlists.renew(renewed)
                self._feeds.want(renewed, quotes=True, owner=OWNER)
