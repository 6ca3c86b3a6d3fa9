"""The table that every benchmark prints: what was measured beside the design's "at least" and "aim"."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One line of the table.

    Attributes:
        what: What was measured, unit included.
        measured: The figure.
        at_least: The bar; None where the design has none.
        aim: Where the design is going; None as above.
        more_is_better: Whether the bar is a floor (a ratio of speed) instead of a ceiling (a time, a size).
    """

    what: str
    measured: float
    at_least: float | None = None
    aim: float | None = None
    more_is_better: bool = False

    @property
    def verdict(self) -> str:
        """Which of the two it reaches."""
        for bar, word in ((self.aim, "aim"), (self.at_least, "at least")):
            if bar is not None and (self.measured >= bar if self.more_is_better else self.measured <= bar):
                return word
        return "" if self.at_least is None else "MISSED"


def show(figures: Iterable[Figure]) -> None:
    """Prints the table. A benchmark measures and does not judge: a busy machine is no defect of the program."""
    print(f"\n{'':62}{'measured':>10}{'at least':>10}{'aim':>8}  reaches")
    for figure in figures:
        bars = ["" if bar is None else f"{bar:g}" for bar in (figure.at_least, figure.aim)]
        print(f"{figure.what:62}{figure.measured:10.4g}{bars[0]:>10}{bars[1]:>8}  {figure.verdict}")


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that ``percent`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
