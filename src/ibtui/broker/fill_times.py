"""Fills whose time can't be read: a zone that no table knows, or a form of IB's that the library doesn't."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ib_insync import IB

_EXECUTION = 11
_TIME = 15
"""Where the time stands in that message."""

NO_TIME = "0"
"""Read as the epoch, which no fill was ever at."""


def keep_fills_without_a_time(ib: "IB") -> None:
    """Has the library drop a time that it can't read, where it would drop the fill with it (measured, 0.9.86)."""
    from ib_insync.util import parseIBDatetime

    decode = ib.client.decoder.handlers[_EXECUTION]

    def decoded(fields: list[str]) -> Any:
        if len(fields) > _TIME:
            try:
                parseIBDatetime(fields[_TIME])
            except (ValueError, KeyError, OSError):
                fields = [*fields[:_TIME], NO_TIME, *fields[_TIME + 1 :]]
        return decode(fields)

    ib.client.decoder.handlers[_EXECUTION] = decoded
