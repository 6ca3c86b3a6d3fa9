"""The day's result from our own fills: what they paid and earned, what they cost, and what is left at the market.

It stands beside IB's figure and checks it: while nothing was held when the day began, the two are the same but for the
price at which the open position is marked.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ibtui.market.instruments import Instrument
from ibtui.trading.orders import Commission, Execution, Order, execution_root

_TOLERANCE = 1e-9

ALLOWED = 1.0
"""Units of base currency by which two figures may differ for rounding alone."""
ALLOWED_OF_OPEN = 0.005
"""Share of what is open by which they may differ besides: IB marks it at another instant and another price."""
SETTLES_AFTER = 12 * 3600
"""Seconds after a trading day began until which IB's figure may still be yesterday's: exchanges reset it one by one."""

Fill = tuple[Execution, Commission | None]
"""A fill and what it cost, if that is known."""


@dataclass(frozen=True, slots=True)
class ContractResult:
    """One contract's day.

    Attributes:
        currency: The contract's; empty while the contract is not known.
        bought: Contracts bought today.
        sold: Contracts sold today.
        traded: Result of the fills before commissions, what they left open marked at the market, in ``currency``;
            None while something open has no price.
        fees: Commissions by their own currency; None while one of them is not reported.
        realized: IB's own figure of what the fills realised; None while it reported none.
        open_worth: What the fills left open, at the market, always positive; None while unknown.
    """

    con_id: int
    currency: str
    bought: float
    sold: float
    traded: float | None
    fees: Mapping[str, float] | None
    realized: float | None
    open_worth: float | None

    @property
    def quantity(self) -> float:
        """What the day's fills added to the position."""
        change = self.bought - self.sold
        return 0.0 if abs(change) <= _TOLERANCE else change

    @property
    def net(self) -> float | None:
        """The result after commissions, where they are in the contract's own currency; None while unknown."""
        if self.traded is None or self.fees is None or set(self.fees) - {self.currency}:
            return None
        return self.traded - self.fees.get(self.currency, 0.0)


def fills_since(orders: Iterable[Order], day_ns: int) -> list[Fill]:
    """The fills of all orders from an instant on (UTC nanoseconds of market time), each with its commission."""
    found: list[Fill] = []
    for order in orders:
        costs = {execution_root(each.exec_id): each for each in order.commissions}
        today = (each for each in order.executions if each.ts_ns >= day_ns)
        found += [(each, costs.get(execution_root(each.exec_id))) for each in today]
    return found


def day_results(
    fills: Iterable[Fill], instrument: Callable[[int], Instrument | None], mark: Callable[[int], float | None]
) -> dict[int, ContractResult]:
    """The day of each contract that was traded.

    Args:
        fills: The day's.
        instrument: A contract by its id, for currency and multiplier; None while it is not known.
        mark: What a contract trades at now; None while unknown, which matters only for what is open.
    """
    by_contract: dict[int, list[Fill]] = defaultdict(list)
    for fill in fills:
        by_contract[fill[0].con_id].append(fill)
    return {con_id: _result(con_id, each, instrument(con_id), mark(con_id)) for con_id, each in by_contract.items()}


def _result(con_id: int, fills: list[Fill], instrument: Instrument | None, mark: float | None) -> ContractResult:
    bought = math.fsum(each.quantity for each, _ in fills if each.side == "BUY")
    sold = math.fsum(each.quantity for each, _ in fills if each.side == "SELL")
    change = 0.0 if abs(bought - sold) <= _TOLERANCE else bought - sold
    traded = worth = None
    if instrument is not None and (mark is not None or not change):
        worth = change * (mark or 0.0) * instrument.multiplier
        paid = math.fsum(each.quantity * each.price * (1 if each.side == "BUY" else -1) for each, _ in fills)
        traded = worth - paid * instrument.multiplier
    realized = [cost.realized for _, cost in fills if cost is not None and cost.realized is not None]
    return ContractResult(
        con_id=con_id,
        currency="" if instrument is None else instrument.currency,
        bought=bought,
        sold=sold,
        traded=traded,
        fees=_fees(fills),
        realized=math.fsum(realized) if realized else None,
        open_worth=None if worth is None else abs(worth),
    )


def _fees(fills: list[Fill]) -> dict[str, float] | None:
    fees: dict[str, float] = {}
    for _, cost in fills:
        if cost is None:
            return None
        fees[cost.currency] = fees.get(cost.currency, 0.0) + cost.amount
    return fees


def by_currency(results: Iterable[ContractResult]) -> dict[str, float | None]:
    """The day's result after commissions in each currency; None where a part of it is unknown."""
    sums: dict[str, float | None] = {}

    def add(currency: str, value: float | None) -> None:
        before = sums.get(currency, 0.0)
        sums[currency] = None if before is None or value is None else before + value

    for each in results:
        add(each.currency, None if each.fees is None else each.traded)
        for currency, fee in (each.fees or {}).items():
            add(currency, -fee)
    return sums


def in_base(amounts: Mapping[str, float | None], base: str, rate: Callable[[str], float | None]) -> float | None:
    """Amounts by currency as one in base currency; None while one of them, or its rate, is unknown."""
    total = 0.0
    for currency, amount in amounts.items():
        factor = 1.0 if currency == base else rate(currency)
        if amount is None or factor is None:
            return None
        total += amount * factor
    return total


def began_flat(results: Mapping[int, ContractResult], held: Mapping[int, float]) -> bool:
    """Whether the day's fills explain all that is held, so that nothing was held when the day began."""
    traded = {con_id: each.quantity for con_id, each in results.items()}
    return all(abs(held.get(each, 0.0) - traded.get(each, 0.0)) <= _TOLERANCE for each in {*held, *traded})


def allowed_difference(results: Iterable[ContractResult], base: str, rate: Callable[[str], float | None]) -> float:
    """How far IB's figure may lie from ours, in base currency; endless while what is open can't be valued."""
    open_worth: dict[str, float | None] = {}
    for each in results:
        before = open_worth.get(each.currency, 0.0)
        open_worth[each.currency] = None if before is None or each.open_worth is None else before + each.open_worth
    worth = in_base(open_worth, base, rate)
    return math.inf if worth is None else ALLOWED + ALLOWED_OF_OPEN * worth


def mark_price(bid: float | None, ask: float | None, last: float | None) -> float | None:
    """What a position is marked at: the last price, held between bid and ask (IB's "mark price"); None if unknown."""
    if bid is None or ask is None:
        return last
    return (bid + ask) / 2 if last is None else max(bid, min(last, ask))
