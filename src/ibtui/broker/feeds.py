"""Live market data: what is wanted becomes subscriptions, and their frames become rows and market state.

A part of a session. What is wanted outlives sessions: in each new one everything is asked for once, under new ids.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.broker.codes import lookup
from ibtui.broker.data_requests import depth_message, send_request, send_snapshot
from ibtui.broker.feed_watch import FeedWatch
from ibtui.broker.frames import FrameHandler, FrameReader
from ibtui.broker.gaps import Gaps, OnGap
from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.outgoing import Outgoing
from ibtui.broker.quality import Quality, last_frame
from ibtui.broker.replies import Replies
from ibtui.broker.slots import PINNED, SCREEN
from ibtui.broker.subscriptions import Effect, Feed, Standing, Subscription, Subscriptions
from ibtui.broker.supply import Supply
from ibtui.broker.ticker import Ticker
from ibtui.broker.window import client_of
from ibtui.clock import NS, Clock, MarketClock
from ibtui.config import DepthSettings, MarketDataSettings
from ibtui.errors import IbtuiError
from ibtui.market.board import DELAYED, LIVE
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.rows import Batch, DepthRow
from ibtui.market.sides import Touch
from ibtui.market.state import MarketState

if TYPE_CHECKING:
    from ibtui.broker.session import Session

log = logging.getLogger(__name__)

SNAPSHOT_WAIT = 2.0
"""Seconds to wait for a snapshot that an order waits for."""

LOOK_EVERY = 1.0
"""Seconds between two looks at what was granted."""

_RENEW_AFTER = 5.0
"""Seconds before a subscription that the gateway dropped is asked for again, so that it is not hammered."""


class Feeds:
    """Subscriptions, and the way of a quote from the socket to the market state and the writer.

    Attributes:
        market: The state that every batch is applied to.
        on_batch: Gets each batch afterwards, to be stored.
        vouched: Whether the links that bring market data are up; asked for each mark.
        trouble: What is wrong with those links, in words; asked for each reason.
    """

    def __init__(
        self,
        market: MarketState,
        clock: Clock,
        market_clock: MarketClock,
        market_data: MarketDataSettings,
        depth: DepthSettings,
        on_batch: Callable[[Batch], None],
        vouched: Callable[[], bool],
        trouble: Callable[[], str] = lambda: "",
        on_gap: OnGap = lambda what, reason, from_ns, to_ns: None,
    ) -> None:
        self.market = market
        self.on_batch = on_batch
        self.vouched = vouched
        self.trouble = trouble
        self._clock = clock
        self._supply = Supply(market_data, clock)
        self._rows = depth.rows
        self._reader = FrameReader(clock, market.board.set_data_type)
        self._subscriptions = Subscriptions()
        self._session: Session | None = None
        self._snapshots = Replies()
        self._touches: dict[int, Touch] = {}
        self._emptied: set[int] = set()
        self._delayed = market_data.type == "delayed"
        hours = OpeningHours(market_clock)
        self._outgoing = Outgoing(self._subscriptions, clock, self._ask)
        self._watch = FeedWatch(self._subscriptions, market, clock, hours.open_now, self._renew)
        self._quality = Quality(self._subscriptions, market, clock, market_clock, hours, market_data.stale_after)
        self._gaps = Gaps(on_gap)
        self._interrupted = False
        self._ticker = Ticker(LOOK_EVERY)

    # --- what is wanted ---

    def want(
        self,
        instrument: Instrument,
        *,
        quotes: bool = False,
        depth: bool = False,
        tape: bool = False,
        owner: str = "console",
    ) -> None:
        """Wants data of an instrument until the same owner no longer wants it. Sent as soon as the pace allows."""
        for feed in _chosen(quotes, depth, tape):
            self._subscriptions.want(instrument, feed, owner)
        self._share()

    def unwant(
        self,
        instrument: Instrument,
        *,
        quotes: bool = False,
        depth: bool = False,
        tape: bool = False,
        owner: str = "console",
    ) -> None:
        """Takes back what :meth:`want` asked for; the subscription ends with its last owner."""
        for feed in _chosen(quotes, depth, tape):
            ended = self._subscriptions.unwant(instrument.con_id, feed, owner)
            if ended is not None:
                self._end(ended)
                self._gaps.forget(ended.instrument.con_id, feed)
        self._share()

    def show(self, feed: Feed, instrument: Instrument | None) -> None:
        """Tells what a screen shows from now on, None when it is left: that has the first claim to a slot.

        What it showed before keeps its slot until somebody else needs it.
        """
        if instrument is not None:
            self._subscriptions.want(instrument, feed, SCREEN)
        con_id = None if instrument is None else instrument.con_id
        self._subscriptions.show(feed, con_id, self._clock.monotonic())
        self._share()

    def pin(self, instrument: Instrument) -> None:
        """Keeps quotes, depth and tape of an instrument, whatever is on the screen."""
        self.want(instrument, quotes=True, depth=True, tape=True, owner=PINNED)

    def unpin(self, instrument: Instrument) -> bool:
        """Ends :meth:`pin`; False when it was not pinned."""
        pinned = any(
            PINNED in each.owners for each in self._subscriptions.all() if each.instrument.con_id == instrument.con_id
        )
        self.unwant(instrument, quotes=True, depth=True, tape=True, owner=PINNED)
        return pinned

    def wanted(self) -> int:
        """Subscriptions that somebody wants."""
        return len(self._subscriptions.all())

    def granted(self) -> int:
        """Subscriptions that were asked for in this session and not refused."""
        return sum(granted for granted, _ in self.slots().values())

    def slots(self) -> dict[str, tuple[int, int]]:
        """By kind of data: how many are granted in this session, and how many wanted."""
        connected = self._session is not None
        counts = {feed.value: (0, 0) for feed in Feed}
        for each in self._subscriptions.all():
            granted, wanted = counts[each.feed]
            counts[each.feed] = granted + (connected and each.standing is Standing.GRANTED), wanted + 1
        return counts

    def limits(self) -> dict[Feed, int]:
        """By kind of data: how many there may be at once, as far as is known."""
        return self._supply.limits()

    def standing(self, con_id: int, feed: Feed) -> Standing | None:
        """Where a subscription stands; None when nobody wants it."""
        subscription = self._subscriptions.find(con_id, feed)
        return None if subscription is None else subscription.standing

    def subscriptions(self) -> Sequence[Subscription]:
        """All of them, to be shown; not to be changed."""
        return self._subscriptions.all()

    def book_rows(self, con_id: int | None, ts_ns: int) -> list[DepthRow]:
        """A book, or all of them, as rows that begin with "book cleared": how a new file of the day starts."""
        books = self.market.books.values() if con_id is None else [self.market.book(con_id)]
        rows: list[DepthRow] = []
        for book in books:
            subscription = self._subscriptions.find(book.con_id, Feed.DEPTH)
            if subscription is not None:
                rows += self._reader.book_rows(book, ts_ns, depth_message(subscription.instrument))
        return rows

    # --- how good it is ---

    def mark(self, con_id: int) -> Mark:
        """What a quote may be called now."""
        return self._quality.mark(con_id, self._session.number if self._session else None, self.vouched())

    def reason(self, con_id: int, feed: Feed = Feed.QUOTES) -> str:
        """Why there is no data, or not what was wanted, in plain words; empty when all is well."""
        return self._quality.reason(con_id, feed, self._session is not None, self.trouble(), self.limits()[feed])

    def next_open(self, con_id: int) -> int | None:
        """When the instrument trades again, in UTC nanoseconds of market time; None if unknown."""
        return self._quality.next_open(con_id)

    def knows_hours(self, con_id: int) -> bool:
        """Whether the instrument's hours speak for now; they reach some days ahead of when they were asked for."""
        return self._quality.knows_hours(con_id)

    async def confirm(self, instrument: Instrument) -> None:
        """Has the gateway say again what a quiet instrument is quoted at; nothing if it does not.

        Silence is no proof of age: a quote that did not change for minutes may well be good.
        """
        session = self._session
        if session is None:
            return
        with suppress(IbtuiError, ConnectionError):
            request_id = session.request_id()
            self._snapshots.expect(request_id)
            self._reader.claim(request_id, self._touch(instrument.con_id))
            send_snapshot(session, request_id, instrument)
            await self._snapshots.wait(request_id, SNAPSHOT_WAIT, f"snapshot of {instrument.symbol}")

    # --- life in a session ---

    def attach(self, session: "Session") -> None:
        """Takes the hot messages over from the library."""
        self._snapshots.attach(session)
        session.tap("tickSnapshotEnd", lambda request_id: self._snapshots.answer(request_id, None))
        self._forget_requests()
        for message_id, handler in self._reader.handlers.items():
            session.take_frames(message_id, handler)
        session.take_reads(self._read)
        session.tap("error", self._error)

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """One step: begin to ask for what is wanted and was not asked for."""

        async def subscribe() -> None:
            self._session = session
            client_of(session).reqMarketDataType(DELAYED if self._delayed else LIVE)
            self._outgoing.start(session)
            self._ticker.start(self._look)

        return (("market data", subscribe),)

    def detach(self) -> None:
        """The session is gone; what is wanted stays wanted."""
        self._flush()
        self._session = None
        self._outgoing.stop()
        self._watch.forget()
        self._snapshots.detach()
        self._ticker.stop()

    def data_lost(self) -> None:
        """IB came back without our subscriptions: what they brought is no longer vouched for."""
        for each in self._subscriptions.all():
            self.market.board.unconfirm(each.instrument.con_id)
        self._forget_requests()

    def lagged(self, seconds: float) -> None:
        """This program stood still for so long that the gateway may have dropped what it could not deliver.

        A quote's next tick mends it; a book that misses one row stays wrong, so every book is asked for again.
        """
        log.warning("This program stood still for %.1f s; every book is asked for again", seconds)
        for each in self._subscriptions.all():
            if each.feed is Feed.DEPTH and each.standing is Standing.GRANTED:
                self._renew(each, f"this program stood still for {seconds:.1f} s", 0.0)

    async def close(self) -> None:
        """Unsubscribes from everything that the message window lets through; the gateway drops the rest by itself."""
        for each in self._subscriptions.all():
            self._outgoing.give_back(each)
        self._subscriptions.clear()
        self._ticker.stop()
        self._outgoing.send_last_cancels()

    # --- what comes in ---

    def _read(self, frames: Sequence[bytes], other: FrameHandler, failed: FrameHandler) -> None:
        """One network read."""
        self._reader.read(frames, other, failed)
        self._flush()

    def _flush(self) -> None:
        """Applies and hands on what came since the last time."""
        batch = self._reader.take()
        if batch is None:
            return
        session = self._session
        changed_books = self.market.apply(batch, session.number if session else 0)
        self.on_batch(batch)
        self._gaps.seen(batch)
        for con_id in changed_books:
            problem = self.market.book(con_id).problem
            if not problem:
                continue
            subscription = self._subscriptions.find(con_id, Feed.DEPTH)
            if subscription and subscription.standing is Standing.GRANTED:
                self._watch.rebuild(subscription, problem)

    def _error(self, request_id: int, code: int, text: str, *_: object) -> None:
        known = lookup(code)
        if known.link == "ib lost" or (known.link == "farm broken" and known.about == "data"):
            self._interrupted = True
        if known.link == "ib back" or (known.link == "farm ok" and known.about == "data"):
            self._watch.reminder.returned(self._clock.monotonic())
            if self._interrupted:  # what came before is seen, and not confirmed until it comes again
                self._interrupted = False
                self._quality.interrupted = self._clock.monotonic()
        subscription = self._subscriptions.asked_as(request_id)
        if subscription is None:
            return
        self._note(subscription, code, f"{known.meaning or text} (IB code {code})")
        effect = subscription.effect
        if effect is Effect.NO_PERMISSION and not self._delayed:
            self._fall_back_to_delayed(subscription)
        elif effect in (Effect.REFUSED, Effect.NO_PERMISSION):
            self._drop_book(subscription)
            subscription.standing = Standing.REFUSED
            self._share()
        elif effect is Effect.NO_SLOT:
            self._drop_book(subscription)
            subscription.standing = Standing.WITHOUT
            self._supply.refused(subscription.feed, self._subscriptions.holding(subscription.feed))
            self._share()
        elif effect is Effect.BOOK_RESET:
            self._reader.clear_book(subscription.instrument.con_id, depth_message(subscription.instrument))
        elif effect is Effect.ASK_AGAIN:
            self._renew(subscription, subscription.reason, _RENEW_AFTER)
        elif effect is Effect.COMPETING:
            instrument = subscription.instrument
            self.market.board.unconfirm(instrument.con_id)
            gap_from = self._clock.utc_ns()
            self._gaps.begin(instrument.con_id, subscription.feed, instrument.symbol, subscription.reason, gap_from)

    def _note(self, subscription: Subscription, code: int | None, reason: str) -> None:
        subscription.code = code
        subscription.reason = reason
        subscription.reason_at = self._clock.monotonic()
        self.market.board.dirty.add(subscription.instrument.con_id)

    # --- what goes out ---

    def _share(self) -> None:
        """Hands the slots out anew, takes back what lost its own, and has the rest asked for."""
        for each in self._subscriptions.share(self.limits()):
            self._end(each)
            self._gaps.forget(each.instrument.con_id, each.feed)
            each.standing, each.request_id = Standing.WITHOUT, None
        self._outgoing.hurry()

    def _fall_back_to_delayed(self, subscription: Subscription) -> None:
        """Lets the gateway send delayed data where live is not permitted; permitted symbols stay live (IB's type 3)."""
        self._delayed = True

        def ask_again() -> None:
            if self._session is not None:
                client_of(self._session).reqMarketDataType(DELAYED)
                for each in self._subscriptions.all():
                    if each.effect is Effect.NO_PERMISSION:
                        each.renew()
                self._share()

        subscription.standing = Standing.REFUSED
        asyncio.get_running_loop().call_soon(ask_again)

    def _renew(self, subscription: Subscription, reason: str, after: float) -> None:
        """Ends a subscription and asks for it again; with a reason, what is missed meanwhile is a gap, and told."""
        instrument, feed, now = subscription.instrument, subscription.feed, self._clock.monotonic()
        last = max(last_frame(self.market, self._clock, subscription), subscription.asked_at)
        had_book = feed is Feed.DEPTH and subscription.standing is Standing.GRANTED
        self._end(subscription)
        if had_book:
            self._tell_discarded(instrument)
        if reason:
            log.warning("Asking for %s of %s again: %s", feed, instrument.symbol, reason)
            from_ns = self._clock.utc_ns() - int((now - last) * NS)
            self._gaps.begin(instrument.con_id, feed, instrument.symbol, reason, from_ns)
            if reason != subscription.reason:
                self._note(subscription, None, f"asked for again: {reason}")
        subscription.reason_at = now
        subscription.renew(now + after)
        self._share()

    def _end(self, subscription: Subscription) -> None:
        """Gives a subscription back; a book that is no longer fed is none."""
        self._outgoing.give_back(subscription)
        self._drop_book(subscription)

    def _drop_book(self, subscription: Subscription) -> None:
        """Forgets a book, and takes no row of it any more: one that comes late would spoil the next book."""
        if subscription.feed is Feed.DEPTH and subscription.standing is Standing.GRANTED:
            con_id = subscription.instrument.con_id
            if subscription.request_id is not None:
                self._reader.disclaim(subscription.request_id)
            self.market.book(con_id).clear()
            self.market.dirty_books.add(con_id)

    def _tell_discarded(self, instrument: Instrument) -> None:
        """Keeps that a book is gone; the one that is asked for again follows."""
        self._reader.clear_book(instrument.con_id, depth_message(instrument))
        self._emptied.add(instrument.con_id)
        asyncio.get_running_loop().call_soon(self._flush)

    def _ask(self, session: "Session", subscription: Subscription) -> None:
        con_id, feed = subscription.instrument.con_id, subscription.feed
        request_id = session.request_id()
        if feed is Feed.DEPTH and con_id not in self._emptied:
            self._reader.clear_book(con_id, depth_message(subscription.instrument))
            self._flush()
        self._emptied.discard(con_id)
        send_request(session, feed, request_id, subscription.instrument, self._rows)
        self._reader.claim(request_id, self._touch(con_id))
        self._subscriptions.granted(subscription, request_id, self._clock.monotonic())

    def _touch(self, con_id: int) -> Touch:
        return self._touches.setdefault(con_id, Touch(con_id))

    def _forget_requests(self) -> None:
        """Nothing that was asked for is answered any more: all of it is to be asked for once, under new ids."""
        self._reader.forget_requests()
        self._touches.clear()
        self._emptied.clear()
        self._supply.forget()
        self._subscriptions.restart()
        self._subscriptions.share(self.limits())

    # --- what nobody tells ---

    def _look(self) -> None:
        """There may be more slots than a moment ago, and what was granted may have gone silent."""
        self._share()
        self._watch.look()


def _chosen(quotes: bool, depth: bool, tape: bool) -> list[Feed]:
    wanted = ((Feed.QUOTES, quotes), (Feed.DEPTH, depth), (Feed.TAPE, tape))
    return [feed for feed, chosen in wanted if chosen]
