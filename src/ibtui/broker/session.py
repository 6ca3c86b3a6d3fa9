"""One session with the gateway: one ``IB()`` object, one socket, from handshake to end. Nothing outlives it.

ib_insync 0.9.86 keeps state over reconnects (pending futures, keys of finished requests), reports a half-done sync as
success and turns unknown errors into cancelled orders. So each session gets a fresh ``IB()``, only its client and its
decoder are used to connect, and what matters is tapped before the library makes something of it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from ibtui.broker import causes
from ibtui.broker.causes import Stage
from ibtui.broker.dead_peer import detect_dead_peer
from ibtui.broker.fill_times import keep_fills_without_a_time
from ibtui.broker.heartbeat import Heartbeat
from ibtui.broker.late_answers import expect_late_answers, forget_ended
from ibtui.broker.wire_reader import FramesHandler, ReadsHandler, WireReader
from ibtui.broker.wire_text import clean
from ibtui.clock import Clock
from ibtui.config import GatewaySettings
from ibtui.errors import GatewayUnreachableError, LinkDownError, RequestRefusedError, RequestTimeoutError

if TYPE_CHECKING:
    from ib_insync import IB

log = logging.getLogger(__name__)

CLOSE_WAIT = 0.3
"""Seconds a clean close may take before the socket is aborted."""

PORT_CHANGED = 1300
"""The message that names the gateway's new API port; the connection ends with it."""


