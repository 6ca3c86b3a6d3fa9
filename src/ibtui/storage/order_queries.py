"""Reads of the journal: orders and their stories, runs, links, watchlists. Blocking, for threads and commands."""

import json
from dataclasses import fields
from typing import Any

from ibtui.storage.files import DataDirectory
from ibtui.storage.reading import Row, first, rows
from ibtui.storage.schema import JOURNAL
from ibtui.trading.orders import ENDED, Commission, Execution, Order, OrderIntent, Status
from ibtui.trading.price_alerts import Condition, PriceAlert, Relation
from ibtui.trading.restraints import Restraint
from ibtui.trading.states import TradingState

_ENDED = ", ".join(f"'{status}'" for status in sorted(ENDED))
_FLAGS = ("outside_rth", "cancel_requested")
_COMMISSION = """
    CASE WHEN count(executions.exec_id) = count(commissions.exec_id) THEN sum(commissions.amount) END"""
_ORDERS = f"""
    SELECT orders.*, {_COMMISSION} AS commission
    FROM orders
    LEFT JOIN executions ON executions.order_ref = orders.order_ref AND executions.superseded_by IS NULL
    LEFT JOIN commissions ON commissions.exec_id = executions.exec_id
    WHERE {{where}} GROUP BY orders.order_ref ORDER BY created_ns DESC, orders.order_ref DESC LIMIT {{limit}}"""


def orders(directory: DataDirectory, *, since_ns: int = 0, limit: int = 1_000) -> list[Row]:
    """Orders as the table holds them, newest first, with ``commission``: None unless all fills have reported theirs."""
    sql = _ORDERS.format(where="created_ns >= ?", limit="?")
    return [_plain(row) for row in rows(directory.journal, JOURNAL, sql, (since_ns, limit))]


def order(directory: DataDirectory, name: str) -> Row | None:
    """One order by its reference, the end of it, its order id or its permanent id; the newest that fits."""
    where = """substr(orders.order_ref, -length(:name)) = :name
        OR CAST(order_id AS TEXT) = :name OR CAST(perm_id AS TEXT) = :name"""
    found = (
        first(directory.journal, JOURNAL, _ORDERS.format(where=where, limit="1"), {"name": name.upper()})
        if name
        else None
    )
    return None if found is None else _plain(found)


def order_events(directory: DataDirectory, order_ref: str) -> list[Row]:
    """Everything that happened to an order, in order."""
    sql = "SELECT ts_ns, kind, status, detail FROM order_events WHERE order_ref = ? ORDER BY id"
    return rows(directory.journal, JOURNAL, sql, (order_ref,))


def checks(directory: DataDirectory, order_ref: str) -> list[Row]:
    """The pre-trade checks of an order, a modify's after the first ones."""
    sql = "SELECT ts_ns, name, measured, limit_value, verdict FROM checks WHERE order_ref = ? ORDER BY rowid"
    return rows(directory.journal, JOURNAL, sql, (order_ref,))


def executions(
    directory: DataDirectory, order_ref: str | None = None, *, since_ns: int = 0, limit: int = 1_000
) -> list[Row]:
    """Fills with what they cost, oldest first; those that were corrected name what supersedes them."""
    sql = """
        SELECT * FROM (
            SELECT executions.*, amount AS commission, currency, realized
            FROM executions LEFT JOIN commissions USING (exec_id)
            WHERE (:order_ref IS NULL OR order_ref = :order_ref) AND ts_ns >= :since_ns
            ORDER BY ts_ns DESC, exec_id DESC LIMIT :limit
        ) ORDER BY ts_ns, exec_id"""
    return rows(directory.journal, JOURNAL, sql, {"order_ref": order_ref, "since_ns": since_ns, "limit": limit})


def fills(directory: DataDirectory, con_id: int, since_ns: int, limit: int = 5_000) -> list[Row]:
    """A contract's newest fills that hold, oldest first: ``ts_ns, side, quantity, price``."""
    sql = """
        SELECT * FROM (
            SELECT ts_ns, side, quantity, price FROM executions
            WHERE con_id = ? AND ts_ns >= ? AND superseded_by IS NULL ORDER BY ts_ns DESC LIMIT ?
        ) ORDER BY ts_ns"""
    return rows(directory.journal, JOURNAL, sql, (con_id, since_ns, limit))


def load_orders(directory: DataDirectory, *, since_ns: int = 0) -> list[Order]:
    """Orders for a console that starts: all that have not ended, and those created since, oldest first."""
    wanted = f"FROM orders WHERE status NOT IN ({_ENDED}) OR created_ns >= ?"
    fills: dict[str, list[Row]] = {}
    sql = f"""
        SELECT executions.*, amount, currency, realized FROM executions LEFT JOIN commissions USING (exec_id)
        WHERE superseded_by IS NULL AND order_ref IN (SELECT order_ref {wanted}) ORDER BY ts_ns, exec_id"""
    for fill in rows(directory.journal, JOURNAL, sql, (since_ns,)):
        fills.setdefault(fill["order_ref"], []).append(fill)
    found = rows(directory.journal, JOURNAL, f"SELECT * {wanted} ORDER BY created_ns, order_ref", (since_ns,))
    return [_order(row, fills.get(row["order_ref"], [])) for row in found]


