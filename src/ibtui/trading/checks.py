"""The pre-trade checks: local arithmetic only, each answering what was measured, what the limit is, and its verdict.

A verdict is ``pass`` only where everything it needs is known; missing, NaN or absurd data gives ``unknown``, and
unknown never passes.
"""

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ibtui.clock import NS
from ibtui.config import RiskSettings
from ibtui.market.increments import Increments
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.prices import decimals, exact, on_tick
from ibtui.market.values import known, positive
from ibtui.trading.exposure import may_trade
from ibtui.trading.holdings import Held
from ibtui.trading.margin import margin_of
from ibtui.trading.orders import LIVE, Order, OrderIntent, Status

Verdict = Literal["pass", "fail", "unknown"]

_PAPER = re.compile(r"(DU|DF)[A-Z0-9]+")
_NEVER_LEFT = frozenset({Status.REFUSED, Status.NOT_SENT})
_COUNTING = LIVE | {Status.NEW}
_LIMIT_TYPES = frozenset({"LMT", "STP LMT"})
_STOP_TYPES = frozenset({"STP", "STP LMT"})
_TRAILING = frozenset({"TRAIL"})
ORDER_TYPES = _LIMIT_TYPES | _STOP_TYPES | {"MKT", "TRAIL"}
"""Order types that the checks can judge; nothing else passes."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check's answer, as the ticket shows it and the ``checks`` table keeps it."""

    name: str
    measured: str
    limit: str
    verdict: Verdict


@dataclass(frozen=True)
class CheckInputs:
    """Everything the checks look at, taken at one instant. What several of them derive from it is worked out once.

    Attributes:
        quote_age_s: Seconds since the quote's last frame; None when there never was one.
        account: The account that the session trades in.
        accounts: The accounts that this session's gateway manages.
        held: Position in the contract; None when unknown.
        orders: All orders known, this one may be among them.
        open_now: Whether the contract trades now, by its own hours; None where they don't say.
        opens: When it trades next, in words.
        daily_pnl: Profit of the day in base currency; None when unknown.
        available: Funds that new margin can be met with, in base currency; None when unknown.
        committed: Margin that the working orders will need, in base currency; None when unknown.
        unit_margin: Initial margin of one contract as a what-if has shown it, in base currency; None without one.
        changes: Changes of orders that were sent within the last minute; each is an order to the broker.
        parent: The order whose fill sets this one to work, for a bracket's target and stop.
        flattens: The user confirmed that it closes a position: no position is too large to be closed.
        follows: The order that it is meant to follow, as the second half of a reversal does; no duplicate of that one.
        base_currency: The account's base currency, in which the notional limit is.
        base_rate: Units of base currency for one unit of the instrument's; None when unknown, needless when equal.
        grid: The contract's increments by price; None while no market rule is known and the smallest one holds.
    """

    intent: OrderIntent
    instrument: Instrument
    quote_bid: float | None
    quote_ask: float | None
    quote_age_s: float | None
    mark: Mark
    limits: RiskSettings
    account: str
    accounts: tuple[str, ...]
    held: Held | None
    orders: Sequence[Order]
    now_ns: int
    open_now: bool | None = None
    opens: str = ""
    daily_pnl: float | None = None
    available: float | None = None
    committed: float | None = None
    unit_margin: float | None = None
    changes: int = 0
    parent: OrderIntent | None = None
    flattens: bool = False
    follows: str = ""
    base_currency: str = "USD"
    base_rate: float | None = None
    grid: Increments | None = None

    @cached_property
    def others(self) -> tuple[Order, ...]:
        """All orders but this one."""
        ref = self.intent.order_ref
        return tuple(order for order in self.orders if order.intent.order_ref != ref)

    @cached_property
    def beside(self) -> tuple[Order, ...]:
        """Orders that work, or may, on the same side of the same contract."""
        asked = self.intent
        return tuple(
            order
            for order in self.others
            if order.intent.con_id == asked.con_id
            and order.status in _COUNTING
            and (order.intent.account, order.intent.action) == (asked.account, asked.action)
        )

    @cached_property
    def working(self) -> float:
        """Contracts that orders on this side may still trade; of an OCA group only one of its orders will."""
        return may_trade(self.beside)

    @cached_property
    def reduces(self) -> bool:
        """Whether the order only makes the position smaller, see :func:`is_reducing`."""
        return is_reducing(self)


