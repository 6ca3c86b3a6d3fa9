"""Whether the account can carry an order, and what the order would need."""

from collections.abc import Iterable

from ibtui.sim.account import MARGIN_RATE, Account, commission
from ibtui.sim.events import SimOrder
from ibtui.sim.order_checks import WITH_LIMIT, Refusal, no_funds
from ibtui.sim.working import Working


def shortfall(account: Account, order: SimOrder, shares: int, working: Iterable[Working]) -> Refusal | None:
    """Why the account can't carry an order on top of those that already work; None if it can.

    Args:
        account: The account.
        order: The order.
        shares: What the order may still trade, negative for a sale.
        working: The other orders; those that wait for a parent need nothing yet.
    """
    needed = margin_change(account, order.con_id, shares, price_of(account, order))
    if needed <= 0:
        return None
    for each in working:
        if not each.order.parent_key:
            price = price_of(account, each.order)
            needed += max(0.0, margin_change(account, each.order.con_id, each.signed_remaining, price))
    margin = MARGIN_RATE * account.gross_value() + needed
    equity = account.net_liquidation()
    return no_funds(equity, margin) if margin > equity else None


def margin_change(account: Account, con_id: int, shares: int, price: float) -> float:
    """What trading so many shares does to the margin, USD; less than nothing for what closes a position."""
    held = account.quantity(con_id)
    return MARGIN_RATE * price * (abs(held + shares) - abs(held))


def price_of(account: Account, order: SimOrder) -> float:
    """The price to reckon an order with: its limit, else what the contract is worth."""
    if order.order_type in WITH_LIMIT and order.limit_price:
        return order.limit_price
    return account.mark(order.con_id)


def needs(account: Account, order: SimOrder) -> dict[str, float | str]:
    """Margin, equity and commission before and after an order, by the names of IB's order state."""
    price = price_of(account, order)
    margin = MARGIN_RATE * account.gross_value()
    change = margin_change(account, order.con_id, order.quantity if order.action == "BUY" else -order.quantity, price)
    equity, fee = account.net_liquidation(), commission(order.quantity, order.quantity * price)
    found: dict[str, float | str] = {"commission": fee, "commission_currency": "USD"}
    for name in ("initial_margin", "maintenance_margin"):
        found |= {f"{name}_before": margin, f"{name}_change": change, f"{name}_after": margin + change}
    return found | {"equity_before": equity, "equity_change": -fee, "equity_after": equity - fee}
