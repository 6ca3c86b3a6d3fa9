"""Keeps the market clock on the gateway's, from the whole seconds that heartbeats bring."""

from dataclasses import dataclass

from ibtui.clock import NS, Clock, MarketClock

TOLERANCE = 1.5
"""Seconds between a reading and our idea of market time before that is set again; IB sends whole seconds."""

SAME_SPEED = 0.6
"""How far two speeds, each seen over one heartbeat of whole seconds, may differ and be the same."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The gateway's time at one moment: monotonic seconds and UTC nanoseconds."""

    at: float
    market_ns: int


class MarketTime:
    """Follows one session's gateway clock.

    The simulated gateway's clock may stand still, jump or run fast. A jump shows as one reading that is off, a speed
    as the same rate over two heartbeats in a row. The market clock is set at the connect and at each change only.
    """

    def __init__(self, clock: Clock, market_clock: MarketClock) -> None:
        self._clock = clock
        self._market_clock = market_clock
        self._base: Reading | None = None
        self._last: Reading | None = None
        self._suspected: float | None = None

    def heard(self, market_ns: int) -> float:
        """Takes the answer to a heartbeat.

        Returns:
            The skew: seconds that the gateway's clock has gained on this machine's since the connect, or since its
            speed was last changed.
        """
        now = Reading(self._clock.monotonic(), market_ns)
        if self._base is None or self._last is None:
            self._base = now
            self._market_clock.measured(market_ns, self._market_clock.speed)
        elif self._is_off(market_ns):
            self._set(now, self._rate(self._last, now))
        else:
            self._suspected = None
        self._last = now
        gained = (market_ns - self._base.market_ns) / NS
        return gained - (now.at - self._base.at) * self._market_clock.speed

    def _is_off(self, market_ns: int) -> bool:
        expected = self._market_clock.now_ns()
        return expected is None or abs(market_ns - expected) > TOLERANCE * NS

    def _set(self, now: Reading, rate: float) -> None:
        if self._suspected is not None and abs(rate - self._suspected) <= max(SAME_SPEED, 0.1 * rate):
            speed = (rate + self._suspected) / 2
            speed = 1.0 if abs(speed - 1) <= SAME_SPEED else speed
            self._base = now
        else:
            speed = self._market_clock.speed
        self._suspected = rate
        self._market_clock.measured(now.market_ns, speed)

    def _rate(self, before: Reading, now: Reading) -> float:
        return max(0.0, (now.market_ns - before.market_ns) / NS / max(now.at - before.at, 1e-3))
