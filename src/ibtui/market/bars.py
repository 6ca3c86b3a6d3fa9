"""Bar sizes as IB knows them, in one table, and the bar itself."""

from typing import NamedTuple

from ibtui.errors import UsageError

MINUTE, HOUR, DAY = 60, 3600, 86400


class Bar(NamedTuple):
    """One bar of history.

    Attributes:
        start: UTC seconds; for daily and longer bars midnight UTC of the session's date.
        volume: In shares or contracts; None where it has no meaning (quotes, forex).
        wap: Volume-weighted average price; None as above.
        count: Trades in the bar; None as above.
    """

    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float | None = None
    wap: float | None = None
    count: int | None = None  # type: ignore[assignment]  # hides tuple.count, which nobody wants of a bar


class BarSize(NamedTuple):
    """One bar size.

    Attributes:
        text: As IB writes it and the ``bar`` column holds it.
        alias: As people type it.
        seconds: Length; a month counts as 30 days.
        longest: The longest time one request may ask for, in seconds.
    """

    text: str
    alias: str
    seconds: int
    longest: int

    @property
    def daily(self) -> bool:
        """Whether a bar is a whole session or more, dated rather than timed."""
        return self.seconds >= DAY

    def duration(self, seconds: float) -> str:
        """IB's duration string for the shortest request that covers ``seconds``, at most :attr:`longest`.

        IB takes seconds up to one day, then days up to one year, then years.
        """
        wanted = max(self.seconds, min(seconds, self.longest))
        if not self.daily and wanted <= DAY:
            return f"{_whole(wanted, 1)} S"
        if wanted < 365 * DAY:
            return f"{_whole(wanted, DAY)} D"
        return f"{_whole(wanted, 365 * DAY)} Y"


BAR_SIZES: tuple[BarSize, ...] = (
    BarSize("1 secs", "1s", 1, 1800),
    BarSize("5 secs", "5s", 5, HOUR),
    BarSize("10 secs", "10s", 10, 4 * HOUR),
    BarSize("15 secs", "15s", 15, 4 * HOUR),
    BarSize("30 secs", "30s", 30, 8 * HOUR),
    BarSize("1 min", "1m", MINUTE, DAY),
    BarSize("2 mins", "2m", 2 * MINUTE, 2 * DAY),
    BarSize("3 mins", "3m", 3 * MINUTE, 7 * DAY),
    BarSize("5 mins", "5m", 5 * MINUTE, 7 * DAY),
    BarSize("10 mins", "10m", 10 * MINUTE, 7 * DAY),
    BarSize("15 mins", "15m", 15 * MINUTE, 7 * DAY),
    BarSize("20 mins", "20m", 20 * MINUTE, 7 * DAY),
    BarSize("30 mins", "30m", 30 * MINUTE, 30 * DAY),
    BarSize("1 hour", "1h", HOUR, 30 * DAY),
    BarSize("2 hours", "2h", 2 * HOUR, 30 * DAY),
    BarSize("3 hours", "3h", 3 * HOUR, 30 * DAY),
    BarSize("4 hours", "4h", 4 * HOUR, 30 * DAY),
    BarSize("8 hours", "8h", 8 * HOUR, 30 * DAY),
    BarSize("1 day", "1d", DAY, 365 * DAY),
    BarSize("1 week", "1w", 7 * DAY, 365 * DAY),
    BarSize("1 month", "1mo", 30 * DAY, 365 * DAY),
)
"""All of IB's bar sizes with the longest duration of its step table (API reference, "Historical data limitations")."""

_BY_NAME = {name: size for size in BAR_SIZES for name in (size.alias, size.text.replace(" ", "").removesuffix("s"))}


def bar_size(text: str) -> BarSize:
    """The bar size that is meant by ``1 min``, ``1m``, ``5 mins``, ``1h``, ``1d`` and the like.

    Raises:
        UsageError: There is no such bar size; the message lists those that are.
    """
    compact = "".join(text.lower().split())
    size = _BY_NAME.get(compact) or _BY_NAME.get(compact.removesuffix("s"))
    if size is None:
        allowed = ", ".join(each.text for each in BAR_SIZES)
        raise UsageError(f"There is no bar size {text!r}. Allowed: {allowed} (or 1s, 1m, 1h, 1d, 1w, 1mo).")
    return size


def _whole(seconds: float, unit: int) -> int:
    return max(1, -int(-seconds // unit))
