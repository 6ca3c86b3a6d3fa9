"""What market data is wanted, what was asked for, and why something is not coming: records, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ibtui.broker.slots import NEVER, ON_SCREEN, Want, holders, lapsed
from ibtui.market.instruments import Instrument


class Feed(StrEnum):
    """The kinds of market data, each with its own limit at IB."""

    QUOTES = "quotes"
    DEPTH = "depth"
    TAPE = "tape"


class Standing(StrEnum):
    """Where a subscription stands with the gateway."""

    WAITING = "waiting"
    WITHOUT = "without a slot"
    GRANTED = "granted"
    REFUSED = "refused"


class Effect(StrEnum):
    """What a message code means for the subscription it came for."""

    NOTE = "note"
    """Told, nothing else changes."""
    REFUSED = "refused"
    """There will be no data in this session."""
    NO_SLOT = "no slot"
    """Too many of a kind: there are fewer slots than usual, and this one has to wait for one."""
    NO_PERMISSION = "no permission"
    """No live data: asked again as delayed."""
    BOOK_RESET = "book reset"
    """The book is gone and is sent again."""
    ASK_AGAIN = "ask again"
    """The gateway dropped the subscription, and expects it to be renewed."""
    COMPETING = "competing"
    """Another session of the login gets the data: nothing comes until that ends, and IB does not say when."""


EFFECTS: dict[int, Effect] = {
    **dict.fromkeys((101, 309, 10190), Effect.NO_SLOT),
    **dict.fromkeys((354, 10089, 10090, 10091, 10168, 10186), Effect.NO_PERMISSION),
    **dict.fromkeys((102, 200, 203, 320, 321, 322, 420, 10092, 10187, 10189), Effect.REFUSED),
    **dict.fromkeys((316, 10182, 10225), Effect.ASK_AGAIN),
    10197: Effect.COMPETING,
    317: Effect.BOOK_RESET,
}
"""IB's codes on a market data request; all others are a :attr:`Effect.NOTE`."""


@dataclass(slots=True)
class Subscription:
    """One kind of data of one instrument.

    Attributes:
        owners: Who wants it; it is given back when the last one leaves.
        shown_at: When it was last on the screen, see :class:`ibtui.broker.slots.Want`.
        request_id: Under which it was asked for in this session.
        code: IB's code of the last message about it.
        reason: The same in plain words; empty when all is well.
        reason_at: Monotonic seconds of that message.
        not_before: Monotonic seconds before which it is not asked for.
        asked_at: Monotonic seconds of the request.
    """

    instrument: Instrument
    feed: Feed
    owners: set[str] = field(default_factory=set)
    shown_at: float = NEVER
    standing: Standing = Standing.WAITING
    request_id: int | None = None
    code: int | None = None
    reason: str = ""
    reason_at: float = 0.0
    not_before: float = 0.0
    asked_at: float = 0.0

    @property
    def effect(self) -> Effect | None:
        """What the last message about it meant; None without one."""
        return None if self.code is None else EFFECTS.get(self.code, Effect.NOTE)

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
        return self._all.pop((con_id, feed))

    def show(self, feed: Feed, con_id: int | None, now: float) -> None:
        """Tells which contract's data of a kind is on the screen from now on, monotonic seconds; None for none."""
        for each in self._all.values():
            if each.feed is feed and each.shown_at == ON_SCREEN:
                each.shown_at = now
        if con_id is not None and (shown := self._all.get((con_id, feed))) is not None:
            shown.shown_at = ON_SCREEN

    def share(self, limits: Mapping[Feed, int]) -> list[Subscription]:
        """Hands the slots out anew; returns what has lost its own, as it stood, for the caller to take back.

        What was refused for good needs no slot. What only the screen had, and lost its slot, is wanted no more.
        """
        losers: list[Subscription] = []
        for feed, limit in limits.items():
            rivals = [
                each for each in self._all.values() if each.feed is feed and each.standing is not Standing.REFUSED
            ]
            wants = [Want(each.instrument.con_id, frozenset(each.owners), each.shown_at) for each in rivals]
            holding = set(holders(wants, limit))
            for want, each in zip(wants, rivals, strict=True):
                if want.con_id in holding:
                    if each.standing is Standing.WITHOUT:
                        each.forget()
                    continue
                if each.standing is Standing.GRANTED:
                    losers.append(each)
                elif each.standing is Standing.WAITING:
                    each.standing = Standing.WITHOUT
                if lapsed(want):
                    del self._all[want.con_id, feed]
        return losers

    def granted(self, subscription: Subscription, request_id: int, now: float = 0.0) -> None:
        """It was asked for, at monotonic seconds; the gateway answers with data or with a refusal."""
        subscription.standing = Standing.GRANTED
        subscription.request_id = request_id
        subscription.asked_at = now
        self._asked[request_id] = subscription

    def find(self, con_id: int, feed: Feed) -> Subscription | None:
        """One subscription, if it is wanted."""
        return self._all.get((con_id, feed))

    def asked_as(self, request_id: int) -> Subscription | None:
        """The subscription that currently goes under a request id."""
        subscription = self._asked.get(request_id)
        return subscription if subscription and subscription.request_id == request_id else None

    def holding(self, feed: Feed) -> int:
        """How many of a kind are granted."""
        return sum(each.feed is feed and each.standing is Standing.GRANTED for each in self._all.values())

    def all(self) -> list[Subscription]:
        """Everything wanted."""
        return list(self._all.values())

    def waiting(self) -> list[Subscription]:
        """What is still to be asked for, in order."""
        return [each for each in self._all.values() if each.standing is Standing.WAITING]

    def clear(self) -> None:
        """Nothing is wanted any more."""
        self._all.clear()
        self._asked.clear()

    def restart(self) -> None:
        """A session ended: everything is to be asked for once, under new ids."""
        self._asked.clear()
        for each in self._all.values():
            each.forget()
