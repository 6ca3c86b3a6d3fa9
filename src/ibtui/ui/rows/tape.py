"""Rows of the tape. The side of a print is inferred, for IB doesn't send it, and is labelled so."""

from ibtui.clock import NS
from ibtui.market.instruments import Instrument
from ibtui.market.prices import format_price
from ibtui.market.tape import Print, Tape
from ibtui.ui.text import Column, Line, Row, compact, signed, wall

COLUMNS = (
    Column("TIME", 12),
    Column("", 1),
    Column("PRICE", 10, right=True),
    Column("SIZE", 8, right=True),
    Column("VENUE", 8),
    Column("CONDITIONS", 20, stretch=True),
)

_SIDES = {1: ("▲", "up"), -1: ("▼", "down"), 0: ("·", "plain"), None: ("?", "dim")}
"""Buyer at or above the ask, seller at or below the bid, between them, not known."""


def print_row(trade: Print, instrument: Instrument, zone: str) -> Row:
    """One print: its time at the exchange where known, as exactly as IB sends it, else of its receipt (greyed)."""
    sign, tone = _SIDES.get(trade.side, _SIDES[None])
    stamp = trade.exchange_ns if trade.exchange_ns is not None else trade.ts_ns
    return (
        (wall(stamp, zone, millis=stamp % NS != 0), "plain" if trade.exchange_ns is not None else "dim"),
        (sign, tone),
        (format_price(trade.price, instrument.min_tick), tone),
        (compact(trade.size), tone),
        (trade.venue, "plain"),
        (trade.conditions, "dim"),
    )


def summary(tape: Tape | None, paused: int | None) -> Line:
    """Totals of the tape, and how far it has gone on while it is held still.

    Args:
        tape: The tape; None where nothing came yet.
        paused: Prints since it was paused; None while it runs.
    """
    if tape is None or not tape.total:
        return ((" no prints yet", "dim"),)
    delta, tone = signed(tape.delta.value, 0)
    share = tape.delta.classified / max(1, tape.delta.prints)
    line: Line = (
        (f" {tape.total:,} prints  ", "plain"),
        ("delta ", "plain"),
        (delta, tone),
        (f" (side inferred for {share:.0%})", "dim"),
    )
    return line if paused is None else (*line, (f"  PAUSED +{paused:,}", "warn"))
