"""Raw market data frames become rows.

A frame is the list of text fields that the gateway sent, message id first; the layouts are those of ib_insync 0.9.86's
``decoder.py`` (server versions 157 to 178). The library's own ticker is not used: it drops repeated sizes, most generic
ticks and the exchange's times. Here every tick, depth operation and print becomes exactly one row.

Nothing here does I/O, and what can be done once per network read is not done per frame.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import count

from ibtui.broker.heartbeat import NO_TIME
from ibtui.broker.wire_text import clean
from ibtui.clock import NS, Clock
from ibtui.market.book import ASK, BID, CLEAR, INSERT, DepthBook
from ibtui.market.rows import Batch, DepthRow
from ibtui.market.sides import Touch

Handler = Callable[[list[str]], None]

_UNSET = 1e300
"""IB's "unset" double is 1.797e308; nothing real comes near this."""

_SIDES = {"0": ASK, "1": BID}
_OPERATIONS = {"0": 0, "1": 1, "2": 2}
"""What the wire may say of a book's row; anything else is no row. "Cleared" is a word of our own."""

_RT_VOLUME = frozenset({"48", "77"})
"""Kinds of the real-time volume tick."""


def number(text: str) -> float | None:
    """A number as IB writes it; None for empty, NaN, infinite and "unset".

    Raises:
        ValueError: The text is no number.
    """
    if not text:
        return None
    value = float(text)
    return value if -_UNSET < value < _UNSET else None


@lru_cache(maxsize=16384)
def quoted(text: str) -> float | None:
    """Like :func:`number`, and None for -1, IB's word for "there is none".

    Cached, because the same few prices and sizes come over and over (measured: a third less time for a frame).
    """
    value = number(text)
    return None if value == -1.0 else value


@lru_cache(maxsize=1024)
def whole(text: str) -> int:
    """A small whole number, as tick kinds and positions are.

    Raises:
        ValueError: It is none, or none that a database can hold.
    """
    value = int(text)
    if not -(2**31) <= value < 2**31:
        raise ValueError(f"{text[:40]} is out of range")
    return value


def exchange_time(text: str) -> int | None:
    """UTC nanoseconds of a time in seconds; None where there is none, or one that can't be.

    Raises:
        ValueError: The text is no whole number.
    """
    seconds = int(text)
    return seconds * NS if 0 < seconds < NO_TIME else None


def string_tick(kind: str, text: str) -> tuple[float | None, float | None]:
    """What is numeric in a string tick, as price and size.

    A real-time volume tick (``price;size;milliseconds;volume;vwap;single``) yields the volume-weighted average price,
    which no other tick brings, and the size of its trade. A time stamp yields its seconds, letters yield nothing.
    """
    try:
        if kind in _RT_VOLUME:
            _, size, _, _, average, *_ = text.split(";")
            return quoted(average), quoted(size)
        return number(text), None
    except ValueError:
        return None, None


