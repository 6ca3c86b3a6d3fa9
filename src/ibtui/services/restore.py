"""What a start brings back from the files: watchlists, and the last known values of what is on them."""

import asyncio
from collections.abc import Iterable

from ibtui.market.board import QuoteBoard
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory


def stored_watchlists(directory: DataDirectory) -> dict[str, list[Instrument | str]]:
    """Watchlists as they were saved: instruments where the contract is known, else symbols. Blocking.

    Raises:
        StorageError: The journal can't be read.
    """
    return {
        name: [_entry(directory, row["con_id"], row["symbol"]) for row in entries]
        for name, entries in queries.watchlists(directory).items()
    }


async def show_last_quotes(directory: DataDirectory, board: QuoteBoard, instruments: Iterable[Instrument]) -> None:
    """Puts the last stored values on the board, where they are shown with their age until the market speaks.

    Raises:
        StorageError: A file can't be read.
    """
    con_ids = [each.con_id for each in instruments]
    for quote in await asyncio.to_thread(queries.latest_quotes, directory, con_ids):
        board.restore(
            quote.con_id,
            bid=quote.bid,
            ask=quote.ask,
            last=quote.last,
            close=quote.close,
            volume=quote.volume,
            ts_ns=quote.ts_ns,
        )


def _entry(directory: DataDirectory, con_id: int | None, symbol: str) -> Instrument | str:
    known = None if con_id is None else queries.contract(directory, con_id)
    return symbol if known is None else known