def is_paper(account: str) -> bool:
    """Whether an account is a paper one: IB's begin with DU or DF, the simulated gateway's with DUSIM."""
    return _PAPER.fullmatch(account) is not None


def is_reducing(inputs: CheckInputs) -> bool:
    """Whether the order only makes the position smaller.

    It goes against the position and is at most its size less what is already working or unknown that way; or it is the
    target or stop of an order that would open as much: that of one which closes a position would open it again.
    Nothing reduces an unknown position.
    """
    intent, quantity, held, parent = inputs.intent, positive(inputs.intent.quantity), inputs.held, inputs.parent
    if quantity is None or held is None:
        return False
    if parent is not None:
        return intent.action != parent.action and quantity <= held.opened(parent.action, parent.quantity)
    return quantity <= held.reducible(intent.action) - inputs.working


def run_checks(inputs: CheckInputs) -> tuple[Check, ...]:
    """All checks, in the order of :data:`CHECKS`."""
    return tuple(check(inputs) for check in CHECKS)


def passed(checks: Sequence[Check]) -> bool:
    """Whether the order may go: there are checks, and every one passes."""
    return bool(checks) and all(check.verdict == "pass" for check in checks)


def _verdict(right: bool | None) -> Verdict:
    return "unknown" if right is None else "pass" if right else "fail"


def _show(value: float | None, places: int = 0) -> str:
    """A number with at least so many decimal places."""
    return "unknown" if value is None else exact(value, places)


def _money(value: float | None, currency: str) -> str:
    return f"{'unknown' if value is None else f'{value:,.2f}'} {currency}"


def _price(value: float | None, inputs: CheckInputs) -> str:
    """A price with the places of the contract's increment, or all that it has."""
    return _show(value, decimals(inputs.instrument.min_tick))


def _at_most(name: str, measured: float | None, limit: float) -> Check:
    most = known(limit)
    return Check(name, _show(measured), f"at most {_show(most)}", _within(measured, most))


def _within(measured: float | None, most: float | None) -> Verdict:
    return _verdict(None if measured is None or most is None else measured <= most)


def _sent_within(inputs: CheckInputs, seconds: float) -> list[Order]:
    return [
        order
        for order in inputs.others
        if order.status not in _NEVER_LEFT and abs(inputs.now_ns - order.intent.created_ns) < seconds * NS
    ]


def _touch(inputs: CheckInputs) -> float | None:
    return positive(inputs.quote_ask if inputs.intent.action == "BUY" else inputs.quote_bid)


def _check_account(inputs: CheckInputs) -> Check:
    account = inputs.intent.account
    right = bool(account) and account == inputs.account and account in inputs.accounts and is_paper(account)
    return Check("paper account", account or "none", "a paper account of this session", _verdict(right))


def _closes_it_all(inputs: CheckInputs) -> bool:
    return inputs.flattens and inputs.reduces


def _check_quantity(inputs: CheckInputs) -> Check:
    if _closes_it_all(inputs):
        return Check("quantity", _show(known(inputs.intent.quantity)), "flattens the position", "pass")
    quantity, increment = positive(inputs.intent.quantity), positive(inputs.instrument.size_increment)
    if quantity is not None and (increment is None or not on_tick(quantity, increment)):
        off = None if increment is None else False
        return Check("quantity", _show(quantity), f"multiples of {_show(increment)}", _verdict(off))
    return _at_most("quantity", quantity, inputs.limits.max_quantity)


def _check_notional(inputs: CheckInputs) -> Check:
    notional, most, currency = _notional(inputs), known(inputs.limits.max_notional), inputs.base_currency
    if _closes_it_all(inputs):
        return Check("notional", _money(notional, currency), "flattens the position", "pass")
    return Check("notional", _money(notional, currency), f"at most {_money(most, currency)}", _within(notional, most))