class Session:
    """One life of one connection. Build a new one to connect again.

    Attributes:
        number: 1, 2, 3 … within this run.
        ib: The library's object. Send by ``ib.client.*``, ask by ``ib.*Async`` inside :meth:`ask`.
        accounts: What the gateway says this login manages.
        client_id: API client id; orders belong to it.
        server_version: Negotiated; 0 until known.
        endpoint: ``host:port``.
        stage: How far the connect got.
        problem: Code and text of the last error message before the session was ready, or of what ended it since.
        ended: Resolves with the cause, in words, when the socket is gone.
        on_decode_error: Called with the message number of each frame that could not be understood.
        handler_errors: Failures of our own handlers.
        timed_out: The connect failed because nothing more came.
        clock: The machine's.
        slow_until: Monotonic seconds until which half of the usual messages are sent.
    """

    def __init__(self, settings: GatewaySettings, number: int, clock: Clock) -> None:
        import ib_insync  # costs 220 ms, so not before the first paint

        self.number = number
        self.ib: IB = ib_insync.IB()
        self.accounts: tuple[str, ...] = ()
        self.client_id = settings.client_id
        self.server_version = 0
        self.endpoint = f"{settings.host}:{settings.port}"
        self.stage = Stage.REACHING
        self.problem: tuple[int, str] | None = None
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.on_decode_error: list[Callable[[str], None]] = []
        self.handler_errors = 0
        self.timed_out = False
        self.clock = clock
        self.slow_until = float("-inf")
        self._settings = settings
        self._transport: asyncio.Transport | None = None
        self._cause = ""
        self._taps: dict[str, list[Callable[..., None]]] = {}
        self._reader = WireReader(self.ib, self._not_understood, self._on_endless_frame)
        self._heartbeat = Heartbeat(clock, self.ib.client.reqCurrentTime)
        self._hook_library()

    @property
    def frames(self) -> int:
        """Frames received."""
        return self._reader.frames

    @property
    def decode_errors(self) -> int:
        """Frames that could not be understood."""
        return self._reader.errors

    @property
    def requests(self) -> int:
        """Messages sent, the handshake's included."""
        return self.ib.client.conn.numMsgSent

    # --- life ---

    async def open(self, on_accepted: Callable[[], None] | None = None) -> None:
        """Connects and shakes hands; no request is sent.

        Args:
            on_accepted: Called when accounts and first id are in, before any later frame is decoded, so that taps set
                there miss nothing.

        Raises:
            GatewayUnreachableError: With the cause in words.
        """
        client = self.ib.client

        def accepted() -> None:
            self.stage = Stage.READY
            self._reader.greeted = True
            self.accounts = tuple(client.getAccounts())
            if on_accepted is not None:
                on_accepted()

        client.apiStart += accepted
        # Without a timeout of its own: the library bounds each stage apart, and waits it out after the socket closed.
        connect = asyncio.ensure_future(
            client.connectAsync(self._settings.host, self._settings.port, self.client_id, timeout=0)
        )
        try:
            await self._first_of(connect, self._settings.connect_timeout)
            if connect.done() and not connect.exception() and not self.ended.done():
                return
            cause = self._failure(connect)
        except BaseException:
            self._give_up(connect, "connecting was called off")
            raise
        self._give_up(connect, cause)
        await asyncio.wait({connect})
        raise GatewayUnreachableError(cause)

    def abort(self, cause: str = "given up here") -> None:
        """Ends the session now. A plain close would wait for a silent peer to take what is still unsent."""
        self._end_with(cause)
        if self._transport is not None:
            self._transport.abort()
        else:
            self._finish()

    async def close(self, cause: str = "disconnected here") -> None:
        """Ends the session cleanly, in well under a second even when the gateway is dead."""
        self._end_with(cause)
        if self._transport is None:
            self._finish()
            return
        self._transport.close()
        await asyncio.wait({self.ended}, timeout=CLOSE_WAIT)
        if not self.ended.done():
            self._transport.abort()
            await asyncio.wait({self.ended}, timeout=CLOSE_WAIT)

    # --- what comes in ---

    def tap(self, method: str, handler: Callable[..., None]) -> None:
        """Calls ``handler`` with the decoded arguments before the library's wrapper method of that name.

        Handlers must not send requests or await. Their exceptions are counted and logged, never passed on.
        """
        handlers = self._taps.get(method)
        if handlers is not None:
            handlers.append(handler)
            return
        handlers = self._taps[method] = [handler]
        library: Callable[..., object] | None = getattr(self.ib.wrapper, method, None)

        def tapped(*arguments: Any) -> None:
            for each in handlers:
                self._guarded(each, *arguments)
            if library is not None:
                library(*arguments)

        setattr(self.ib.wrapper, method, tapped)

    def take_frames(self, message_id: int, handler: FramesHandler) -> None:
        """Hands the raw fields of one kind of message to ``handler``, instead of to the library."""
        self._reader.taken[str(message_id)] = handler

    def take_reads(self, handler: ReadsHandler) -> None:
        """Hands the frames of each network read to ``handler`` first; what it hands on goes its usual way."""
        self._reader.on_read = partial(self._guarded, handler)

    def on_batch_end(self, handler: Callable[[], None]) -> None:
        """Calls ``handler`` after each network read, when all its frames are decoded.

        Not after one of which the handler of :meth:`take_reads` took all: most have quotes alone, and come by the
        thousand.
        """
        self._reader.on_rest_read.append(partial(self._guarded, handler))

    # --- what goes out ---

    def request_id(self) -> int:
        """The next request id; order ids come from the same count.

        Raises:
            LinkDownError: The session is over.
        """
        self._check_link()
        return self.ib.client.getReqId()

    async def ask(self, awaitable: Awaitable[Any], what: str) -> Any:
        """Waits for a request's answer, but no longer than ``[gateway] request_timeout``.

        Args:
            awaitable: What an ``ib.…Async`` method returned.
            what: Names the request in messages.

        Raises:
            RequestTimeoutError: No answer in time.
            RequestRefusedError: The gateway answered with an error.
            LinkDownError: The session ended before the answer.
        """
        request = asyncio.ensure_future(awaitable)
        limit = self._settings.request_timeout
        try:
            await self._first_of(request, limit)
        finally:
            request.cancel()
            request.add_done_callback(_looked_at)
            forget_ended(self.ib.wrapper)
        if request.done() and not request.cancelled():
            return self._answer(request, what)
        if self.ended.done():
            raise LinkDownError(f"{what}: {self.ended.result()}")
        raise RequestTimeoutError(f"{what}: the gateway did not answer in {limit:g} s")

    async def heartbeat(self) -> tuple[float, int]:
        """Asks for the gateway's time: the proof that it is alive. One at a time.

        Returns:
            Round trip in seconds; the gateway's time in UTC nanoseconds, of which IB sends whole seconds.

        Raises:
            RequestTimeoutError: No answer within ``[gateway] heartbeat_wait``.
            LinkDownError: The session is over.
        """
        self._check_link()
        question = self._heartbeat.ask()
        try:
            await self._first_of(question, self._settings.heartbeat_wait)
        finally:
            answer = self._heartbeat.end()
        if self.ended.done():
            raise LinkDownError(self.ended.result())
        if answer is None:
            raise RequestTimeoutError(f"no answer to a heartbeat in {self._settings.heartbeat_wait:g} s")
        return answer

    # --- inside ---

    def _hook_library(self) -> None:
        client = self.ib.client
        self.ib.RaiseRequestErrors = True  # else a refused request looks like an empty answer
        self.ib.errorEvent.clear()  # on each 1102 the library would open one more account summary, up to IB's limit
        self.ib.wrapper.clientId = self.client_id
        keep_fills_without_a_time(self.ib)
        expect_late_answers(self.ib.wrapper)
        client.conn.connection_made = self._on_connected  # type: ignore[method-assign]
        client.conn.disconnected += self._on_closed
        client.apiError += self._on_api_error
        self.tap("error", self._on_error)
        self.tap("connectAck", self._on_version)
        self.tap("managedAccounts", self._on_accounts)
        self.tap("nextValidId", self._on_first_id)
        self.tap("currentTime", self._heartbeat.heard)
        self.tap("connectionClosed", self._look_at_all)

    def _on_connected(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self.stage = Stage.ACCEPTED
        detect_dead_peer(
            transport.get_extra_info("socket"), 2 * self._settings.heartbeat + self._settings.heartbeat_wait
        )
        if self._cause:
            transport.abort()

    def _not_understood(self, message: str) -> None:
        for each in self.on_decode_error:
            self._guarded(each, message)

    def _on_endless_frame(self) -> None:
        self.abort(f"{self.endpoint} sent garbage (a frame longer than 16 MiB)")

    def _on_version(self) -> None:
        self.stage = Stage.VERSION
        self.server_version = self.ib.client.serverVersion()

    def _on_accounts(self, accounts: str) -> None:
        self.accounts = tuple(each for each in accounts.split(",") if each)
        self.stage = max(self.stage, Stage.HALF_READY)

    def _on_first_id(self, _first_id: int) -> None:
        self.stage = max(self.stage, Stage.HALF_READY)

    def _on_error(self, _request_id: int, code: int, text: str, *_more: str) -> None:
        # 2100 to 2199 are notices about farms, not reasons to close.
        if (self.stage < Stage.READY and not 2100 <= code < 2200) or code == PORT_CHANGED:
            self.problem = code, text

    def _look_at_all(self) -> None:
        for each in self.ib.wrapper._futures.values():  # the library ends them all with an error
            each.add_done_callback(_looked_at)

    def _on_api_error(self, _text: str) -> None:
        # The library leaves the socket open when the server is too old.
        version = self.ib.client.serverVersion()
        if 0 < version < causes.OLDEST_SERVER_VERSION:
            self.server_version = version
            self.abort(causes.too_old(self.endpoint, version))

    def _on_closed(self, reason: str) -> None:
        if not self._cause:
            if self.stage < Stage.READY:
                self._cause = causes.closed(self.endpoint, self.stage, self.problem, self.client_id)
            elif self.problem and self.problem[0] == PORT_CHANGED:
                self._cause = causes.port_changed(self.endpoint, self.problem[1])
            elif reason:
                self._cause = f"the connection to {self.endpoint} broke: {clean(reason)}"
            else:
                self._cause = f"the gateway at {self.endpoint} closed the connection"
        self._finish()

    async def _first_of(self, future: "asyncio.Future[Any]", seconds: float) -> None:
        """Waits for the future, the session's end or the time; an answer in the time's own turn still counts."""
        await asyncio.wait((future, self.ended), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)

    def _end_with(self, cause: str) -> None:
        self._cause = self._cause or cause
        # From here on nothing can be sent, and the library does not blame the peer in its log.
        self.ib.client.connState = self.ib.client.DISCONNECTED

    def _finish(self) -> None:
        self._transport = None
        if not self.ended.done():
            self.ended.set_result(self._cause)

    def _failure(self, connect: "asyncio.Future[None]") -> str:
        if self.ended.done():
            return self.ended.result()
        if connect.done():
            error = connect.exception()
            assert error is not None
            return causes.not_reached(self.endpoint, error)
        if self.stage <= Stage.ACCEPTED and self._reader.errors:
            return causes.senseless(self.endpoint)
        self.timed_out = True
        return causes.silent(self.endpoint, self.stage, self._settings.connect_timeout)

    def _give_up(self, connect: "asyncio.Future[None]", cause: str) -> None:
        self.abort(cause)
        connect.cancel()

    def _check_link(self) -> None:
        if self._cause:
            raise LinkDownError(self._cause)
        if not self.ib.client.isReady():
            raise LinkDownError(f"no session with {self.endpoint}")

    def _answer(self, request: "asyncio.Future[Any]", what: str) -> Any:
        from ib_insync import RequestError

        try:
            return request.result()
        except RequestError as error:
            raise RequestRefusedError(error.code, error.message) from None
        except ConnectionError as error:
            raise LinkDownError(f"{what}: {self.ended.result() if self.ended.done() else error}") from None

    def _guarded(self, handler: Callable[..., None], *arguments: Any) -> None:
        try:
            handler(*arguments)
        except Exception:
            self.handler_errors += 1
            log.exception("A handler failed")


def _looked_at(request: "asyncio.Future[Any]") -> None:
    """Takes note of an error that nobody waits for any more; asyncio logs those that nobody looked at."""
    if not request.cancelled():
        request.exception()