def highest_order_id(directory: DataDirectory, endpoint: str, client_id: int) -> int | None:
    """The highest order id ever used there by this client, or None."""
    sql = "SELECT highest FROM order_ids WHERE endpoint = ? AND client_id = ?"
    found = first(directory.journal, JOURNAL, sql, (endpoint, client_id))
    return None if found is None else int(found["highest"])


def last_run(directory: DataDirectory) -> Row | None:
    """The newest run; ``ended_ns`` None while it goes on or when it ended without saying so."""
    return first(directory.journal, JOURNAL, "SELECT * FROM runs ORDER BY run_id DESC LIMIT 1")


def connection_events(directory: DataDirectory, limit: int = 100) -> list[Row]:
    """What happened to the links, newest first."""
    sql = "SELECT * FROM connection_events ORDER BY id DESC LIMIT ?"
    return rows(directory.journal, JOURNAL, sql, (limit,))


def alerts(directory: DataDirectory, limit: int = 100) -> list[Row]:
    """What the user was told, newest first."""
    return rows(directory.journal, JOURNAL, "SELECT * FROM alerts ORDER BY id DESC LIMIT ?", (limit,))


def price_alerts(directory: DataDirectory) -> tuple[int, list[PriceAlert]]:
    """The highest number that was ever given to an alert on a price, and those that wait."""
    highest = first(directory.journal, JOURNAL, "SELECT coalesce(max(number), 0) AS highest FROM price_alerts")
    sql = "SELECT * FROM price_alerts WHERE ended_ns IS NULL ORDER BY number"
    waiting = [
        PriceAlert(
            row["number"],
            row["con_id"],
            Condition(row["symbol"], Relation(row["relation"]), row["price"]),
            row["created_ns"],
        )
        for row in rows(directory.journal, JOURNAL, sql)
    ]
    return (0 if highest is None else int(highest["highest"])), waiting


def drops(directory: DataDirectory, *, run_id: int | None = None, limit: int = 1_000) -> list[Row]:
    """Rows that were given up, newest first; of one run or of all."""
    sql = "SELECT * FROM drops WHERE :run_id IS NULL OR run_id = :run_id ORDER BY id DESC LIMIT :limit"
    return rows(directory.journal, JOURNAL, sql, {"run_id": run_id, "limit": limit})


def trading_state(directory: DataDirectory) -> Row | None:
    """The last recorded trading state with its reason, or None if none ever was."""
    return first(directory.journal, JOURNAL, "SELECT * FROM trading_state ORDER BY id DESC LIMIT 1")


def restraints(directory: DataDirectory) -> list[Restraint]:
    """What held back when the last console ended: the last word of each source, where it isn't ACTIVE."""
    sql = """
        SELECT source, coalesce(restraint, state) AS restraint, reason, coalesce(since_ns, ts_ns) AS since_ns
        FROM trading_state
        WHERE id IN (SELECT max(id) FROM trading_state GROUP BY source) AND coalesce(restraint, state) <> 'ACTIVE'"""
    return [
        Restraint(row["source"], TradingState(row["restraint"]), row["reason"], row["since_ns"])
        for row in rows(directory.journal, JOURNAL, sql)
    ]


def views(directory: DataDirectory) -> dict[str, Any]:
    """How the user arranged each screen, as it was saved."""
    found = rows(directory.journal, JOURNAL, "SELECT name, document FROM views")
    return {row["name"]: json.loads(row["document"]) for row in found}


def deleted_watchlists(directory: DataDirectory) -> set[str]:
    """Names of watchlists that are not to come back."""
    return {row["name"] for row in rows(directory.journal, JOURNAL, "SELECT name FROM watchlists WHERE place < 0")}


def watchlists(directory: DataDirectory) -> dict[str, list[Row]]:
    """Saved watchlists in their order: ``symbol`` and ``con_id`` (None when never resolved) of each entry."""
    sql = "SELECT name, symbol, con_id FROM watchlists WHERE place >= 0 ORDER BY place, name, position"
    lists: dict[str, list[Row]] = {}
    for row in rows(directory.journal, JOURNAL, sql):
        entries = lists.setdefault(row["name"], [])
        if row["symbol"] is not None:
            entries.append({"symbol": row["symbol"], "con_id": row["con_id"]})
    return lists


def _plain(row: Row) -> Row:
    return {**row, **{flag: bool(row[flag]) for flag in _FLAGS}}


def _order(row: Row, fills: list[Row]) -> Order:
    intent = OrderIntent(**_those_of(OrderIntent, _plain(row)))
    known = _those_of(Order, _plain(row)) | {"status": Status(row["status"])}
    return Order(
        intent,
        executions=tuple(Execution(**_those_of(Execution, fill)) for fill in fills),
        commissions=tuple(Commission(**_those_of(Commission, fill)) for fill in fills if fill["amount"] is not None),
        **known,
    )


def _those_of(kind: type, row: Row) -> dict[str, Any]:
    return {field.name: row[field.name] for field in fields(kind) if field.name in row}
