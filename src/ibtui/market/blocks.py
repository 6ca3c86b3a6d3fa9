"""Which trades are large: from a size on, or from a multiple of the average one."""

from dataclasses import dataclass

from ibtui.errors import UsageError
from ibtui.market.delta import Delta

LEAST = 20
"""Prints that there must be before one speaks of an average."""


@dataclass(frozen=True, slots=True)
class BlockRule:
    """Where blocks begin.

    Attributes:
        size: From this size on; None goes by the average.
        times: From this multiple of the average print on.
    """

    size: float | None = None
    times: float = 10.0

    def begins(self, delta: Delta) -> float | None:
        """The size from which a row is a block; None while there is no average."""
        if self.size is not None:
            return self.size
        return self.times * delta.volume / delta.prints if delta.prints >= LEAST and delta.volume else None

    def __str__(self) -> str:
        """As it is typed."""
        return f"{self.times:g}x" if self.size is None else f"{self.size:.12g}"


def block_rule(text: str) -> BlockRule:
    """Reads ``10000``, or ``10x`` for ten times the average.

    Raises:
        UsageError: It is neither.
    """
    number = text.lower().removesuffix("x")
    try:
        value = float(number.replace(",", ""))
    except ValueError:
        value = 0.0
    if not 0 < value < 1e12:
        raise UsageError(f"'{text}' is no size of a block: write 10000, or 10x for ten times the average")
    return BlockRule(times=value) if number != text.lower() else BlockRule(size=value)
