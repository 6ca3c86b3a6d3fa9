"""Live market data: what is wanted becomes subscriptions, and their frames become rows and market state.

A part of a session. What is wanted outlives sessions: in each new one everything is asked for once, under new ids.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from ibtui.broker.codes import lookup
from ibtui.broker.contracts import to_ib
from ibtui.broker.frames import FrameReader, Touch
from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.replies import Replies
from ibtui.broker.subscriptions import EFFECTS, Effect, Feed, Standing, Subscription, Subscriptions
from ibtui.broker.window import RESERVED, client_of, room
from ibtui.clock import Clock, MarketClock
from ibtui.config import DepthSettings, MarketDataSettings
from ibtui.errors import IbtuiError
from ibtui.market.board import DELAYED, LIVE
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark, mark
from ibtui.market.rows import Batch, DepthRow
from ibtui.market.state import MarketState

if TYPE_CHECKING:
    from ibtui.broker.session import Session

log = logging.getLogger(__name__)

REAL_TIME_VOLUME = "233"
"""Generic tick: each trade with the day's volume-weighted average price."""

_GENERIC_TICKS = dict.fromkeys(("STK", "FUT", "OPT", "FOP", "CONTFUT"), REAL_TIME_VOLUME)
"""Generic ticks by kind of instrument; kinds without trades of their own refuse the request over them."""

_PUMP_EVERY = 0.1
"""Seconds between two looks at the message window while subscriptions wait for it."""

SNAPSHOT_WAIT = 2.0
"""Seconds to wait for a snapshot that an order waits for."""

_RENEW_AFTER = 5.0
"""Seconds before a subscription that broke is asked for again, so that a broken feed is not hammered."""


