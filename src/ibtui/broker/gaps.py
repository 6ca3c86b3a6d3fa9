"""Gaps in market data: where a subscription broke off, and where it went on. Each is told once, when it has ended."""

from collections.abc import Callable

from ibtui.broker.subscriptions import Feed
from ibtui.market.rows import Batch

OnGap = Callable[[str, str, int, int], None]
"""Gets what is missing, why, and from when to when in UTC nanoseconds."""


class Gaps:
    """The gaps that are open.

    Args:
        on_gap: Gets each one that has ended.
    """

    def __init__(self, on_gap: OnGap) -> None:
        self._on_gap = on_gap
        self._open: dict[tuple[int, Feed], tuple[str, str, int]] = {}

    def begin(self, con_id: int, feed: Feed, name: str, reason: str, from_ns: int) -> None:
        """Nothing came since ``from_ns``; a gap that is open already goes on."""
        self._open.setdefault((con_id, feed), (f"{feed} {name}", reason, from_ns))

    def seen(self, batch: Batch) -> None:
        """Closes the gaps that a batch of rows ends."""
        if not self._open:
            return
        came = {(row[0], Feed.QUOTES) for row in batch.ticks}
        came |= {(row[0], Feed.TAPE) for row in batch.prints}
        came |= {(row[0], Feed.DEPTH) for row in batch.depth if row[6] is not None}  # "book cleared" has no price
        for key in came & self._open.keys():
            what, reason, from_ns = self._open.pop(key)
            self._on_gap(what, reason, from_ns, batch.ts_ns)

    def forget(self, con_id: int, feed: Feed) -> None:
        """Nobody wants the data any more: what is missing since is missing for no reason."""
        self._open.pop((con_id, feed), None)
