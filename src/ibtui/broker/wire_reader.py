"""Takes the frames of one session off the wire: cuts them, hands each to its reader, counts what makes no sense."""

import logging
import struct
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ibtui.broker.cutting import cut
from ibtui.broker.wire_text import clean, clean_fields, text_of

if TYPE_CHECKING:
    from ib_insync import IB

log = logging.getLogger(__name__)

LONGEST_FRAME = 16 * 1024 * 1024
"""Bytes; a longer length prefix is garbage (the official client gives up at the same size)."""

FramesHandler = Callable[[list[str]], None]
FrameHandler = Callable[[bytes], None]
ReadsHandler = Callable[[Sequence[bytes], FrameHandler, FrameHandler], None]
"""Gets the frames of one network read, as :func:`ibtui.broker.cutting.cut` leaves them. To the first of the handlers it
hands on each frame that is none of its own, to the second each that makes no sense, while the exception is at hand.
"""


class WireReader:
    """Stands between the socket and the library's decoder.

    Args:
        ib: The session's object of the library.
        on_error: Called with the message number, as it stands on the wire, of each frame that could not be understood.
        on_endless: Called when a frame claims to be longer than :data:`LONGEST_FRAME`.

    Attributes:
        greeted: Whether the handshake is over; until then the library reads by itself.
        on_read: Who gets the frames of each network read first; it must not raise.
        on_rest_read: Called after each network read of which it handed frames on, when all of them are read.
        taken: Who gets the raw fields of a kind of message, by message id as it is written on the wire.
        frames: Frames received.
        errors: Frames that could not be understood.
    """

    def __init__(self, ib: "IB", on_error: Callable[[str], None], on_endless: Callable[[], None]) -> None:
        self.greeted = False
        self.on_read: ReadsHandler = _hand_on
        self.on_rest_read: list[Callable[[], None]] = []
        self.taken: dict[str, FramesHandler] = {}
        self.frames = 0
        self.errors = 0
        self._ib = ib
        self._on_error = on_error
        self._on_endless = on_endless
        self._reading = ""
        self._handed_on = False
        client = ib.client
        client.decoder.logger = _CountingLog(client.decoder.logger, self._count_error)  # type: ignore[assignment]
        self._decode: FramesHandler = client.decoder.interpret
        client.decoder.interpret = self._on_frame  # type: ignore[method-assign]
        client.conn.hasData -= client._onSocketHasData
        client.conn.hasData += self._on_data

    def _on_data(self, data: bytes) -> None:
        """One network read: the library's own handler until the handshake is over, the same at less cost after it."""
        if self.greeted:
            self._read(data)
        else:
            self._greet(data)
        # The library would buffer for ever behind a length that is garbage.
        rest = self._ib.client._data
        if len(rest) >= 4 and struct.unpack(">I", rest[:4])[0] > LONGEST_FRAME:
            self._count_error()
            self._on_endless()

    def _greet(self, data: bytes) -> None:
        try:
            self._ib.client._onSocketHasData(data)
        except Exception as error:  # the library reads numbers where there may be none
            log.warning("A greeting that makes no sense: %s", clean(str(error)))
            self._count_error()
        self._rest_read()

    def _read(self, data: bytes) -> None:
        """Takes the whole frames and leaves the rest to the next read.

        The library cuts each frame off the front of what it buffered, and so copies all of the rest for every frame;
        and what it does before and after each read is only done when there is a frame in it for the library.
        """
        client = self._ib.client
        frames, client._data = cut(client._data + data if client._data else data)
        self.frames += len(frames)
        self.on_read(frames, self._other_frame, self._failed_frame)
        if self._handed_on:
            self._handed_on = False
            self._ib.wrapper.tcpDataProcessed()
            self._rest_read()

    def _rest_read(self) -> None:
        for each in self.on_rest_read:
            each()

    def _other_frame(self, frame: bytes) -> None:
        if not self._handed_on:
            self._handed_on = True
            self._ib.wrapper.tcpDataArrived()
        self._interpret(_fields(frame))

    def _failed_frame(self, frame: bytes) -> None:
        self._failed(_fields(frame))

    def _on_frame(self, fields: list[str]) -> None:
        """One frame of the greeting, cut by the library."""
        self.frames += 1
        self._interpret(fields)

    def _interpret(self, fields: list[str]) -> None:
        self._reading = fields[0] if fields else ""
        taken = self.taken.get(self._reading)
        if taken is None:
            self._decode(clean_fields(fields))
            return
        try:
            taken(fields)
        except Exception:
            self._failed(fields)

    def _failed(self, fields: list[str]) -> None:
        """The handler of a frame raised; to be called while its exception is at hand."""
        self._reading = fields[0]
        log.exception("A frame could not be understood: %s", clean(" ".join(fields)))
        self._count_error()

    def _count_error(self) -> None:
        self.errors += 1
        self._on_error(self._reading)


def _hand_on(frames: Sequence[bytes], other: FrameHandler, _failed: FrameHandler) -> None:
    for frame in frames:
        other(frame)


def _fields(frame: bytes) -> list[str]:
    """The fields of a frame behind the last byte of its length."""
    fields = text_of(frame[1:]).split("\0")
    fields.pop()
    return fields


class _CountingLog(logging.LoggerAdapter[logging.Logger]):
    """The decoder's logger, counting what it reports: the library logs a frame that it can't decode and goes on."""

    def __init__(self, logger: logging.Logger, count: Callable[[], None]) -> None:
        super().__init__(logger, {})
        self._count = count

    def exception(self, msg: object, *args: object, **kwargs: Any) -> None:
        super().exception(clean(str(msg)), *args, **kwargs)
        self._count()
