"""Looks once a second whether what was granted still comes, and has the one that does not asked for again.

What a code of IB's tells is dealt with where it arrives; here is what nobody tells.
"""

import math
from collections.abc import Callable, Iterator

from ibtui.broker.flow import FLOW_WAIT, Flow, Reminder, silent
from ibtui.broker.quality import last_frame
from ibtui.broker.subscriptions import Effect, Feed, Standing, Subscription, Subscriptions
from ibtui.clock import Clock
from ibtui.market.board import LIVE
from ibtui.market.instruments import Instrument
from ibtui.market.state import MarketState

COMPETING_WAIT = 60.0
"""Seconds after which data that another session of the login took is asked for again."""

LIVE_AGAIN = 900.0
"""Seconds after which live data that was not permitted is asked for again."""

DELAYED_INSTEAD = 10167
"""IB's word that it sends delayed data, because live data is not subscribed."""

BOOK_GRACE = 2.0
"""Seconds for which a book may be crossed or out of order: its rows come one by one."""

REBUILD_FIRST, REBUILD_MOST = 5.0, 60.0
"""Seconds before a broken book is asked for again: twice as long each time, so that a broken feed is not hammered."""

GOOD_AFTER = 300.0
"""Seconds after which a book that was rebuilt counts as whole again."""

Renew = Callable[[Subscription, str, float], None]
"""Asks for a subscription again: which, why in plain words (empty: as was told before), and after how many seconds."""


class FeedWatch:
    """The second look at everything that is granted.

    Args:
        trading: Whether an instrument trades now, by its own hours; None where they don't say.
        renew: Asks again.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        market: MarketState,
        clock: Clock,
        trading: Callable[[Instrument], bool | None],
        renew: Renew,
    ) -> None:
        self.reminder = Reminder()
        self._subscriptions = subscriptions
        self._market = market
        self._clock = clock
        self._trading = trading
        self._renew = renew
        self._rebuilt: dict[int, tuple[float, float]] = {}

    def forget(self) -> None:
        """The session is over."""
        self.reminder.forget()
        self._rebuilt.clear()

    def look(self) -> None:
        """One look."""
        now = self._clock.monotonic()
        self._check_flow(now)
        for each in self._subscriptions.all():
            if each.feed is Feed.DEPTH and each.standing is Standing.GRANTED:
                self._check_book(each, now)
            self._check_permission(each, now)

    def _check_flow(self, now: float) -> None:
        for since in self.reminder.due(now):
            for request_id in silent(self._flows(), since):
                subscription = self._subscriptions.asked_as(request_id)
                if subscription is not None:
                    self._renew(subscription, f"nothing came in {FLOW_WAIT:.0f} s after the link was back", 0.0)

    def _flows(self) -> Iterator[Flow]:
        for each in self._subscriptions.all():
            if each.standing is Standing.GRANTED and each.request_id is not None:
                halted = self._market.board.quote(each.instrument.con_id).halted
                trading = False if halted else self._trading(each.instrument)
                yield Flow(each.request_id, each.asked_at, last_frame(self._market, self._clock, each), trading)

    def _check_book(self, subscription: Subscription, now: float) -> None:
        problem = self._market.trouble(subscription.instrument.con_id, now, BOOK_GRACE)
        if problem:
            self.rebuild(subscription, problem)

    def rebuild(self, subscription: Subscription, problem: str) -> None:
        """Has a book that can't be right discarded and asked for again."""
        con_id, now = subscription.instrument.con_id, self._clock.monotonic()
        at, wait = self._rebuilt.get(con_id, (-math.inf, 0.0))
        wait = REBUILD_FIRST if now - at > GOOD_AFTER else min(REBUILD_MOST, 2 * wait)
        self._rebuilt[con_id] = now, wait
        self._renew(subscription, f"the book could not be right ({problem})", wait)

    def _check_permission(self, subscription: Subscription, now: float) -> None:
        """What was taken or refused may be ours by now: IB does not say so."""
        waited = now - subscription.reason_at
        if subscription.effect is Effect.COMPETING:
            came = last_frame(self._market, self._clock, subscription) > subscription.reason_at
            if subscription.standing is Standing.GRANTED and waited >= COMPETING_WAIT and not came:
                self._renew(subscription, "", 0.0)
        elif subscription.effect is Effect.NO_PERMISSION or subscription.code == DELAYED_INSTEAD:
            live = self._market.board.quote(subscription.instrument.con_id).data_type == LIVE
            if waited >= LIVE_AGAIN and not (live and subscription.standing is Standing.GRANTED):
                self._renew(subscription, "", 0.0)
