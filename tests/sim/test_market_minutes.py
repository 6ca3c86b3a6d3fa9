"""The planned market: what minutes promise, prints keep."""

import math
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibtui.sim.flow import MinuteBegins, PrintComes, QuoteMoves, flow
from ibtui.sim.minutes import Minute
from ibtui.sim.planner import Planner
from ibtui.sim.prints import prints_of
from ibtui.sim.trading_days import MINUTE_NS, Phase, TradingDay, day_of, moment_of, next_open_minute
from ibtui.sim.universe import Listing, default_universe
from tests.sim.exchange_rig import TUESDAY, at

UNIVERSE = default_universe()
LISTINGS = sorted((each for each in UNIVERSE if each.stock_type), key=lambda each: each.con_id)
PLANNER = Planner(7)

listings = st.sampled_from(LISTINGS)
days = st.dates(date(2007, 1, 1), date(2027, 12, 1))


def day_at(day: date) -> TradingDay:
    return day_of((day - date(1970, 1, 1)).days * 1440)


def spy() -> Listing:
    found = UNIVERSE.by_symbol("SPY")
    assert found is not None
    return found


def check_kept(listing: Listing, minute: Minute) -> None:
    prints = prints_of(PLANNER.seed, listing.con_id, minute)
    assert len(prints) == minute.trades
    assert sum(each.size for each in prints) == minute.volume
    assert sum(each.size * each.price for each in prints) == minute.turnover
    if not prints:
        return
    prices = [each.price for each in prints]
    assert (prices[0], max(prices), min(prices), prices[-1]) == (minute.open, minute.high, minute.low, minute.close)
    assert min(prices) >= 1
    assert min(each.size for each in prints) >= 1
    times = [each.time_ns for each in prints]
    assert times == sorted(set(times))
    assert minute.number * MINUTE_NS <= times[0]
    assert times[-1] < (minute.number + 1) * MINUTE_NS


@settings(max_examples=40, deadline=None)
@given(listing=listings, day=days, phase=st.sampled_from(Phase), data=st.data())
def test_prints_keep_their_minute_to_the_share_and_the_cent(
    listing: Listing, day: date, phase: Phase, data: st.DataObject
) -> None:
    minutes = PLANNER.phase(listing, day_at(day), phase)
    for _ in range(3):
        check_kept(listing, data.draw(st.sampled_from(minutes)))


@settings(max_examples=15, deadline=None)
@given(listing=listings, day=days, phase=st.sampled_from(Phase))
def test_a_plan_is_a_function_of_seed_contract_and_day_alone(listing: Listing, day: date, phase: Phase) -> None:
    fresh = Planner(7)
    assert fresh.phase(listing, day_at(day), phase) == PLANNER.phase(listing, day_at(day), phase)
    assert Planner(8).phase(listing, day_at(day), phase) != PLANNER.phase(listing, day_at(day), phase)


@settings(max_examples=15, deadline=None)
@given(listing=listings, day=days, phase=st.sampled_from(Phase), asked=st.lists(st.integers(0, 400), max_size=4))
def test_a_plan_is_the_same_however_little_of_it_is_asked_for_at_a_time(
    listing: Listing, day: date, phase: Phase, asked: list[int]
) -> None:
    whole, fresh = PLANNER.phase(listing, day_at(day), phase), Planner(7)
    if phase is Phase.REGULAR:
        assert fresh.close(listing, day_at(day)) == next(each.close for each in reversed(whole) if each.trades)
    for count in asked:
        assert fresh.phase(listing, day_at(day), phase, count) == whole[:count]
    assert fresh.phase(listing, day_at(day), phase) == whole


def test_an_options_shorter_day_does_not_shorten_its_shares() -> None:
    option = next(each for each in UNIVERSE if each.underlying == spy())
    day, planner = day_at(date(2026, 3, 10)), Planner(7)
    planner.phase(option, option.calendar.day_of(day.regular.first), Phase.AFTER)
    assert len(planner.phase(spy(), day, Phase.AFTER)) == 240


