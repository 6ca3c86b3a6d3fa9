"""Raw market data frames become rows.

The layouts are those of ib_insync 0.9.86's ``decoder.py`` (server versions 157 to 178). The library's own ticker is not
used: it drops repeated sizes, most generic ticks and the exchange's times. Here every tick, depth operation and print
becomes exactly one row.

Nothing here does I/O, and what can be done once per network read is not done per frame. The frames that come by the
thousand are read in one loop, :meth:`FrameReader.read`, from the bytes as they came: a call for each, or the text of
each field, would take longer than the reading (measured: 1.1 µs a frame against 3.1).
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import count

from ibtui.broker.heartbeat import NO_TIME
from ibtui.broker.memo import Memo
from ibtui.broker.wire_text import clean, text_of
from ibtui.clock import NS, Clock
from ibtui.market.book import ASK, BID, CLEAR, INSERT, DepthBook
from ibtui.market.rows import Batch, DepthRow
from ibtui.market.sides import Touch

Handler = Callable[[list[str]], None]
FrameHandler = Callable[[bytes], None]
"""Takes one frame as :func:`ibtui.broker.cutting.cut` left it."""
FieldsReader = Callable[[list[bytes], Touch, Batch], None]
"""Adds the row of one frame to a batch."""

_UNSET = 1e300
"""IB's "unset" double is 1.797e308; nothing real comes near this."""

_SIDES = {b"0": ASK, b"1": BID}
_OPERATIONS = {b"0": 0, b"1": 1, b"2": 2}
"""What the wire may say of a book's row; anything else is no row. "Cleared" is a word of our own."""

_PRICE, _SIZE, _DEPTH, _DEPTH_BY_MAKER, _GENERIC, _STRING, _PRINT = 1, 2, 12, 13, 45, 46, 99
_MESSAGES = {
    b"%c%d" % (length, message): message
    for message in (_PRICE, _SIZE, _DEPTH, _DEPTH_BY_MAKER, _GENERIC, _STRING, _PRINT)
    for length in range(256)
}
"""What :meth:`FrameReader.read` reads, by how a frame begins: with the last byte of its length and the message id."""

_NUMBERS, _WORDS = 16_384, 1_024
"""Fields whose meaning is remembered: prices and sizes; tick types, seconds, venues and the like."""

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


