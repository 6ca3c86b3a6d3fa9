"""What can be chosen of the tape, by keys and by ``:tape``."""

from dataclasses import dataclass, field, replace
from math import inf

from ibtui.errors import UsageError
from ibtui.market.blocks import BlockRule, block_rule
from ibtui.market.sweeps import Sieve

USAGE = "tape join | size [FROM [TO]] | block SIZE|10x | anew"


@dataclass(frozen=True, slots=True)
class Options:
    """Which rows are shown, and which of them are blocks."""

    sieve: Sieve = field(default_factory=Sieve)
    block: BlockRule = field(default_factory=BlockRule)

    def chosen(self, words: list[str]) -> "Options":
        """The options after ``join`` (or not, where they were), ``size 100 5000`` or ``block 10x``.

        Raises:
            UsageError: There is no such choice.
        """
        match words:
            case ["join"]:
                return replace(self, sieve=replace(self.sieve, join=not self.sieve.join))
            case ["size", *sizes] if len(sizes) <= 2:
                smallest, largest = [*(_size(each) for each in sizes), *(0.0, inf)[len(sizes) :]]
                return replace(self, sieve=replace(self.sieve, smallest=smallest, largest=largest))
            case ["block", rule]:
                return replace(self, block=block_rule(rule))
        raise UsageError(f"write :{USAGE}")


def _size(text: str) -> float:
    try:
        size = float(text.replace(",", ""))
    except ValueError:
        size = -1.0
    if not 0 <= size < inf:
        raise UsageError(f"'{text}' is no size")
    return size
