"""Every kind of order at once, up to the close and past it: the books balance, nothing crosses, no stop moves back."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.sim.events import Event, OrderChanged
from ibtui.sim.exchange import Exchange
from ibtui.sim.trailing import TRAILING
from tests.sim.exchange_rig import Onlooker, at, check_balance, con_id, exchange, only, order

START = at("2026-03-10T15:58:50")
KINDS = ("LMT", "STP", "STP LMT", "MIT", "LIT", "TRAIL", "TRAIL LIMIT", "MOC", "LOC")

OFFSETS = st.integers(-40, 40)
SIZES = st.integers(1, 900)
ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("place"), st.sampled_from(KINDS), st.sampled_from(["BUY", "SELL"]), SIZES, OFFSETS,
            st.sampled_from([0, 1, 2, 3]),
        ),
        st.tuples(st.just("bracket"), SIZES, OFFSETS),
        st.tuples(st.just("modify"), st.integers(0, 9), SIZES, OFFSETS),
        st.tuples(st.just("cancel"), st.integers(0, 9)),
        st.tuples(st.just("wait"), st.integers(1, 6_000)),
        st.tuples(st.just("steer"), st.integers(-60, 60)),
        st.tuples(st.just("print"), st.integers(-30, 30), SIZES),
        st.tuples(st.just("close")),
    ),
    min_size=3,
    max_size=14,
)  # fmt: skip


def terms(kind: str, price: float, away: int) -> dict[str, Any]:
    """What an order of a kind says about prices."""
    limit, stop = round(price, 2), round(price - away / 200, 2)
    return {
        "MOC": {},
        "LMT": {"limit": limit},
        "LOC": {"limit": limit},
        "STP": {"aux_price": stop},
        "MIT": {"aux_price": stop},
        "STP LMT": {"limit": limit, "aux_price": stop},
        "LIT": {"limit": limit, "aux_price": stop},
        "TRAIL": {"aux_price": (abs(away) + 1) / 100},
        "TRAIL LIMIT": {"aux_price": (abs(away) + 1) / 100, "limit_offset": 0.02},
    }[kind]


def done(market: Exchange, spy: int, number: int, action: tuple[Any, ...]) -> list[Event]:
    """Does one action at the market."""
    top = market.top(spy)
    assert top.bid is not None
    assert top.ask is not None
    if action[0] == "place":
        _, kind, side, size, away, oca_type = action
        price = (top.bid if side == "BUY" else top.ask) + away / 100
        group = {"oca_group": "g", "oca_type": oca_type} if oca_type and kind not in ("MOC", "LOC") else {}
        return market.place(order(spy, number, side, size, order_type=kind, **terms(kind, price, away), **group))
    if action[0] == "bracket":
        _, size, away = action
        child = {"parent_id": number, "transmit": False}
        return [
            *market.place(order(spy, number, "BUY", size, round(top.bid + away / 100, 2), transmit=False)),
            *market.place(order(spy, number + 1, "SELL", size, round(top.ask + 0.2, 2), **child)),
            *market.place(order(spy, number + 2, "SELL", size, order_type="TRAIL", aux_price=0.1, parent_id=number)),
        ]
    if action[0] in ("modify", "cancel"):
        working = [each for each, _ in market.open_orders()]
        if not working:
            return []
        chosen = working[action[1] % len(working)]
        if action[0] == "cancel":
            return market.cancel(chosen.order_key)
        _, _, size, away = action
        changed = terms(chosen.order_type, top.bid + away / 100, away)
        return market.modify(
            chosen.order_key, order(spy, chosen.order_id, chosen.action, size, order_type=chosen.order_type, **changed)
        )
    if action[0] == "wait":
        return market.advance(market.now_ns + action[1] * 1_000_000)
    if action[0] == "close":
        return market.advance(max(market.now_ns, at("2026-03-10T16:00:01")))
    if action[0] == "print":
        return market.print_trade(spy, round(top.bid + action[1] / 100, 2), action[2])
    return market.steer(spy, bid=round(top.bid + action[1] / 100, 2))


@settings(max_examples=8, deadline=None)
@given(ACTIONS)
def test_whatever_kinds_of_orders_come_the_books_balance(actions: list[tuple[Any, ...]]) -> None:
    market = exchange(START)
    spy = con_id(market, "SPY")
    market.watch(spy)
    onlooker = Onlooker(spy, market.book(spy, 10))
    events: list[Event] = []
    stops: dict[int, float] = {}
    for number, action in enumerate(actions, 1):
        new = done(market, spy, 10 * number, action)
        events += new
        onlooker.see(new)
        bids, asks = market.book(spy, 10)
        assert (onlooker.sides["bid"], onlooker.sides["ask"]) == (bids, asks)
        assert bids[0].price < asks[0].price
        assert min(row.size for row in bids + asks) > 0
        check_stops(new, stops, modified=action[0] == "modify")
    events += market.advance(market.now_ns + NS)
    check_balance(market, events, spy)
    assert all(state.remaining >= 0 for _, state in (*market.open_orders(), *market.completed_orders()))


def check_stops(events: list[Event], stops: dict[int, float], *, modified: bool) -> None:
    """No trailing stop moves back, unless its owner gives it another distance."""
    for event in only(events, OrderChanged):
        stop = event.state.stop_price
        if event.order.order_type not in TRAILING or stop is None:
            continue
        before = stops.get(event.order.order_key, stop)
        assert modified or (stop >= before if event.order.action == "SELL" else stop <= before)
        stops[event.order.order_key] = stop
