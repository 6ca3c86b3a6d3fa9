"""The last stored values of what is watched, shown with their age until the market speaks."""

import asyncio
from collections.abc import Iterable

from ibtui.market.board import QuoteBoard
from ibtui.market.instruments import Instrument
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory


async def show_last_quotes(directory: DataDirectory, board: QuoteBoard, instruments: Iterable[Instrument]) -> None:
    """Puts them on the board.

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
