"""What an order will ask of the account, estimated without asking the broker."""

from collections.abc import Callable, Iterable, Mapping

from ibtui.market.instruments import Instrument
from ibtui.trading.halting import opening_orders
from ibtui.trading.orders import Order, OrderIntent

MARGIN_SHARE: Mapping[str, float] = {"STK": 0.5, "CRYPTO": 1.0}
"""Initial margin as a share of the notional, by kind of contract.

Shares: half, by Regulation T (12 CFR 220.12, the initial requirement of a margin account, long or short); IB's own
rules ask for less intraday, so the estimate is careful. Crypto: paid in full (IBKR, "Cryptocurrency trading").
Futures, short options and forex depend on IB's own models: only a what-if tells.
"""


def margin_of(
    intent: OrderIntent, instrument: Instrument, notional: float | None, unit_margin: float | None
) -> float | None:
    """Initial margin of an order, in base currency; None where nothing is known to estimate it from.

    Args:
        intent: The order.
        instrument: Its contract.
        notional: In base currency; None when unknown.
        unit_margin: Of one contract, as a what-if has shown it; it goes before any rule.
    """
    if unit_margin is not None:
        return unit_margin * intent.quantity
    share = MARGIN_SHARE.get(instrument.sec_type)
    if instrument.sec_type in ("OPT", "FOP") and intent.action == "BUY":
        share = 1.0  # the premium is paid in full, and can't be lost twice
    return None if share is None or notional is None else share * notional


Facts = tuple[OrderIntent, Instrument, float | None, float | None]
"""The arguments of :func:`margin_of` for what is left of a working order."""


def committed(
    orders: Iterable[Order], reducible: Callable[[Order], float], facts: Callable[[Order], Facts | None]
) -> float | None:
    """Margin that working orders will need, in base currency; None where one's is unknown.

    Orders that close a position need none, but a position is closed only once: of two orders for all of it one opens.
    Neither do target and stop of a bracket: they close their parent's.

    Args:
        orders: Those that work or may.
        reducible: How much an order's side can take off the position.
        facts: What the margin of the rest of an order follows from; None where its contract is unknown.
    """
    total = 0.0
    for order in opening_orders(orders, reducible):
        if order.intent.parent_ref is not None:
            continue
        known_facts = facts(order)
        needed = None if known_facts is None else margin_of(*known_facts)
        if needed is None:
            return None
        total += needed
    return total
