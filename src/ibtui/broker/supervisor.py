"""Keeps one session with the gateway up, for ever, and says at every moment what is wrong.

One task, one attempt at a time, at most one socket. Each session is a fresh :class:`Session`; what lives in it is a
:class:`SessionPart`, attached before anything is asked and asked for its sync steps until all came through.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ibtui.broker.causes import WEDGED_AFTER, Stage, awaited, wedged
from ibtui.broker.codes import is_read_only, lookup
from ibtui.broker.library import load_library
from ibtui.broker.links import Light, Links
from ibtui.broker.market_time import MarketTime
from ibtui.broker.pulse import beat
from ibtui.broker.round_trips import RoundTrips
from ibtui.broker.session import Session
from ibtui.broker.status import ConnectionEvent, ConnectionStatus, Facts, Trouble, outlook, transitions
from ibtui.broker.sync import SessionPart, Step, run_steps
from ibtui.broker.window import SLOW_FOR, TOO_FAST
from ibtui.clock import Clock, MarketClock
from ibtui.config import GatewaySettings
from ibtui.errors import GatewayUnreachableError, LinkDownError

log = logging.getLogger(__name__)

__all__ = ["ConnectionEvent", "ConnectionStatus", "Light", "SessionPart", "Step", "Supervisor"]

STEP_LIMIT = 3.0
"""Times ``request_timeout`` that one sync step, which may be many requests, can take."""

LONGEST_RESYNC = 60.0
"""Seconds between two tries of the steps that are missing, at most."""

HELD = "disconnected as you asked; :reconnect, or n on screen 6, connects"

SENSELESS = 5
"""Frames that make no sense which a session may bring in a minute before it is given up."""

STOP_WAIT = 0.5
"""Seconds that :meth:`Supervisor.stop` gives the task to end."""


class Supervisor:
    """The state machine of the connection.

    Args:
        parts: Restored in each session, side by side; the steps of one part run in order.
        on_event: Gets each transition.
        on_change: Gets the status whenever anything in it changed.
        jitter: A number in [0, 1) that shortens a retry's pause by up to a fifth.

    Attributes:
        round_trips: How long the gateway took to answer, of all sessions.
    """

    def __init__(
        self,
        settings: GatewaySettings,
        clock: Clock,
        market_clock: MarketClock,
        parts: Sequence[SessionPart],
        *,
        on_event: Callable[[ConnectionEvent], None],
        on_change: Callable[[ConnectionStatus], None],
        jitter: Callable[[], float],
    ) -> None:
        self.status = ConnectionStatus()
        self.round_trips = RoundTrips()
        self._settings = settings
        self._clock = clock
        self._market_clock = market_clock
        self._parts = parts
        self._on_event = on_event
        self._on_change = on_change
        self._jitter = jitter
        self._facts = Facts(f"{settings.host}:{settings.port}", Links(clock.utc_ns()))
        self._current: Session | None = None
        self._accepted = 0
        self._pauses = 0
        self._requests = 0
        self._silent_tries = 0
        self._senseless: deque[float] = deque(maxlen=SENSELESS + 1)
        self._data_lost = False
        self._slow_until = float("-inf")
        self._stopping = False
        self._held = False
        self._at_once = False
        self._closing: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._resync = asyncio.Event()
        self._finished = asyncio.Event()
        self._finished.set()

    @property
    def session(self) -> Session | None:
        """The session, while it is usable."""
        session = self._current if self._facts.connected else None
        return session if session is not None and not session.ended.done() else None

    async def run(self) -> None:
        """Connects, keeps, reconnects; returns only after :meth:`stop`."""
        self._finished.clear()
        try:
            await load_library()
            while not self._stopping:
                if self._held:
                    await self._hold()
                    continue
                await self._one_session()
                await self._pause()
        finally:
            self._finished.set()

    @property
    def requests(self) -> int:
        """Messages sent to the gateway in this run."""
        return self._requests + (self._current.requests if self._current is not None else 0)

    def try_now(self) -> None:
        """Ends the pause before the next try, a wanted one too; while connected, asks again for what is missing."""
        self._held = False
        self._wake.set()
        self._resync.set()

    def disconnect(self) -> None:
        """Ends the session and makes no other until :meth:`try_now` or :meth:`reconnect`."""
        self._held = self._facts.asked = True
        self._wake.set()
        self._leave(HELD)

    def reconnect(self) -> None:
        """Ends the session, if there is one, and connects anew at once."""
        self._held, self._at_once = False, self._current is not None
        self._facts.asked = self._facts.asked or self._facts.connected
        self._wake.set()
        self._leave("connecting anew, as you asked")

    async def stop(self) -> None:
        """Disconnects and ends :meth:`run`, in well under a second whatever the gateway does."""
        self._stopping = True
        self._wake.set()
        if self._current is not None:
            if self._facts.connected:
                await self._current.close()
            else:
                self._current.abort("stopped here")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._finished.wait(), STOP_WAIT)

    # --- one session ---

    def _leave(self, cause: str) -> None:
        session = self._current
        if session is not None and self._facts.connected:
            self._closing = asyncio.ensure_future(session.close(cause))
        elif session is not None:
            session.abort(cause)

    async def _one_session(self) -> None:
        session = self._current = Session(self._settings, self._accepted + 1, self._clock)
        session.slow_until = self._slow_until
        self._facts.links = Links(self._clock.utc_ns())
        self._facts.not_understood = 0
        self._facts.read_only = False
        self._senseless.clear()
        session.on_decode_error.append(partial(self._not_understood, session))
        session.tap("error", self._heard)
        self._tell(attempt=self.status.attempt + 1, next_try_at=None)
        cause = "the console failed here; its log tells where"
        try:
            await self._open(session)
            cause = await self._live(session)
        except GatewayUnreachableError as error:
            self._facts.asked = self._facts.asked and (self._held or self._at_once)
            silent = session.timed_out and session.stage is Stage.ACCEPTED
            self._silent_tries = self._silent_tries + 1 if silent else 0
            wedged_now = self._silent_tries >= WEDGED_AFTER
            cause = wedged(session.endpoint, self._silent_tries) if wedged_now else str(error)
        finally:
            session.abort(cause)
            self._end(cause)
        self._tell(code=session.problem[0] if session.problem else None)

    async def _open(self, session: Session) -> None:
        opening = asyncio.ensure_future(session.open(partial(self._begin, session)))
        try:
            while not (await asyncio.wait({opening}, timeout=self._settings.heartbeat_wait))[0]:
                if session.stage:
                    self._facts.silent = True
                    self._facts.cause = awaited(session.endpoint, session.stage)
                    self._tell()
            await opening
        finally:
            opening.cancel()

    def _begin(self, session: Session) -> None:
        """The gateway accepted us: runs while the library decodes, before any frame that follows the handshake."""
        self._accepted += 1
        self._facts.ever_connected = self._facts.connected = self._facts.syncing = True
        self._facts.silent = self._facts.asked = False
        session.tap("managedAccounts", lambda _accounts: self._tell(accounts=session.accounts))
        for part in self._parts:
            _guarded(partial(part.attach, session))
        self._tell(
            reconnects=self._accepted - 1,
            server_version=session.server_version,
            accounts=session.accounts,
            connected_ns=self._clock.utc_ns(),
            connected_at=self._clock.monotonic(),
        )

    async def _live(self, session: Session) -> str:
        """Beats and syncs until the session ends; returns why it ended."""
        beats = asyncio.ensure_future(self._beats(session))
        sync = asyncio.ensure_future(self._keep_in_sync(session))
        try:
            await asyncio.wait((session.ended, beats, sync), return_when=asyncio.FIRST_COMPLETED)
        finally:
            beats.cancel()
            sync.cancel()
            for result in await asyncio.gather(beats, sync, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, LinkDownError):
                    log.error("A task of the session failed", exc_info=result)
                    session.abort("the console failed here; its log tells where")
        return await asyncio.shield(session.ended)

    def _end(self, cause: str) -> None:
        facts = self._facts
        if facts.connected:
            facts.connected = False
            for part in self._parts:
                _guarded(part.detach)
            self.status = replace(
                self.status, lost_ns=self._clock.utc_ns(), heartbeat_s=None, skew_s=None, connected_at=None
            )
        elif not (self._stopping or facts.asked):
            self._tell_parts("not_connected")
        facts.cause = cause
        facts.not_understood = 0
        facts.silent = facts.syncing = self._data_lost = False
        facts.missing = {}
        if self._current is not None:
            self._requests += self._current.requests
        self._current = None

    async def _hold(self) -> None:
        """Waits until somebody wants to be connected again."""
        self._facts.cause = HELD
        self._tell(attempt=0, next_try_at=None)
        self._wake.clear()
        await self._wake.wait()
        if not self._held:
            self._facts.cause = f"connecting to {self._facts.endpoint}"

    async def _pause(self) -> None:
        """Waits before the next try: short after a loss, then twice as long each time, up to the longest."""
        if self._stopping or self._held or self._at_once:
            self._at_once = False
            return
        pause = min(self._settings.retry_max, self._settings.retry_first * 2.0 ** min(self._pauses, 30))
        pause *= 1 - 0.2 * self._jitter()
        self._pauses += 1
        self._wake.clear()
        self._tell(next_try_at=self._clock.monotonic() + pause)
        await _wait(self._wake, pause)

    # --- heartbeat ---

    async def _beats(self, session: Session) -> None:
        market_time = MarketTime(self._clock, self._market_clock)

        def answered(round_trip: float, market_ns: int) -> None:
            self._facts.silent = False
            self.round_trips.add(round_trip)
            skew = market_time.heard(market_ns)
            self._tell(heartbeat_s=round_trip, heartbeat_at=self._clock.monotonic(), skew_s=skew)

        await beat(session, self._settings, self._clock, answered, partial(self._missed, session))

    def _missed(self, session: Session, words: str) -> None:
        if self._facts.silent:
            session.abort(f"the gateway at {session.endpoint} fell silent: two heartbeats without an answer")
        else:
            self._facts.silent = True
            self._facts.cause = words
            self._tell()

    # --- sync ---

    async def _keep_in_sync(self, session: Session) -> None:
        """Asks for everything, then for what is missing until it came; for everything again after IB came back."""
        facts = self._facts
        limit = STEP_LIMIT * self._settings.request_timeout
        todo = self._all_steps(session)
        pause = self._settings.retry_first
        while True:
            self._resync.clear()
            facts.missing = await run_steps(todo, limit)
            if not self._resync.is_set():
                facts.syncing = False
                self._pauses = 0
                self._tell(attempt=0)
                await _wait(self._resync, pause if facts.missing else None)
            if facts.syncing:
                self._tell_data_lost()
                todo, pause = self._all_steps(session), self._settings.retry_first
            else:
                todo = [[step for step in steps if step[0] in facts.missing] for steps in todo]
                pause = min(2 * pause, LONGEST_RESYNC)

    def _all_steps(self, session: Session) -> list[Sequence[Step]]:
        return [part.steps(session) for part in self._parts]

    def _tell_data_lost(self) -> None:
        if self._data_lost:
            self._data_lost = False
            self._tell_parts("data_lost")

    def _tell_parts(self, what: str) -> None:
        """Calls it on the parts that have it."""
        for part in self._parts:
            _guarded(getattr(part, what, lambda: None))

    # --- what the gateway says ---

    def _heard(self, _request_id: int, code: int, text: str, *_more: str) -> None:
        now = self._clock.utc_ns()
        if code == TOO_FAST:  # the next session too: IB often closes the one that was too fast
            self._slow_until = self._clock.monotonic() + SLOW_FOR
            if self._current is not None:
                self._current.slow_until = self._slow_until
        self._facts.read_only = self._facts.read_only or is_read_only(code, text)
        effect = self._facts.links.hear(code, text, now)
        if effect in ("ib back", "ib back, data lost") and self._facts.connected:
            self._data_lost = self._data_lost or effect == "ib back, data lost"
            self._facts.syncing = True
            self._resync.set()
        if lookup(code).severity in ("error", "critical"):
            self._tell(code, text, last_error=Trouble(code, text, now), errors=self.status.errors + 1)
        elif effect != "-":
            self._tell(code, text)

    def _not_understood(self, session: Session, _message: str) -> None:
        now = self._clock.monotonic()
        self._facts.not_understood += 1
        self._senseless.append(now)
        if len(self._senseless) > SENSELESS and now - self._senseless[0] < 60:
            session.abort(f"{session.endpoint} sends what makes no sense: over {SENSELESS} messages in a minute")
        if self._facts.connected:
            self._tell()

    # --- telling ---

    def _tell(self, code: int | None = None, detail: str = "", **measured: Any) -> None:
        """Works out the status anew and tells it, with an event for each transition."""
        before = self.status
        now_ns, now = self._clock.utc_ns(), self._clock.monotonic()
        self.status = outlook(self._facts, before, now_ns, now, **measured)
        for link, cause in transitions(before, self.status):
            event = ConnectionEvent(now_ns, self.status.state, link, cause, code, detail, now)
            self.status = replace(self.status, last_event=event)
            log.info("%s, %s: %s", event.state, link, cause)
            _guarded(partial(self._on_event, event))
        if self.status != before:
            _guarded(partial(self._on_change, self.status))


async def _wait(event: asyncio.Event, seconds: float | None) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)


def _guarded(call: Callable[[], None]) -> None:
    """Runs somebody else's code: its failure is logged and never stops the supervisor."""
    try:
        call()
    except Exception:
        log.exception("A part of the session failed")
