"""What the journal says about orders, in statements on top of the writer."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ibtui.clock import Clock
from ibtui.market.instruments import Instrument
from ibtui.storage.writer import Statement, Writer
from ibtui.trading.orders import Commission, Execution, Order, OrderIntent, execution_root

if TYPE_CHECKING:
    from ibtui.trading.checks import Check
    from ibtui.trading.price_alerts import PriceAlert
    from ibtui.trading.restraints import Restraint
    from ibtui.trading.states import TradingState
    from ibtui.trading.what_if import WhatIf

_ORDER_COLUMNS = (
    "order_ref, created_ns, con_id, symbol, account, action, order_type, quantity, limit_price, stop_price, tif, "
    "outside_rth, parent_ref, oca_group, order_id, perm_id, client_id, status, filled, average_price, reason, "
    "sent_ns, acknowledged_ns, cancel_requested, run_id, trail_amount, trail_percent"
)
_INSERT_ORDER = f"INSERT INTO orders ({_ORDER_COLUMNS}) VALUES ({', '.join('?' * 27)})"
_UPSERT_ORDER = f"""{_INSERT_ORDER}
    ON CONFLICT (order_ref) DO UPDATE SET quantity = excluded.quantity, limit_price = excluded.limit_price,
        stop_price = excluded.stop_price, tif = excluded.tif, outside_rth = excluded.outside_rth,
        order_id = excluded.order_id, perm_id = excluded.perm_id, client_id = excluded.client_id,
        status = excluded.status, filled = excluded.filled, average_price = excluded.average_price,
        reason = excluded.reason, sent_ns = excluded.sent_ns, acknowledged_ns = excluded.acknowledged_ns,
        cancel_requested = excluded.cancel_requested"""
_EVENT = "INSERT INTO order_events (order_ref, ts_ns, kind, status, detail) VALUES (?, ?, ?, ?, ?)"
_CHECK = "INSERT INTO checks (order_ref, ts_ns, name, measured, limit_value, verdict) VALUES (?, ?, ?, ?, ?, ?)"
_EXECUTION = """
    INSERT INTO executions (exec_id, order_ref, ts_ns, con_id, side, quantity, price, venue, fill_id, received_ns)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (exec_id) DO UPDATE SET order_ref = excluded.order_ref, ts_ns = excluded.ts_ns,
        con_id = excluded.con_id, side = excluded.side, quantity = excluded.quantity, price = excluded.price,
        venue = excluded.venue"""
_SUPERSEDE = """
    UPDATE executions SET superseded_by = nullif(
        (SELECT exec_id FROM executions AS newest WHERE newest.fill_id = executions.fill_id
         ORDER BY CAST(substr(exec_id, length(fill_id) + 2) AS INTEGER) DESC, exec_id DESC LIMIT 1), exec_id)
    WHERE fill_id = ?"""
_COMMISSION = """
    INSERT INTO commissions (exec_id, amount, currency, realized, received_ns) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (exec_id) DO UPDATE SET amount = excluded.amount, currency = excluded.currency,
        realized = excluded.realized"""
_CONNECTION = """
    INSERT INTO connection_events (run_id, ts_ns, state, link, cause, code, detail) VALUES (?, ?, ?, ?, ?, ?, ?)"""
_ORDER_ID = """
    INSERT INTO order_ids (endpoint, client_id, highest) VALUES (?, ?, ?)
    ON CONFLICT (endpoint, client_id) DO UPDATE SET highest = max(highest, excluded.highest)"""
_ALERT = "INSERT INTO alerts (run_id, ts_ns, kind, text, count) VALUES (?, ?, ?, ?, ?)"
_PRICE_ALERT = """
    INSERT INTO price_alerts (number, con_id, symbol, relation, price, created_ns) VALUES (?, ?, ?, ?, ?, ?)"""
_PRICE_ALERT_ENDED = "UPDATE price_alerts SET ended_ns = ?, ended_price = ? WHERE number = ?"
_TRADING_STATE = """
    INSERT INTO trading_state (run_id, ts_ns, state, reason, source, restraint, since_ns)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_WHAT_IF = """
    INSERT INTO what_ifs (order_ref, run_id, asked_ns, con_id, symbol, account, action, order_type, quantity,
        limit_price, stop_price, order_id, client_id)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_WHAT_IF_ANSWERED = """
    UPDATE what_ifs SET answered_ns = ?, initial_change = ?, maintenance_change = ?, equity_with_loan = ?,
        commission = ?, min_commission = ?, max_commission = ?, currency = ?, warning = ?, problem = ?
    WHERE order_ref = ?"""

_WATCHLIST = "INSERT INTO watchlists (name, place, position, symbol, con_id) VALUES (?, ?, ?, ?, ?)"
_VIEW = "INSERT OR REPLACE INTO views (name, document) VALUES (?, ?)"
_FORGET_WATCHLIST = "DELETE FROM watchlists WHERE name = ?"


class Journal:
    """The order journal: journal first, send second. All of it is idempotent but for events, which are a log."""

    def __init__(self, writer: Writer, clock: Clock) -> None:
        self._writer = writer
        self._clock = clock

    async def intend(self, orders: Sequence[tuple[Order, Sequence["Check"]]], endpoint: str = "") -> None:
        """Records orders and their checks in one transaction, on disk when it returns. Only then may they be sent.

        Args:
            orders: One order, or all legs of a bracket.
            endpoint: Where their order ids are used up with it, so that none is used twice over restarts; empty for
                orders that have none.

        Raises:
            JournalError: Nothing is recorded; the orders must not go out.
        """
        now = self._clock.utc_ns()
        statements: list[Statement] = []
        for order, checks in orders:
            ref = order.intent.order_ref
            statements += [
                (_INSERT_ORDER, [self._row(order)]),
                (_CHECK, _check_rows(ref, now, checks)),
                (_EVENT, [(ref, now, "intent", str(order.status), order.reason)]),
            ]
        if endpoint:
            last = orders[-1][0]
            statements.append((_ORDER_ID, [(endpoint, last.client_id, last.order_id)]))
        await self._writer.durable(*statements)

    async def change(self, order: Order, kind: str, words: str, checks: Sequence["Check"]) -> None:
        """Records a change that was asked of an order, with its checks, on disk when it returns.

        Args:
            order: As it stands; its terms stay what they are until the broker confirms others.
            kind: ``change``, or ``change refused``.
            words: What is to change.
            checks: Of the changed order.

        Raises:
            JournalError: It is not recorded; the change must not go out.
        """
        now, ref = self._clock.utc_ns(), order.intent.order_ref
        event = (ref, now, kind, str(order.status), words)
        await self._writer.durable((_CHECK, _check_rows(ref, now, checks)), (_EVENT, [event]))

    async def what_if(self, intent: OrderIntent, order_id: int, client_id: int, endpoint: str) -> None:
        """Records that the broker is about to be asked what an order would need and cost. It is no order.

        Its number is used up at the endpoint like an order's.

        Raises:
            JournalError: It is not recorded; the question must not go out.
        """
        row = (
            intent.order_ref,
            self._writer.run_id,
            self._clock.utc_ns(),
            *_asked_for(intent),
            order_id,
            client_id,
        )
        await self._writer.durable((_WHAT_IF, [row]), (_ORDER_ID, [(endpoint, client_id, order_id)]))

    def what_if_answered(self, order_ref: str, answer: "WhatIf") -> None:
        """Records what the broker said, or why nothing is known."""
        row = (
            self._clock.utc_ns(),
            answer.initial,
            answer.maintenance,
            answer.equity,
            answer.commission,
            answer.least,
            answer.most,
            answer.currency,
            answer.warning,
            answer.problem,
            order_ref,
        )
        self._writer.durable_soon((_WHAT_IF_ANSWERED, [row]))

    def event(self, order: Order, kind: str, detail: str, ts_ns: int) -> None:
        """Records that something happened to an order, and how it stands since.

        Args:
            order: As it is after the event.
            kind: One word, such as ``sent``, ``reported``, ``cancel_requested``.
            detail: Whatever else is known, in plain words.
            ts_ns: When it happened or was received, UTC nanoseconds.
        """
        event = (order.intent.order_ref, ts_ns, kind, str(order.status), detail)
        self._writer.durable_soon((_UPSERT_ORDER, [self._row(order)]), (_EVENT, [event]))

    def execution(self, execution: Execution) -> None:
        """Records a fill; a correction supersedes what it corrects. The same one again changes nothing."""
        fill_id = execution_root(execution.exec_id)
        row = (
            execution.exec_id,
            execution.order_ref,
            execution.ts_ns,
            execution.con_id,
            execution.side,
            execution.quantity,
            execution.price,
            execution.venue,
            fill_id,
            self._clock.utc_ns(),
        )
        self._writer.durable_soon((_EXECUTION, [row]), (_SUPERSEDE, [(fill_id,)]))

    def commission(self, commission: Commission) -> None:
        """Records what a fill cost."""
        row = (
            commission.exec_id,
            commission.amount,
            commission.currency,
            commission.realized,
            self._clock.utc_ns(),
        )
        self._writer.durable_soon((_COMMISSION, [row]))

    def connection(self, state: str, link: str, cause: str, code: int | None, detail: str, ts_ns: int) -> None:
        """Records that a link changed; ``link`` is GW, IB or DATA."""
        self._writer.durable_soon((_CONNECTION, [(self._writer.run_id, ts_ns, state, link, cause, code, detail)]))

    def clock_reading(self, market_ns: int, speed: float) -> None:
        """Records the market's clock as it stands now, in the day's market data file."""
        self._writer.add_clock(market_ns, speed)

    def alert(self, kind: str, text: str, count: int = 1) -> None:
        """Records what the user was told."""
        self._writer.durable_soon((_ALERT, [(self._writer.run_id, self._clock.utc_ns(), kind, text, count)]))

    def price_alert(self, alert: "PriceAlert") -> None:
        """Records an alert that the user set."""
        condition = alert.condition
        terms = condition.symbol, str(condition.relation), condition.price
        self._writer.durable_soon((_PRICE_ALERT, [(alert.number, alert.con_id, *terms, alert.created_ns)]))

    def price_alert_ended(self, number: int, price: float | None) -> None:
        """Records that an alert was met at a price, or taken back where there is none."""
        self._writer.durable_soon((_PRICE_ALERT_ENDED, [(self._clock.utc_ns(), price, number)]))

    async def trading_state(self, state: "TradingState", restraint: "Restraint") -> None:
        """Records that a restraint began, or ended where its own state is ACTIVE.

        Args:
            state: What holds from now on, under all restraints together.
            restraint: The one that changed; the last one of each source holds over restarts.

        Raises:
            JournalError: It is not recorded.
        """
        now = self._clock.utc_ns()
        row = (self._writer.run_id, now, state, restraint.reason, restraint.source, restraint.state, restraint.since_ns)
        await self._writer.durable((_TRADING_STATE, [row]))

    def watchlist(self, name: str, position: int, instruments: Sequence[Instrument | str]) -> None:
        """Replaces a watchlist.

        Args:
            name: Of the list.
            position: Its place among the lists; below zero says that it was deleted and is not to come back.
            instruments: In order; a text stands for a symbol whose contract isn't known yet.
        """
        rows: list[tuple[str, int, int, str | None, int | None]] = [
            (name, position, row, each, None)
            if isinstance(each, str)
            else (name, position, row, each.local_symbol or each.symbol, each.con_id)
            for row, each in enumerate(instruments)
        ]
        self._writer.durable_soon(
            (_FORGET_WATCHLIST, [(name,)]),
            (_WATCHLIST, rows or [(name, position, 0, None, None)]),
        )

    def remove_watchlist(self, name: str) -> None:
        """Forgets a watchlist."""
        self._writer.durable_soon((_FORGET_WATCHLIST, [(name,)]))

    def view(self, name: str, document: Mapping[str, object]) -> None:
        """Keeps how the user arranged a screen; what can be written as JSON."""
        self._writer.durable_soon((_VIEW, [(name, json.dumps(document))]))

    def _row(self, order: Order) -> tuple[object, ...]:
        intent = order.intent
        return (
            intent.order_ref,
            intent.created_ns,
            *_asked_for(intent),
            intent.tif,
            intent.outside_rth,
            intent.parent_ref,
            intent.oca_group,
            order.order_id,
            order.perm_id,
            order.client_id,
            str(order.status),
            order.filled,
            order.average_price,
            order.reason,
            order.sent_ns,
            order.acknowledged_ns,
            order.cancel_requested,
            self._writer.run_id,
            intent.trail_amount,
            intent.trail_percent,
        )


def _check_rows(order_ref: str, ts_ns: int, checks: Sequence["Check"]) -> list[tuple[object, ...]]:
    return [(order_ref, ts_ns, check.name, check.measured, check.limit, check.verdict) for check in checks]


def _asked_for(intent: OrderIntent) -> tuple[object, ...]:
    """What ``orders`` and ``what_ifs`` both keep of an intent, in the order of their columns."""
    return (
        intent.con_id,
        intent.symbol,
        intent.account,
        intent.action,
        intent.order_type,
        intent.quantity,
        intent.limit_price,
        intent.stop_price,
    )
