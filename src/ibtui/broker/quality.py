"""How good the data of a subscription is now: its mark, and why it is not better."""

import math

from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.silence import Facts, Sessions, explain
from ibtui.broker.subscriptions import Feed, Standing, Subscription, Subscriptions
from ibtui.clock import NS, Clock, MarketClock
from ibtui.market.board import LIVE
from ibtui.market.marks import Mark, mark
from ibtui.market.state import MarketState


def last_frame(market: MarketState, clock: Clock, subscription: Subscription) -> float:
    """Monotonic seconds of the last thing that a subscription brought; minus infinity when there was none."""
    con_id = subscription.instrument.con_id
    if subscription.feed is Feed.QUOTES:
        return market.board.quote(con_id).updated
    if subscription.feed is Feed.DEPTH:
        return market.book(con_id).updated
    prints = market.tape(con_id).prints
    return clock.monotonic() - (clock.utc_ns() - prints[-1].ts_ns) / NS if prints else -math.inf


class Quality:
    """Answers what a number on the screen is worth.

    Args:
        hours: Of the instruments, by the market's clock.
        stale_after: Seconds of silence after which an open market's quote needs confirmation.

    Attributes:
        interrupted: When a link that brings market data last came back, monotonic seconds.
    """

    def __init__(
        self,
        subscriptions: Subscriptions,
        market: MarketState,
        clock: Clock,
        market_clock: MarketClock,
        hours: OpeningHours,
        stale_after: float,
    ) -> None:
        self._subscriptions = subscriptions
        self._market = market
        self._clock = clock
        self._market_clock = market_clock
        self._hours = hours
        self.interrupted = -math.inf
        self._stale_after = stale_after

    def mark(self, con_id: int, session: int | None, vouched: bool) -> Mark:
        """What a quote may be called now.

        Args:
            con_id: Whose.
            session: Number of the session; None without one.
            vouched: Whether the links that bring market data are up.
        """
        subscription = self._subscriptions.find(con_id, Feed.QUOTES)
        # Without a subscription silence means nothing: the market may be anywhere.
        flowing = subscription is not None and subscription.standing is Standing.GRANTED
        return mark(
            self._market.board.quote(con_id),
            session=session,
            vouched=flowing and vouched,
            now=self._clock.monotonic(),
            open_now=None if subscription is None else self._hours.open_now(subscription.instrument),
            stale_after=self._stale_after,
            interrupted=self.interrupted,
        )

    def reason(self, con_id: int, feed: Feed, connected: bool, trouble: str, slots: int) -> str:
        """Why there is no data, or not what was wanted, in plain words; empty when all is well.

        Args:
            con_id: Whose.
            feed: Which kind of data.
            connected: Whether there is a session.
            trouble: What is wrong with the links that bring market data; empty when nothing is.
            slots: How many subscriptions of the kind there may be.
        """
        subscription = self._subscriptions.find(con_id, feed)
        if subscription is None:
            return explain(Facts(None))
        quiet = self._quiet(subscription)
        return explain(
            Facts(
                subscription,
                connected=connected,
                trouble=trouble,
                overtaken=self._overtaken(subscription),
                slots=slots,
                sessions=self._sessions(subscription),
                halted=bool(self._market.board.quote(con_id).halted),
                quiet_s=quiet,
                quiet_after=self._stale_after,
                hole=quiet is not None and self._is_hole(subscription),
            )
        )

    def next_open(self, con_id: int) -> int | None:
        """When the instrument trades again, in UTC nanoseconds of market time; None if unknown."""
        subscription = self._subscriptions.find(con_id, Feed.QUOTES)
        return None if subscription is None else self._hours.next_open(subscription.instrument)

    def knows_hours(self, con_id: int) -> bool:
        """Whether the instrument's hours speak for now."""
        subscription = self._subscriptions.find(con_id, Feed.QUOTES)
        return subscription is not None and self._hours.open_now(subscription.instrument) is not None

    def _overtaken(self, subscription: Subscription) -> bool:
        """Whether data came after the last message about a granted subscription, so that it no longer matters."""
        if subscription.standing is not Standing.GRANTED or self._last(subscription) <= subscription.reason_at:
            return False
        quote = self._market.board.quote(subscription.instrument.con_id)
        return subscription.feed is not Feed.QUOTES or quote.data_type == LIVE

    def _last(self, subscription: Subscription) -> float:
        return last_frame(self._market, self._clock, subscription)

    def _quiet(self, subscription: Subscription) -> float | None:
        """Seconds of silence; None where silence means nothing, as on a tape, which may be quiet for hours."""
        if subscription.feed is Feed.TAPE or subscription.standing is not Standing.GRANTED:
            return None
        return self._clock.monotonic() - max(self._last(subscription), subscription.asked_at)

    def _is_hole(self, subscription: Subscription) -> bool:
        """Whether the session that is on has brought nothing at all."""
        began, now = self._hours.began(subscription.instrument), self._market_clock.now_ns()
        if began is None or now is None:
            return False
        quiet = self._clock.monotonic() - self._last(subscription)
        return quiet * self._market_clock.speed * NS >= now - began

    def _sessions(self, subscription: Subscription) -> Sessions:
        instrument = subscription.instrument
        return Sessions(
            self._hours.open_now(instrument),
            self._hours.began(instrument),
            self._hours.next_open(instrument),
            self._hours.next_regular(instrument),
            instrument.time_zone,
        )
