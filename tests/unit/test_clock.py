"""Market time is the gateway's clock, carried forward by our monotonic one."""

from ibtui.clock import NS, Clock, MarketClock


def test_market_time_is_unknown_until_it_was_measured() -> None:
    assert MarketClock(Clock(lambda: 0.0, lambda: 0)).now_ns() is None


def test_market_time_goes_on_from_the_last_reading_at_its_own_speed() -> None:
    now = [10.0]
    market = MarketClock(Clock(lambda: now[0], lambda: 0))
    market.measured(1_000 * NS, speed=2.0)
    now[0] = 11.5
    assert market.now_ns() == 1_003 * NS
    market.measured(500 * NS)
    now[0] = 12.5
    assert market.now_ns() == 501 * NS
