"""The numbers of one contract's running day."""

from dataclasses import dataclass


@dataclass(slots=True)
class Day:
    """Prices in increments, 0 for none yet; ``turnover`` in increments times shares.

    ``volume`` and ``turnover`` count the whole day, extended hours included; open, high and low the regular session.
    """

    previous_close: int
    last: int = 0
    last_size: int = 0
    volume: int = 0
    turnover: int = 0
    open: int = 0
    high: int = 0
    low: int = 0

    def take(self, high: int, low: int, volume: int, turnover: int, *, opens: int | None) -> None:
        """Adds a print or a whole bar; ``opens`` is its first price if it belongs to the regular session."""
        self.volume += volume
        self.turnover += turnover
        if opens is not None:
            self.open = self.open or opens
            self.high = max(self.high, high)
            self.low = min(self.low, low) if self.low else low
