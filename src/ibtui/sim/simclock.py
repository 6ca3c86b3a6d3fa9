"""Market time of the simulated gateway: starts where it is told to and runs at a speed of its own."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ibtui.clock import NS, Clock
from ibtui.errors import UsageError
from ibtui.market.nyse import sessions

NEW_YORK = ZoneInfo("America/New_York")
_OPEN_FOR_BUSINESS = time(10, 0)


class SimClock:
    """Carries market time forward from the machine's monotonic clock.

    Args:
        start_ns: Market time at the moment of creation, UTC nanoseconds.
        speed: Market seconds in a second; 0 stops it.
    """

    def __init__(self, clock: Clock, start_ns: int, speed: float = 1.0) -> None:
        self._clock = clock
        self._from_ns = start_ns
        self._since = clock.monotonic()
        self._speed = speed

    @property
    def speed(self) -> float:
        """Market seconds in a second."""
        return self._speed

    def now_ns(self) -> int:
        """Market time, UTC nanoseconds."""
        return self._from_ns + int((self._clock.monotonic() - self._since) * self._speed * NS)

    def steer(self, *, speed: float | None = None, at_ns: int | None = None) -> None:
        """Changes the speed, the time, or both, from now on.

        Raises:
            UsageError: Market time would go back, or the speed is negative.
        """
        now = self.now_ns()
        if at_ns is not None and at_ns < now:
            raise UsageError(f"the market's clock can't go back from {describe(now)} to {describe(at_ns)}")
        if speed is not None and speed < 0:
            raise UsageError("speed must be 0 or more")
        self._from_ns, self._since = now if at_ns is None else at_ns, self._clock.monotonic()
        self._speed = self._speed if speed is None else speed

    def wait_for(self, at_ns: int, seconds: float) -> None:
        """Goes on from ``at_ns``, where the market is, if that has fallen behind by more than so many seconds.

        A machine that can't keep up so gets a slower market, instead of one whose every step is longer than the last.
        """
        if self.now_ns() - at_ns > seconds * self._speed * NS:
            self._from_ns, self._since = at_ns, self._clock.monotonic()


def describe(at_ns: int) -> str:
    """A market time for people: New York's, with its zone."""
    return datetime.fromtimestamp(at_ns / NS, NEW_YORK).strftime("%Y-%m-%d %H:%M:%S %Z")


def parse_start(text: str | None, utc_ns: int) -> int:
    """When the market's clock starts, UTC nanoseconds.

    Args:
        text: An ISO date or date and time, New York's unless it names an offset; a date alone means 10:00. None means
            10:00 of the last trading day that has come that far.
        utc_ns: The machine's time.

    Raises:
        UsageError: The text is no such time.
    """
    if text is None:
        return _last_trading_day(utc_ns)
    try:
        if len(text) <= 10:
            moment = datetime.combine(date.fromisoformat(text), _OPEN_FOR_BUSINESS)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(f"'{text}' is no date or time; write it like 2026-03-09 or 2026-03-09T09:30:00") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=NEW_YORK)
    return int(moment.timestamp()) * NS


def at_time(at_ns: int, text: str) -> int:
    """The moment at which New York's clocks show that time on the date of another moment, UTC nanoseconds."""
    day = datetime.fromtimestamp(at_ns / NS, NEW_YORK).date()
    return int(datetime.combine(day, time.fromisoformat(text), NEW_YORK).timestamp()) * NS


def _last_trading_day(utc_ns: int) -> int:
    now = datetime.fromtimestamp(utc_ns / NS, UTC).astimezone(NEW_YORK)
    days = sessions(now.date() - timedelta(days=10), now.date())
    starts = (datetime.combine(day.date, _OPEN_FOR_BUSINESS, NEW_YORK) for day in days)
    return int(max(start for start in starts if start <= now).timestamp()) * NS
