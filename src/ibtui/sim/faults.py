"""What is made to go wrong between the gateway and its clients, frame by frame and request by request."""

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

from ibtui.sim.messages import OUTGOING
from ibtui.sim.stats import Subscription
from ibtui.sim.wire import fields_of

if TYPE_CHECKING:
    from ibtui.sim.client import Client

How = Literal["mute", "delay", "duplicate", "alter"]
Loss = Literal["fin", "rst"]
Asked = Literal["place", "cancel", "data", "what_if"]

LENGTH_PREFIX = 4
HISTORICAL_BARS = 17
"""The one message of a subscription that answers a request instead of going on."""


@dataclass(slots=True)
class Rule:
    """What happens to outgoing messages of one number.

    Attributes:
        count: How many are still concerned; None means all.
        seconds: How much later they, or their second copies, go out.
        req_id: Only those that answer this request; None means all.
        until: They go out right after the next message of this number, instead of after a time.
        values: Fields that they, or their second copies, carry instead of their own.
    """

    how: How
    number: int
    count: int | None = None
    seconds: float = 0.0
    req_id: int | None = None
    until: int | None = None
    values: Mapping[str, Any] = field(default_factory=dict)

    def concerns(self, frame: bytes, number: int) -> bool:
        """Whether a frame falls under it."""
        if number != self.number:
            return False
        return self.req_id is None or str(self.req_id) in fields_of(frame[LENGTH_PREFIX:])[1:3]


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One frame on its way to a client."""

    client: "Client"
    frame: bytes
    number: int
    subscription: Subscription | None
    rows: int

    def send(self) -> None:
        """Queues it, whatever faults there are."""
        self.client.queue(self.frame, self.number, self.subscription, self.rows)

    def send_late(self) -> None:
        """Sends it by itself, if there is still somebody to get it."""
        self.client.send_late(self.frame, self.number, self.subscription, self.rows)

    def altered(self, values: Mapping[str, Any]) -> "Outgoing":
        """The same message with other values in some fields."""
        message, version = OUTGOING[self.number], self.client.version
        own = message.decode(version, fields_of(self.frame[LENGTH_PREFIX:]))
        return replace(self, frame=message.encode(version, {**own, **values}))


@dataclass(frozen=True, slots=True)
class Trap:
    """Loses the client that sends a request of a certain number, before or after it was carried out."""

    number: int
    how: Loss
    carried_out: bool


@dataclass(slots=True)
class Rejection:
    """Refuses the next orders, or cancels."""

    request: Asked
    code: int
    text: str
    count: int


class Faults:
    """Everything that was asked to go wrong.

    Attributes:
        active: Whether any outgoing frame may be concerned; looked at for each.
        starts_refused: How many of the next clients are told that their id is in use.
    """

    def __init__(self) -> None:
        self.active = False
        self.starts_refused = 0
        self._silent = False
        self._rules: list[Rule] = []
        self._held: list[tuple[int, Outgoing]] = []
        self._traps: deque[Trap] = deque()
        self._rejections: list[Rejection] = []

    # outgoing frames

    @property
    def silent(self) -> bool:
        """Whether no streamed market data reaches any client."""
        return self._silent

    @silent.setter
    def silent(self, silent: bool) -> None:
        self._silent = silent
        self._arm()

    def add(self, rule: Rule) -> None:
        """Has a rule hold from the next frame on; a count of 0 ends those of its kind and number."""
        if rule.count == 0:
            self._rules = [each for each in self._rules if (each.how, each.number) != (rule.how, rule.number)]
        else:
            self._rules.append(rule)
        self._arm()

    def caught(self, client: "Client", frame: bytes, number: int, subscription: Subscription | None, rows: int) -> bool:
        """Does to a frame what is to be done; False where it just goes out."""
        if self._silent and subscription is not None and number != HISTORICAL_BARS:
            return True
        rule = next((each for each in self._rules if each.concerns(frame, number)), None)
        released = [each for each in self._held if each[0] == number and each[1].client is client]
        if rule is None and not released:
            return False
        outgoing = Outgoing(client, frame, number, subscription, rows)
        if rule is None:
            outgoing.send()
        else:
            self._apply(rule, outgoing)
        for each in released:
            self._held.remove(each)
            each[1].send()
        self._arm()
        return True

    def _apply(self, rule: Rule, outgoing: Outgoing) -> None:
        if rule.count is not None:
            rule.count -= 1
            if not rule.count:
                self._rules.remove(rule)
        if rule.how == "mute":
            return
        if rule.how == "duplicate":
            outgoing.send()
        second = outgoing.altered(rule.values) if rule.values else outgoing
        if rule.until is not None:
            self._held.append((rule.until, second))
        elif rule.seconds:
            asyncio.get_running_loop().call_later(rule.seconds, second.send_late)
        else:
            second.send()

    def left(self, client: "Client") -> None:
        """Forgets what was held for a client that is gone."""
        self._held = [each for each in self._held if each[1].client is not client]
        self._arm()

    # incoming requests

    def set_trap(self, trap: Trap) -> None:
        """Waits for the next request of a number."""
        self._traps.append(trap)

    def sprung(self, number: int) -> Trap | None:
        """The trap that a request springs."""
        trap = next((each for each in self._traps if each.number == number), None)
        if trap is not None:
            self._traps.remove(trap)
        return trap

    def reject(self, rejection: Rejection) -> None:
        """Refuses the next requests; a count of 0 ends all refusals of that kind."""
        if rejection.count:
            self._rejections.append(rejection)
        else:
            self._rejections = [each for each in self._rejections if each.request != rejection.request]

    def rejection(self, request: Asked) -> tuple[int, str] | None:
        """Code and text that an order, a cancel or a stream of data is refused with; None where it isn't."""
        found = next((each for each in self._rejections if each.request == request), None)
        if found is None:
            return None
        found.count -= 1
        if not found.count:
            self._rejections.remove(found)
        return found.code, found.text

    def starts_in_use(self) -> bool:
        """Whether a client that starts is told that its id is in use."""
        refused = self.starts_refused > 0
        self.starts_refused -= refused
        return refused

    def _arm(self) -> None:
        self.active = self._silent or bool(self._rules) or bool(self._held)
