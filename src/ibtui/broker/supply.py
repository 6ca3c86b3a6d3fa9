"""How many slots there are: what the settings say, or fewer for a while after IB refused one."""

from ibtui.broker.subscriptions import Feed
from ibtui.clock import Clock
from ibtui.config import MarketDataSettings

FEWER_FOR = 60.0
"""Seconds for which a refusal for want of a slot is believed: another program of the login may have ended by then."""


class Supply:
    """Slots by kind of data."""

    def __init__(self, settings: MarketDataSettings, clock: Clock) -> None:
        self._clock = clock
        self._usual = {
            Feed.QUOTES: settings.lines,
            Feed.DEPTH: settings.depth_slots,
            Feed.TAPE: settings.tape_slots,
        }
        self._fewer: dict[Feed, tuple[int, float]] = {}

    def limits(self) -> dict[Feed, int]:
        """How many there may be at once, as far as is known now."""
        now, limits = self._clock.monotonic(), dict(self._usual)
        for feed, (slots, until) in self._fewer.items():
            if now < until:
                limits[feed] = min(limits[feed], slots)
        return limits

    def refused(self, feed: Feed, held: int) -> None:
        """IB gave no more than the ``held`` ones."""
        self._fewer[feed] = held, self._clock.monotonic() + FEWER_FOR

    def forget(self) -> None:
        """What was refused in another session means nothing."""
        self._fewer.clear()
