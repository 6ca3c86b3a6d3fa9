"""One order while the broker has it, and when it may trade."""

from dataclasses import dataclass

from ibtui.sim.events import OrderState, SimOrder
from ibtui.sim.order_checks import IF_TOUCHED, WITH_STOP, good_till_ns
from ibtui.sim.trading_days import MINUTE_NS, Calendar, Phase
from ibtui.sim.trailing import TRAILING, limit_of

PENDING, PRE_SUBMITTED, SUBMITTED, FILLED, CANCELLED, PENDING_CANCEL, INACTIVE = (
    "PendingSubmit", "PreSubmitted", "Submitted", "Filled", "Cancelled", "PendingCancel", "Inactive"
)  # fmt: skip
ENDED = frozenset({FILLED, CANCELLED, INACTIVE})


@dataclass(slots=True)
class Working:
    """An order and what has become of it.

    Attributes:
        value: Prices of the fills times their sizes, in the contract's currency.
        fee: Commission charged or due so far, USD.
        charged: Commission told so far, None before the first.
        triggered: Whether a stop order's stop was touched.
        stop: Where the stop of a trailing order is; None until it begins to trail.
        resting: Whether it stands in the book, or waits for an auction.
        expires_ns: When it ends by itself; None for an order that is good till cancelled.
        ahead: Seeded shares that were ahead of it in the book when it was saved; None for one that wasn't there.
        place: Its place then among the account's own orders on its side.
    """

    order: SimOrder
    placed_ns: int
    changed_ns: int
    status: str = PENDING
    filled: int = 0
    value: float = 0.0
    last_price: float = 0.0
    fee: float = 0.0
    charged: float | None = None
    reason: str = ""
    triggered: bool = False
    stop: float | None = None
    resting: bool = False
    expires_ns: int | None = None
    ahead: int | None = None
    place: int = 0

    @property
    def remaining(self) -> int:
        """Shares not filled yet."""
        return self.order.quantity - self.filled

    @property
    def ended(self) -> bool:
        """Whether nothing will happen to it any more."""
        return self.status in ENDED

    @property
    def waits_for_stop(self) -> bool:
        """Whether it is a stop order whose stop wasn't touched."""
        return self.order.order_type in WITH_STOP and not self.triggered

    @property
    def signed_remaining(self) -> int:
        """Shares not filled yet, negative for a sale."""
        return self.remaining if self.order.action == "BUY" else -self.remaining

    @property
    def trails(self) -> bool:
        """Whether its stop follows the market."""
        return self.order.order_type in TRAILING and not self.triggered

    @property
    def limit_price(self) -> float | None:
        """The limit as it is now."""
        return limit_of(self.order, self.stop)

    def touched(self, price: float) -> bool:
        """Whether a trade at this price sets off its stop."""
        stop = (self.stop if self.trails else self.order.aux_price) or 0.0
        rising = (self.order.action == "BUY") != (self.order.order_type in IF_TOUCHED)
        return price >= stop if rising else price <= stop

    def state(self) -> OrderState:
        """What the clients are told."""
        return OrderState(
            status=self.status,
            filled=self.filled,
            remaining=self.remaining,
            average_price=round(self.value / self.filled, 8) if self.filled else 0.0,
            last_fill_price=self.last_price,
            commission=self.charged,
            placed_ns=self.placed_ns,
            changed_ns=self.changed_ns,
            reason=self.reason,
            stop_price=self.stop,
            limit_price=self.limit_price,
        )


def may_trade(order: SimOrder, calendar: Calendar, now_ns: int) -> bool:
    """Whether the market is open for an order: the regular session, or any session.

    It is any where the order says so, and where trading goes through the night: there IB ignores what it says.
    """
    moment = calendar.moment_of(now_ns // MINUTE_NS)
    return moment is not None and (calendar.counts(moment.phase) or _at_any_time(order, calendar))


def next_change_ns(calendar: Calendar, now_ns: int) -> int:
    """When the next phase begins or ends."""
    minute = now_ns // MINUTE_NS
    day = calendar.day_of(minute)
    following = calendar.day_of(day.regular.last)
    edges = [edge for each in (day, following) for span in (each.after, each.pre, each.regular) for edge in span]
    return min(edge for edge in edges if edge > minute) * MINUTE_NS


def next_session_ns(order: SimOrder, calendar: Calendar, now_ns: int) -> int:
    """When the market next opens for an order."""
    while not may_trade(order, calendar, now_ns):
        now_ns = next_change_ns(calendar, now_ns)
    return now_ns


def expiry_ns(order: SimOrder, calendar: Calendar, now_ns: int) -> int | None:
    """When an order accepted now ends by itself; None for one that is good till cancelled."""
    if order.tif == "GTC":
        return None
    return good_till_ns(order) if order.tif == "GTD" else day_end_ns(order, calendar, now_ns)


def day_end_ns(order: SimOrder, calendar: Calendar, now_ns: int) -> int:
    """When a DAY order placed now ends: the next close that concerns it."""
    minute = now_ns // MINUTE_NS
    day = calendar.day_of(minute)
    if calendar.leads is not Phase.PRE or not order.outside_rth:
        return day.regular.last * MINUTE_NS
    if minute < day.after.last:
        return day.after.last * MINUTE_NS
    return calendar.day_of(day.regular.last).after.last * MINUTE_NS


def _at_any_time(order: SimOrder, calendar: Calendar) -> bool:
    return order.outside_rth or calendar.overnight
