"""How many messages may still be sent in this second.

IB allows 50 messages a second, all kinds together, and "likely disconnects" who sends more; ib_insync sends 45 and
puts the rest into a queue of its own, first in first out, that is dropped silently with the connection (measured: of
60 orders sent at once, 22 were lost that way; a cancel waited 3 s behind 135 subscriptions). So whoever sends asks here
first, and that queue stays empty: subscriptions leave :data:`RESERVED` messages of each second to orders and
heartbeats.
"""

import asyncio
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibtui.broker.session import Session

RESERVED = 15
"""Messages of each second that market data never takes."""

TOO_FAST = 100
"""IB's code for more messages a second than it allows."""

SLOW_FOR = 60.0
"""Seconds for which that code halves the pace."""

FOR_HEARTBEATS = 2
"""Messages of each second that orders and cancels leave to the heartbeat."""


_LOOK_EVERY = 0.05
"""Seconds between two looks at the window of who waits for its turn."""

_LONGEST_WAIT = 2.0
"""Seconds after which a full window is no matter of a moment: at the usual pace one second empties it."""


def client_of(session: "Session") -> Any:
    """The library's client, whose send methods carry no types."""
    return session.ib.client


def sent_lately(session: "Session") -> int:
    """Messages of the last second.

    The library's send times are private, and this is their only reader.
    """
    client = client_of(session)
    since = asyncio.get_running_loop().time() - client.RequestsInterval
    return sum(1 for sent in client._timeQ if sent >= since)


def budget(session: "Session") -> int:
    """Messages that one second has room for: half as many for a while after IB said that it were too many."""
    usual = int(client_of(session).MaxRequests)
    return usual // 2 if session.clock.monotonic() < session.slow_until else usual


def room(session: "Session") -> int:
    """Messages that may be sent now, and would be on the wire at once."""
    if client_of(session)._msgQ:
        return 0
    return max(0, budget(session) - FOR_HEARTBEATS - sent_lately(session))


async def turn(session: "Session") -> None:
    """Returns when a message that can wait may go, or when the session is over."""
    # It is time that moves the window, and time tells nobody.
    while room(session) <= RESERVED and not session.ended.done():  # noqa: ASYNC110
        await asyncio.sleep(_LOOK_EVERY)


async def room_soon(session: "Session", messages: int) -> None:
    """Returns when so many messages may be sent at once, when the session is over, or when that takes too long."""
    for _ in range(round(_LONGEST_WAIT / _LOOK_EVERY)):
        if room(session) >= messages or session.ended.done():
            return
        await asyncio.sleep(_LOOK_EVERY)
