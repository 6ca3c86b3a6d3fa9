"""The outermost layer of the TWS protocol: frames, that is a length and NUL-terminated fields, and the first hello."""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_FRAME = 16 * 1024 * 1024
"""Longest frame a client may send, in bytes; the official client holds itself to the same limit."""

OLDEST_VERSION, NEWEST_VERSION = 157, 178
"""Server versions this gateway can speak."""

_HELLO = re.compile(rb"v(\d{1,6})(?:\.\.(\d{1,6}))?(?: (.*))?", re.DOTALL)
_API = b"API\0"
_LENGTHS = tuple(length.to_bytes(4, "big") for length in range(256))
"""The prefixes of short frames, made once."""


class ProtocolError(Exception):
    """What a client sent makes no sense as a stream of frames; its connection can't go on."""


class Hello(NamedTuple):
    """The versions a client offers, and its connect options as it wrote them."""

    oldest: int
    newest: int
    options: str


def frame(payload: bytes) -> bytes:
    """One frame: the payload behind its length, four bytes big-endian."""
    length = len(payload)
    return (_LENGTHS[length] if length < 256 else length.to_bytes(4, "big")) + payload


def frame_of(fields: list[str]) -> bytes:
    """One frame of text fields, each ended by NUL."""
    return frame(("\0".join(fields) + "\0").encode())


def fields_of(payload: bytes) -> list[str]:
    """The text fields of a frame's payload.

    Raises:
        ProtocolError: The last field has no end, or there is none.
    """
    if not payload.endswith(b"\0"):
        raise ProtocolError("a frame that does not end with NUL")
    return payload[:-1].decode(errors="backslashreplace").split("\0")


def negotiated(hello: Hello, newest: int = NEWEST_VERSION) -> int | None:
    """The newest version both sides speak, or None where there is none.

    A gateway whose ``newest`` is below what we speak names it whatever the client offers, and leaves it to find out.
    """
    if newest < OLDEST_VERSION:
        return newest
    version = min(hello.newest, newest)
    return version if version >= max(hello.oldest, OLDEST_VERSION) else None


class FrameReader:
    """Cuts a byte stream into frames, however the network cut it.

    The first bytes must be ``API`` and NUL, then come frames; the first of them is the hello.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._greeted = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Takes what the network brought; yields each payload that is complete.

        Raises:
            ProtocolError: The stream does not begin with ``API``, or a frame is longer than :data:`MAX_FRAME`.
        """
        self._buffer += data
        if not self._greeted:
            if not _API.startswith(self._buffer[:4]):
                raise ProtocolError("the stream does not begin with API")
            if len(self._buffer) < len(_API):
                return
            self._greeted = True
            del self._buffer[: len(_API)]
        at = 0
        try:
            while len(self._buffer) - at >= 4:
                length = int.from_bytes(self._buffer[at : at + 4], "big")
                if length > MAX_FRAME:
                    raise ProtocolError(f"a frame of {length} bytes, more than {MAX_FRAME}")
                if len(self._buffer) - at - 4 < length:
                    return
                payload = bytes(self._buffer[at + 4 : at + 4 + length])
                at += 4 + length
                yield payload
        finally:
            del self._buffer[:at]


def parse_hello(payload: bytes) -> Hello:
    """Reads ``v157..176 options``.

    Raises:
        ProtocolError: It is something else.
    """
    match = _HELLO.fullmatch(payload.rstrip(b"\0"))
    if match is None:
        raise ProtocolError("no version range in the first frame")
    oldest, newest, options = match.groups()
    return Hello(int(oldest), int(newest or oldest), (options or b"").decode(errors="backslashreplace"))
