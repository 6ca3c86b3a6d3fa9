"""Historical bars and head timestamps as they stand on the wire."""

from datetime import UTC, datetime

from ibtui.broker.frames import number, quoted
from ibtui.market.bars import Bar

_FIELDS = 8
"""Fields of a bar: date, open, high, low, close, volume, average, count."""


def bar_start(text: str) -> int:
    """Start of a bar in UTC seconds.

    With ``formatDate=2`` intraday bars carry seconds; daily and longer ones carry a date whatever is asked for, which
    stands for midnight UTC of the session's date.

    Raises:
        ValueError: Neither of the two.
    """
    if len(text) == 8:
        return int(datetime.strptime(text, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    return int(text)


def read_bars(fields: list[str]) -> list[Bar]:
    """The bars of message 17, oldest first.

    A bar that can't be read (real gateways have sent ``?`` for prices) is left out: a hole is shown as a hole.
    """
    values = fields[5:]
    complete = len(values) - len(values) % _FIELDS
    bars: list[Bar] = []
    for at in range(0, complete, _FIELDS):
        bar = _read_bar(values[at : at + _FIELDS])
        if bar is not None:
            bars.append(bar)
    return bars


def read_bar_update(fields: list[str]) -> Bar | None:
    """The bar of message 90, whose fields stand in an order of their own; None where it can't be read."""
    count, start, opened, close, high, low, average, volume = fields[2:10]
    return _read_bar([start, opened, high, low, close, volume, average, count])


def _read_bar(values: list[str]) -> Bar | None:
    try:
        start = bar_start(values[0])
        opened, high, low, close = (number(text) for text in values[1:5])
        volume, average, trades = quoted(values[5]), quoted(values[6]), quoted(values[7])
    except ValueError:
        return None
    if opened is None or high is None or low is None or close is None:
        return None
    return Bar(start, opened, high, low, close, volume, average, None if trades is None else int(trades))


def read_head_timestamp(text: str) -> int | None:
    """Seconds of message 88's text: seconds, or ``19801212-14:30:00`` in UTC; None if it is neither."""
    try:
        if text.isdigit() and len(text) != 8:
            return int(text)
        return int(datetime.strptime(text, "%Y%m%d-%H:%M:%S").replace(tzinfo=UTC).timestamp())
    except ValueError:
        return None
