"""The table that every benchmark prints: what was measured beside the design's "at least" and "aim"."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace


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


_shown: list[tuple[str, Figure]] = []
"""Every figure of this run, with the test that measured it."""


def show(figures: Iterable[Figure]) -> None:
    """Prints the table. A benchmark measures and does not judge: a busy machine is no defect of the program."""
    figures = list(figures)
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition("::")[2].partition(" ")[0].removeprefix("test_")
    _shown.extend((test, each) for each in figures)
    print("\n" + table(figures))


def budgets() -> list[Figure]:
    """Those of this run that the design has a bar for, each named by its test too."""
    return [replace(each, what=f"{test}: {each.what}") for test, each in _shown if each.at_least is not None]


def table(figures: Iterable[Figure]) -> str:
    """A line for each: measured, at least, aim, and which of the two it reaches."""
    lines = [f"{'':90}{'measured':>10}{'at least':>10}{'aim':>8}  reaches"]
    for figure in figures:
        bars = ["" if bar is None else f"{bar:g}" for bar in (figure.at_least, figure.aim)]
        lines.append(f"{figure.what:90}{figure.measured:10.4g}{bars[0]:>10}{bars[1]:>8}  {figure.verdict}")
    return "\n".join(lines)


def percentile(values: Iterable[float], percent: float) -> float:
    """The value that ``percent`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]
