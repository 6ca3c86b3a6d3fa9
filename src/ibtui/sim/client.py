"""One connected client: its handshake, its requests as they come in, and the frames that wait to go out."""

import asyncio
import logging
import socket
import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Protocol

from ibtui.sim import messages
from ibtui.sim.faults import Faults
from ibtui.sim.meetings import Meetings
from ibtui.sim.schema import Message
from ibtui.sim.stats import Stats, Subscription
from ibtui.sim.wire import OLDEST_VERSION, FrameReader, ProtocolError, fields_of, frame_of, negotiated, parse_hello

log = logging.getLogger(__name__)

MAX_UNSENT = 64 * 1024 * 1024
"""Bytes that may wait for a client that does not read, before it is dropped."""

SYSTEM = -1
"""Request id of messages that answer no request."""

_ABORTIVE_CLOSE = struct.pack("ii", 1, 0)


class Host(Protocol):
    """What a client needs from the gateway it is connected to."""

    stats: Stats
    faults: Faults
    meetings: Meetings

    @property
    def wedged(self) -> bool:
        """Whether new connections get no answer."""
        ...

    @property
    def frozen(self) -> bool:
        """Whether nothing may be read or written."""
        ...

    def hello_time(self) -> str:
        """Market time as the handshake writes it."""
        ...

    def joined(self, client: "Client") -> None:
        """A client has connected."""
        ...

    def left(self, client: "Client") -> None:
        """A client's connection is gone."""
        ...

    def requested(self, client: "Client", fields: list[str]) -> None:
        """A client asks for something."""
        ...


