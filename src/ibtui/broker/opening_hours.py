"""Whether an instrument trades now, by its own hours and the market's clock."""

from ibtui.clock import MarketClock
from ibtui.market.hours import UNKNOWN, Hours, next_open, open_now, read_hours
from ibtui.market.instruments import Instrument


class OpeningHours:
    """Reads each instrument's hours once; an instrument that was looked up anew brings new ones."""

    def __init__(self, market_clock: MarketClock) -> None:
        self._market_clock = market_clock
        self._all: dict[int, tuple[str, Hours]] = {}
        self._regular: dict[int, tuple[str, Hours]] = {}

    def open_now(self, instrument: Instrument) -> bool | None:
        """Whether it trades now; None where its hours don't say, or market time is unknown."""
        hours, now = self._hours(instrument), self._market_clock.now_ns()
        return None if now is None or hours is UNKNOWN else open_now(hours, now)

    def next_open(self, instrument: Instrument) -> int | None:
        """When it trades again, UTC nanoseconds of market time; None if unknown."""
        now = self._market_clock.now_ns()
        return None if now is None else next_open(self._hours(instrument).sessions, now)

    def next_regular(self, instrument: Instrument) -> int | None:
        """When its next regular session opens, UTC nanoseconds of market time; None if unknown."""
        now = self._market_clock.now_ns()
        hours = self._read_once(self._regular, instrument, instrument.liquid_hours)
        return None if now is None else next_open(hours.sessions, now)

    def began(self, instrument: Instrument) -> int | None:
        """When the session that is on began, UTC nanoseconds of market time; None if none is, or it is unknown."""
        now = self._market_clock.now_ns()
        sessions = self._hours(instrument).sessions
        return next(
            (each.open_ns for each in sessions if now is not None and each.open_ns <= now < each.close_ns), None
        )

    def _hours(self, instrument: Instrument) -> Hours:
        return self._read_once(self._all, instrument, instrument.trading_hours)

    def _read_once(self, kept: dict[int, tuple[str, Hours]], instrument: Instrument, text: str) -> Hours:
        found = kept.get(instrument.con_id)
        if found is None or found[0] != text:
            found = kept[instrument.con_id] = text, read_hours(text, instrument.time_zone)
        return found[1]
