"""Why an order may not go now. Asked before the journal, and again in the loop turn of the frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from ibtui.broker.order_frames import frame_problem
from ibtui.broker.order_ledger import OrderLedger
from ibtui.clock import NS, Clock
from ibtui.config import RiskSettings
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.state import MarketState
from ibtui.trading.breaker import Breaker
from ibtui.trading.checks import Check, CheckInputs, is_reducing, passed, run_checks
from ibtui.trading.orders import OrderIntent
from ibtui.trading.states import TradingState

if TYPE_CHECKING:
    from ibtui.broker.session import Session


class AccountView(Protocol):
    """What the desk needs to know of the account."""

    account: str

    def position_of(self, con_id: int) -> float | None:
        """Signed position in a contract; None while it is not known."""


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


class OrderGuards:
    """Everything that can stop an order, each time as it stands at that instant.

    Attributes:
        breaker: Gates new orders after failures of the order path.
        trading_state: What may be sent at all.
        obstacle: Why the link allows no order now, in plain words; None when it does. Told whether it reduces.
    """

    def __init__(
        self,
        risk: RiskSettings,
        clock: Clock,
        market: MarketState,
        mark: Callable[[int], Mark],
        account: AccountView,
        ledger: OrderLedger,
        obstacle: Callable[[bool], str | None],
    ) -> None:
        self.breaker = Breaker()
        self.trading_state = TradingState.ACTIVE
        self.obstacle = obstacle
        self._risk = risk
        self._clock = clock
        self._market = market
        self._mark = mark
        self._account = account
        self._ledger = ledger

    def inputs(self, session: "Session | None", intent: OrderIntent, instrument: Instrument) -> CheckInputs:
        """What the checks look at, now."""
        quote = self._market.board.quote(intent.con_id)
        now_ns = self._clock.utc_ns()
        return CheckInputs(
            intent=intent,
            instrument=instrument,
            quote_bid=quote.bid,
            quote_ask=quote.ask,
            quote_age_s=self._clock.monotonic() - quote.updated if quote.ticks else None,
            mark=self._mark(intent.con_id),
            limits=self._risk,
            account=self._account.account,
            accounts=session.accounts if session else (),
            position=self._account.position_of(intent.con_id),
            orders=self._ledger.counting(now_ns - int(max(60.0, self._risk.duplicate_seconds) * NS)),
            now_ns=now_ns,
        )

    def judge(self, session: "Session | None", listed: bool, intent: OrderIntent, instrument: Instrument) -> Judgement:
        """Runs the checks and every guard, all on what is known at this instant.

        Args:
            session: Over which the order would go.
            listed: Whether this session has listed the open orders.
            intent: What was asked for.
            instrument: Of the order.
        """
        inputs = self.inputs(session, intent, instrument)
        checks = run_checks(inputs)
        reduces = is_reducing(inputs)
        return Judgement(checks, reduces, self._problem(session, listed, intent, instrument, checks, reduces))

    def _problem(
        self,
        session: "Session | None",
        listed: bool,
        intent: OrderIntent,
        instrument: Instrument,
        checks: Sequence[Check],
        reduces: bool,
    ) -> str | None:
        if session is None or session.ended.done():
            return "there is no session with the gateway"
        if not listed:
            return "the broker has not listed its open orders yet"
        return (
            self.obstacle(reduces)
            or self._state_problem(reduces)
            or frame_problem(session, intent, instrument)
            or _checks_problem(checks)
        )

    def is_quiet(self, session: "Session | None", con_id: int) -> bool:
        """Whether a quote of this session is STALE, so that a snapshot may confirm it."""
        quote = self._market.board.quote(con_id)
        return session is not None and quote.session == session.number and self._mark(con_id) is Mark.STALE

    def _state_problem(self, reduces: bool) -> str | None:
        state, now = self.trading_state, self._clock.monotonic()
        if state is TradingState.HALTED or (state is TradingState.REDUCING and not reduces):
            return f"trading is {state}"
        if not reduces and not self.breaker.allows(now):
            return f"the breaker is open for another {self.breaker.remaining(now):.0f} s"
        return None


def _checks_problem(checks: Sequence[Check]) -> str | None:
    if passed(checks):
        return None
    failed = (each for each in checks if each.verdict != "pass")
    return "; ".join(f"{each.name}: {each.measured}, allowed {each.limit}" for each in failed) or "nothing was checked"
