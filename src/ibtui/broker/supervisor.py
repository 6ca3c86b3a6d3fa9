"""Keeps one session with the gateway up, for ever, and says at every moment what is wrong.

One task, one attempt at a time, at most one socket. Each session is a fresh :class:`Session`; what lives in it is a
:class:`SessionPart`, attached before anything is asked and asked for its sync steps until all came through.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

from ibtui.broker.codes import lookup
from ibtui.broker.library import load_library
from ibtui.broker.links import Light, Links
from ibtui.broker.market_time import MarketTime
from ibtui.broker.session import Session
from ibtui.broker.status import ConnectionEvent, ConnectionStatus, Facts, Trouble, outlook, transitions
from ibtui.broker.sync import SessionPart, Step, run_steps
from ibtui.clock import Clock, MarketClock
from ibtui.config import GatewaySettings
from ibtui.errors import GatewayUnreachableError, LinkDownError, RequestTimeoutError

log = logging.getLogger(__name__)

__all__ = ["ConnectionEvent", "ConnectionStatus", "Light", "SessionPart", "Step", "Supervisor"]

OWN_STALL = 1.0
"""Seconds that a heartbeat's wait may overrun before its miss is blamed on our own loop."""

STEP_LIMIT = 3.0
"""Times ``request_timeout`` that one sync step, which may be many requests, can take."""

LONGEST_RESYNC = 60.0
"""Seconds between two tries of the steps that are missing, at most."""

STOP_WAIT = 0.5
"""Seconds that :meth:`Supervisor.stop` gives the task to end."""


class Supervisor:
    """The state machine of the connection.

    Args:
        parts: Restored in each session, side by side; the steps of one part run in order.
        on_event: Gets each transition.
        on_change: Gets the status whenever anything in it changed.
        jitter: A number in [0, 1) that shortens a retry's pause by up to a fifth.
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
        self._data_lost = False
        self._stopping = False
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
                await self._one_session()
                if not self._stopping:
                    await self._pause()
        finally:
            self._finished.set()

    def try_now(self) -> None:
        """Ends the pause before the next try; while connected, asks again for what is missing."""
        self._wake.set()
        self._resync.set()

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

    async def _one_session(self) -> None:
        session = self._current = Session(self._settings, self._accepted + 1, self._clock)
        self._facts.links = Links(self._clock.utc_ns())
        session.tap("error", self._heard)
        self._tell(attempt=self.status.attempt + 1, next_try_at=None)
        cause = "the console failed here; its log tells where"
        try:
            await self._open(session)
            cause = await self._live(session)
        except GatewayUnreachableError as error:
            cause = str(error)
        finally:
            session.abort(cause)
            self._end(cause)
        self._tell(code=session.problem[0] if session.problem else None)

    async def _open(self, session: Session) -> None:
        opening = asyncio.ensure_future(session.open(partial(self._begin, session)))
        try:
            await asyncio.wait({opening}, timeout=self._settings.heartbeat_wait)
            if not opening.done() and session.stage:
                self._facts.silent = True
                self._facts.cause = f"{session.endpoint} accepted the connection and does not answer yet"
                self._tell()
            await opening
        finally:
            opening.cancel()

    def _begin(self, session: Session) -> None:
        """The gateway accepted us: runs while the library decodes, before any frame that follows the handshake."""
        self._accepted += 1
        self._facts.ever_connected = self._facts.connected = self._facts.syncing = True
        self._facts.silent = False
        session.tap("managedAccounts", lambda _accounts: self._tell(accounts=session.accounts))
        for part in self._parts:
            _guarded(partial(part.attach, session))
        self._tell(
            reconnects=self._accepted - 1,
            server_version=session.server_version,
            accounts=session.accounts,
            connected_ns=self._clock.utc_ns(),
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
            self.status = replace(self.status, lost_ns=self._clock.utc_ns(), heartbeat_s=None, skew_s=None)
        facts.cause = cause
        facts.silent = facts.syncing = self._data_lost = False
        facts.missing = {}
        self._current = None

    async def _pause(self) -> None:
        """Waits before the next try: short after a loss, then twice as long each time, up to the longest."""
        doublings = min(max(0, self.status.attempt - 1), 30)
        pause = min(self._settings.retry_max, self._settings.retry_first * 2.0**doublings)
        pause *= 1 - 0.2 * self._jitter()
        self._wake.clear()
        self._tell(next_try_at=self._clock.monotonic() + pause)
        await _wait(self._wake, pause)

    # --- heartbeat ---

    async def _beats(self, session: Session) -> None:
        market_time = MarketTime(self._clock, self._market_clock)
        while True:
            started = self._clock.monotonic()
            try:
                round_trip, market_ns = await session.heartbeat()
            except RequestTimeoutError as error:
                self._missed(session, self._clock.monotonic() - started, str(error))
                continue
            self._facts.silent = False
            self._tell(heartbeat_s=round_trip, skew_s=market_time.heard(market_ns))
            await asyncio.sleep(self._settings.heartbeat)

    def _missed(self, session: Session, waited: float, words: str) -> None:
        if waited > self._settings.heartbeat_wait + OWN_STALL:
            log.warning("The event loop stood still for %.1f s; the gateway is asked again", waited)
        elif self._facts.silent:
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
            for part in self._parts:
                _guarded(getattr(part, "data_lost", lambda: None))

    # --- what the gateway says ---

    def _heard(self, _request_id: int, code: int, text: str, *_more: str) -> None:
        now = self._clock.utc_ns()
        effect = self._facts.links.hear(code, text, now)
        if effect in ("ib back", "ib back, data lost") and self._facts.connected:
            self._data_lost = self._data_lost or effect == "ib back, data lost"
            self._facts.syncing = True
            self._resync.set()
        if lookup(code).severity in ("error", "critical"):
            self._tell(code, text, last_error=Trouble(code, text, now))
        elif effect != "-":
            self._tell(code, text)

    # --- telling ---

    def _tell(self, code: int | None = None, detail: str = "", **measured: Any) -> None:
        """Works out the status anew and tells it, with an event for each transition."""
        before = self.status
        now = self._clock.utc_ns()
        self.status = outlook(self._facts, before, now, **measured)
        for link, cause in transitions(before, self.status):
            event = ConnectionEvent(now, self.status.state, link, cause, code, detail)
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
