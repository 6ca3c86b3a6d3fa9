"""What the quote board shows of stored data: daily bars, and prices of today. Blocking, for threads."""

from collections.abc import Iterable, Mapping, Sequence

from ibtui.market.bars import Bar
from ibtui.market.day_lines import Span
from ibtui.storage.files import DAY_NS, DataDirectory, connect_ro, day_start_ns
from ibtui.storage.schema import HISTORY, MARKET_DATA

_DAILY_BARS = """SELECT start, open, high, low, close, volume, wap, count FROM bars
    WHERE con_id = ? AND bar = '1 day' AND what = ? AND use_rth = 1 AND start >= ? ORDER BY start"""

# From the end of the stretch backwards: prices are frequent, so a few rows are read for each.
_LAST_PRICE = """SELECT price FROM ticks WHERE con_id = ? AND ts_ns >= ? AND ts_ns < ? AND kind IN (4, 68)
    AND price IS NOT NULL ORDER BY ts_ns DESC, seq DESC LIMIT 1"""

_PATIENCE = 10.0
"""Seconds that one file's prices may take."""


def daily_bars(directory: DataDirectory, wanted: Mapping[int, str], since: int) -> dict[int, list[Bar]]:
    """Stored daily bars of regular hours, oldest first, of each contract that has any.

    Args:
        directory: Where they are stored.
        wanted: Contract id to what its bars are made of, such as TRADES.
        since: UTC seconds.

    Raises:
        StorageError: The file can't be read.
    """
    found: dict[int, list[Bar]] = {}
    if not directory.history.exists():
        return found
    with connect_ro(directory.history, HISTORY) as connection:
        for con_id, what in wanted.items():
            bars = [Bar(*row) for row in connection.execute(_DAILY_BARS, (con_id, what, since))]
            if bars:
                found[con_id] = bars
    return found


def last_prices(directory: DataDirectory, con_ids: Iterable[int], spans: Sequence[Span]) -> dict[int, dict[int, float]]:
    """By contract and slot, the last traded price that was received in each span; where none was, it is missing.

    Raises:
        StorageError: A file can't be read.
    """
    found: dict[int, dict[int, float]] = {con_id: {} for con_id in con_ids}
    for day, path in directory.market_data_days():
        begin = day_start_ns(day)
        inside = [each for each in spans if each.from_ns < begin + DAY_NS and each.to_ns > begin]
        if not inside:
            continue
        with connect_ro(path, MARKET_DATA, _PATIENCE) as connection:
            for con_id, prices in found.items():
                for slot, from_ns, to_ns in inside:
                    row = connection.execute(_LAST_PRICE, (con_id, from_ns, to_ns)).fetchone()
                    if row is not None:
                        prices[slot] = row[0]
    return {con_id: prices for con_id, prices in found.items() if prices}