def _notional(inputs: CheckInputs) -> float | None:
    intent, instrument = inputs.intent, inputs.instrument
    rate = 1.0 if instrument.currency == inputs.base_currency else positive(inputs.base_rate)
    factors = (_dearest(inputs), positive(intent.quantity), positive(instrument.multiplier), rate)
    numbers = [each for each in factors if each is not None]
    return positive(math.prod(numbers)) if len(numbers) == len(factors) else None


def _dearest(inputs: CheckInputs) -> float | None:
    """The highest price of those that the order may trade at; None while one that it needs is unknown."""
    intent, touch = inputs.intent, _touch(inputs)
    needed = [
        positive(price)
        for price, types in ((intent.limit_price, _LIMIT_TYPES), (intent.stop_price, _STOP_TYPES))
        if intent.order_type in types
    ] or [touch]
    prices = [price for price in needed if price is not None]
    return max(*prices, touch or 0.0) if len(prices) == len(needed) else None


def _check_collar(inputs: CheckInputs) -> Check:
    name, intent = "price collar", inputs.intent
    percent = known(inputs.limits.collar_percent)
    limit = f"at most {_show(percent)} % beyond the touch"
    if intent.order_type not in ORDER_TYPES:
        return Check(name, f"order type {intent.order_type!r} unknown", limit, "unknown")
    if inputs.reduces:
        return Check(name, "reduces the position", limit, "pass")
    touch, price = _touch(inputs), positive(intent.limit_price)
    if intent.order_type in _TRAILING and positive(intent.trail_amount) is positive(intent.trail_percent) is None:
        return Check(name, "trailing distance unknown", limit, "unknown")
    if intent.order_type not in _LIMIT_TYPES:
        return Check(
            name,
            f"{intent.order_type}, touch {_price(touch, inputs)}",
            limit,
            _verdict(None if touch is None else True),
        )
    if touch is None or price is None or percent is None:
        return Check(name, f"price {_price(price, inputs)}, touch {_price(touch, inputs)}", limit, "unknown")
    reference = touch
    if intent.order_type in _STOP_TYPES:
        stop = positive(intent.stop_price)
        if stop is None:
            return Check(name, "stop price unknown", limit, "unknown")
        reference = max(touch, stop) if intent.action == "BUY" else min(touch, stop)
    beyond = (price / reference - 1) * 100 * (1 if intent.action == "BUY" else -1)
    return Check(
        name, f"{round(beyond, 2) + 0:+.2f} % of {_price(reference, inputs)}", limit, _verdict(beyond <= percent)
    )


def _check_stale(inputs: CheckInputs) -> Check:
    name, limit = "stale quote", "a LIVE quote, both sides known"
    if inputs.reduces:
        return Check(name, "reduces the position", limit, "pass")
    age = known(inputs.quote_age_s)
    measured = f"{inputs.mark}, {'age unknown' if age is None else f'{age:.1f} s old'}"
    sides = positive(inputs.quote_bid), positive(inputs.quote_ask)
    if inputs.mark is not Mark.LIVE:
        return Check(name, measured, limit, "fail")
    return Check(name, measured, limit, "unknown" if age is None or age < 0 or None in sides else "pass")


def _check_crossed(inputs: CheckInputs) -> Check:
    name, limit = "crossed quote", "bid at or under ask"
    if inputs.reduces:
        return Check(name, "reduces the position", limit, "pass")
    bid, ask = positive(inputs.quote_bid), positive(inputs.quote_ask)
    right = None if bid is None or ask is None else bid <= ask
    return Check(name, f"{_price(bid, inputs)} × {_price(ask, inputs)}", limit, _verdict(right))


def _check_tick(inputs: CheckInputs) -> Check:
    intent, tick = inputs.intent, positive(inputs.instrument.min_tick)
    needed = [
        (positive(price), grid)
        for price, types, grid in (
            (intent.limit_price, _LIMIT_TYPES, inputs.grid),
            (intent.stop_price, _STOP_TYPES, inputs.grid),
            (intent.trail_amount, _TRAILING if intent.trail_percent is None else (), None),
        )
        if intent.order_type in types or price is not None
    ]
    prices = [(price, tick if grid is None else grid.step_at(price)) for price, grid in needed if price is not None]
    right = None if tick is None else all(step and on_tick(price, step) for price, step in prices)
    if len(prices) < len(needed):
        right = None
    measured = ", ".join(_price(price, inputs) for price, _ in needed) or "no price"
    steps = dict.fromkeys(step for _, step in prices) or (tick,)
    return Check("tick size", measured, f"multiples of {' and '.join(map(_show, steps))}", _verdict(right))