class Feeds:
    """Subscriptions, and the way of a quote from the socket to the market state and the writer.

    Attributes:
        market: The state that every batch is applied to.
        on_batch: Gets each batch afterwards, to be stored.
        vouched: Whether the links that bring market data are up; asked for each mark.
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
    ) -> None:
        self.market = market
        self.on_batch = on_batch
        self.vouched = vouched
        self._clock = clock
        self._settings = market_data
        self._rows = depth.rows
        self._reader = FrameReader(clock, market.board.set_data_type)
        self._subscriptions = Subscriptions()
        self._session: Session | None = None
        self._snapshots = Replies()
        self._touches: dict[int, Touch] = {}
        self._depth_requests: dict[int, int] = {}
        self._cancels: deque[tuple[Feed, int, bool]] = deque()
        self._delayed = market_data.type == "delayed"
        self._timer: asyncio.TimerHandle | None = None
        self._hours = OpeningHours(market_clock)

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
        self._hurry()

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
                self._give_back(ended)
        self._hurry()

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
                rows += self._reader.book_rows(book, ts_ns, _depth_message(subscription.instrument))
        return rows

    # --- how good it is ---

    def mark(self, con_id: int) -> Mark:
        """What a quote may be called now."""
        quote = self.market.board.quote(con_id)
        session = self._session
        subscription = self._subscriptions.find(con_id, Feed.QUOTES)
        # Without a subscription silence means nothing: the market may be anywhere.
        flowing = subscription is not None and subscription.standing is Standing.GRANTED
        return mark(
            quote,
            session=session.number if session else None,
            vouched=flowing and self.vouched(),
            now=self._clock.monotonic(),
            open_now=self._open_now(con_id),
            stale_after=self._settings.stale_after,
        )

    def reason(self, con_id: int, feed: Feed = Feed.QUOTES) -> str:
        """Why there is no data, or not what was wanted, in plain words; empty when all is well."""
        subscription = self._subscriptions.find(con_id, feed)
        if subscription is None:
            return "not subscribed"
        if self._session is None:
            return "not connected"
        if subscription.reason and not self._overtaken(subscription):
            return subscription.reason
        if subscription.standing is Standing.WAITING:
            return "waiting to be asked for"
        return ""

    def next_open(self, con_id: int) -> int | None:
        """When the instrument trades again, in UTC nanoseconds of market time; None if unknown."""
        instrument = self._instrument(con_id)
        return None if instrument is None else self._hours.next_open(instrument)

    def knows_hours(self, con_id: int) -> bool:
        """Whether the instrument's hours speak for now; they reach some days ahead of when they were asked for."""
        instrument = self._instrument(con_id)
        return instrument is not None and self._hours.open_now(instrument) is not None

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
            self._reader.requests[str(request_id)] = self._touch(instrument.con_id)
            client_of(session).reqMktData(request_id, to_ib(instrument), "", True, False, None)
            await self._snapshots.wait(request_id, SNAPSHOT_WAIT, f"snapshot of {instrument.symbol}")

    # --- life in a session ---

    def attach(self, session: "Session") -> None:
        """Takes the hot messages over from the library."""
        self._snapshots.attach(session)
        session.tap("tickSnapshotEnd", lambda request_id: self._snapshots.answer(request_id, None))
        self._reader.forget_requests()
        self._touches.clear()
        self._depth_requests.clear()
        self._cancels.clear()
        self._subscriptions.restart()
        for message_id, handler in self._reader.handlers.items():
            session.take_frames(message_id, handler)
        session.on_batch_end(self._flush)
        session.tap("error", self._error)

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """One step: begin to ask for what is wanted and was not asked for."""

        async def subscribe() -> None:
            self._session = session
            client_of(session).reqMarketDataType(DELAYED if self._delayed else LIVE)
            self._pump()

        return (("market data", subscribe),)

    def detach(self) -> None:
        """The session is gone; what is wanted stays wanted."""
        self._flush()
        self._session = None
        self._snapshots.detach()
        self._stop_timer()

    def data_lost(self) -> None:
        """IB came back without our subscriptions: what they brought is no longer vouched for."""
        for each in self._subscriptions.all():
            self.market.board.unconfirm(each.instrument.con_id)
        self._reader.forget_requests()
        self._touches.clear()
        self._subscriptions.restart()

    async def close(self) -> None:
        """Unsubscribes from everything that the message window lets through; the gateway drops the rest by itself."""
        for each in self._subscriptions.all():
            self._give_back(each)
        self._subscriptions = Subscriptions()
        self._stop_timer()
        session = self._session
        if session is not None:
            with suppress(ConnectionError):  # the link went first, and every subscription with it
                for _ in range(min(len(self._cancels), room(session))):
                    self._send_cancel(session, *self._cancels.popleft())

    # --- what comes in ---

    def _flush(self) -> None:
        """Applies and hands on what came since the last time."""
        batch = self._reader.take()
        if batch is None:
            return
        session = self._session
        self.market.apply(batch, session.number if session else 0)
        self.on_batch(batch)
        if batch.depth:
            self._rebuild_broken({row[0] for row in batch.depth})

    def _rebuild_broken(self, con_ids: Iterable[int]) -> None:
        for con_id in con_ids:
            problem = self.market.book(con_id).problem
            subscription = self._subscriptions.find(con_id, Feed.DEPTH)
            if problem and subscription and subscription.standing is Standing.GRANTED:
                log.warning("The book of %s can't be trusted (%s); asking for it anew", con_id, problem)
                self._note(subscription, None, f"book rebuilt: {problem}")
                self._renew(subscription, _RENEW_AFTER)

    def _error(self, request_id: int, code: int, text: str, *_: object) -> None:
        subscription = self._subscriptions.asked_as(request_id)
        if subscription is None:
            return
        effect = EFFECTS.get(code, Effect.NOTE)
        self._note(subscription, code, f"{lookup(code).meaning or text} (IB code {code})")
        if effect is Effect.NO_PERMISSION and not self._delayed:
            self._fall_back_to_delayed(subscription)
        elif effect in (Effect.REFUSED, Effect.NO_SLOT, Effect.NO_PERMISSION):
            subscription.standing = Standing.REFUSED
        elif effect is Effect.BOOK_RESET:
            self._reader.clear_book(subscription.instrument.con_id, _depth_message(subscription.instrument))
        elif effect is Effect.ASK_AGAIN:
            self._renew(subscription, _RENEW_AFTER)

    def _note(self, subscription: Subscription, code: int | None, reason: str) -> None:
        subscription.code = code
        subscription.reason = reason
        subscription.reason_at = self._clock.monotonic()
        self.market.board.dirty.add(subscription.instrument.con_id)

    def _overtaken(self, subscription: Subscription) -> bool:
        """Whether data came after the last message about a granted subscription, so that it no longer matters."""
        if subscription.standing is not Standing.GRANTED:
            return False
        con_id = subscription.instrument.con_id
        quote = self.market.board.quote(con_id)
        if subscription.feed is Feed.QUOTES:
            return quote.updated > subscription.reason_at and quote.data_type == LIVE
        if subscription.feed is Feed.DEPTH:
            return self.market.book(con_id).updated > subscription.reason_at
        return False

    # --- what goes out ---

    def _fall_back_to_delayed(self, subscription: Subscription) -> None:
        """Lets the gateway send delayed data where live is not permitted; permitted symbols stay live (IB's type 3)."""
        self._delayed = True

        def ask_again() -> None:
            if self._session is not None:
                client_of(self._session).reqMarketDataType(DELAYED)
                for each in self._subscriptions.all():
                    if EFFECTS.get(each.code or 0) is Effect.NO_PERMISSION:
                        each.renew()
                self._pump()

        subscription.standing = Standing.REFUSED
        asyncio.get_running_loop().call_soon(ask_again)

    def _renew(self, subscription: Subscription, after: float) -> None:
        self._give_back(subscription)
        subscription.renew(self._clock.monotonic() + after)
        self._hurry()

    def _give_back(self, subscription: Subscription) -> None:
        if subscription.standing is Standing.GRANTED and subscription.request_id is not None:
            smart = subscription.instrument.exchange == "SMART"
            self._cancels.append((subscription.feed, subscription.request_id, smart))

    def _hurry(self) -> None:
        """Has the next turn of the loop send what may be sent; handlers of the library must not send themselves."""
        if self._session is not None:
            self._stop_timer()
            self._timer = asyncio.get_running_loop().call_later(0, self._pump)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _pump(self) -> None:
        """Sends what waits, as far as the message window allows, and comes back for the rest."""
        self._stop_timer()
        session = self._session
        if session is None or session.ended.done():
            return
        free = room(session) - RESERVED
        while self._cancels and free > 0:
            self._send_cancel(session, *self._cancels.popleft())
            free -= 1
        now = self._clock.monotonic()
        later = False
        for each in self._subscriptions.waiting():
            if free <= 0 or each.not_before > now:
                later = True
                continue
            self._ask(session, each)
            free -= 1
        self._flush()
        if later or self._cancels:
            self._timer = asyncio.get_running_loop().call_later(_PUMP_EVERY, self._pump)

    def _ask(self, session: "Session", subscription: Subscription) -> None:
        instrument = subscription.instrument
        con_id = instrument.con_id
        request_id = session.request_id()
        touch = self._touch(con_id)
        contract = to_ib(instrument)
        client = client_of(session)
        if subscription.feed is Feed.QUOTES:
            generic = _GENERIC_TICKS.get(instrument.sec_type, "")
            client.reqMktData(request_id, contract, generic, False, False, None)
        elif subscription.feed is Feed.DEPTH:
            # Late rows of the old request would be put into the new book.
            self._reader.requests.pop(str(self._depth_requests.get(con_id)), None)
            self._depth_requests[con_id] = request_id
            self._reader.clear_book(con_id, _depth_message(instrument))
            client.reqMktDepth(request_id, contract, self._rows, instrument.exchange == "SMART", None)
        else:
            client.reqTickByTickData(request_id, contract, "AllLast", 0, False)
        self._reader.requests[str(request_id)] = touch
        self._subscriptions.granted(subscription, request_id)

    def _touch(self, con_id: int) -> Touch:
        return self._touches.setdefault(con_id, Touch(con_id))

    def _send_cancel(self, session: "Session", feed: Feed, request_id: int, smart: bool) -> None:
        client = client_of(session)
        if feed is Feed.QUOTES:
            client.cancelMktData(request_id)
        elif feed is Feed.DEPTH:
            client.cancelMktDepth(request_id, smart)
        else:
            client.cancelTickByTickData(request_id)

    def _open_now(self, con_id: int) -> bool | None:
        instrument = self._instrument(con_id)
        return None if instrument is None else self._hours.open_now(instrument)

    def _instrument(self, con_id: int) -> Instrument | None:
        subscription = self._subscriptions.find(con_id, Feed.QUOTES)
        return None if subscription is None else subscription.instrument


def _chosen(quotes: bool, depth: bool, tape: bool) -> list[Feed]:
    wanted = ((Feed.QUOTES, quotes), (Feed.DEPTH, depth), (Feed.TAPE, tape))
    return [feed for feed, chosen in wanted if chosen]


def _depth_message(instrument: Instrument) -> int:
    """Id of the message that will bring the book: SMART books come by maker."""
    return 13 if instrument.exchange == "SMART" else 12
