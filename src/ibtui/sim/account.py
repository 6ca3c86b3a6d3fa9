"""A simulated account: cash by currency, positions and what follows from them. Everything comes out of fills.

A trade in a currency pair moves two balances; the position that IB shows beside them is virtual and worth nothing of
its own. A futures contract costs nothing: what it gains or loses is ``FuturesPNL`` until its session's end, when it is
settled in cash. The day of each position begins when its own market's does, as with IB's "instrument-specific reset
schedule": shares at 4:00, options at 9:30, futures at 18:00 New York time, currencies at 17:15, crypto currencies at
17:00.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from ibtui.sim.margins import FOREX_RATE, Margin, requirement
from ibtui.sim.trading_days import SHARES, Calendar
from ibtui.sim.universe import Listing
from ibtui.sim.valuation import BASE, Valuation

START_CASH = 1_000_000.0


class Pnl(NamedTuple):
    """Profit and loss in USD: of the day, of what is open, of what was closed today."""

    daily: float
    unrealized: float
    realized: float


@dataclass(slots=True)
class Holding:
    """One position. Money is in the contract's currency.

    Attributes:
        average_cost: Of a contract, multiplier and commissions included, as IB counts it.
        realized: Closed today, commissions taken off.
        day_quantity: Held when the day began.
        day_worth: What a contract was worth then.
        day_cash: Cash that today's fills of this contract brought, commissions taken off.
        unsettled: Futures only: what was paid for the position, or what it was worth when it was last settled.
    """

    con_id: int
    quantity: int = 0
    average_cost: float = 0.0
    realized: float = 0.0
    day_quantity: int = 0
    day_worth: float = 0.0
    day_cash: float = 0.0
    unsettled: float = 0.0


class Position(NamedTuple):
    """One position, marked to the market; a flat one has no price.

    Money is in the contract's currency, a unit of which is worth ``rate`` USD; ``daily_pnl`` and ``realized_pnl`` are
    today's, ``market_value`` is with the multiplier.
    """

    con_id: int
    quantity: int
    average_cost: float
    market_price: float
    market_value: float
    unrealized_pnl: float
    realized_pnl: float
    daily_pnl: float
    rate: float


@dataclass(slots=True)
class Account:
    """Cash and holdings of one account.

    Args:
        prices: What contracts and currencies are worth.

    Attributes:
        cash: By currency; profits of futures come in when they are settled.
        day_value: What the account was worth when the day of shares began, USD.
    """

    name: str
    prices: Valuation
    cash: dict[str, float] = field(default_factory=lambda: {BASE: START_CASH})
    holdings: dict[int, Holding] = field(default_factory=dict)
    day_value: float = START_CASH

    def fill(self, con_id: int, quantity: int, price: float) -> None:
        """Books a fill; ``quantity`` negative for a sale, ``price`` as traded."""
        instrument = self.prices.listing(con_id).instrument
        holding = self.holdings.setdefault(con_id, Holding(con_id))
        worth = price * instrument.multiplier
        holding.day_cash -= quantity * worth
        if instrument.sec_type == "FUT":
            holding.unsettled += quantity * worth
        else:
            self._pay(instrument.currency, quantity * worth)
        if instrument.sec_type == "CASH":
            self._pay(instrument.symbol, -quantity)
        before, after = holding.quantity, holding.quantity + quantity
        if before * quantity >= 0:
            holding.average_cost = (holding.average_cost * abs(before) + worth * abs(quantity)) / abs(after)
        else:
            closed = min(abs(before), abs(quantity))
            holding.realized += closed * (worth - holding.average_cost) * (1 if before > 0 else -1)
            if abs(quantity) > abs(before):
                holding.average_cost = worth
        holding.quantity = after
        if not after:
            holding.average_cost = 0.0

    def charge(self, con_id: int, quantity: int, closed: int, amount: float) -> None:
        """Books a commission: onto the cost of what the fill opened, off the profit of what it closed.

        Args:
            con_id: What was traded.
            quantity: Of the fill, negative for a sale.
            closed: How much of it closed a position.
            amount: The commission, USD.
        """
        self._pay(BASE, amount)
        holding = self.holdings.setdefault(con_id, Holding(con_id))
        amount /= self.prices.rate(self._currency(con_id))
        holding.day_cash -= amount
        onto_cost = amount * (abs(quantity) - closed) / abs(quantity) if holding.quantity * quantity > 0 else 0.0
        if onto_cost:
            holding.average_cost += onto_cost / holding.quantity
        holding.realized -= amount - onto_cost

    def quantity(self, con_id: int) -> int:
        """Held, negative when short."""
        holding = self.holdings.get(con_id)
        return holding.quantity if holding else 0

    def average_cost(self, con_id: int) -> float:
        """Cost of a contract held, multiplier included; 0 when flat."""
        holding = self.holdings.get(con_id)
        return holding.average_cost if holding else 0.0

    def positions(self) -> list[Position]:
        """Everything that was held today, in the order in which it was first bought."""
        return [self.position(con_id) for con_id in self.holdings]

    def position(self, con_id: int) -> Position:
        """The position in one contract, flat or not."""
        holding = self.holdings.get(con_id) or Holding(con_id)
        price = self.prices.mark(con_id) if holding.quantity else 0.0
        value = holding.quantity * price * self.prices.listing(con_id).instrument.multiplier
        return Position(
            con_id,
            holding.quantity,
            holding.average_cost,
            price,
            value,
            value - holding.quantity * holding.average_cost,
            holding.realized,
            value + holding.day_cash - holding.day_quantity * holding.day_worth,
            self.prices.rate(self._currency(con_id)),
        )

    def pnl(self) -> Pnl:
        """Profit and loss of the whole account."""
        positions = self.positions()
        return Pnl(
            sum(each.daily_pnl * each.rate for each in positions),
            sum(each.unrealized_pnl * each.rate for each in positions),
            sum(each.realized_pnl * each.rate for each in positions),
        )

    def settle(self, calendar: Calendar, following: date) -> None:
        """Ends a session of a calendar's contracts: futures are settled, and what has expired is closed at its price.

        Args:
            calendar: The one whose session has ended.
            following: The date of the session that follows.
        """
        for con_id, holding in list(self.holdings.items()):
            listing = self.prices.listing(con_id)
            if listing.calendar is not calendar:
                continue
            if holding.quantity and listing.expired_by(following):
                self.fill(con_id, -holding.quantity, self.prices.mark(con_id))
            if listing.instrument.sec_type == "FUT":
                worth = holding.quantity * self.prices.worth(con_id) if holding.quantity else 0.0
                self._pay(listing.instrument.currency, holding.unsettled - worth)
                holding.unsettled = worth

    def new_day(self, calendar: Calendar) -> None:
        """Begins a day of a calendar's contracts: it is measured against what they are worth now."""
        for con_id, holding in list(self.holdings.items()):
            if self.prices.listing(con_id).calendar is not calendar:
                continue
            if not holding.quantity:
                del self.holdings[con_id]
                continue
            holding.realized = holding.day_cash = 0.0
            holding.day_quantity, holding.day_worth = holding.quantity, self.prices.worth(con_id)
        if calendar is SHARES:
            self.day_value = self.net_liquidation()

    def balance(self, currency: str) -> float:
        """Settled cash in a currency."""
        return self.cash.get(currency, 0.0)

    def futures_pnl(self, position: Position) -> float:
        """What a position in futures has gained since it was settled; 0 for anything else."""
        holding = self.holdings.get(position.con_id)
        if holding is None or self.prices.listing(position.con_id).instrument.sec_type != "FUT":
            return 0.0
        return position.market_value - holding.unsettled

    def value_of(self, position: Position) -> float:
        """What a position adds to the account's value beside the cash, in the contract's currency."""
        kind = self.prices.listing(position.con_id).instrument.sec_type
        return {"FUT": self.futures_pnl(position), "CASH": 0.0}.get(kind, position.market_value)

    def net_liquidation(self) -> float:
        """What the account is worth, USD: the balances of all currencies, and what is held beside them."""
        held = sum(self.value_of(each) * each.rate for each in self.positions())
        return held + sum(amount * self.prices.rate(currency) for currency, amount in self.cash.items())

    def margin(self) -> Margin:
        """What all positions and balances tie up, USD."""
        found = [self.requirement(each) for each in self.positions()]
        foreign = sum(self._of_balance(currency, amount) for currency, amount in self.cash.items())
        return Margin(
            foreign + sum(each.initial for each in found), foreign + sum(each.maintenance for each in found)
        )  # fmt: skip

    def requirement(self, position: Position) -> Margin:
        """What a position ties up, USD."""
        listing = self.prices.listing(position.con_id)
        found = requirement(listing, position.quantity, position.market_price, self.prices.mark)
        return Margin(found.initial * position.rate, found.maintenance * position.rate)

    def margin_change(self, listing: Listing, quantity: int, price: float) -> Margin:
        """What trading so much does to the margin, USD; less than nothing for what closes a position."""
        instrument = listing.instrument
        if instrument.sec_type == "CASH":
            change = 0.0
            for currency, amount in ((instrument.symbol, quantity), (instrument.currency, -quantity * price)):
                before = self.balance(currency)
                change += self._of_balance(currency, before + amount) - self._of_balance(currency, before)
            return Margin(change, change)
        held, rate = self.quantity(instrument.con_id), self.prices.rate(instrument.currency)
        after = requirement(listing, held + quantity, price, self.prices.mark)
        before_it = requirement(listing, held, price, self.prices.mark)
        return Margin(
            (after.initial - before_it.initial) * rate, (after.maintenance - before_it.maintenance) * rate
        )  # fmt: skip

    def concerns(self, con_id: int) -> bool:
        """Whether the account's value depends on a contract: it is held, or a balance is in its currency."""
        if self.quantity(con_id):
            return True
        instrument = self.prices.listing(con_id).instrument
        return instrument.sec_type == "CASH" and any(
            currency != BASE and self.balance(currency) for currency in (instrument.symbol, instrument.currency)
        )

    def _pay(self, currency: str, amount: float) -> None:
        self.cash[currency] = self.balance(currency) - amount

    def _of_balance(self, currency: str, amount: float) -> float:
        return 0.0 if currency == BASE else FOREX_RATE * abs(amount) * self.prices.rate(currency)

    def _currency(self, con_id: int) -> str:
        return self.prices.listing(con_id).instrument.currency