def quoted(text: str) -> float | None:
    """Like :func:`number`, and None for -1, IB's word for "there is none".

    Raises:
        ValueError: The text is no number.
    """
    value = number(text)
    return None if value == -1.0 else value


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
        unclaimed: Frames of a request that nobody knows, so without a contract to file them under.
    """

    def __init__(self, clock: Clock, on_data_type: Callable[[int, int], None]) -> None:
        """Args: the clocks to stamp with; what to call with ``con_id, data_type`` when IB announces one."""
        self.unclaimed = 0
        self._requests: dict[bytes, Touch] = {}
        self._clock = clock
        self._on_data_type = on_data_type
        self._batch: Batch | None = None
        self._next = count(1).__next__
        self._quoted = Memo(quoted, _NUMBERS)
        self._wholes = Memo(whole, _WORDS)
        self._times = Memo(exchange_time, _WORDS)
        self._texts = Memo(clean, _WORDS)
        self._readers: Mapping[int, FieldsReader] = {
            _DEPTH: self._depth,
            _DEPTH_BY_MAKER: self._depth_by_maker,
            _GENERIC: self._generic,
            _STRING: self._string,
            _PRINT: self._print,
        }

    @property
    def handlers(self) -> Mapping[int, Handler]:
        """What reads the messages that come now and then, by message id; all others are for :meth:`read`."""
        return {21: self._option, 58: self._data_type, 81: self._parameters}

    def claim(self, request_id: int, touch: Touch) -> None:
        """Frames of this request are about this contract from now on."""
        self._requests[b"%d" % request_id] = touch

    def disclaim(self, request_id: int) -> None:
        """Frames of this request are nobody's from now on."""
        self._requests.pop(b"%d" % request_id, None)

    def forget_requests(self) -> None:
        """The session is over: its request ids mean nothing any more."""
        self._requests.clear()

    def take(self) -> Batch | None:
        """The rows since the last call, or None if there were none."""
        batch, self._batch = self._batch, None
        return batch if batch and (batch.ticks or batch.prints or batch.depth) else None

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

    def read(self, frames: Sequence[bytes], other: FrameHandler, failed: FrameHandler) -> None:
        """Reads what one network read brought, frame by frame.

        Args:
            frames: As :func:`ibtui.broker.cutting.cut` leaves them.
            other: Gets each frame of any other message.
            failed: Gets each frame that makes no sense, while its exception is at hand.
        """
        requests, quotes, wholes, next_seq = self._requests, self._quoted, self._wholes, self._next
        batch = None
        for frame in frames:
            fields = frame.split(b"\0")
            message = _MESSAGES.get(fields[0])
            if message is None:
                other(frame)
                batch = None  # it may have had the rows taken
                continue
            try:
                fields.pop()  # what follows the end of the last field
                touch = requests.get(fields[1 if message == _PRINT else 2])
                if touch is None:
                    self.unclaimed += 1
                    continue
                if batch is None:
                    batch = self._batch or self._begin()
                    ts_ns, ticks = batch.ts_ns, batch.ticks
                # Four of five frames are sizes: they and the prices are read here, the others by a call.
                if message == _SIZE:
                    kind, size = wholes[fields[3]], quotes[fields[4]]
                    ticks.append((touch.con_id, ts_ns, next_seq(), kind, None, size))
                elif message == _PRICE:
                    kind, price, size = wholes[fields[3]], quotes[fields[4]], quotes[fields[5]]
                    if kind == 1:
                        touch.bid, touch.quoted_at = price, batch.monotonic
                    elif kind == 2:
                        touch.ask, touch.quoted_at = price, batch.monotonic
                    ticks.append((touch.con_id, ts_ns, next_seq(), kind, price, size))
                else:
                    self._readers[message](fields, touch, batch)
            except Exception:
                failed(frame)

    def _begin(self) -> Batch:
        self._batch = Batch(self._clock.utc_ns(), self._clock.monotonic())
        return self._batch

    def _generic(self, fields: list[bytes], touch: Touch, batch: Batch) -> None:
        kind, value = self._wholes[fields[3]], self._quoted[fields[4]]
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), kind, value, None))

    def _string(self, fields: list[bytes], touch: Touch, batch: Batch) -> None:
        value, size = string_tick(text_of(fields[3]), text_of(fields[4]))
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), self._wholes[fields[3]], value, size))

    def _depth(self, fields: list[bytes], touch: Touch, batch: Batch) -> None:
        _, _, _, position, operation, side, price, size, *_ = fields
        self._book_row(touch, batch, position, b"", operation, side, price, size, _DEPTH)

    def _depth_by_maker(self, fields: list[bytes], touch: Touch, batch: Batch) -> None:
        _, _, _, position, maker, operation, side, price, size, *_ = fields
        self._book_row(touch, batch, position, maker, operation, side, price, size, _DEPTH_BY_MAKER)

    def _book_row(
        self,
        touch: Touch,
        batch: Batch,
        position: bytes,
        maker: bytes,
        operation: bytes,
        side: bytes,
        price: bytes,
        size: bytes,
        feed: int,
    ) -> None:
        quotes = self._quoted
        batch.depth.append(
            (
                touch.con_id,
                batch.ts_ns,
                self._next(),
                _SIDES[side],
                _OPERATIONS[operation],
                self._wholes[position],
                quotes[price],
                quotes[size],
                self._texts[maker],
                feed,
            )
        )

    def _print(self, fields: list[bytes], touch: Touch, batch: Batch) -> None:
        feed = self._wholes[fields[2]]
        if not 0 <= feed <= 2:  # bid-ask and midpoint series are no prints
            self.unclaimed += 1
            return
        _, _, _, seconds, value, size, attributes, venue, conditions, *_ = fields
        price = number(text_of(value))
        if price is None:
            raise ValueError(f"a print without a price: {fields}")
        exchange_ns, shares, flags = self._times[seconds], self._quoted[size], self._wholes[attributes]
        side, bucket, quote_ms = touch.infer(price, batch.monotonic)
        batch.prints.append(
            (
                touch.con_id,
                batch.ts_ns,
                self._next(),
                exchange_ns,
                price,
                shares,
                self._texts[venue],
                self._texts[conditions],
                side,
                feed,
                bucket,
                flags,
                quote_ms,
            )
        )

    def _option(self, fields: list[str]) -> None:
        touch = self._requests.get(fields[1].encode())
        if touch is None:
            self.unclaimed += 1
            return
        kind, value = whole(fields[2]), quoted(fields[6])
        batch = self._batch or self._begin()
        batch.ticks.append((touch.con_id, batch.ts_ns, self._next(), kind, value, None))

    def _data_type(self, fields: list[str]) -> None:
        touch = self._requests.get(fields[2].encode())
        if touch is not None:
            self._on_data_type(touch.con_id, whole(fields[3]))

    def _parameters(self, fields: list[str]) -> None:
        """Message 81 repeats what the contract's details say; taken so that the library does not look it up."""
