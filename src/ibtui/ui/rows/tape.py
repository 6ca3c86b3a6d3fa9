"""Rows of the tape. The side of a print is inferred, for IB doesn't send it, and is labelled so."""

from ibtui.clock import NS
from ibtui.market.instruments import QUOTED_ONLY, Instrument
from ibtui.market.prices import format_price
from ibtui.market.sale_conditions import ODD_LOT, in_words
from ibtui.market.sweeps import TapeRow
from ibtui.market.tape import Print
from ibtui.storage.tape_queries import Mark, Missing, NewRun
from ibtui.ui.text import UNKNOWN, Column, Line, Row, Span, compact, wall

COLUMNS = (
    Column("TIME", 9),
    Column("RECEIVED", 12),
    Column("~", 2),
    Column("PRICE", 10, right=True),
    Column("SIZE", 6, right=True),
    Column("", 3),
    Column("×", 4),
    Column("VENUE", 8),
    Column("QUOTE", 5, right=True, rank=2),
    Column("CONDITIONS", 11, rank=1, stretch=True),
)
"""TIME is the exchange's, in the whole seconds that IB sends; RECEIVED is this machine's clock. ``~``: inferred."""

_BUCKETS: dict[int | None, Span] = {
    2: ("▲▲", "up"),
    1: ("▲", "up"),
    0: ("·", "plain"),
    -1: ("▼", "down"),
    -2: ("▼▼", "down"),
}
"""Above the ask, at it, between, at the bid, below it."""
_TICK_TEST: dict[int | None, Span] = {1: ("△", "up"), -1: ("▽", "down"), 0: ("·", "plain"), None: ("?", "dim")}
"""The same where the quote could not say, and the last other price did; unknown where neither did."""

LEGEND: tuple[Line, ...] = (
    ((" ~ inferred: ", "dim"), ("▲▲", "up"), (" above ask", "dim")),
    (("▲", "up"), (" at ask", "dim")),
    (("·", "plain"), (" between", "dim")),
    (("▼", "down"), (" at bid", "dim")),
    (("▼▼", "down"), (" below bid", "dim")),
    (("△▽", "plain"), (" tick test", "dim")),
    (("?", "plain"), (" unknown", "dim")),
)
"""What the signs mean, in parts, for not all of them fit everywhere."""


def side_span(trade: Print) -> Span:
    """The sign of who was aggressive, and its tone."""
    if trade.bucket is not None:
        return _BUCKETS.get(trade.bucket, _TICK_TEST[None])
    return _TICK_TEST.get(trade.side, _TICK_TEST[None])


def nothing_yet(instrument: Instrument, *, has_keys: bool = True) -> str:
    """Why a tape is empty, in words, and where the keys go to it, what one of them does about that."""
    if instrument.sec_type in QUOTED_ONLY:
        return f"IB reports no trades of {instrument.symbol}.{instrument.currency}: it is quoted only, see 1 and 2."
    return "No prints yet in this run" + ("; ↓ goes back to what is stored." if has_keys else ".")


def tape_row(row: TapeRow, instrument: Instrument, zone: str, block: float | None) -> Row:
    """One row: its times, the side that is believed, what was traded and under which conditions.

    Args:
        row: One print or several.
        instrument: Whose.
        zone: Time zone of the clock times.
        block: Size from which a row is a block; None where that is not known.
    """
    first = row.first
    sign, tone = side_span(first)
    dimmed = not row.reported
    is_block = block is not None and row.size is not None and row.size >= block
    shown = "dim" if dimmed else "plain"
    price_tone = "dim" if dimmed else tone
    marks = ("H" if row.extreme > 0 else "L" if row.extreme < 0 else "") + ("B" if is_block else "")
    return (
        (_exchange_time(first, zone), shown),
        (wall(first.ts_ns, zone, millis=True), "dim"),
        (sign, tone),
        (format_price(first.price, instrument.min_tick), price_tone),
        (compact(row.size), "mine" if is_block else price_tone),
        (marks, "mine" if is_block else tone),
        (f"×{row.parts}" if row.parts > 1 else "", "dim"),
        (row.venue, shown),
        (_quote_age(first.quote_ms), "dim"),
        (_words(row), "dim"),
    )


def mark_row(mark: Mark, zone: str) -> Row:
    """A line where prints are not there, or where the program was started."""
    if isinstance(mark, NewRun):
        at = wall(mark.from_ns, zone, named=True)
        return ((f"── ibtui was started at {at}: what traded until then was not received ──", "warn"),)
    return _missing_row(mark, zone)


def _missing_row(missing: Missing, zone: str) -> Row:
    count = f"{missing.rows:,} prints" if missing.rows else "prints"
    times = f"{wall(missing.from_ns, zone)} to {wall(missing.to_ns, zone)}"
    return ((f"── {count} missing, received {times}: {missing.reason} ──", "warn"),)


def _exchange_time(trade: Print, zone: str) -> str:
    if trade.exchange_ns is None:
        return UNKNOWN
    return wall(trade.exchange_ns, zone, millis=trade.exchange_ns % NS != 0)


def _words(row: TapeRow) -> str:
    said = in_words(row.conditions)
    if row.reported or ODD_LOT in row.conditions:
        return said
    return f"unreported, {said}" if said else "unreported"


def _quote_age(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    return f"{milliseconds}ms" if milliseconds < 1000 else f"{min(9999, milliseconds // 1000)}s"
