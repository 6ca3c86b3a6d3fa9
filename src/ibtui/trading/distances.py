"""How far everything is from the limits that the checks hold it to, before any order is asked for."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from ibtui.clock import NS
from ibtui.config import RiskSettings
from ibtui.trading.exposure import may_trade
from ibtui.trading.holdings import Held
from ibtui.trading.orders import LIVE, Action, Order, Status

_NEVER_LEFT = frozenset({Status.REFUSED, Status.NOT_SENT})
_SIDES: tuple[Action, ...] = ("BUY", "SELL")


@dataclass(frozen=True, slots=True)
class Distance:
    """One limit and how much of it is used.

    Attributes:
        name: As the check of it is called.
        used: In the limit's unit; None while unknown.
        limit: None while unknown.
        unit: A currency, or empty for a count.
        about: What comes closest to the limit: a symbol, a side.
    """

    name: str
    used: float | None
    limit: float | None
    unit: str = ""
    about: str = ""

    @property
    def left(self) -> float | None:
        """What may still be used, negative beyond the limit; None while unknown."""
        return None if self.used is None or self.limit is None else self.limit - self.used

    @property
    def share(self) -> float | None:
        """Used of the limit, from 0 to 1; None while unknown."""
        if self.used is None or self.limit is None:
            return None
        return min(1.0, max(0.0, self.used / self.limit)) if self.limit > 0 else 1.0


def distances(
    *,
    orders: Iterable[Order],
    account: str,
    positions: Mapping[int, str],
    held: Callable[[int], Held | None],
    notional: Callable[[Order], float | None],
    limits: RiskSettings,
    profit: float | None,
    available: float | None,
    committed: float | None,
    currency: str,
    now_ns: int,
    changes: int = 0,
) -> tuple[Distance, ...]:
    """The distance to each limit.

    Args:
        orders: All orders.
        account: The account in use; orders of another don't count against a position.
        positions: Symbols of what is held, by contract id.
        held: The position in a contract; None while it is not known.
        notional: What the rest of an order is worth in base currency; None while unknown.
        limits: ``[risk]`` of the settings.
        profit: Of the day in base currency; None while unknown.
        available: Funds that new margin can be met with, base currency.
        committed: Margin that the working orders will need, base currency.
        currency: The base currency.
        now_ns: UTC nanoseconds, of the clock that stamps the orders.
        changes: Changes of orders within the last minute, which count as orders.
    """
    everything = list(orders)
    working = [each for each in everything if each.status in LIVE or each.status is Status.NEW]
    ours = [each for each in working if each.intent.account == account]
    recent = sum(each.status not in _NEVER_LEFT and now_ns - each.intent.created_ns < 60 * NS for each in everything)
    return (
        _position(ours, positions, held, limits.max_position),
        _largest(working, notional, limits.max_notional, currency),
        Distance("orders per minute", float(recent + changes), limits.orders_per_minute),
        _fullest_side(ours, limits.working_per_side),
        Distance("daily loss", None if profit is None else -profit or 0.0, limits.daily_loss, currency),
        Distance("buying power", committed, available, currency),
    )


def _position(
    orders: list[Order], positions: Mapping[int, str], held: Callable[[int], Held | None], limit: float
) -> Distance:
    """The position that comes closest to the limit if everything that works on one side fills."""
    symbols = {each.intent.con_id: each.intent.symbol for each in orders} | dict(positions)
    worst, about = 0.0, ""
    for con_id, symbol in symbols.items():
        now = held(con_id)
        if now is None:
            return Distance("position", None, limit, about=symbol)
        for side in _SIDES:
            mine = (each for each in orders if (each.intent.con_id, each.intent.action) == (con_id, side))
            after = now.after(side, may_trade(mine))
            if after > worst:
                worst, about = after, symbol
    return Distance("position", worst, limit, about=about)


def _largest(orders: list[Order], notional: Callable[[Order], float | None], limit: float, currency: str) -> Distance:
    """The working order that is worth most: the limit is one order's."""
    worst, about = 0.0, ""
    for order in orders:
        worth = notional(order)
        if worth is None:
            return Distance("notional", None, limit, currency, order.intent.symbol)
        if worth > worst:
            worst, about = worth, order.intent.symbol
    return Distance("notional", worst, limit, currency, about)


def _fullest_side(orders: list[Order], limit: float) -> Distance:
    """The side of a symbol on which most orders work."""
    sides = Counter((each.intent.symbol, each.intent.con_id, each.intent.action) for each in orders)
    if not sides:
        return Distance("working per side", 0.0, limit)
    ((symbol, _, action), count), *_ = sides.most_common(1)
    return Distance("working per side", float(count), limit, about=f"{action} {symbol}")
