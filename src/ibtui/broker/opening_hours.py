"""Whether an instrument trades now, by its own hours and the market's clock."""

from ibtui.clock import MarketClock
from ibtui.market.hours import UNKNOWN, Hours, next_open, open_now, read_hours
from ibtui.market.instruments import Instrument


class OpeningHours:
    """Reads each instrument's hours once; an instrument that was looked up anew brings new ones."""

    def __init__(self, market_clock: MarketClock) -> None:
        self._market_clock = market_clock
        self._read: dict[int, tuple[str, Hours]] = {}

    def open_now(self, instrument: Instrument) -> bool | None:
        """Whether it trades now; None where its hours don't say, or market time is unknown."""
        hours, now = self._hours(instrument), self._market_clock.now_ns()
        return None if now is None or hours is UNKNOWN else open_now(hours, now)

    def next_open(self, instrument: Instrument) -> int | None:
        """When it trades again, UTC nanoseconds of market time; None if unknown."""
        now = self._market_clock.now_ns()
        return None if now is None else next_open(self._hours(instrument).sessions, now)

    def _hours(self, instrument: Instrument) -> Hours:
        kept = self._read.get(instrument.con_id)
        if kept is None or kept[0] != instrument.trading_hours:
            hours = read_hours(instrument.trading_hours, instrument.time_zone)
            kept = self._read[instrument.con_id] = instrument.trading_hours, hours
        return kept[1]
