"""What the simulated exchange tells: orders as they were asked for, and everything that happens to them and the market.

Prices are in the contract's currency, sizes in shares, times in UTC nanoseconds of market time.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

Side = Literal["bid", "ask"]
TopField = Literal["bid", "ask", "last"]
DayField = Literal["open", "high", "low", "close", "volume"]
Action = Literal["BUY", "SELL"]

INSERT, UPDATE, DELETE = 0, 1, 2
"""IB's depth operations."""

CANCEL_WITH_BLOCK, REDUCE_WITH_BLOCK, REDUCE_WITHOUT_BLOCK = 1, 2, 3
"""IB's ``ocaType``."""
OCA_TYPES = frozenset({CANCEL_WITH_BLOCK, REDUCE_WITH_BLOCK, REDUCE_WITHOUT_BLOCK})

REMOVED_LIQUIDITY, ADDED_LIQUIDITY = 2, 1
"""IB's ``lastLiquidity``: 1 added, 2 removed."""


class BookLevel(NamedTuple):
    """One row of the book; ``maker`` is the venue that shows it."""

    price: float
    size: int
    maker: str


@dataclass(frozen=True, slots=True)
class Top:
    """The quote and the day of one contract; None means there is none (yet)."""

    bid: float | None
    bid_size: int
    ask: float | None
    ask_size: int
    last: float | None
    last_size: int
    volume: int
    open: float | None
    high: float | None
    low: float | None
    previous_close: float | None
    vwap: float | None
    halted: bool

    @property
    def worth(self) -> float:
        """What a share is worth: the last trade, or the nearer side of the quote if that left it behind."""
        price = self.last or self.previous_close or 0.0
        if self.bid is not None and self.ask is not None:
            price = min(max(price, self.bid), self.ask)
        return price


@dataclass(frozen=True, slots=True)
class SimOrder:
    """An order as a client sent it.

    Attributes:
        order_key: The broker's permanent id; 0 until :meth:`Exchange.place` has given one.
        limit_price: None for orders without one.
        aux_price: Stop price of stop orders, trailing amount of trailing ones.
        parent_key: ``order_key`` of the parent, 0 for none; filled in by the exchange from ``parent_id``.
        oca_type: What a fill does to the other orders of the group, one of IB's numbers.
        trail_stop: First stop of a trailing order; None where it is to follow from the market.
        trailing_percent: Distance of a trailing stop in percent of the price, instead of an amount.
        limit_offset: How far the limit of a ``TRAIL LIMIT`` order is from its stop.
    """

    client_id: int
    order_id: int
    account: str
    con_id: int
    action: Action
    order_type: str
    quantity: int
    limit_price: float | None = None
    aux_price: float | None = None
    tif: str = "DAY"
    outside_rth: bool = False
    order_ref: str = ""
    parent_id: int = 0
    oca_group: str = ""
    oca_type: int = REDUCE_WITHOUT_BLOCK
    transmit: bool = True
    good_till: str = ""
    order_key: int = 0
    parent_key: int = 0
    trail_stop: float | None = None
    trailing_percent: float | None = None
    limit_offset: float | None = None


@dataclass(frozen=True, slots=True)
class OrderState:
    """What has become of an order so far, in IB's words.

    Attributes:
        status: ``PendingSubmit``, ``PreSubmitted``, ``Submitted``, ``Filled``, ``Cancelled`` or ``Inactive``.
        average_price: Of the fills; 0 while there are none, as IB sends it.
        last_fill_price: Of the newest fill; 0 while there is none.
        commission: Sum charged so far; None while nothing was charged.
        reason: Why it was rejected or cancelled, else empty.
        stop_price: Where the stop of a trailing order is; None for other orders and before it begins to trail.
        limit_price: The limit as it is; that of a ``TRAIL LIMIT`` order follows its stop.
    """

    status: str
    filled: int
    remaining: int
    average_price: float
    last_fill_price: float
    commission: float | None = None
    placed_ns: int = 0
    changed_ns: int = 0
    reason: str = ""
    stop_price: float | None = None
    limit_price: float | None = None


class TopChanged(NamedTuple):
    """The best bid, the best ask or the last trade has a new price or size. ``price`` None: that side is empty."""

    con_id: int
    time_ns: int
    field: TopField
    price: float | None
    size: int


class Traded(NamedTuple):
    """One print.

    Attributes:
        conditions: IB's special conditions: ``I`` odd lot, ``T`` extended hours, ``O`` opening auction, ``6`` closing
            auction; empty for a regular print.
        aggressor: 1 the buyer took the ask, -1 the seller hit the bid, 0 at a price between.
        volume: Shares traded this day, this print included.
        vwap: Volume-weighted price of the day, this print included.
    """

    con_id: int
    time_ns: int
    price: float
    size: int
    venue: str
    conditions: str
    aggressor: int
    volume: int
    vwap: float


class DepthChanged(NamedTuple):
    """One row of the book was inserted, updated or deleted; the rows below it move as IB's clients move them."""

    con_id: int
    time_ns: int
    side: Side
    op: int
    position: int
    price: float
    size: int
    maker: str


class DayChanged(NamedTuple):
    """A number of the day: ``close`` is the previous session's close. ``value`` None: unset by a new day."""

    con_id: int
    time_ns: int
    field: DayField
    value: float | None


class HaltChanged(NamedTuple):
    """Trading in the contract was halted or resumed."""

    con_id: int
    time_ns: int
    halted: bool


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order's openOrder and orderStatus are due."""

    time_ns: int
    order: SimOrder
    state: OrderState


@dataclass(frozen=True, slots=True)
class Executed:
    """One fill.

    Attributes:
        liquidity: :data:`ADDED_LIQUIDITY` or :data:`REMOVED_LIQUIDITY`.
        cumulative: Filled quantity of the order, this fill included.
        average_price: Of the order's fills, this one included.
    """

    time_ns: int
    exec_id: str
    order: SimOrder
    price: float
    size: int
    venue: str
    liquidity: int
    cumulative: int
    average_price: float


@dataclass(frozen=True, slots=True)
class Charged:
    """The commission of one fill. ``realized_pnl`` is None where the fill opened a position."""

    time_ns: int
    exec_id: str
    order: SimOrder
    commission: float
    currency: str
    realized_pnl: float | None


@dataclass(frozen=True, slots=True)
class OrderRejected:
    """A request about an order was refused: IB's error code and text. An order that was refused has ended."""

    time_ns: int
    order: SimOrder
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class OrderMessage:
    """IB's message about an order that is none of the refusals: 202 cancelled, 399 held, …."""

    time_ns: int
    order: SimOrder
    code: int
    text: str


@dataclass(frozen=True, slots=True)
class CancelRefused:
    """A cancel found no order of that key (10147) or one that had ended (161, 10148)."""

    time_ns: int
    order_key: int
    code: int
    text: str


MarketEvent = TopChanged | Traded | DepthChanged | DayChanged | HaltChanged
OrderEvent = OrderChanged | Executed | Charged | OrderRejected | OrderMessage | CancelRefused
Event = MarketEvent | OrderEvent
