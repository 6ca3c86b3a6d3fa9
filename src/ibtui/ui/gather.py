"""Reads the parts for the status bar."""

from typing import TYPE_CHECKING

from ibtui.broker.window import budget, sent_lately
from ibtui.clock import NS
from ibtui.services.process import process_use
from ibtui.storage.writer import WriterStatus
from ibtui.trading.distances import Distance, distances
from ibtui.ui.pacer import FrameGate
from ibtui.ui.rows.connection import Figures
from ibtui.ui.rows.limits import breaker_line, brief_line, restraint_lines
from ibtui.ui.rows.status import Status
from ibtui.ui.text import Line

if TYPE_CHECKING:
    from ibtui.ui.parts import Parts

UNVOUCHED = frozenset({"NO ANSWER", "IB LOST"})
"""State words in which the socket stands and what came over it may be long past: then profit is not known."""


SHORTEST = 0.5
"""Seconds between two readings of a rate; a key asks for a frame between the seconds, too soon to tell."""


class Rate:
    """How fast a counter that only grows goes, a second."""

    def __init__(self) -> None:
        self._count = 0
        self._at: float | None = None
        self.value: float | None = None

    def read(self, count: int, now: float) -> None:
        """Takes a reading, unless the last one was just now."""
        if self._at is not None and now - self._at < SHORTEST:
            return
        if self._at is not None:
            self.value = (count - self._count) / (now - self._at)
        self._count, self._at = count, now


def messages(parts: "Parts") -> int:
    """Market data messages that this run has had."""
    market = parts.market
    count = sum(each.ticks for each in market.board.quotes.values())
    count += sum(each.operations for each in market.books.values())
    return count + sum(each.total for each in market.tapes.values())


def painting(gate: FrameGate, *, real: bool) -> str:
    """How painting goes: the round trip to the terminal, or that it can't be measured."""
    if not real:
        return ""
    if not gate.measured or gate.round_trip is None:
        return "link not measured"
    return f"link {gate.round_trip * 1000:.0f}ms"


def status_of(parts: "Parts", rate: Rate, frames: str, loop_ms: float, *, started: bool, armed: bool) -> Status:
    """Everything that the status bar says, as of now; the writer's part once its files are open."""
    now = parts.clock.monotonic()
    link, breaker = parts.supervisor.status, parts.orders.breaker
    writer = parts.writer.status if started else WriterStatus(0, 0, 0.0, 0, None, None)
    wait = breaker.remaining(now)
    return Status(
        account=parts.account.account,
        state=link.state,
        lights=(("GW", link.gw.state), ("IB", link.ib.state), ("DATA", link.data.state)),
        day_pnl=None if link.state in UNVOUCHED else parts.account.daily_pnl,
        armed=armed,
        trading=parts.orders.trading_state,
        # An open breaker whose time is over lets the next order probe.
        breaker="probe" if breaker.state == "open" and wait <= 0 else breaker.state,
        breaker_s=wait,
        cause=link.cause,
        lasted_s=None if link.since is None else now - link.since,
        next_try_s=None if link.next_try_at is None else max(0.0, link.next_try_at - now),
        on_hangup=parts.settings.orders.on_hangup,
        shed=writer.shed,
        lag_s=writer.lag_s,
        loop_ms=loop_ms,
        messages=rate.value,
        market_ns=parts.market_clock.now_ns(),
        zone=parts.settings.ui.timezone,
        frames=frames,
        problem=writer.problem or "",
        read_only=link.read_only,
        unprotected=len(parts.order_watch.unprotected),
    )


def figures_of(parts: "Parts", terminal_rate: float | None, loop_ms: float) -> Figures:
    """Everything that screen 6 tells in numbers, as of now."""
    supervisor, gateway = parts.supervisor, parts.settings.gateway
    session, use = supervisor.session, process_use()
    return Figures(
        endpoint=f"{gateway.host}:{gateway.port}",
        client_id=gateway.client_id,
        subscribed=parts.feeds.slots(),
        slots={feed.value: most for feed, most in parts.feeds.limits().items()},
        sent_lately=None if session is None else sent_lately(session),
        budget=None if session is None else budget(session),
        requests=supervisor.requests,
        latency=supervisor.round_trips.latency(),
        memory_bytes=use.memory_bytes,
        files=use.files,
        terminal_rate=terminal_rate,
        loop_ms=loop_ms,
    )


def distances_of(parts: "Parts") -> tuple[Distance, ...]:
    """How far everything is from its limit, as of now."""
    desk, account = parts.orders, parts.account
    return distances(
        orders=desk.orders.values(),
        account=account.account,
        positions={each.con_id: each.symbol for each in account.positions.values()},
        held=account.held,
        notional=desk.notional,
        limits=parts.settings.risk,
        profit=account.day_profit,
        available=account.available,
        committed=desk.committed,
        currency=account.base_currency,
        now_ns=parts.clock.utc_ns(),
        changes=desk.changes_since(parts.clock.utc_ns() - 60 * NS),
    )


def brief_limits(parts: "Parts", width: int) -> Line:
    """Trading state, breaker and what is left of each limit, on one line."""
    now, breaker = parts.clock.monotonic(), parts.orders.breaker
    causes = len(breaker.causes(now))
    remaining = breaker.remaining(now)
    return brief_line(parts.orders.trading_state, breaker.state, remaining, causes, distances_of(parts), width)


def trading_lines(parts: "Parts") -> list[Line]:
    """The trading state with its reasons, and the breaker."""
    now, desk, zone = parts.clock.monotonic(), parts.orders, parts.settings.ui.timezone
    breaker = desk.breaker
    causes = breaker.causes(now)
    return [
        *restraint_lines(desk.trading_state, desk.restraints.values(), zone),
        breaker_line(breaker.state, breaker.remaining(now), causes),
    ]
