"""What market data sends: requests and cancels, as fast as the message window allows and no faster."""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.broker.data_requests import send_cancel
from ibtui.broker.subscriptions import Standing, Subscription, Subscriptions
from ibtui.broker.window import RESERVED, room
from ibtui.clock import Clock

if TYPE_CHECKING:
    from ibtui.broker.session import Session

_PUMP_EVERY = 0.1
"""Seconds between two looks at the message window while subscriptions wait for it."""


class Outgoing:
    """The queue of a session: cancels first, because they free slots, then what waits, in order.

    Args:
        subscriptions: What is wanted.
        clock: For subscriptions that are to wait a while.
        ask: Sends one request.
    """

    def __init__(
        self, subscriptions: Subscriptions, clock: Clock, ask: Callable[["Session", Subscription], None]
    ) -> None:
        self._subscriptions = subscriptions
        self._clock = clock
        self._ask = ask
        self._cancels: deque[Callable[[], None]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self.session: Session | None = None

    def start(self, session: "Session") -> None:
        """Requests can be made."""
        self.session = session
        self.pump()

    def stop(self) -> None:
        """Nothing can be sent any more; what was to be cancelled is gone with the session."""
        self.session = None
        self._cancels.clear()
        self._stop_timer()

    def give_back(self, subscription: Subscription) -> None:
        """Cancels a subscription that is granted, as soon as may be."""
        session, request_id = self.session, subscription.request_id
        if session is not None and request_id is not None and subscription.standing is Standing.GRANTED:
            feed, instrument = subscription.feed, subscription.instrument
            self._cancels.append(lambda: send_cancel(session, feed, request_id, instrument))

    def hurry(self) -> None:
        """Has the next turn of the loop send what may be sent; handlers of the library must not send themselves."""
        if self.session is not None:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(0, self.pump)

    def pump(self) -> None:
        """Sends what waits, as far as the message window allows, and comes back for the rest."""
        self._stop_timer()
        session = self.session
        if session is None or session.ended.done():
            return
        free = room(session) - RESERVED
        while self._cancels and free > 0:
            self._cancels.popleft()()
            free -= 1
        now = self._clock.monotonic()
        later = bool(self._cancels)
        for each in self._subscriptions.waiting():
            if free <= 0 or each.not_before > now:
                later = True
                continue
            self._ask(session, each)
            free -= 1
        if later:
            self._timer = asyncio.get_running_loop().call_later(_PUMP_EVERY, self.pump)

    def send_last_cancels(self) -> None:
        """On the way out: all that the message window lets through; the gateway drops the rest by itself."""
        self._stop_timer()
        if self.session is not None:
            with suppress(ConnectionError):  # the link went first, and every subscription with it
                for _ in range(min(len(self._cancels), room(self.session))):
                    self._cancels.popleft()()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
