"""What the broker says an order would need and cost, asked without placing it."""

from dataclasses import dataclass, replace

from ibtui.market.values import known, positive
from ibtui.trading.orders import Action, OrderIntent


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The answer to a what-if, or why there is none. Margins and equity are in the account's base currency.

    Attributes:
        initial: By how much the initial margin would change; None while unknown, as all other numbers.
        maintenance: By how much the maintenance margin would change.
        equity: Equity with loan value as it would be.
        commission: What the order would cost, in ``currency``.
        least: The least that it may cost, where the broker gives a range.
        most: The most.
        currency: Of the commission.
        warning: The broker's words beside the numbers.
        problem: Why nothing, or not the margin, is known; empty otherwise.
        final: Whether the broker itself said so: asking again would bring the same.
    """

    initial: float | None = None
    maintenance: float | None = None
    equity: float | None = None
    commission: float | None = None
    least: float | None = None
    most: float | None = None
    currency: str = ""
    warning: str = ""
    problem: str = ""
    final: bool = True


def same_terms(one: OrderIntent | None, other: OrderIntent | None) -> bool:
    """Whether two orders differ in nothing but who they are: what one would need, the other would too."""
    if one is None or other is None:
        return one is other
    return replace(one, order_ref="", created_ns=0) == replace(other, order_ref="", created_ns=0)


class UnitMargins:
    """Initial margin of one contract as what-ifs have shown it, base currency, by contract and side.

    By side, because a short option needs what a long one does not. An order that turns a position is two: what closing
    it gives back, which is asked about first, and what the rest of it needs.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[int, Action], float] = {}
        self._given_back: dict[tuple[int, Action], tuple[float, float]] = {}

    def of(self, intent: OrderIntent) -> float | None:
        """What one contract of such an order needs; None while no what-if has told."""
        return self._known.get((intent.con_id, intent.action))

    def learn(self, intent: OrderIntent, answer: WhatIf, reducible: float | None) -> None:
        """Takes in an answer.

        Args:
            intent: The order that was asked about.
            answer: What the broker said.
            reducible: How much of its side closes a position; None while unknown. The margin of an order that closes
                something is that of the difference, and says nothing about one contract more.
        """
        change, quantity = known(answer.initial), positive(intent.quantity)
        if change is None or quantity is None or reducible is None or quantity < reducible:
            return
        side = intent.con_id, intent.action
        if quantity == reducible:
            self._given_back[side] = reducible, -change
            return
        closed, given_back = self._given_back.get(side, (0.0, 0.0)) if reducible else (0.0, 0.0)
        needed = positive(change + given_back)
        if closed == reducible and needed is not None:
            self._known[side] = needed / (quantity - reducible)
