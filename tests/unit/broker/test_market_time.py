from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ibtui.broker.market_time import MarketTime
from ibtui.clock import NS, Clock, MarketClock

BEAT = 2.0
START = 1_700_000_000.4


@dataclass
class Gateway:
    """A clock that can be sped up, stopped and moved, read in whole seconds at each heartbeat."""

    now: float = 0.0
    market: float = START
    speed: float = 1.0

    def __post_init__(self) -> None:
        clock = Clock(lambda: self.now, lambda: 0)
        self.told: list[float] = []
        self.market_clock = MarketClock(clock, lambda _market_ns, speed: self.told.append(speed))
        self.follower = MarketTime(clock, self.market_clock)
        self.skew = self.follower.heard(int(self.market) * NS)

    def beat(self) -> None:
        self.now += BEAT
        self.market += BEAT * self.speed
        self.skew = self.follower.heard(int(self.market) * NS)

    def error(self) -> float:
        """Seconds by which we have market time wrong."""
        ours = self.market_clock.now_ns()
        assert ours is not None
        return abs(ours / NS - self.market)


@given(st.floats(0, 0.999))
def test_an_even_clock_is_followed_to_the_second_and_has_no_skew(fraction: float) -> None:
    gateway = Gateway(market=1_700_000_000 + fraction)
    for _ in range(20):
        gateway.beat()
        assert gateway.error() <= 1.01
        assert abs(gateway.skew) <= 1.01
    assert gateway.told == [1]


@given(st.sampled_from([0.0, 5.0, 60.0, 500.0]))
def test_another_speed_is_found_within_three_beats_and_is_no_skew(speed: float) -> None:
    gateway = Gateway()
    gateway.beat()
    gateway.speed = speed
    for _ in range(4):
        gateway.beat()
    for _ in range(10):
        gateway.beat()
        assert gateway.error() <= 2.6
    assert abs(gateway.market_clock.speed - speed) <= 0.6
    assert abs(gateway.skew) <= 15
    gateway.speed = 1
    for _ in range(5):
        gateway.beat()
    assert gateway.error() <= 2.6
    assert gateway.market_clock.speed == 1


@given(st.floats(-1e6, 1e6))
def test_a_jump_is_taken_at_once_shows_as_skew_and_changes_no_speed(seconds: float) -> None:
    gateway = Gateway()
    gateway.beat()
    gateway.market += seconds
    gateway.beat()
    assert gateway.error() <= 2.51
    assert abs(gateway.skew - seconds) <= 1.01
    gateway.beat()
    assert gateway.market_clock.speed == 1
