"""When the next history request may go out: IB's historical limits, kept on this side of the wire.

The rules are IB's "Historical Data Limitations" for bars of 30 seconds or less: no identical request within 15 seconds,
fewer than six requests for one contract, exchange and data type within two seconds, at most 60 requests in ten minutes,
a BID_ASK request counting twice. For larger bars IB lifted them and slows hasty clients down instead, so the second one
is kept for those too.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

IDENTICAL_SECONDS = 15.0
SAME_CONTRACT_SECONDS, SAME_CONTRACT_MOST = 2.0, 5
SMALL_BAR_SECONDS = 30
WINDOW_SECONDS, WINDOW_MOST = 600.0, 60
PENALTY_SECONDS = 600.0
"""How long IB is left alone after it called a request a pacing violation."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What IB's rules look at in one history request.

    Attributes:
        bar_seconds: Length of a bar.
        end: End of the requested range in UTC seconds.
        duration: IB's duration string.
    """

    con_id: int
    exchange: str
    what: str
    bar_seconds: int
    end: int
    duration: str

    @property
    def weight(self) -> int:
        """How often IB counts it."""
        return 2 if self.what == "BID_ASK" else 1

    @property
    def small(self) -> bool:
        """Whether all of the rules apply."""
        return self.bar_seconds <= SMALL_BAR_SECONDS

    @property
    def feed(self) -> tuple[int, str, str]:
        """What the two-second rule calls the same."""
        return self.con_id, self.exchange, self.what


class _Sent(NamedTuple):
    at: float
    ask: Ask


class Pacing:
    """Remembers what was sent in the last ten minutes. Times are monotonic seconds.

    Args:
        min_spacing: Least seconds between any two requests, over IB's own rules.
    """

    def __init__(self, min_spacing: float = 0.0) -> None:
        self._min_spacing = min_spacing
        self._sent: deque[_Sent] = deque()
        self._barred_until = float("-inf")

    def wait(self, ask: Ask, now: float) -> float:
        """Seconds until this request breaks no rule; 0 when it may go at once."""
        self._forget(now)
        return max(0.0, max(self._free_at(ask)) - now)

    def sent(self, ask: Ask, now: float) -> None:
        """Takes note of a request that goes out now."""
        self._sent.append(_Sent(now, ask))

    def violated(self, now: float) -> None:
        """IB complained about pacing: nothing goes out for ten minutes."""
        self._barred_until = now + PENALTY_SECONDS

    def _forget(self, now: float) -> None:
        while self._sent and self._sent[0].at <= now - WINDOW_SECONDS:
            self._sent.popleft()

    def _free_at(self, ask: Ask) -> Iterator[float]:
        yield self._barred_until
        yield self._spacing_over()
        same = [each for each in self._sent if each.ask.feed == ask.feed]
        yield _room_in(SAME_CONTRACT_SECONDS, SAME_CONTRACT_MOST, same, ask.weight)
        if ask.small:
            yield self._identical_over(ask)
            small = [each for each in self._sent if each.ask.small]
            yield _room_in(WINDOW_SECONDS, WINDOW_MOST, small, ask.weight)

    def _spacing_over(self) -> float:
        return self._sent[-1].at + self._min_spacing if self._sent else float("-inf")

    def _identical_over(self, ask: Ask) -> float:
        return max((each.at + IDENTICAL_SECONDS for each in self._sent if each.ask == ask), default=float("-inf"))


def _room_in(seconds: float, most: int, sent: list[_Sent], weight: int) -> float:
    """When a window of ``seconds`` has room for ``weight`` more: as the last request too many leaves it."""
    used = weight
    for each in reversed(sent):
        used += each.ask.weight
        if used > most:
            return each.at + seconds
    return float("-inf")
