"""Orders keep the hours of what they are in: nights, Sundays, the daily break, markets that never close, expiry."""

from pathlib import Path

import pytest

from ibtui.clock import NS
from ibtui.sim.events import Event, Executed, OrderChanged, OrderMessage, OrderRejected
from ibtui.sim.exchange import Exchange
from ibtui.sim.order_checks import RTH_IGNORED
from ibtui.sim.saved import Saved, SavedDesk, read, write
from ibtui.sim.working import day_end_ns, may_trade, next_session_ns
from tests.sim.exchange_rig import ACCOUNT, at, exchange, only, order, run

KINDS = ("ES", "EUR.USD", "BTC.USD", "SPY")
FRIDAY_NIGHT, SATURDAY = at("2026-03-13T18:30:00"), at("2026-03-14T12:00:00")


def contract(market: Exchange, name: str) -> int:
    listing = market.universe.by_symbol(name)
    assert listing is not None
    return listing.con_id


def statuses(events: list[Event]) -> list[str]:
    return [each.state.status for each in only(events, OrderChanged)]


@pytest.mark.parametrize(
    ("start", "open_now"),
    [
        (at("2026-03-10T17:05:00"), {"BTC.USD"}),
        (at("2026-03-10T21:00:00"), {"ES", "EUR.USD", "BTC.USD"}),
        (FRIDAY_NIGHT, {"BTC.USD"}),
        (at("2026-03-15T17:30:00"), {"EUR.USD", "BTC.USD"}),
    ],
)
def test_a_market_order_fills_at_once_where_the_contract_trades_and_waits_elsewhere(
    start: int, open_now: set[str]
) -> None:
    market = exchange(start)
    for number, name in enumerate(KINDS, start=1):
        quantity = 30_000 if name == "EUR.USD" else 1
        events = market.place(order(contract(market, name), number, "BUY", quantity))
        assert (statuses(events)[-1] == "Filled") == (name in open_now), name
        assert bool(only(events, OrderMessage)) == (name not in open_now), name


def test_an_order_for_the_break_waits_for_the_evening_and_says_until_when_in_the_exchanges_time() -> None:
    market = exchange(at("2026-03-10T17:30:00"))
    (told,) = only(market.place(order(contract(market, "ES"), 1, "BUY", 1)), OrderMessage)
    assert told.code == 399
    assert told.text.endswith("2026-03-10 17:00:00 US/Central")
    assert statuses(market.advance(at("2026-03-10T18:00:01")))[-1] == "Filled"


def test_a_day_order_in_futures_lives_through_the_night_until_its_session_ends() -> None:
    market = exchange(at("2026-03-10T20:00:00"))
    future = contract(market, "ES")
    market.place(order(future, 1, "BUY", 1, 5000.0))
    market.advance(at("2026-03-11T15:59:59"))
    assert [state.status for _, state in market.open_orders()] == ["Submitted"]
    assert statuses(market.advance(at("2026-03-11T16:00:01")))[-1] == "Cancelled"


def test_outside_regular_hours_says_nothing_new_where_trading_goes_through_the_night() -> None:
    market = exchange()
    events = market.place(order(contract(market, "ES"), 1, "BUY", 1, 5000.0, outside_rth=True))
    assert [(each.code, each.text) for each in only(events, OrderMessage)] == [RTH_IGNORED]


@pytest.mark.parametrize("name", KINDS)
def test_where_a_session_ends_the_next_one_begins_for_the_same_order(name: str) -> None:
    market = exchange()
    listing = market.universe.by_symbol(name)
    assert listing is not None
    calendar, plain = listing.calendar, order(listing.con_id, 1, "BUY", 1)
    for hour in range(0, 24 * 8, 3):
        now = SATURDAY + hour * 3600 * NS
        opens = next_session_ns(plain, calendar, now)
        assert may_trade(plain, calendar, opens)
        assert (opens == now) == may_trade(plain, calendar, now)
        ends = day_end_ns(plain, calendar, opens)
        assert opens < ends <= opens + 24 * 3600 * NS
        assert may_trade(plain, calendar, ends - 1)


def test_a_futures_gain_is_settled_at_the_end_of_its_session_and_a_new_day_counts_from_the_evening() -> None:
    market = exchange(at("2026-03-10T15:20:00"))
    future, account = contract(market, "ES"), market.account
    market.place(order(future, 1, "BUY", 1))
    market.advance(at("2026-03-10T15:59:00"))
    before = account.net_liquidation()
    assert account.futures_pnl(account.position(future)) != 0
    market.advance(at("2026-03-10T16:30:00"))
    assert account.futures_pnl(account.position(future)) == 0
    assert account.position(future).daily_pnl != 0
    assert account.net_liquidation() == pytest.approx(before, abs=50 * 20)
    market.advance(at("2026-03-10T18:00:00"))
    assert account.position(future).daily_pnl == 0


def test_a_contract_that_has_expired_leaves_neither_position_nor_order_and_takes_no_other() -> None:
    market = exchange(at("2026-03-20T15:20:00"))
    (future, *_), day = market.universe.search("FUT", "ES"), "20260320"
    assert future.instrument.last_trade_date == day
    market.place(order(future.con_id, 1, "BUY", 1))
    market.place(order(future.con_id, 2, "BUY", 1, 3000.0, tif="GTC"))
    market.advance(at("2026-03-20T16:10:00"))  # a leap, as most steps here
    assert (market.account.quantity(future.con_id), market.open_orders()) == (0, [])
    (refused,) = only(market.place(order(future.con_id, 3, "BUY", 1)), OrderRejected)
    assert refused.code == 200
    market.advance(SATURDAY + 7 * 86_400 * NS)
    again = exchange(market.now_ns)
    assert again.universe.by_con_id(future.con_id) is None
    again.restore(market.saved())
    assert again.account.net_liquidation() == pytest.approx(market.account.net_liquidation())
    assert (again.positions(), again.executions(), again.completed_orders()) == ([], [], [])


def test_every_kinds_position_and_balance_is_saved_and_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "sim.json"
    market = exchange()
    for number, name in enumerate((*KINDS, "USD.JPY"), start=1):
        quantity = 30_000 if "USD" in name[:7] and name != "BTC.USD" else 1
        assert only(market.place(order(contract(market, name), number, "BUY", quantity)), Executed)
    run(market, 1)
    write(file, Saved(1, [ACCOUNT], [], market.saved(), SavedDesk()))
    saved = read(file)
    assert saved is not None
    again = exchange(market.now_ns)
    again.restore(saved.exchange)
    assert again.positions() == market.positions()
    assert again.account.cash == market.account.cash
    assert again.account_values() == market.account_values()
    run(again, 1)
    run(market, 1)
    assert again.account_values() == market.account_values()
