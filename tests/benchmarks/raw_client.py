"""A client of the simulated gateway that asks for data, takes the bytes and looks at none of them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ibtui.sim.wire import frame, frame_of
from tests.conftest import Gateway

VERSION = 176
CURRENT_TIME = "49"
ANSWER = b"49\0001\0001773153000\0"
"""What answers it, at some time."""


class RawClient:
    """One connection, drained by a thread of its own."""

    def __init__(self, gateway: Gateway) -> None:
        self._socket = socket.create_connection((gateway.host, gateway.port))
        self._reads: list[bytes] = []
        self._next_id = 1
        self._socket.sendall(b"API\0" + frame(f"v157..{VERSION}".encode()))
        hello = self._socket.recv(4096)
        assert hello[4:].startswith(str(VERSION).encode())
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()
        self.ask("71", "2", "1", "")

    def ask(self, *fields: str) -> None:
        """Sends one message."""
        self._socket.sendall(frame_of(list(fields)))

    def subscribe(self, kind: str, symbol: str) -> int:
        """Asks for ``quotes``, ``depth``, or one of IB's kinds of tick by tick; returns the request id."""
        req_id, self._next_id = self._next_id, self._next_id + 1
        contract = ("0", symbol, "STK", "", "0", "", "", "SMART", "", "USD", "", "")
        if kind == "quotes":
            self.ask("1", "11", str(req_id), *contract, "0", "", "0", "0", "")
        elif kind == "depth":
            self.ask("10", "5", str(req_id), *contract, "10", "1", "")
        else:
            self.ask("97", str(req_id), *contract, kind, "0", "0")
        return req_id

    def answered(self) -> None:
        """Waits until everything that was asked before has been answered."""
        self.ask(CURRENT_TIME, "1")
        self.until(len(ANSWER).to_bytes(4, "big") + ANSWER[:5])

    def until(self, words: bytes, seconds: float = 300.0) -> None:
        """Waits for these bytes; what came before them counts as taken."""
        deadline = time.monotonic() + seconds
        seen = b""
        while words not in (seen := seen[-100:] + self.taken()):
            assert time.monotonic() < deadline, words
            time.sleep(0.005)

    def taken(self) -> bytes:
        """What came since the last call."""
        reads, self._reads = self._reads, []
        return b"".join(reads)

    def close(self) -> None:
        """Hangs up."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._drain.join(10)
        self._socket.close()

    def _read(self) -> None:
        while data := self._socket.recv(1 << 20):
            self._reads.append(data)


@contextmanager
def raw_client(gateway: Gateway) -> Iterator[RawClient]:
    """A connection for the length of a block."""
    client = RawClient(gateway)
    try:
        yield client
    finally:
        client.close()