class FrameReader:
    """Collects the rows of one network read after the other. Lives as long as the run: ``seq`` goes on over sessions.

    Attributes:
        requests: The contract of each open request, by the request id as it is written on the wire.
        unclaimed: Frames of a request that nobody knows, so without a contract to file them under.
    """

    def __init__(self, clock: Clock, on_data_type: Callable[[int, int], None]) -> None:
        """Args: the clocks to stamp with; what to call with ``con_id, data_type`` when IB announces one."""
        self.requests: dict[str, Touch] = {}
        self.unclaimed = 0
        self._clock = clock
        self._on_data_type = on_data_type
        self._batch: Batch | None = None
        self._next = count(1).__next__

    @property
    def handlers(self) -> Mapping[int, Handler]:
        """What reads each message, by message id."""
        return {
            1: self._price_and_size,
            2: self._size,
            12: self._depth,
            13: self._depth_by_maker,
            21: self._option,
            45: self._generic,
            46: self._string,
            58: self._data_type,
            81: self._parameters,
            99: self._print,
        }

    def take(self) -> Batch | None:
        """The rows since the last call, or None if there were none."""
        batch, self._batch = self._batch, None
        return batch

    def clear_book(self, con_id: int, feed: int) -> None:
        """Adds the row that says that a book starts anew."""
        batch = self._batch or self._begin()
        batch.depth.append((con_id, batch.ts_ns, self._next(), 0, CLEAR, 0, None, None, "", feed))

    def book_rows(self, book: DepthBook, ts_ns: int, feed: int) -> list[DepthRow]:
        """A whole book as rows: cleared, then inserted level by level."""
        con_id, next_seq = book.con_id, self._next
        rows: list[DepthRow] = [(con_id, ts_ns, next_seq(), 0, CLEAR, 0, None, None, "", feed)]
        for side, levels in ((ASK, book.asks), (BID, book.bids)):
            rows += [
                (con_id, ts_ns, next_seq(), side, INSERT, position, level.price, level.size, level.maker, feed)
                for position, level in enumerate(levels)
            ]
        return rows

    def forget_requests(self) -> None:
        """The session is over: its request ids mean nothing any more."""
        self.requests.clear()

    def _begin(self) -> Batch:
        self._batch = Batch(self._clock.utc_ns(), self._clock.monotonic())
        return self._batch

    def _price_and_size(self, fields: list[str]) -> None:
        touch = self.requests.get(fields[2])
        if touch is None:
            self.unclaimed += 1
            return
        kind = fields[3]
        value = quoted(fields[4])
        batch = self._batch or self._begin()
        if kind == "1":
            touch.bid, touch.quoted_at = value, batch.monotonic
        elif kind == "2":
            touch.ask, touch.quoted_at = value, batch.monotonic
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), whole(kind), value, quoted(fields[5])))

    def _tick(self, request: str, kind: str, value: float | None, size: float | None) -> None:
        touch = self.requests.get(request)
        if touch is None:
            self.unclaimed += 1
            return
        batch = self._batch or self._begin()
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), whole(kind), value, size))

    def _size(self, fields: list[str]) -> None:
        # Not by `_tick`: four of five frames are sizes.
        touch = self.requests.get(fields[2])
        if touch is None:
            self.unclaimed += 1
            return
        batch = self._batch or self._begin()
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), whole(fields[3]), None, quoted(fields[4])))

    def _generic(self, fields: list[str]) -> None:
        self._tick(fields[2], fields[3], quoted(fields[4]), None)

    def _string(self, fields: list[str]) -> None:
        self._tick(fields[2], fields[3], *string_tick(fields[3], fields[4]))

    def _option(self, fields: list[str]) -> None:
        self._tick(fields[1], fields[2], quoted(fields[6]), None)

    def _depth(self, fields: list[str]) -> None:
        _, _, request, position, operation, side, value, size, *_ = fields
        self._book_row(request, position, "", operation, side, value, size, 12)

    def _depth_by_maker(self, fields: list[str]) -> None:
        _, _, request, position, maker, operation, side, value, size, *_ = fields
        self._book_row(request, position, maker, operation, side, value, size, 13)

    def _book_row(
        self, request: str, position: str, maker: str, operation: str, side: str, value: str, size: str, feed: int
    ) -> None:
        touch = self.requests.get(request)
        if touch is None:
            self.unclaimed += 1
            return
        batch = self._batch or self._begin()
        batch.depth.append(
            (
                touch.con_id,
                batch.ts_ns,
                self._next(),
                _SIDES[side],
                _OPERATIONS[operation],
                whole(position),
                quoted(value),
                quoted(size),
                clean(maker),
                feed,
            )
        )

    def _print(self, fields: list[str]) -> None:
        touch = self.requests.get(fields[1])
        if touch is None:
            self.unclaimed += 1
            return
        kind = whole(fields[2])
        if not 0 <= kind <= 2:  # bid-ask and midpoint series are no prints
            self.unclaimed += 1
            return
        _, _, _, seconds, value, size, attributes, venue, conditions, *_ = fields
        traded = number(value)
        if traded is None:
            raise ValueError(f"a print without a price: {fields}")
        exchange_ns, shares, flags = exchange_time(seconds), quoted(size), whole(attributes)
        batch = self._batch or self._begin()
        side, bucket, quote_ms = touch.infer(traded, batch.monotonic)
        batch.prints.append(
            (
                touch.con_id,
                batch.ts_ns,
                self._next(),
                exchange_ns,
                traded,
                shares,
                clean(venue),
                clean(conditions),
                side,
                kind,
                bucket,
                flags,
                quote_ms,
            )
        )

    def _data_type(self, fields: list[str]) -> None:
        touch = self.requests.get(fields[2])
        if touch is not None:
            self._on_data_type(touch.con_id, whole(fields[3]))

    def _parameters(self, fields: list[str]) -> None:
        """Message 81 repeats what the contract's details say; taken so that the library does not look it up."""