@settings(max_examples=30, deadline=None)
@given(minute=st.integers(at("2007-01-03T00:00:00") // MINUTE_NS, at("2027-12-01T00:00:00") // MINUTE_NS))
def test_the_next_open_minute_is_open_and_none_before_it_is(minute: int) -> None:
    found = next_open_minute(minute)
    assert moment_of(found) is not None
    assert found - minute < 5 * 1440
    for between in range(minute, found, max(1, (found - minute) // 50)):
        assert moment_of(between) is None


def test_the_flow_stands_still_over_night_weekend_and_holidays() -> None:
    friday = at("2026-07-02T19:59:00") // MINUTE_NS  # Friday the third is a holiday
    begun = []
    for happening in flow(PLANNER, spy(), friday):
        if isinstance(happening, MinuteBegins):
            begun.append(happening.time_ns)
            if len(begun) == 2:
                break
    assert begun == [at("2026-07-02T19:59:00"), at("2026-07-06T04:00:00")]


def test_an_early_close_ends_the_session_at_one_and_after_hours_at_five() -> None:
    assert moment_of(at("2026-11-27T12:59:00") // MINUTE_NS).phase is Phase.REGULAR  # type: ignore[union-attr]
    assert moment_of(at("2026-11-27T13:00:00") // MINUTE_NS).phase is Phase.AFTER  # type: ignore[union-attr]
    assert moment_of(at("2026-11-27T17:00:00") // MINUTE_NS) is None


@settings(max_examples=20, deadline=None)
@given(listing=listings, minute=st.integers(0, 389))
def test_quotes_are_never_crossed_and_prints_are_at_the_quote_or_inside(listing: Listing, minute: int) -> None:
    bid = ask = 0
    number = TUESDAY // MINUTE_NS - 60 + minute
    for happening in flow(PLANNER, listing, number):
        if happening.time_ns >= (number + 1) * MINUTE_NS:
            break
        if isinstance(happening, QuoteMoves):
            bid, ask = happening.bid, happening.ask
            assert 1 <= bid < ask
        elif isinstance(happening, PrintComes):
            assert bid <= happening.price <= ask
            assert {1: happening.price == ask, -1: happening.price == bid, 0: bid < happening.price < ask}[
                happening.aggressor
            ]
    assert (bid, ask) == PLANNER.quote_before(listing, number + 1) or number + 1 == TUESDAY // MINUTE_NS + 330


def test_volume_and_range_have_the_shape_of_a_day() -> None:
    volume, reach = [0] * 13, [0] * 13
    day = day_at(date(2026, 3, 2))
    for _ in range(15):
        for k, minute in enumerate(PLANNER.phase(spy(), day, Phase.REGULAR)[:390]):
            volume[k // 30] += minute.volume
            reach[k // 30] += minute.high - minute.low
        day = day_of(day.regular.last)
    noon = 6
    assert volume[0] > 2 * volume[noon]
    assert volume[-1] > 1.2 * volume[noon]
    assert reach[0] > 1.2 * reach[noon]


def test_extended_hours_are_thin() -> None:
    day = day_at(date(2026, 3, 10))
    regular, pre, after = (
        sum(each.volume for each in PLANNER.phase(spy(), day, phase)) / len(PLANNER.phase(spy(), day, phase))
        for phase in (Phase.REGULAR, Phase.PRE, Phase.AFTER)
    )
    assert pre < regular / 10
    assert after < regular / 10


def test_sizes_have_a_heavy_tail() -> None:
    minute = PLANNER.minute(spy(), TUESDAY // MINUTE_NS)
    assert minute is not None
    sizes = sorted(each.size for each in prints_of(PLANNER.seed, spy().con_id, minute))
    assert sizes[-1] > 4 * sizes[len(sizes) // 2]


@pytest.mark.parametrize(("symbol", "least", "most"), [("XLK", 0.6, 1.0), ("VOO", 0.85, 1.0), ("GLD", -0.4, 0.6)])
def test_funds_move_with_their_index_as_far_as_their_beta_says(symbol: str, least: float, most: float) -> None:
    listing = UNIVERSE.by_symbol(symbol)
    assert listing is not None
    ours, theirs = (returns(each, date(2025, 11, 3), 70) for each in (listing, spy()))
    assert least < correlation(ours, theirs) <= most


def test_prices_stay_near_the_catalogue_around_the_anchor() -> None:
    for listing in LISTINGS:
        close = PLANNER.close(listing, day_at(date(2026, 1, 2))) / 100
        assert close == pytest.approx(listing.price, rel=0.01, abs=0.03)


def returns(listing: Listing, first: date, count: int) -> list[float]:
    closes = []
    day = day_at(first)
    for _ in range(count):
        closes.append(PLANNER.close(listing, day))
        day = day_of(day.regular.last)
    return [math.log(after / before) for before, after in pairwise(closes)]


def correlation(a: list[float], b: list[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    together = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    return together / math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))


def test_consecutive_days_join() -> None:
    day = day_at(date(2026, 3, 2))
    for _ in range(10):
        after = day_of(day.regular.last)
        assert after.after.first == day.regular.last
        assert after.date > day.date
        assert after.date - day.date < timedelta(days=5)
        day = after
