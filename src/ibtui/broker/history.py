"""Historical bars from the gateway.

Not by ``ib.reqHistoricalDataAsync``: it answers an error, a timeout and an empty range alike with an empty list.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ibtui.broker.bar_frames import read_bar_update, read_bars, read_head_timestamp
from ibtui.broker.contracts import to_ib
from ibtui.broker.replies import Replies
from ibtui.broker.window import client_of
from ibtui.clock import NS
from ibtui.errors import LinkDownError, RequestRefusedError, RequestTimeoutError
from ibtui.market.bars import Bar, BarSize
from ibtui.market.instruments import Instrument

if TYPE_CHECKING:
    from ibtui.broker.session import Session

BARS_WAIT = 60.0
"""Seconds to wait for bars: IB slows big requests down instead of refusing them."""

HEAD_WAIT = 10.0
"""Seconds to wait for a head timestamp."""

_UTC_SECONDS = 2
"""``formatDate``: times as UTC seconds. Text times are in a zone whose repeated hour is ambiguous."""


class History:
    """Asks for bars. A part of a session; requests end with it."""

    def __init__(self) -> None:
        self._session: Session | None = None
        self._replies = Replies()
        self._followers: dict[int, Callable[[Bar], None]] = {}

    def attach(self, session: "Session") -> None:
        """Hooks the answers, which the library would otherwise decode into objects nobody keeps."""
        self._session = session
        self._replies.attach(session)
        session.take_frames(17, lambda fields: self._replies.answer(int(fields[1]), read_bars(fields)))
        session.take_frames(90, self._updated)
        session.take_frames(88, lambda fields: self._replies.answer(int(fields[1]), read_head_timestamp(fields[2])))

    def steps(self, session: "Session") -> Sequence[tuple[str, Callable[[], Awaitable[None]]]]:
        """Nothing to restore."""
        return ()

    def detach(self) -> None:
        """The session is gone."""
        self._session = None
        self._followers.clear()
        self._replies.detach()

    async def bars(
        self, instrument: Instrument, bar: BarSize, what: str, use_rth: bool, end_ns: int | None, duration: str
    ) -> list[Bar]:
        """Bars of a range, oldest first; the newest one may still be forming.

        Args:
            instrument: What to ask for.
            bar: Size of a bar.
            what: IB's word, such as ``TRADES`` or ``MIDPOINT``.
            use_rth: Regular hours only.
            end_ns: Where the range ends, in UTC nanoseconds; None means now.
            duration: How far it reaches back, as IB writes it, such as ``1 D``.

        Returns:
            An empty list when IB says that there is no data in the range.

        Raises:
            RequestRefusedError: IB refused, a pacing violation included.
            RequestTimeoutError: No answer within :data:`BARS_WAIT`.
            LinkDownError: There is no session, or it ended.
        """
        session, request_id = self._ask(instrument, bar, what, use_rth, end_ns, duration)
        asked = f"bars of {instrument.symbol} ({bar.text}, {duration})"
        try:
            found: list[Bar] = await self._replies.wait(request_id, BARS_WAIT, asked)
        except RequestRefusedError as refused:
            if refused.code == 162 and "no data" in refused.text.lower():
                return []
            raise
        except RequestTimeoutError:
            if self._session is session:
                client_of(session).cancelHistoricalData(request_id)
            raise
        return found

    async def keep_up(
        self, instrument: Instrument, bar: BarSize, what: str, use_rth: bool, on_bar: Callable[[Bar], None]
    ) -> tuple[int, list[Bar]]:
        """The bar that is forming, with the one before it, and from then on each state of it and of those that follow.

        Args:
            instrument: What to ask for.
            bar: Size of a bar.
            what: IB's word, such as ``TRADES`` or ``MIDPOINT``.
            use_rth: Regular hours only.
            on_bar: Gets every later state, every few seconds; a bar's last one when it has ended.

        Returns:
            The number for :meth:`let_go`, and the bars so far.

        Raises:
            RequestRefusedError: IB refused, or has no data that it could keep up.
            RequestTimeoutError: No answer within :data:`BARS_WAIT`.
            LinkDownError: There is no session, or it ended.
        """
        duration = bar.duration(2 * bar.seconds)
        _, request_id = self._ask(instrument, bar, what, use_rth, None, duration, keep_up=True)
        self._followers[request_id] = on_bar
        try:
            found: list[Bar] = await self._replies.wait(request_id, BARS_WAIT, f"live bars of {instrument.symbol}")
        except BaseException:  # cancelled too: nobody would let it go
            self.let_go(request_id)
            raise
        return request_id, found

    def let_go(self, request_id: int) -> None:
        """Ends :meth:`keep_up`."""
        if self._followers.pop(request_id, None) is not None and self._session is not None:
            client_of(self._session).cancelHistoricalData(request_id)

    async def head_timestamp(self, instrument: Instrument, what: str, use_rth: bool) -> int | None:
        """Where the history of an instrument begins, in UTC seconds; None if IB does not say.

        Raises:
            RequestRefusedError: IB refused.
            RequestTimeoutError: No answer within :data:`HEAD_WAIT`.
            LinkDownError: There is no session, or it ended.
        """
        session = self._usable()
        request_id = session.request_id()
        self._replies.expect(request_id)
        client_of(session).reqHeadTimeStamp(request_id, to_ib(instrument), what, use_rth, _UTC_SECONDS)
        try:
            head: int | None = await self._replies.wait(request_id, HEAD_WAIT, f"first bar of {instrument.symbol}")
        except RequestTimeoutError:
            self._close_head(session, request_id)
            raise
        self._close_head(session, request_id)
        return head

    def _ask(
        self,
        instrument: Instrument,
        bar: BarSize,
        what: str,
        use_rth: bool,
        end_ns: int | None,
        duration: str,
        *,
        keep_up: bool = False,
    ) -> tuple["Session", int]:
        session = self._usable()
        request_id = session.request_id()
        self._replies.expect(request_id)
        client_of(session).reqHistoricalData(
            request_id,
            to_ib(instrument),
            _utc_text(end_ns),
            duration,
            bar.text,
            what,
            use_rth,
            _UTC_SECONDS,
            keep_up,
            None,
        )
        return session, request_id

    def _updated(self, fields: list[str]) -> None:
        follower = self._followers.get(int(fields[1]))
        bar = read_bar_update(fields)
        if follower is not None and bar is not None:
            follower(bar)

    def _close_head(self, session: "Session", request_id: int) -> None:
        """IB counts a head timestamp's request as open until it is cancelled, answered or not."""
        if self._session is session:
            client_of(session).cancelHeadTimeStamp(request_id)

    def _usable(self) -> "Session":
        if self._session is None:
            raise LinkDownError("history needs a connection to the gateway, and there is none")
        return self._session


def _utc_text(at_ns: int | None) -> str:
    """An instant as IB wants it; empty for now."""
    return "" if at_ns is None else datetime.fromtimestamp(at_ns // NS, UTC).strftime("%Y%m%d %H:%M:%S UTC")
