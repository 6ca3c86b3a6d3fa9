"""Counts of what was handed to the sockets and what came from them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Literal

Feed = Literal["ticks", "depth", "prints", "quotes", "bars"]
"""What a subscription carries: level-1 ticks, depth operations, tape prints, tick-by-tick quotes, bars."""

FEEDS: tuple[Feed, ...] = ("ticks", "depth", "prints", "quotes", "bars")


@dataclass(slots=True, eq=False)
class Subscription:
    """One request that keeps sending, and how many rows it has sent.

    Attributes:
        sent: Rows handed to the socket: frames, or bars where the feed is bars.
    """

    client_id: int
    req_id: int
    con_id: int
    symbol: str
    feed: Feed
    sent: int = 0


@dataclass(slots=True)
class Stats:
    """What went through the sockets since the start.

    Attributes:
        connections: Accepted so far, those that never said hello included; ``most_connections`` of them at a time.
    """

    sent: Counter[int] = field(default_factory=Counter)
    received: Counter[int] = field(default_factory=Counter)
    by_symbol: dict[Feed, Counter[str]] = field(default_factory=lambda: {feed: Counter() for feed in FEEDS})

    connections: int = 0
    most_connections: int = 0

    def connected(self, now: int) -> None:
        """Counts a connection that was accepted; ``now`` are open."""
        self.connections += 1
        self.most_connections = max(self.most_connections, now)

    def handed(self, number: int, subscription: Subscription | None, rows: int = 1, frames: int = 1) -> None:
        """Counts frames of so many rows each that were handed to a socket."""
        self.sent[number] += frames
        if subscription is not None:
            subscription.sent += rows * frames
            self.by_symbol[subscription.feed][subscription.symbol] += rows * frames

    def as_json(self) -> dict[str, Any]:
        """The counts as the control verb ``stats`` shows them."""
        sent: dict[str, Any] = {str(number): count for number, count in sorted(self.sent.items())}
        sent.update({feed: dict(sorted(counts.items())) for feed, counts in self.by_symbol.items()})
        return {
            "sent": sent,
            "received": {str(number): count for number, count in sorted(self.received.items())},
            "connections": self.connections,
            "most_connections": self.most_connections,
        }
