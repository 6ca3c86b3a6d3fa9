"""The design's budgets in one table behind everything else that the benchmarks print."""

import pytest

from tests.benchmarks.report import budgets, table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints what was measured of them in this run."""
    if found := budgets():
        terminalreporter.section("budgets")
        terminalreporter.write_line(table(found))
