"""The market that is watched: one book, one tape, one history, whatever the way one looks at them."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.clock import NS
from ibtui.market.prices import on_tick
from ibtui.sim.events import DayChanged, DepthChanged, Event, TopChanged, Traded
from ibtui.sim.exchange import Exchange
from tests.sim.exchange_rig import FUNDS, TUESDAY, Onlooker, at, con_id, exchange, only, order, run

SYMBOLS = st.sampled_from(["SPY", "XLRE", "GS", "RBLX", "AMC", "LLY"])
MOMENTS = st.sampled_from(
    [at("2026-03-10T09:29:40"), at("2026-03-10T12:00:50"), at("2026-03-10T15:59:30"), at("2026-03-10T19:59:40"),
     at("2026-03-10T04:00:00"), at("2026-03-07T12:00:00")]
)  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(steps=st.lists(st.integers(1, 20 * NS), min_size=3, max_size=12), start=MOMENTS)
def test_the_steps_of_time_make_no_difference(steps: list[int], start: int) -> None:
    one, many = exchange(start), exchange(start)
    for market in (one, many):
        for symbol in ("SPY", "GS"):
            market.watch(con_id(market, symbol))
    events: list[Event] = []
    for step in steps:
        events += many.advance(many.now_ns + step)
    assert one.advance(start + sum(steps)) == events
    assert [event.time_ns for event in events] == sorted(event.time_ns for event in events)


def test_an_order_that_meets_nothing_changes_nothing() -> None:
    # While no order works, markets run ahead of each other within a step; with one they go event by event.
    ahead, together = exchange(), exchange()
    for market in (ahead, together):
        for symbol in ("SPY", "GS"):
            market.watch(con_id(market, symbol))
    together.place(order(con_id(together, "RBLX"), 1, "BUY", 1, 1.0))
    kinds = (TopChanged, DepthChanged, Traded, DayChanged)
    watched = {con_id(ahead, symbol) for symbol in ("SPY", "GS")}
    told = [
        [event for event in market.advance(TUESDAY + 20 * NS) if isinstance(event, kinds) and event.con_id in watched]
        for market in (ahead, together)
    ]
    assert told[0] == told[1]
    assert len(told[0]) > 500


def test_the_same_seed_is_the_same_market_and_another_is_another() -> None:
    def story(seed: int) -> list[Event]:
        market = exchange(seed=seed)
        market.watch(con_id(market, "QQQ"))
        return run(market, 20)

    assert story(3) == story(3)
    assert story(3) != story(4)


@settings(max_examples=3, deadline=None)
@given(symbol=SYMBOLS, wait=st.floats(0, 100), start=MOMENTS)
def test_who_comes_late_sees_what_was_always_there(symbol: str, wait: float, start: int) -> None:
    early, late = exchange(start), exchange(start)
    contract = con_id(early, symbol)
    early.watch(contract)
    for market in (early, late):
        market.advance(start + int(wait * NS))
    late.watch(contract)
    assert late.top(contract) == early.top(contract)
    assert late.book(contract, 10) == early.book(contract, 10)
    assert late.advance(late.now_ns + 3 * NS) == early.advance(early.now_ns + 3 * NS)


@settings(max_examples=3, deadline=None)
@given(symbol=SYMBOLS, start=MOMENTS, rate=st.sampled_from([0.0, 1.0, 8.0]))
def test_the_book_is_sorted_uncrossed_and_what_its_operations_say(symbol: str, start: int, rate: float) -> None:
    market = exchange(start, rate=rate)
    contract = con_id(market, symbol)
    market.watch(contract)
    onlooker = Onlooker(contract, market.book(contract, 10))
    quote = {"bid": market.top(contract).bid, "ask": market.top(contract).ask}
    for _ in range(40):
        events = market.advance(market.now_ns + NS)
        onlooker.see(events)
        for event in only(events, TopChanged):
            quote[event.field] = event.price
        bids, asks = market.book(contract, 10)
        assert (onlooker.sides["bid"], onlooker.sides["ask"]) == (bids, asks)
        assert len(bids) == len(asks) == 10 or symbol == "AMC"  # so cheap that there are not ten prices below
        assert all(better.price > worse.price for better, worse in pairwise(bids))
        assert all(better.price < worse.price for better, worse in pairwise(asks))
        assert bids[0].price < asks[0].price
        assert min(row.size for row in bids + asks) > 0
        assert all(row.maker and on_tick(row.price, 0.01) for row in bids + asks)
        top = market.top(contract)
        assert (top.bid, top.bid_size) == bids[0][:2]
        assert (top.ask, top.ask_size) == asks[0][:2]
        assert (quote["bid"], quote["ask"]) == (top.bid, top.ask)


@pytest.mark.parametrize("start", ["2026-03-10T09:28:00", "2026-03-10T15:58:30"])
def test_history_is_what_was_printed(start: str) -> None:
    market = exchange(at(start))
    contract = con_id(market, "SPY")
    market.watch(contract)
    prints = only(run(market, 200, 5), Traded)
    for seconds in (1, 5, 60, 300):
        begin = -(-at(start) // (seconds * NS)) * seconds * NS
        bars = market.bars(contract, seconds, begin, market.now_ns, "TRADES", use_rth=False)
        expected: dict[int, list[Traded]] = {}
        for each in prints:
            if each.time_ns // NS // seconds * seconds * NS >= begin:
                expected.setdefault(each.time_ns // NS // seconds * seconds, []).append(each)
        assert [bar.start for bar in bars] == list(expected)
        for bar in bars:
            group = expected[bar.start]
            prices = [each.price for each in group]
            volume = sum(each.size for each in group)
            assert bar[1:5] == (prices[0], max(prices), min(prices), prices[-1])
            assert (bar.volume, bar.count) == (volume, len(group))
            assert bar.wap == pytest.approx(sum(each.price * each.size for each in group) / volume, abs=1e-6)


def test_history_is_the_same_whether_anybody_watched() -> None:
    watched, unwatched = exchange(), exchange()
    contract = con_id(watched, "IWM")
    watched.watch(contract)
    run(watched, 130, 5)
    unwatched.advance(watched.now_ns)
    for seconds in (5, 60, 3600, 86400):
        asked = (contract, seconds, TUESDAY - 3 * 86400 * NS if seconds > 5 else TUESDAY, watched.now_ns)
        assert watched.bars(*asked) == unwatched.bars(*asked)


@settings(max_examples=4, deadline=None)
@given(
    data=st.data(),
    seconds=st.sampled_from([30, 60, 300, 1200, 3600, 14400, 86400, 7 * 86400]),
    what=st.sampled_from(["TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK"]),
    use_rth=st.booleans(),
)
def test_requests_that_overlap_agree(data: st.DataObject, seconds: int, what: str, use_rth: bool) -> None:
    market = exchange()
    contract = con_id(market, "XLRE")
    span = min(40 * seconds, 12 * 86400)
    whole = {bar.start: bar for bar in market.bars(contract, seconds, TUESDAY - span * NS, TUESDAY, what, use_rth)}
    first = data.draw(st.integers(TUESDAY - span * NS, TUESDAY))
    last = data.draw(st.integers(first, TUESDAY))
    part = market.bars(contract, seconds, first, last, what, use_rth)
    assert part == [bar for bar in whole.values() if first <= bar.start * NS < last]
    assert all(bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high for bar in part) or (
        what == "BID_ASK"
    )


def test_coarse_bars_are_made_of_fine_ones() -> None:
    market = exchange(at("2026-03-11T12:00:00"))
    contract = con_id(market, "QQQ")
    fine = market.bars(contract, 60, at("2026-03-10T09:30:00"), at("2026-03-10T16:00:00"))
    (day,) = market.bars(contract, 86400, at("2026-03-09T19:00:00"), at("2026-03-10T12:00:00"))
    assert (day.open, day.close) == (fine[0].open, fine[-1].close)
    assert (day.high, day.low) == (max(bar.high for bar in fine), min(bar.low for bar in fine))
    assert day.volume == sum(bar.volume or 0 for bar in fine)
    assert day.count == sum(bar.count or 0 for bar in fine)
    assert market.top(contract).previous_close == day.close


def test_there_is_no_history_of_times_without_a_session_nor_of_the_future() -> None:
    market = exchange()
    contract = con_id(market, "SPY")
    assert market.bars(contract, 60, at("2026-03-07T00:00:00"), at("2026-03-09T03:00:00"), "TRADES", False) == []
    assert market.bars(contract, 60, TUESDAY + 1, TUESDAY + 3600 * NS) == []
    roblox = con_id(market, "RBLX")
    assert market.head_timestamp(roblox) * NS == at("2021-03-10T09:30:00")
    assert market.bars(roblox, 86400, at("2021-03-01T00:00:00"), at("2021-03-10T00:00:00")) == []


def test_the_hour_is_right_on_both_sides_of_the_daylight_saving_change() -> None:
    market = exchange()
    contract = con_id(market, "SPY")
    bars = market.bars(contract, 86400 // 24, at("2026-03-06T00:00:00"), at("2026-03-10T00:00:00"))
    opens = [bar.start for bar in bars if bar.start * NS in (at("2026-03-06T09:30:00"), at("2026-03-09T09:30:00"))]
    assert len(opens) == 2
    assert len(bars) == 14


def test_the_running_bar_grows_until_it_is_the_ended_one() -> None:
    market = exchange()
    contract = con_id(market, "SPY")
    market.watch(contract)
    volumes = []
    for _ in range(6):
        run(market, 10, 10)
        (bar,) = market.bars(contract, 60, TUESDAY, market.now_ns)[:1]
        volumes.append(bar.volume)
    assert volumes == sorted(volumes)
    assert volumes[0] < volumes[-1]


def test_each_default_fund_ticks_ten_to_a_hundred_times_a_second() -> None:
    for start in ("2026-03-10T09:31:00", "2026-03-10T12:45:00"):
        market = exchange(at(start))
        ids = [con_id(market, symbol) for symbol in FUNDS]
        for each in ids:
            market.watch(each)
        seconds = 20
        counted = dict.fromkeys(ids, 0)
        for event in run(market, seconds, 1):
            if isinstance(event, TopChanged | DayChanged):
                counted[event.con_id] += 1
        assert all(10 <= count / seconds <= 100 for count in counted.values()), counted


def test_only_what_is_watched_is_told() -> None:
    market = exchange()
    spy, qqq = con_id(market, "SPY"), con_id(market, "QQQ")
    market.watch(spy)
    market.watch(spy)
    market.watch(qqq)
    market.unwatch(spy)
    market.unwatch(qqq)
    assert {event.con_id for event in run(market, 2) if isinstance(event, DepthChanged)} == {spy}
    market.unwatch(spy)
    assert run(market, 2) == []


def test_a_new_day_sets_the_numbers_back() -> None:
    market = exchange(at("2026-03-11T03:59:58"))
    contract = con_id(market, "SPY")
    market.watch(contract)
    before = market.top(contract)
    told = {event.field: event.value for event in only(run(market, 4), DayChanged)}
    after = market.top(contract)
    assert before.volume > 50_000_000
    assert before.open is not None
    assert after.volume < 20_000
    assert (after.open, after.high, after.low) == (None, None, None)
    assert told["close"] == after.previous_close
    assert told["open"] is None
    (day,) = market.bars(contract, 86400, at("2026-03-09T19:00:00"), at("2026-03-10T12:00:00"))
    assert after.previous_close == day.close


def test_a_stopped_market_stands_still_and_goes_on_where_it_would_be() -> None:
    market, other = exchange(), exchange()
    contract = con_id(market, "SPY")
    for each in (market, other):
        each.watch(contract)
    onlooker = Onlooker(contract, market.book(contract, 10))
    market.running = False
    stopped = market.top(contract)
    assert run(market, 65) == []
    assert market.top(contract) == stopped
    market.running = True
    onlooker.see(run(market, 5))
    run(other, 70)
    assert market.book(contract, 10) == other.book(contract, 10) == (onlooker.sides["bid"], onlooker.sides["ask"])
    silent = market.bars(contract, 60, TUESDAY, TUESDAY + 60 * NS)
    assert silent == []


def test_a_halt_is_told_and_nothing_trades_in_it() -> None:
    market = exchange()
    contract = con_id(market, "SPY")
    market.watch(contract)
    market.halt(contract)
    assert market.top(contract).halted
    assert only(run(market, 20), Traded) == []
    market.halt(contract, False)
    assert not market.top(contract).halted
    assert only(run(market, 20), Traded)


def test_another_rate_changes_how_lively_the_book_is_and_never_the_prints() -> None:
    def story(rate: float) -> tuple[int, list[Traded]]:
        market = exchange()
        contract = con_id(market, "SPY")
        market.watch(contract)
        market.rate = rate
        events = run(market, 20)
        return len(only(events, DepthChanged)), only(events, Traded)

    calm, lively, still = story(1.0), story(10.0), story(0.0)
    assert calm[1] == lively[1] == still[1]
    assert lively[0] > 4 * calm[0] > 4 * still[0]


def test_steering_moves_quote_book_and_history_for_good() -> None:
    market = exchange()
    contract = con_id(market, "SPY")
    market.watch(contract)
    before = market.top(contract)
    onlooker = Onlooker(contract, market.book(contract, 10))
    assert before.bid is not None
    bid = round(before.bid - 40, 2)
    events = market.steer(contract, bid=bid, ask=bid + 0.02, last=bid + 0.01, bid_size=700, ask_size=900)
    onlooker.see(events)
    top = market.top(contract)
    assert (top.bid, top.bid_size, top.ask, top.ask_size, top.last) == (bid, 700, bid + 0.02, 900, bid + 0.01)
    onlooker.see(run(market, 130, 1))
    later = market.top(contract)
    assert later.last is not None
    assert abs(later.last - bid) < 3
    assert (onlooker.sides["bid"], onlooker.sides["ask"]) == market.book(contract, 10)
    bars = market.bars(contract, 60, TUESDAY - 60 * NS, market.now_ns)
    assert bars[0].low > before.bid - 3
    assert all(bar.high < bid + 3 for bar in bars[2:])
    unwatched = market.bars(contract, 60, TUESDAY, market.now_ns)
    market.unwatch(contract)
    assert market.bars(contract, 60, TUESDAY, market.now_ns) == unwatched


def test_a_leap_arrives_at_the_market_of_that_time() -> None:
    market, other = exchange(), exchange(at("2026-03-12T11:00:07"))
    contract = con_id(market, "SPY")
    market.watch(contract)
    onlooker = Onlooker(contract, market.book(contract, 10))
    onlooker.see(market.advance(at("2026-03-12T11:00:07")))
    assert market.top(contract) == other.top(contract)
    assert market.book(contract, 10) == other.book(contract, 10) == (onlooker.sides["bid"], onlooker.sides["ask"])


def test_any_symbol_can_be_listed_besides_the_catalogue() -> None:
    market = Exchange(1, "DUSIM0001", TUESDAY, ["ZZTOP", "spy"])
    assert market.universe.by_symbol("zztop") is not None
    assert len(market.universe) == len(exchange().universe) + 1
    assert market.top(con_id(market, "ZZTOP")).bid is not None


@pytest.mark.parametrize("symbol", ["SPY", "XLK", "ES"])
def test_bars_of_quotes_end_where_the_live_quote_stood(symbol: str) -> None:
    market = exchange(at("2026-03-10T11:00:30"))
    contract = con_id(market, symbol)
    market.watch(contract)
    quotes = []
    for minute in range(1, 7):
        market.advance(at(f"2026-03-10T11:0{minute}:00") - 1)
        top = market.top(contract)
        quotes.append((top.bid, top.ask))
    start, end = at("2026-03-10T11:00:00"), at("2026-03-10T11:06:00")
    bid, ask, middle = (market.bars(contract, 60, start, end, what) for what in ("BID", "ASK", "MIDPOINT"))
    assert [(one.close, other.close) for one, other in zip(bid, ask, strict=True)] == quotes
    assert [each.close for each in middle] == [pytest.approx((one + other) / 2) for one, other in quotes]
    assert [(one.open, other.open) for one, other in zip(bid[1:], ask[1:], strict=True)] == quotes[:-1]


def test_bars_of_an_index_have_prices_and_no_volume() -> None:
    market = exchange()
    found = market.bars(con_id(market, "SPX"), 300, TUESDAY - 3600 * NS, TUESDAY)
    assert len(found) == 12
    assert {(bar.volume, bar.wap) for bar in found} == {(0.0, 0.0)}
    assert all(bar.low <= bar.close <= bar.high for bar in found)
