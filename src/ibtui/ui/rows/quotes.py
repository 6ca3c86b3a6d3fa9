"""Rows of the quote board."""

import math

from ibtui.market.board import Quote
from ibtui.market.instruments import Instrument
from ibtui.market.marks import Mark
from ibtui.market.prices import format_price
from ibtui.ui.text import UNKNOWN, Column, Line, Row, Span, age, compact, signed

# What changes most stands left: a changed line is sent again from its left edge to its last changed cell.
COLUMNS = (
    Column("SYMBOL", 8),
    Column("LAST", 9, right=True),
    Column("CHG%", 7, right=True),
    Column("BIDSZ", 5, right=True),
    Column("BID", 8, right=True),
    Column("ASK", 8, right=True),
    Column("ASKSZ", 5, right=True),
    Column("VOLUME", 6, right=True),
    Column("CHG", 8, right=True, rank=1),
    Column("HIGH", 8, right=True, rank=2),
    Column("LOW", 8, right=True, rank=3),
    Column("OPEN", 8, right=True, rank=4),
    Column("CLOSE", 8, right=True, rank=5),
    Column("VWAP", 9, right=True, rank=6),
    Column("SPREAD", 7, right=True, rank=7),
    Column("MARK", 7),
    Column("AGE", 4, right=True),
    Column("NAME", 16, rank=8, stretch=True),
)

TRUSTED = frozenset({Mark.LIVE, Mark.DELAYED})
"""Marks whose numbers are shown in full colour; all others are greyed and carry their mark and age."""

_TONES = {Mark.LIVE: "good", Mark.DELAYED: "warn", Mark.FROZEN: "accent", Mark.CLOSED: "dim", Mark.STALE: "bad"}


def symbol(instrument: Instrument) -> str:
    """What a trader calls the contract: its local symbol where that says more than the symbol."""
    if instrument.sec_type in ("CASH", "CRYPTO"):
        return f"{instrument.symbol}.{instrument.currency}"
    if instrument.sec_type in ("FUT", "OPT", "FOP") and instrument.local_symbol:
        return instrument.local_symbol
    return instrument.symbol


def change(quote: Quote) -> tuple[float | None, float | None]:
    """Change since the previous close, absolute and in percent; unknown where either price is."""
    if quote.last is None or not quote.close:
        return None, None
    return quote.last - quote.close, (quote.last / quote.close - 1) * 100


def quote_age(quote: Quote, now: float, now_ns: int) -> float | None:
    """Seconds since the quote's last frame; for one from storage, since it was stored."""
    if math.isfinite(quote.updated):
        return now - quote.updated
    return (now_ns - quote.updated_ns) / 1e9 if quote.updated_ns else None


def arrow(quote: Quote) -> str:
    """The direction of the last change of price."""
    if quote.last is None or quote.previous_last is None or quote.last == quote.previous_last:
        return " "
    return "▲" if quote.last > quote.previous_last else "▼"


def mark_span(mark: Mark) -> Span:
    """The mark as a word with its tone."""
    return str(mark), _TONES.get(mark, "bad")


def quote_row(quote: Quote, instrument: Instrument, mark: Mark, now: float, now_ns: int) -> Row:
    """One row of the board.

    Args:
        quote: What is known of the market.
        instrument: The contract.
        mark: How far the quote can be trusted.
        now: Monotonic seconds.
        now_ns: UTC nanoseconds, for the age of stored values.
    """
    trusted = mark in TRUSTED
    tick = instrument.min_tick
    absolute, percent = change(quote)

    def price(value: float | None, tone: str) -> Span:
        return format_price(value, tick), tone if trusted and value is not None else "dim"

    def size(value: float | None) -> Span:
        return compact(value), "plain" if trusted and value is not None else "dim"

    def moved(value: float | None, digits: int) -> Span:
        text, tone = signed(value, digits)
        return text, tone if trusted else "dim"

    direction = arrow(quote)
    last, last_tone = price(quote.last, {"▲": "up", "▼": "down"}.get(direction, "plain"))
    spread = None if quote.bid is None or quote.ask is None else quote.ask - quote.bid
    return (
        (symbol(instrument), "title"),
        (direction + last, last_tone),
        moved(percent, 2),
        size(quote.bid_size),
        price(quote.bid, "bid"),
        price(quote.ask, "ask"),
        size(quote.ask_size),
        size(quote.volume),
        moved(absolute, 2),
        price(quote.high, "plain"),
        price(quote.low, "plain"),
        price(quote.open, "plain"),
        price(quote.close, "plain"),
        price(quote.vwap, "plain"),
        price(spread, "plain"),
        mark_span(mark),
        (age(quote_age(quote, now, now_ns)), "plain" if trusted else "warn"),
        (instrument.long_name, "dim"),
    )


def headline(quote: Quote, instrument: Instrument, mark: Mark, now: float, now_ns: int) -> Line:
    """The quote of one symbol in a line, as headers and tickets show it."""
    tick = instrument.min_tick
    tone = "plain" if mark in TRUSTED else "dim"
    percent, percent_tone = signed(change(quote)[1])
    return (
        (f"{symbol(instrument)} ", "title"),
        (f"{arrow(quote).strip()}{format_price(quote.last, tick)} ", tone),
        (f"{percent}%  " if percent != UNKNOWN else "", percent_tone if tone == "plain" else "dim"),
        (f"bid {format_price(quote.bid, tick)}", "bid" if tone == "plain" else "dim"),
        (f" × {compact(quote.bid_size)}  ", tone),
        (f"ask {format_price(quote.ask, tick)}", "ask" if tone == "plain" else "dim"),
        (f" × {compact(quote.ask_size)}  ", tone),
        mark_span(mark),
        (f" {age(quote_age(quote, now, now_ns))}", "plain" if tone == "plain" else "warn"),
    )


def about(instrument: Instrument, why: str) -> Line:
    """What the selected contract is, and why it has no data where it has none."""
    facts = [
        instrument.long_name or symbol(instrument),
        instrument.sec_type,
        instrument.primary_exchange or instrument.exchange,
        instrument.currency,
        f"tick {instrument.min_tick:g}",
    ]
    line: Line = ((" " + " · ".join(each for each in facts if each), "dim"),)
    return (*line, (f"  {why}", "warn")) if why else line
