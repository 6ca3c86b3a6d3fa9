"""Has the kernel notice a peer that is gone without a word: a pulled cable, a host asleep, a forgotten NAT entry."""

import socket

IDLE = 2
"""Seconds of silence before the kernel probes."""
INTERVAL = 1
"""Seconds between two probes."""
PROBES = 3
"""Unanswered probes that end the connection."""


def detect_dead_peer(sock: socket.socket, seconds: float) -> None:
    """Switches keepalive on, and ends the connection when what was sent is not acknowledged for ``seconds``.

    ib_insync 0.9.86 sets neither: an established connection without traffic would then outlive its peer for hours.
    """
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    options = {
        "TCP_KEEPIDLE": IDLE,
        "TCP_KEEPINTVL": INTERVAL,
        "TCP_KEEPCNT": PROBES,
        "TCP_USER_TIMEOUT": int(seconds * 1000),
    }
    for name, value in options.items():
        number = getattr(socket, name, None)  # macOS lacks some
        if number is not None:
            sock.setsockopt(socket.IPPROTO_TCP, number, value)
