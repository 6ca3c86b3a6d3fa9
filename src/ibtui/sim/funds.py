"""Whether the account can carry an order, and what the order would need."""

from collections.abc import Iterable

from ibtui.sim.account import Account
from ibtui.sim.commissions import commission
from ibtui.sim.events import SimOrder
from ibtui.sim.order_checks import WITH_LIMIT, Refusal, no_funds
from ibtui.sim.working import Working


def shortfall(account: Account, order: SimOrder, quantity: int, working: Iterable[Working]) -> Refusal | None:
    """Why an account can't carry an order on top of those that already work; None if it can.

    Args:
        account: The account.
        order: The order.
        quantity: What the order may still trade, negative for a sale.
        working: The account's other orders; those that wait for a parent need nothing yet.
    """
    needed = _needed(account, order, quantity)
    if needed <= 0:
        return None
    for each in working:
        if not each.order.parent_key:
            needed += max(0.0, _needed(account, each.order, each.signed_remaining))
    margin = account.margin().initial + needed
    equity = account.net_liquidation()
    return no_funds(equity, margin) if margin > equity else None


def _needed(account: Account, order: SimOrder, quantity: int) -> float:
    """What an order ties up once it is filled, USD; less than nothing for what closes a position."""
    listing = account.prices.listing(order.con_id)
    return account.margin_change(listing, quantity, price_of(account, order)).initial


def price_of(account: Account, order: SimOrder) -> float:
    """The price to reckon an order with: its limit, else what the contract is worth."""
    if order.order_type in WITH_LIMIT and order.limit_price:
        return order.limit_price
    return account.prices.mark(order.con_id)


def needs(account: Account, order: SimOrder) -> dict[str, float | str]:
    """Margin, equity and commission before and after an order, by the names of IB's order state."""
    price, listing = price_of(account, order), account.prices.listing(order.con_id)
    instrument = listing.instrument
    signed = order.quantity if order.action == "BUY" else -order.quantity
    before, change = account.margin(), account.margin_change(listing, signed, price)
    value = order.quantity * price * instrument.multiplier * account.prices.rate(instrument.currency)
    equity, fee = account.net_liquidation(), commission(instrument, order.quantity, value)
    found: dict[str, float | str] = {"commission": fee, "commission_currency": "USD"}
    for name, now, more in zip(("initial_margin", "maintenance_margin"), before, change, strict=True):
        found |= {f"{name}_before": now, f"{name}_change": more, f"{name}_after": now + more}
    return found | {"equity_before": equity, "equity_change": -fee, "equity_after": equity - fee}
