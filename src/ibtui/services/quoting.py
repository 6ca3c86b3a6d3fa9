"""``ibtui quote``: one symbol's quote with its mark and its age, from a running console or from what was stored."""

import asyncio
from typing import TYPE_CHECKING, Any

from ibtui.clock import NS, Clock
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory

if TYPE_CHECKING:
    from ibtui.broker.contracts import Contracts
    from ibtui.broker.feeds import Feeds

VALUES = ("bid", "ask", "bid_size", "ask_size", "last", "last_size", "open", "high", "low", "close", "volume")


class Quoting:
    """The console's side. A symbol that it does not watch is subscribed to for as long as the answer takes."""

    def __init__(self, feeds: "Feeds", contracts: "Contracts", clock: Clock, directory: DataDirectory) -> None:
        self._feeds = feeds
        self._contracts = contracts
        self._clock = clock
        self._directory = directory
        self._asked = 0

    async def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Answers the ``quote`` of a ``symbol``.

        Raises:
            IbtuiError: The symbol can't be resolved.
        """
        instrument = await self._contracts.resolve(request["symbol"])
        con_id = instrument.con_id
        self._asked += 1
        owner = f"quote {self._asked}"
        self._feeds.want(instrument, quotes=True, owner=owner)
        try:
            if self._feeds.mark(con_id) is Mark.STALE:
                await self._feeds.confirm(instrument)
            mark, reason = self._feeds.mark(con_id), self._feeds.reason(con_id)
        finally:
            self._feeds.unwant(instrument, quotes=True, owner=owner)
        quote = self._feeds.market.board.quote(con_id)
        if not quote.updated_ns:
            return {
                "quote": await asyncio.to_thread(
                    _stored, self._directory, instrument, self._clock, reason, running=True
                )
            }
        values = {name: getattr(quote, name) for name in VALUES}
        return {"quote": _document(instrument, values, mark, reason, quote.updated_ns, self._clock, running=True)}


def stored_quote(directory: DataDirectory, text: str, clock: Clock) -> dict[str, Any]:
    """The last values that were stored of a symbol; STALE, whatever their age. Blocking.

    Raises:
        UnknownSymbolError: It was never looked up here, or the text means nothing.
        StorageError: The files can't be read.
    """
    found = queries.contract_of_symbol(directory, text)
    return _stored(directory, found, clock, "no console is running", running=False)


def _stored(
    directory: DataDirectory, instrument: Instrument, clock: Clock, reason: str, *, running: bool
) -> dict[str, Any]:
    for found in queries.latest_quotes(directory, [instrument.con_id]):
        values = {name: getattr(found, name, None) for name in VALUES}
        return _document(instrument, values, Mark.STALE, reason, found.ts_ns, clock, running=running)
    return _document(instrument, dict.fromkeys(VALUES), Mark.STALE, reason, None, clock, running=running)


def _document(
    instrument: Instrument,
    values: dict[str, float | None],
    mark: Mark,
    reason: str,
    ts_ns: int | None,
    clock: Clock,
    *,
    running: bool,
) -> dict[str, Any]:
    age = None if ts_ns is None else round(max(0, clock.utc_ns() - ts_ns) / NS, 1)
    names = {"symbol": instrument.symbol, "con_id": instrument.con_id, "sec_type": instrument.sec_type}
    return {**names, **values, "mark": str(mark), "reason": reason, "ts_ns": ts_ns, "age_s": age, "running": running}