class Client(asyncio.Protocol):
    """One connection.

    Frames are queued and written together by :meth:`flush`, once for a network read or a step of the market; they count
    as sent only then.

    Attributes:
        version: Negotiated server version; 0 before the handshake.
        client_id: None until the client has started the API.
        data_type: Market data type the client asked for, 1 to 4.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._faults = host.faults
        self._reader = FrameReader()
        self._transport: asyncio.Transport | None = None
        self._queue: list[bytes] = []
        self._kinds: list[tuple[int, Subscription | None, int]] = []
        self._queued_bytes = 0
        self._held: list[bytes] = []
        self._templates: dict[tuple[Message, int], Callable[[tuple[Any, ...]], bytes]] = {}
        self.version = 0
        self.client_id: int | None = None
        self.data_type = 1

    @property
    def connected(self) -> bool:
        """Whether frames can still reach the client."""
        return self._transport is not None and not self._transport.is_closing()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The socket is open."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        endpoint = transport.get_extra_info("socket")
        if endpoint is not None:
            endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._host.joined(self)
        for data in self._host.meetings.greetings("connect"):
            transport.write(data)
        if self._host.meetings.hangs_up("connect"):
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """The socket is gone."""
        self._transport = None
        self._forget_queue()
        self._host.left(self)

    def data_received(self, data: bytes) -> None:
        """Bytes from the network. While the gateway is silent the first piece is held back and no more is read."""
        if self._host.frozen or (self._host.wedged and not self.version):
            self._held.append(data)
            if self._transport is not None:
                self._transport.pause_reading()
            return
        try:
            for payload in self._reader.feed(data):
                self._take(payload)
                if not self.connected:
                    return
        except ProtocolError as error:
            log.warning("client %s dropped: it sent %s", self._label, error)
            self.close()
            return
        self.flush()

    # sending

    def send(self, message: Message, **values: Any) -> None:
        """Queues one message."""
        self.push(message.encode(self.version, values), message.number)

    def error(self, req_id: int, code: int, text: str) -> None:
        """Queues IB's message number 4, which carries errors, warnings and notices alike."""
        self.send(messages.ERROR, req_id=req_id, code=code, text=text)

    def push(self, frame: bytes, number: int, subscription: Subscription | None = None, rows: int = 1) -> None:
        """Queues a frame that is already encoded; ``rows`` is how many rows of the subscription's feed it carries."""
        if not (self._faults.active and self._faults.caught(self, frame, number, subscription, rows)):
            self._queue.append(frame)
            self._kinds.append((number, subscription, rows))
            self._queued_bytes += len(frame)

    def queue(self, frame: bytes, number: int, subscription: Subscription | None, rows: int) -> None:
        """Queues a frame whatever faults there are."""
        self._queue.append(frame)
        self._kinds.append((number, subscription, rows))
        self._queued_bytes += len(frame)

    def send_late(self, frame: bytes, number: int, subscription: Subscription | None, rows: int) -> None:
        """Sends a frame that was held up, if there is still somebody to get it."""
        if self.connected:
            self.queue(frame, number, subscription, rows)
            self.flush()

    def write_raw(self, data: bytes) -> None:
        """Writes bytes that are no frame of ours, after what is queued."""
        self.flush()
        if self._transport is not None:
            self._transport.write(data)

    def template(self, message: Message, kind: int = 0) -> Callable[[tuple[Any, ...]], bytes]:
        """The message's fast encoder at this client's version, see :meth:`Message.template`."""
        key = (message, kind)
        if key not in self._templates:
            self._templates[key] = message.template(self.version, kind=kind)
        return self._templates[key]

    def flush(self) -> None:
        """Writes what is queued, in one piece; drops the client if it has not read for too long."""
        if self._transport is None or not self._queue or self._host.frozen:
            if self._queued_bytes > MAX_UNSENT:
                self._drop_slow()
            return
        if not self._transport.is_closing():
            self._transport.write(b"".join(self._queue))
            for (number, subscription, rows), frames in Counter(self._kinds).items():
                self._host.stats.handed(number, subscription, rows, frames)
        self._forget_queue()
        if self._transport.get_write_buffer_size() > MAX_UNSENT:
            self._drop_slow()

    def thaw(self) -> None:
        """Goes on after a freeze: takes what came meanwhile, sends what had to wait."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.resume_reading()
        held, self._held = self._held, []
        for data in held:
            self.data_received(data)
        self.flush()

    def close(self) -> None:
        """Sends what is queued, then closes the connection in order (FIN)."""
        self.flush()
        if self._transport is not None:
            self._transport.close()

    def lose(self) -> None:
        """Closes the connection at once, without the frames that are queued (FIN)."""
        self._forget_queue()
        if self._transport is not None:
            self._transport.close()

    def reset(self) -> None:
        """Tears the connection down (RST); what was not delivered is lost."""
        self._forget_queue()
        if self._transport is not None:
            endpoint = self._transport.get_extra_info("socket")
            if endpoint is not None:
                endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _ABORTIVE_CLOSE)
            self._transport.abort()

    # receiving

    def _take(self, payload: bytes) -> None:
        if not self.version:
            self._greet(payload)
            return
        if self.version < OLDEST_VERSION:
            return
        fields = fields_of(payload)
        if not fields[0].isdecimal() or len(fields[0]) > 6:
            raise ProtocolError(f"a message that begins with {fields[0][:20]!r} instead of a number")
        self._host.stats.received[int(fields[0])] += 1
        self._host.requested(self, fields)

    def _greet(self, payload: bytes) -> None:
        hello, manner = parse_hello(payload), self._host.meetings.next_manner()
        version = negotiated(hello, manner.newest)
        if version is None:
            raise ProtocolError("a hello without a version this gateway speaks")
        if self._host.meetings.hangs_up("hello"):
            self.close()
            return
        self.version = version
        if manner.seconds:
            asyncio.get_running_loop().call_later(manner.seconds, self._answer_hello)
        else:
            self._answer_hello()

    def _answer_hello(self) -> None:
        if self._transport is None:
            return
        # The reply to the hello is a frame but no message: it has no number and counts as none.
        self._transport.write(frame_of([str(self.version), self._host.hello_time()]))
        for data in self._host.meetings.greetings("hello"):
            self._transport.write(data)

    def _forget_queue(self) -> None:
        self._queue.clear()
        self._kinds.clear()
        self._queued_bytes = 0

    def _drop_slow(self) -> None:
        log.warning("client %s dropped: it did not read %d MB", self._label, MAX_UNSENT >> 20)
        self.reset()

    @property
    def _label(self) -> str:
        return "before its start" if self.client_id is None else str(self.client_id)


def numbered(clients: "set[Client]") -> Iterator[Client]:
    """The clients that have started the API, by client id."""
    return iter(sorted((each for each in clients if each.client_id is not None), key=lambda each: each.client_id or 0))
