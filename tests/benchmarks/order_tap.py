"""Stands between a console and its gateway and notes when each order frame comes by."""

import queue
import socket
import struct
import threading
import time
from contextlib import suppress

PLACE_ORDER = b"3"


class OrderTap:
    """A TCP relay on loopback with a thread for each direction.

    Attributes:
        port: Where the console connects to.
        orders: When an order frame came off the console's socket, ``time.perf_counter`` seconds.
    """

    def __init__(self, host: str, port: int) -> None:
        self.orders: queue.Queue[float] = queue.Queue()
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listens no more."""
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                console, _ = self._listener.accept()
                gateway = socket.create_connection(self._target)
                for each in (console, gateway):
                    each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._relay, args=(console, gateway, True), daemon=True).start()
                threading.Thread(target=self._relay, args=(gateway, console, False), daemon=True).start()

    def _relay(self, source: socket.socket, target: socket.socket, noted: bool) -> None:
        buffer = bytearray()
        with suppress(OSError):
            while data := source.recv(65536):
                at = time.perf_counter()
                target.sendall(data)
                if noted:
                    buffer += data
                    self._note(buffer, at)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def _note(self, buffer: bytearray, at: float) -> None:
        if buffer.startswith(b"API\0"):
            del buffer[:4]
        while len(buffer) >= 4:
            (size,) = struct.unpack(">I", buffer[:4])
            if len(buffer) < 4 + size:
                return
            if bytes(buffer[4 : 4 + size]).partition(b"\0")[0] == PLACE_ORDER:
                self.orders.put(at)
            del buffer[: 4 + size]
