"""Who was aggressive in a trade: inferred, for IB doesn't send it, and by which rule is kept with the answer.

The quote rule of Lee and Ready ("Inferring trade direction from intraday data", 1991) in five buckets; where there is
no usable quote, their tick test. A trade between bid and ask stays between them: the tick test would only guess there.
"""

BELOW_BID, AT_BID, BETWEEN, AT_ASK, ABOVE_ASK = -2, -1, 0, 1, 2
"""Buckets of the quote rule."""

_MILLISECONDS = 1000.0


Inferred = tuple[int | None, int | None, int | None]
"""``side, bucket, quote_ms``: what is believed of one print, and why.

``side`` is 1 buyer, -1 seller, 0 between bid and ask, None not classified. ``bucket`` is where the price was to the
quote, from -2 below the bid to 2 above the ask; None where the quote could not say, so that a side that is known all
the same comes from the tick test. ``quote_ms`` is the age of that quote in milliseconds, None without one.
"""


def bucket_of(price: float | None, bid: float | None, ask: float | None) -> int | None:
    """Where a price stands to a quote; None where the quote is not known, or locked or crossed around the price."""
    if price is None or bid is None or ask is None:
        return None
    if price >= ask:
        return None if price <= bid else ABOVE_ASK if price > ask else AT_ASK
    if price <= bid:
        return BELOW_BID if price < bid else AT_BID
    return BETWEEN if bid < price < ask else None


class Touch:
    """The best bid and ask of a contract as they were just before each print, and the way its trades went.

    The board only learns of a network read when that is complete; a print in the middle of one must be compared with
    the quote as it stood just before it. So this is told of each quote and print in the order of the wire.
    """

    __slots__ = ("_direction", "_traded", "ask", "bid", "con_id", "quoted_at")

    def __init__(self, con_id: int) -> None:
        self.con_id = con_id
        self.bid: float | None = None
        self.ask: float | None = None
        self.quoted_at: float | None = None
        """Monotonic seconds of the last bid or ask."""
        self._traded: float | None = None
        self._direction: int | None = None

    def infer(self, price: float, now: float) -> Inferred:
        """Takes a print, received at ``now`` on the monotonic clock, and says whose it was."""
        bucket = bucket_of(price, self.bid, self.ask)
        before, self._traded = self._traded, price
        if before is not None and price != before:
            self._direction = 1 if price > before else -1
        side = self._direction if bucket is None else (bucket > 0) - (bucket < 0)
        quoted_at = self.quoted_at
        return side, bucket, None if quoted_at is None else int((now - quoted_at) * _MILLISECONDS)
