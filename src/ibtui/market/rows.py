"""The rows that one network read becomes: plain tuples in the order of the tables' columns.

Tuples, not classes, because there is one for every frame (measured: a tuple costs 30 ns, a dataclass 400 ns). Prices
and sizes are None where IB sent "none" (-1), NaN or its huge "unset" values.
"""

from dataclasses import dataclass, field

TickRow = tuple[int, int, int, int, float | None, float | None]
"""``con_id, ts_ns, seq, kind, price, size``; ``kind`` is IB's tick type."""

PrintRow = tuple[
    int, int, int, int | None, float, float | None, str, str, int | None, int, int | None, int | None, int | None
]
"""``con_id, ts_ns, seq, exchange_ns, price, size, venue, conditions, side, feed, bucket, flags, quote_ms``.

``side`` is 1 buyer, -1 seller, 0 between, None not classified; ``bucket`` and ``quote_ms`` say how that was inferred,
see :class:`ibtui.market.sides.Inferred`. ``feed`` is IB's tick-by-tick type: 1 Last, 2 AllLast; ``flags`` are IB's
attributes of the trade: 1 past limit, 2 unreported. The age of the quote, ``quote_ms``, is not stored: it would take
three bytes of every row.
"""

DepthRow = tuple[int, int, int, int, int, int, float | None, float | None, str, int]
"""``con_id, ts_ns, seq, side, op, position, price, size, maker, feed``.

``side`` 0 ask, 1 bid; ``op`` 0 insert, 1 update, 2 delete, 3 book cleared; ``feed`` is the id of IB's message:
12 one venue's book, 13 by maker (SMART depth).
"""


@dataclass(slots=True)
class Batch:
    """Everything that one network read brought, in order within each list.

    Attributes:
        ts_ns: Receipt time, UTC nanoseconds, the same for all rows.
        monotonic: The same instant on the monotonic clock, seconds.
    """

    ts_ns: int
    monotonic: float
    ticks: list[TickRow] = field(default_factory=list)
    prints: list[PrintRow] = field(default_factory=list)
    depth: list[DepthRow] = field(default_factory=list)
