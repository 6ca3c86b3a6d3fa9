"""Who gets which market events: the subscriptions of all clients, by contract."""

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from ibtui.sim.client import Client
from ibtui.sim.events import DepthChanged, MarketEvent, Top
from ibtui.sim.stats import Subscription

Taker = Callable[[MarketEvent], None]


class Feed(Protocol):
    """One subscription at work: takes the events of its contract and sends them to its client.

    Attributes:
        takes: By type of event, what to do with it.
    """

    client: Client
    subscription: Subscription
    takes: dict[type[MarketEvent], Taker]

    def open(self) -> None:
        """Sends the image that the stream of events goes on from."""
        ...


@runtime_checkable
class Timed(Protocol):
    """What a feed has besides that sends by the clock."""

    def pass_time(self, now_ns: int) -> None:
        """Sends what is due by this market time."""
        ...


@runtime_checkable
class Refreshed(Protocol):
    """What a feed of quotes has besides."""

    def refresh(self, top: Top) -> None:
        """Sends the quote anew, after a time in which the client was not told of its changes."""
        ...


class Watched(Protocol):
    """The exchange's switch for what is simulated event by event."""

    def watch(self, con_id: int, *, deep: bool = True) -> None:
        """Begins, or counts one more; ``deep`` with the whole book."""
        ...

    def unwatch(self, con_id: int, *, deep: bool = True) -> None:
        """Counts one less, or ends."""
        ...


class Feeds:
    """All subscriptions. Request ids are a client's own, and each kind of request has its own."""

    def __init__(self, exchange: Watched) -> None:
        self._exchange = exchange
        self._by_key: dict[tuple[Client, str, int], Feed] = {}
        self._takers: dict[tuple[int, type[MarketEvent]], list[Taker]] = {}
        self._timed: dict[tuple[Client, str, int], Timed] = {}

    def __len__(self) -> int:
        return len(self._by_key)

    def open(self, request: str, feed: Feed) -> None:
        """Opens a feed. ``request`` is the kind it answers: with client and request id it is the feed's key."""
        subscription = feed.subscription
        deep = DepthChanged in feed.takes
        self._exchange.watch(subscription.con_id, deep=deep)
        try:
            feed.open()
        except Exception:
            self._exchange.unwatch(subscription.con_id, deep=deep)
            raise
        key = feed.client, request, subscription.req_id
        self._by_key[key] = feed
        if isinstance(feed, Timed):
            self._timed[key] = feed
        for kind, take in feed.takes.items():
            self._takers.setdefault((subscription.con_id, kind), []).append(take)

    def holds(self, client: Client, request: str, req_id: int) -> bool:
        """Whether the client has this request open."""
        return (client, request, req_id) in self._by_key

    def close(self, client: Client, request: str, req_id: int) -> bool:
        """Ends a feed; False where there is none."""
        feed = self._by_key.pop((client, request, req_id), None)
        if feed is None:
            return False
        self._timed.pop((client, request, req_id), None)
        con_id = feed.subscription.con_id
        for kind, take in feed.takes.items():
            self._takers[con_id, kind].remove(take)
        self._exchange.unwatch(con_id, deep=DepthChanged in feed.takes)
        return True

    def close_all(self, client: Client) -> None:
        """Ends everything that a client has open."""
        for owner, request, req_id in [key for key in self._by_key if key[0] is client]:
            self.close(owner, request, req_id)

    def deliver(self, event: MarketEvent) -> None:
        """Hands an event to the feeds of its contract."""
        for take in self._takers.get((event.con_id, type(event)), ()):
            take(event)

    def pass_time(self, now_ns: int) -> None:
        """Lets the feeds that send by the clock do so."""
        for feed in self._timed.values():
            feed.pass_time(now_ns)

    def all(self) -> list[Feed]:
        """All that are open."""
        return list(self._by_key.values())

    def subscriptions(self) -> Iterable[Subscription]:
        """All that are open."""
        return (feed.subscription for feed in self._by_key.values())
