"""An exchange to try things on, and what clients of it would keep."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

import pytest

from ibtui.clock import NS
from ibtui.sim.events import (
    DELETE,
    INSERT,
    BookLevel,
    Charged,
    DepthChanged,
    Event,
    Executed,
    SimOrder,
    Traded,
)
from ibtui.sim.exchange import Exchange

NEW_YORK = ZoneInfo("America/New_York")
ACCOUNT = "DUSIM0001"
FUNDS = ("XLK", "XLV", "XLF", "XLY", "XLI", "XLP", "XLE", "XLB", "XLRE", "XLU", "XLC", "SPY", "QQQ", "IWM", "DIA")

Kind = TypeVar("Kind")


def at(text: str) -> int:
    """New York time as UTC nanoseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).timestamp()) * NS


TUESDAY = at("2026-03-10T10:30:00")


def exchange(start_ns: int = TUESDAY, seed: int = 1, **options: object) -> Exchange:
    return Exchange(seed, ACCOUNT, start_ns, **options)  # type: ignore[arg-type]


def con_id(market: Exchange, symbol: str) -> int:
    listing = market.universe.by_symbol(symbol)
    assert listing is not None
    return listing.con_id


def only(events: Iterable[Event], kind: type[Kind]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def order(
    contract: int, order_id: int, action: str, quantity: int, limit: float | None = None, **more: object
) -> SimOrder:
    kind = "MKT" if limit is None else "LMT"
    plain = SimOrder(1, order_id, ACCOUNT, contract, action, kind, quantity, limit)  # type: ignore[arg-type]
    return replace(plain, **more)  # type: ignore[arg-type]


def run(market: Exchange, seconds: float, step: float = 0.25) -> list[Event]:
    """Lets market time pass in steps."""
    end = market.now_ns + int(seconds * NS)
    events: list[Event] = []
    while market.now_ns < end:
        events += market.advance(min(end, market.now_ns + int(step * NS)))
    return events


def check_balance(market: Exchange, events: list[Event], contract: int) -> None:
    """Position, cash, profit and every order's numbers follow from the fills, and each fill is in a print."""
    fills = only(events, Executed)
    signed = [fill.size if fill.order.action == "BUY" else -fill.size for fill in fills]
    position = market.position(contract)
    assert position.quantity == sum(signed)
    fees = sum(each.commission for each in only(events, Charged))
    values = {key: value for key, value, currency in market.account_values() if currency == "USD"}
    cash = 1_000_000 - fees - sum(fill.price * shares for fill, shares in zip(fills, signed, strict=True))
    assert float(values["TotalCashValue"]) == pytest.approx(cash, abs=0.01)
    pnl = market.pnl()
    assert pnl.daily == pytest.approx(pnl.realized + pnl.unrealized, abs=0.01)
    traded: dict[tuple[int, float], int] = {}
    for each in only(events, Traded):
        traded[each.time_ns, each.price] = traded.get((each.time_ns, each.price), 0) + each.size
    for fill in fills:
        assert fill.size <= traded[fill.time_ns, fill.price]
    for working, state in (*market.open_orders(), *market.completed_orders()):
        mine = [fill.size for fill in fills if fill.order.order_key == working.order_key]
        assert state.filled == sum(mine) == working.quantity - state.remaining
        assert (state.status == "Filled") == (state.remaining == 0)


class Onlooker:
    """A client's copy of both sides of a book, kept by the operations that it is told."""

    def __init__(self, contract: int, book: tuple[Sequence[BookLevel], Sequence[BookLevel]]) -> None:
        self.con_id = contract
        self.sides = {"bid": list(book[0]), "ask": list(book[1])}

    def see(self, events: Iterable[Event]) -> None:
        for event in only(events, DepthChanged):
            if event.con_id != self.con_id:
                continue
            rows = self.sides[event.side]
            row = BookLevel(event.price, event.size, event.maker)
            if event.op == INSERT:
                assert event.position <= len(rows)
                rows.insert(event.position, row)
            elif event.op == DELETE:
                del rows[event.position]
            else:
                assert rows[event.position].price == row.price
                rows[event.position] = row