def _check_duplicate(inputs: CheckInputs) -> Check:
    intent, seconds = inputs.intent, known(inputs.limits.duplicate_seconds)
    limit = f"none like it within {_show(seconds)} s"
    if seconds is None:
        return Check("duplicate", "unknown", limit, "unknown")
    same = [
        order
        for order in _sent_within(inputs, seconds)
        if _likeness(order.intent) == _likeness(intent) and order.intent.order_ref != inputs.follows
    ]
    return Check("duplicate", f"{len(same)} like it", limit, _verdict(not same))


def _likeness(intent: OrderIntent) -> tuple[object, ...]:
    return (
        intent.con_id,
        intent.account,
        intent.action,
        intent.order_type,
        intent.quantity,
        intent.limit_price,
        intent.stop_price,
    )


def _check_rate(inputs: CheckInputs) -> Check:
    own = [each for each in inputs.orders if each.intent.order_ref == inputs.intent.order_ref and each.sent_ns]
    before = len(_sent_within(inputs, 60)) + sum(inputs.now_ns - (each.sent_ns or 0) < 60 * NS for each in own)
    return _at_most("orders per minute", before + inputs.changes + 1, inputs.limits.orders_per_minute)


def _check_working(inputs: CheckInputs) -> Check:
    count = len(inputs.beside) + 1
    return _at_most("working per side", count, inputs.limits.working_per_side)


def _check_position(inputs: CheckInputs) -> Check:
    intent, quantity = inputs.intent, positive(inputs.intent.quantity)
    worst = None
    if inputs.held is not None and quantity is not None:
        opened = 0.0 if inputs.parent is not None and inputs.reduces else quantity
        worst = known(inputs.held.after(intent.action, inputs.working + opened))
    return _at_most("position", worst, inputs.limits.max_position)


def _check_hours(inputs: CheckInputs) -> Check:
    measured = {True: "open", False: f"closed, opens {inputs.opens}" if inputs.opens else "closed", None: "unknown"}
    return Check("session hours", measured[inputs.open_now], "a contract that trades now", _verdict(inputs.open_now))


def _check_daily_loss(inputs: CheckInputs) -> Check:
    name, pnl, most = "daily loss", known(inputs.daily_pnl), known(inputs.limits.daily_loss)
    limit = f"above -{_money(most, inputs.base_currency)}"
    if inputs.reduces:
        return Check(name, "reduces the position", limit, "pass")
    return Check(
        name, _money(pnl, inputs.base_currency), limit, _verdict(None if pnl is None or most is None else pnl > -most)
    )


def _check_buying_power(inputs: CheckInputs) -> Check:
    name, available, committed = "buying power", known(inputs.available), known(inputs.committed)
    free = None if available is None or committed is None else available - committed
    limit = f"at most {_money(free, inputs.base_currency)} free"
    if inputs.reduces:
        return Check(name, "reduces the position", limit, "pass")
    needed = margin_of(inputs.intent, inputs.instrument, _notional(inputs), inputs.unit_margin)
    if needed is not None:
        needed *= _opening_share(inputs)
    return Check(name, f"margin {_money(needed, inputs.base_currency)}", limit, _within(needed, free))


def _opening_share(inputs: CheckInputs) -> float:
    """The share of the order that opens something: what closes a position needs no margin."""
    quantity, held = positive(inputs.intent.quantity), inputs.held
    if quantity is None or held is None:
        return 1.0
    closes = max(0.0, held.reducible(inputs.intent.action) - inputs.working)
    return max(0.0, quantity - closes) / quantity


CHECKS: tuple[Callable[[CheckInputs], Check], ...] = (
    _check_account,
    _check_quantity,
    _check_notional,
    _check_collar,
    _check_stale,
    _check_crossed,
    _check_tick,
    _check_duplicate,
    _check_rate,
    _check_working,
    _check_position,
    _check_hours,
    _check_buying_power,
    _check_daily_loss,
)
"""Every check, in the order in which they are shown."""
