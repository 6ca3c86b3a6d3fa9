"""Gathers what the status document tells: from a running console, or from the files that the last one left."""

import asyncio
from typing import TYPE_CHECKING, Any

from ibtui.broker.subscriptions import Feed
from ibtui.clock import Clock
from ibtui.market.marks import Mark
from ibtui.services.health import (
    TICKS_SECONDS,
    Connection,
    Errors,
    Link,
    LoopGauge,
    Run,
    Symbol,
    Writing,
    status_document,
)
from ibtui.storage import queries
from ibtui.storage.files import DataDirectory
from ibtui.storage.reading import rows
from ibtui.storage.schema import JOURNAL

if TYPE_CHECKING:
    from ibtui.broker.feeds import Feeds
    from ibtui.broker.status import ConnectionStatus
    from ibtui.broker.supervisor import Supervisor
    from ibtui.services.log_buffer import LogBuffer
    from ibtui.services.loop_lag import LoopLag
    from ibtui.storage.writer import Writer

LINKS = ("GW", "IB", "DATA")


async def live_status(
    *,
    supervisor: "Supervisor",
    feeds: "Feeds",
    writer: "Writer",
    loop_lag: "LoopLag",
    log: "LogBuffer",
    clock: Clock,
    counted: bool = True,
) -> dict[str, Any]:
    """The document of this console. What lies in files is read in a thread.

    Args:
        supervisor: The connection.
        feeds: The subscriptions.
        writer: The files.
        loop_lag: The event loop's gauge.
        log: Recent log lines.
        clock: The machine's clocks.
        counted: Count the rows too, which takes a quarter second for ten million; otherwise ``counts`` is empty.

    Raises:
        StorageError: The files can't be read.
    """
    now_ns = clock.utc_ns()
    run, counts, orders = await asyncio.to_thread(_from_files, writer.directory, now_ns, counted=counted)
    status, session, writing = supervisor.status, supervisor.session, writer.status
    return status_document(
        running=True,
        as_of_ns=now_ns,
        run=run,
        connection=_connection(status, clock),
        symbols=_quoted(feeds, clock),
        counts=counts,
        orders=orders,
        subscriptions=feeds.slots(),
        writer=Writing(writing.queued, writing.written, writing.lag_s, writing.shed, writing.problem),
        loop_lag_ms=LoopGauge(loop_lag.p99_ms, loop_lag.worst_ms),
        errors=Errors(
            logged=log.errors,
            not_understood=session.decode_errors if session else 0,
            last_message="" if status.last_error is None else f"{status.last_error.code}: {status.last_error.text}",
        ),
    )


def stored_status(directory: DataDirectory, clock: Clock) -> dict[str, Any]:
    """The same document of what the last console left. Blocking.

    Raises:
        StorageError: The files can't be read.
    """
    now_ns = clock.utc_ns()
    run, counts, orders = _from_files(directory, now_ns)
    events = queries.connection_events(directory, limit=1000)
    newest = {name: next((each for each in events if each["link"] == name), None) for name in LINKS}
    symbols = _last_seen(directory, now_ns)
    seen = [each.last_tick_ns for each in symbols if each.last_tick_ns] + [each["ts_ns"] for each in events[:1]]
    return status_document(
        running=False,
        as_of_ns=(run.ended_ns if run and run.ended_ns else max(seen, default=now_ns)),
        run=run,
        connection=Connection(
            state=events[0]["state"] if events else "DISCONNECTED",
            cause=events[0]["cause"] if events else "no console ran on this data directory yet",
            since_ns=events[0]["ts_ns"] if events else None,
            links={
                name: Link() if event is None else Link("unknown", event["cause"], event["ts_ns"])
                for name, event in newest.items()
            },
        ),
        symbols=symbols,
        counts=counts,
        orders=orders,
    )


def _from_files(
    directory: DataDirectory, now_ns: int, *, counted: bool = True
) -> tuple[Run | None, dict[str, int], dict[str, int]]:
    row = queries.last_run(directory)
    run = None
    if row is not None:
        ended_ns = row["ended_ns"]
        clean = None if ended_ns is None else bool(row["clean"])
        run = Run(row["run_id"], row["version"], row["started_ns"], ended_ns, clean)
    by_status = rows(directory.journal, JOURNAL, "SELECT status, count(*) AS count FROM orders GROUP BY status")
    orders = {row["status"]: row["count"] for row in by_status}
    return run, queries.status_counts(directory, now_ns) if counted else {}, orders


def _connection(status: "ConnectionStatus", clock: Clock) -> Connection:
    lights = zip(LINKS, (status.gw, status.ib, status.data), strict=True)
    return Connection(
        state=status.state,
        cause=status.cause,
        since_ns=status.since_ns,
        links={name: Link(light.state, light.cause, light.since_ns) for name, light in lights},
        connected_ns=None if status.connected_at is None else status.connected_ns,
        lost_ns=status.lost_ns,
        attempt=status.attempt,
        missing=status.missing,
        reconnects=status.reconnects,
        accounts=status.accounts,
        server_version=status.server_version,
        heartbeat_ms=None if status.heartbeat_s is None else status.heartbeat_s * 1000,
        skew_s=status.skew_s,
        next_try_s=None if status.next_try_at is None else max(0.0, status.next_try_at - clock.monotonic()),
    )


def _quoted(feeds: "Feeds", clock: Clock) -> list[Symbol]:
    board, now = feeds.market.board, clock.monotonic()
    quoted = [each.instrument for each in feeds.subscriptions() if each.feed is Feed.QUOTES]
    found = []
    for instrument in quoted:
        quote = board.quote(instrument.con_id)
        found.append(
            Symbol(
                con_id=instrument.con_id,
                symbol=instrument.symbol,
                ticks_5m=board.ticks_in(instrument.con_id, TICKS_SECONDS, now),
                rate=board.tick_rate(instrument.con_id, TICKS_SECONDS, now),
                last_tick_ns=quote.updated_ns or None,
                bid=quote.bid,
                ask=quote.ask,
                last=quote.last,
                mark=str(feeds.mark(instrument.con_id)),
                reason=feeds.reason(instrument.con_id),
            )
        )
    return found


def _last_seen(directory: DataDirectory, now_ns: int) -> list[Symbol]:
    recent = queries.activity(directory, now_ns, TICKS_SECONDS)
    listed = {row["con_id"] for entries in queries.watchlists(directory).values() for row in entries}
    names = {each.con_id: each.symbol for each in queries.contracts(directory)}
    con_ids = sorted((set(recent) | listed) & set(names), key=names.__getitem__)
    return [
        Symbol(
            con_id=quote.con_id,
            symbol=names[quote.con_id],
            ticks_5m=(ticks := recent[quote.con_id]["ticks"] if quote.con_id in recent else 0),
            rate=ticks / TICKS_SECONDS,
            last_tick_ns=quote.ts_ns,
            bid=quote.bid,
            ask=quote.ask,
            last=quote.last,
            mark=str(Mark.STALE),
            reason="no console is running",
        )
        for quote in queries.latest_quotes(directory, con_ids)
    ]
