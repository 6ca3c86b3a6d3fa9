"""Orders in every kind of contract at once: every fill was a trade, and the account is worth what the fills make it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.sim.account import START_CASH
from ibtui.sim.events import Charged, Event, Executed, Traded
from tests.sim.exchange_rig import exchange, only, order, run

NAMES = ("ES", "EUR.USD", "USD.JPY", "BTC.USD", "SPY")
UNITS = {"EUR.USD": 10_000, "USD.JPY": 10_000, "SPY": 100}
ORDERS = st.lists(
    st.tuples(
        st.sampled_from(NAMES), st.sampled_from(["BUY", "SELL"]), st.integers(1, 3), st.none() | st.integers(-3, 3)
    ),
    min_size=3,
    max_size=8,
)


@settings(max_examples=4)
@given(ORDERS, st.integers(-40, 40))
def test_whatever_is_traded_the_books_balance(orders: list[tuple[str, str, int, int | None]], moved: int) -> None:
    market = exchange()
    events: list[Event] = []
    listings = {name: market.universe.by_symbol(name) for name in NAMES}
    for number, (name, action, units, away) in enumerate(orders, start=1):
        listing = listings[name]
        assert listing is not None
        top, tick = market.top(listing.con_id), listing.instrument.min_tick
        assert top.bid is not None
        limit = None if away is None else round((round(top.bid / tick) + away) * tick, 8)
        events += market.place(order(listing.con_id, number, action, units * UNITS.get(name, 1), limit))
        events += run(market, 0.25)
        events += market.steer(listing.con_id, bid=round((round(top.bid / tick) + moved) * tick, 8))
    events += run(market, 1)
    account, fills = market.account, only(events, Executed)
    prints: dict[tuple[int, int, float], int] = {}
    for each in only(events, Traded):
        key = each.con_id, each.time_ns, each.price
        prints[key] = prints.get(key, 0) + each.size
    for fill in fills:
        assert fill.size <= prints[fill.order.con_id, fill.time_ns, fill.price]
    gained = 0.0
    for listing in listings.values():
        assert listing is not None
        mine = [
            (fill.size if fill.order.action == "BUY" else -fill.size, fill.price)
            for fill in fills
            if fill.order.con_id == listing.con_id
        ]
        held, rate = sum(size for size, _ in mine), account.prices.rate(listing.instrument.currency)
        assert account.quantity(listing.con_id) == held
        worth = account.prices.mark(listing.con_id)
        gained += sum(size * (worth - price) for size, price in mine) * listing.instrument.multiplier * rate
    fees = sum(each.commission for each in only(events, Charged))
    assert account.net_liquidation() == pytest.approx(START_CASH + gained - fees, abs=0.01)
    pnl = market.pnl()
    assert pnl.daily == pytest.approx(pnl.realized + pnl.unrealized, abs=0.01)
