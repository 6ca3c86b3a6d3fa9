"""Why an order may not go now. Asked before the journal, and again in the loop turn of the frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ibtui.broker.opening_hours import OpeningHours
from ibtui.broker.order_frames import frame_problem
from ibtui.broker.order_ledger import OrderLedger
from ibtui.clock import NS, Clock
from ibtui.config import RiskSettings
from ibtui.market.hours import find_zone
from ibtui.market.increments import Increments
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.state import MarketState
from ibtui.trading.breaker import Breaker
from ibtui.trading.checks import Check, CheckInputs, passed, run_checks
from ibtui.trading.differences import Moved
from ibtui.trading.holdings import Held
from ibtui.trading.identity import left_behind
from ibtui.trading.margin import committed, margin_of
from ibtui.trading.orders import Order, OrderIntent
from ibtui.trading.restraints import Restraint, Source, most_severe
from ibtui.trading.states import TradingState
from ibtui.trading.what_if import UnitMargins, WhatIf

if TYPE_CHECKING:
    from ibtui.broker.session import Session


class AccountView(Protocol):
    """What the desk needs to know of the account; money is in base currency, None where unknown."""

    account: str

    @property
    def base_currency(self) -> str:
        """The account's own currency; empty while unknown."""

    @property
    def available(self) -> float | None:
        """Funds that new margin can be met with."""

    @property
    def day_profit(self) -> float | None:
        """Profit of the day."""

    def rate(self, currency: str) -> float | None:
        """Units of base currency for one unit of another."""

    def held(self, con_id: int) -> Held | None:
        """Position in a contract; None while it is not known."""

    def filled(self, con_id: int, quantity: float) -> None:
        """A fill of ours, negative for a sale, that the broker's positions may not count yet."""

    def moved(self) -> Sequence[Moved]:
        """Positions that are not what they were before the link was lost, each told once."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the guards look, each time at what is true at that instant.

    Attributes:
        mark: What a contract's quote may be called now.
        hours: Whether a contract trades now.
        obstacle: Why the link allows no order now, in plain words; None when it does. Told whether it reduces.
        instrument: A contract's facts by its id; None while they were never looked up.
        grid: A contract's increments by its id; None while its market rule is not known.
    """

    market: MarketState
    mark: Callable[[int], Mark]
    hours: OpeningHours
    account: AccountView
    obstacle: Callable[[bool], str | None]
    instrument: Callable[[int], Instrument | None]
    grid: Callable[[int], Increments | None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the checks and guards say of an order at one instant.

    Attributes:
        reduces: Whether it only makes a position smaller, which more states allow.
        problem: Why it may not go, in plain words; None if it may.
    """

    checks: tuple[Check, ...]
    reduces: bool
    problem: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """An order that somebody wants to send.

    Attributes:
        parent: The order whose fill sets this one to work, for a bracket's target and stop.
        flattens: Confirmed by the user as closing a position: passes in HALTED too, whatever its size.
        follows: Reference of the order that it is meant to follow, and so is no duplicate of.
    """

    intent: OrderIntent
    instrument: Instrument
    parent: OrderIntent | None = None
    flattens: bool = False
    follows: str = ""


class OrderGuards:
    """Everything that can stop an order, each time as it stands at that instant.

    Attributes:
        breaker: Gates new orders after failures of the order path.
        restraints: What holds back, by its source.
        unacknowledged: Whether differences after a reconnect wait to be looked at.
        unit_margins: Initial margin of one contract, as what-ifs have shown it.
    """

    def __init__(self, risk: RiskSettings, clock: Clock, around: Surroundings, ledger: OrderLedger) -> None:
        self.breaker = Breaker()
        self.restraints: dict[Source, Restraint] = {}
        self.unacknowledged = False
        self.unit_margins = UnitMargins()
        self._risk = risk
        self._clock = clock
        self._around = around
        self._ledger = ledger

    @property
    def trading_state(self) -> TradingState:
        """What may be sent under all restraints together."""
        return most_severe(self.restraints.values())

    def inputs(self, session: "Session | None", asked: Asked) -> CheckInputs:
        """What the checks look at, now."""
        intent, account = asked.intent, self._around.account
        quote = self._around.market.board.quote(intent.con_id)
        now_ns = self._clock.utc_ns()
        return CheckInputs(
            intent=intent,
            instrument=asked.instrument,
            quote_bid=quote.bid,
            quote_ask=quote.ask,
            quote_age_s=self._clock.monotonic() - quote.updated if quote.ticks else None,
            mark=self._around.mark(intent.con_id),
            limits=self._risk,
            account=account.account,
            accounts=session.accounts if session else (),
            held=account.held(intent.con_id),
            orders=self._ledger.counting(now_ns - int(max(60.0, self._risk.duplicate_seconds) * NS)),
            now_ns=now_ns,
            open_now=self._around.hours.open_now(asked.instrument),
            opens=self._opens(asked.instrument),
            daily_pnl=account.day_profit,
            available=account.available,
            committed=self.committed(intent.order_ref),
            unit_margin=self.unit_margins.of(intent),
            changes=self._ledger.changes_since(now_ns - 60 * NS),
            parent=asked.parent,
            flattens=asked.flattens,
            follows=asked.follows,
            base_currency=account.base_currency,
            base_rate=account.rate(asked.instrument.currency),
            grid=self._around.grid(intent.con_id),
        )

    def judge(self, session: "Session | None", listed: bool, asked: Asked) -> Judgement:
        """Runs the checks and every guard, all on what is known at this instant.

        Args:
            session: Over which the order would go.
            listed: Whether this session has listed the open orders.
            asked: The order.
        """
        inputs = self.inputs(session, asked)
        checks = run_checks(inputs)
        reduces = inputs.reduces
        return Judgement(checks, reduces, self._gate(session, listed, asked, reduces) or _checks_problem(checks))

    def gate(self, session: "Session | None", listed: bool, asked: Asked) -> str | None:
        """Why no frame of an order may leave now, whatever its checks say; None if it may."""
        return self._gate(session, listed, asked, self.inputs(session, asked).reduces)

    def _gate(self, session: "Session | None", listed: bool, asked: Asked, reduces: bool) -> str | None:
        if session is None or session.ended.done():
            return "there is no session with the gateway"
        if not listed:
            return "the broker has not listed its open orders yet"
        if self.unacknowledged and not reduces:
            return "the differences after the reconnect are not acknowledged yet: `:differences` shows them"
        left = None if reduces else left_behind(self._ledger.orders.values(), session.client_id)
        return (
            left
            or self._around.obstacle(reduces)
            or self._state_problem(asked, reduces)
            or frame_problem(session, asked.intent, asked.instrument)
        )

    def is_quiet(self, session: "Session | None", con_id: int) -> bool:
        """Whether a quote of this session is STALE, so that a snapshot may confirm it."""
        quote = self._around.market.board.quote(con_id)
        return session is not None and quote.session == session.number and self._around.mark(con_id) is Mark.STALE

    def _state_problem(self, asked: Asked, reduces: bool) -> str | None:
        state, now = self.trading_state, self._clock.monotonic()
        halted = state is TradingState.HALTED and not (asked.flattens and reduces)
        if halted or (state is TradingState.REDUCING and not reduces):
            why = "; ".join(each.reason for each in self.restraints.values() if each.state is state)
            return f"trading is {state}: {why}"
        if not reduces and not self.breaker.allows(now):
            return f"the breaker is open for another {self.breaker.remaining(now):.0f} s"
        return None

    def _opens(self, instrument: Instrument) -> str:
        at_ns = self._around.hours.next_open(instrument)
        zone = find_zone(instrument.time_zone)
        if at_ns is None or zone is None:
            return ""
        return f"{datetime.fromtimestamp(at_ns // NS, zone):%a %H:%M %Z}"

    def committed(self, besides: str = "") -> float | None:
        """Margin that the working orders will need, but for one, in base currency; None while unknown."""
        others = [each for each in self._ledger.live() if each.intent.order_ref != besides]
        return committed(others, self.reducible, self._margin_facts)

    def reducible(self, order: Order) -> float:
        """How much an order's side can take off the position, whichever figure of it is true."""
        return self._reducible(order.intent)

    def turns(self, intent: OrderIntent) -> float:
        """How much of an order closes a position that the rest of it turns; 0 for one that does not turn any."""
        closes = self._reducible(intent)
        return closes if closes < intent.quantity else 0.0

    def _reducible(self, intent: OrderIntent) -> float:
        held = self._around.account.held(intent.con_id)
        return 0.0 if held is None else held.reducible(intent.action)

    def margin_known(self, intent: OrderIntent, instrument: Instrument) -> bool:
        """Whether what an order needs can be told without asking the broker."""
        return margin_of(intent, instrument, 1.0, self.unit_margins.of(intent)) is not None

    def learn_margin(self, intent: OrderIntent, answer: WhatIf) -> None:
        """Takes from a what-if's answer what one contract of such an order needs."""
        held = self._around.account.held(intent.con_id)
        self.unit_margins.learn(intent, answer, None if held is None else held.reducible(intent.action))

    def notional(self, order: Order) -> float | None:
        """What the rest of an order is worth, in base currency; None while unknown."""
        facts = self._margin_facts(order)
        return None if facts is None else facts[2]

    def _margin_facts(self, order: Order) -> tuple[OrderIntent, Instrument, float | None, float | None] | None:
        intent, account = replace(order.intent, quantity=order.remaining), self._around.account
        instrument = self._around.instrument(intent.con_id)
        if instrument is None:
            return None
        quote = self._around.market.board.quote(intent.con_id)
        touch = quote.ask if intent.action == "BUY" else quote.bid
        price = intent.limit_price or intent.stop_price or touch
        rate = 1.0 if instrument.currency == account.base_currency else account.rate(instrument.currency)
        notional = None if price is None or rate is None else intent.quantity * price * instrument.multiplier * rate
        return intent, instrument, notional, self.unit_margins.of(intent)


def _checks_problem(checks: Sequence[Check]) -> str | None:
    if passed(checks):
        return None
    failed = (each for each in checks if each.verdict != "pass")
    return "; ".join(f"{each.name}: {each.measured}, allowed {each.limit}" for each in failed) or "nothing was checked"
