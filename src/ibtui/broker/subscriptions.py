"""What market data is wanted, what was asked for, and why something is not coming: records, no I/O."""

from dataclasses import dataclass, field
from enum import StrEnum

from ibtui.market.instruments import Instrument


class Feed(StrEnum):
    """The kinds of market data, each with its own limit at IB."""

    QUOTES = "quotes"
    DEPTH = "depth"
    TAPE = "tape"


USUAL_SLOTS: dict[Feed, int] = {Feed.QUOTES: 100, Feed.DEPTH: 3, Feed.TAPE: 5}
"""Subscriptions of each kind that IB gives a login at once, unless it has bought or earned more."""


class Standing(StrEnum):
    """Where a subscription stands with the gateway."""

    WAITING = "waiting"
    GRANTED = "granted"
    REFUSED = "refused"


class Effect(StrEnum):
    """What a message code means for the subscription it came for."""

    NOTE = "note"
    """Told, nothing else changes."""
    REFUSED = "refused"
    """There will be no data in this session."""
    NO_SLOT = "no slot"
    """Too many of a kind: asked again when one is given back."""
    NO_PERMISSION = "no permission"
    """No live data: asked again as delayed."""
    BOOK_RESET = "book reset"
    """The book is gone and is sent again."""
    ASK_AGAIN = "ask again"
    """The gateway dropped the subscription, and expects it to be renewed."""


EFFECTS: dict[int, Effect] = {
    **dict.fromkeys((101, 309, 10190), Effect.NO_SLOT),
    **dict.fromkeys((354, 10089, 10090, 10091, 10168, 10186), Effect.NO_PERMISSION),
    **dict.fromkeys((102, 200, 203, 320, 321, 322, 420, 10092, 10187, 10189), Effect.REFUSED),
    316: Effect.ASK_AGAIN,
    317: Effect.BOOK_RESET,
}
"""IB's codes on a market data request; all others are a :attr:`Effect.NOTE`."""


@dataclass(slots=True)
class Subscription:
    """One kind of data of one instrument.

    Attributes:
        owners: Who wants it; it is given back when the last one leaves.
        request_id: Under which it was asked for in this session.
        code: IB's code of the last message about it.
        reason: The same in plain words; empty when all is well.
        reason_at: Monotonic seconds of that message.
        not_before: Monotonic seconds before which it is not asked for.
    """

    instrument: Instrument
    feed: Feed
    owners: set[str] = field(default_factory=set)
    standing: Standing = Standing.WAITING
    request_id: int | None = None
    code: int | None = None
    reason: str = ""
    reason_at: float = 0.0
    not_before: float = 0.0

    def renew(self, not_before: float = 0.0) -> None:
        """Back to the queue."""
        self.standing = Standing.WAITING
        self.request_id = None
        self.not_before = not_before

    def forget(self) -> None:
        """A new session starts without the old one's troubles."""
        self.renew()
        self.code, self.reason, self.reason_at = None, "", 0.0


class Subscriptions:
    """All that is wanted, in the order in which it was wanted."""

    def __init__(self) -> None:
        self._all: dict[tuple[int, Feed], Subscription] = {}
        self._asked: dict[int, Subscription] = {}

    def want(self, instrument: Instrument, feed: Feed, owner: str) -> Subscription:
        """Adds an owner to a subscription, which is made if need be."""
        key = instrument.con_id, feed
        subscription = self._all.get(key)
        if subscription is None:
            subscription = self._all[key] = Subscription(instrument, feed)
        subscription.instrument = instrument
        subscription.owners.add(owner)
        return subscription

    def unwant(self, con_id: int, feed: Feed, owner: str) -> Subscription | None:
        """Removes an owner; returns the subscription if it was the last one, and so is to be given back."""
        subscription = self._all.get((con_id, feed))
        if subscription is None:
            return None
        subscription.owners.discard(owner)
        if subscription.owners:
            return None
        del self._all[con_id, feed]
        self._asked.pop(subscription.request_id or 0, None)
        for each in self._all.values():
            if each.feed is feed and EFFECTS.get(each.code or 0) is Effect.NO_SLOT:
                each.forget()
        return subscription

    def granted(self, subscription: Subscription, request_id: int) -> None:
        """It was asked for; the gateway answers with data or with a refusal."""
        subscription.standing = Standing.GRANTED
        subscription.request_id = request_id
        self._asked[request_id] = subscription

    def find(self, con_id: int, feed: Feed) -> Subscription | None:
        """One subscription, if it is wanted."""
        return self._all.get((con_id, feed))

    def asked_as(self, request_id: int) -> Subscription | None:
        """The subscription that currently goes under a request id."""
        subscription = self._asked.get(request_id)
        return subscription if subscription and subscription.request_id == request_id else None

    def all(self) -> list[Subscription]:
        """Everything wanted."""
        return list(self._all.values())

    def waiting(self) -> list[Subscription]:
        """What is still to be asked for, in order."""
        return [each for each in self._all.values() if each.standing is Standing.WAITING]

    def restart(self) -> None:
        """A session ended: everything is to be asked for once, under new ids."""
        self._asked.clear()
        for each in self._all.values():
            each.forget()
