"""Rows of the log screen."""

import logging
from typing import Protocol

from ibtui.ui.text import Column, Row, wall

COLUMNS = (Column("TIME", 8), Column("LEVEL", 7), Column("SOURCE", 18, rank=1), Column("MESSAGE", 60, stretch=True))


class LogLine(Protocol):
    """One line of the log buffer."""

    @property
    def ts_ns(self) -> int:
        """UTC nanoseconds."""

    @property
    def level(self) -> int:
        """Number of logging's level."""

    @property
    def source(self) -> str:
        """Name of the logger."""

    @property
    def text(self) -> str:
        """The message."""


def log_row(line: LogLine) -> Row:
    """One line of the log; its time is UTC, as in the log's file."""
    tone = "bad" if line.level >= logging.ERROR else "warn" if line.level >= logging.WARNING else "plain"
    return (
        (wall(line.ts_ns, "UTC"), "dim"),
        (logging.getLevelName(line.level), tone),
        (line.source.removeprefix("ibtui."), "dim"),
        (line.text, tone),
    )
