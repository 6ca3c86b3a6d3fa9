"""What the screens say of one quote: its name, its change, its mark, its age, in a line."""

import math

from ibtui.market.board import Quote
from ibtui.market.instruments import QUOTED_ONLY, Instrument
from ibtui.market.marks import Mark
from ibtui.market.names import OPTIONS, symbol
from ibtui.market.prices import format_price
from ibtui.ui.text import UNKNOWN, Line, Span, age, compact, signed

TRUSTED = frozenset({Mark.LIVE, Mark.DELAYED})
"""Marks whose numbers are shown in full colour; all others are greyed and carry their mark and age."""

_TONES = {Mark.LIVE: "good", Mark.DELAYED: "warn", Mark.FROZEN: "accent", Mark.CLOSED: "dim", Mark.STALE: "bad"}


def change(quote: Quote, instrument: Instrument | None = None) -> tuple[float | None, float | None]:
    """Change since the previous close, absolute and in percent; unknown where either price is.

    Of what has no trades at IB, such as forex, it is the change of the quote's middle: IB's close is one of quotes too.
    """
    price = quote.last
    if price is None and instrument is not None and instrument.sec_type in QUOTED_ONLY:
        price = middle(quote)
    if price is None or not quote.close:
        return None, None
    return price - quote.close, (price / quote.close - 1) * 100


def middle(quote: Quote) -> float | None:
    """Between bid and ask; unknown where either is."""
    return None if quote.bid is None or quote.ask is None else (quote.bid + quote.ask) / 2


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


def headline(quote: Quote, instrument: Instrument, mark: Mark, now: float, now_ns: int) -> Line:
    """The quote of one symbol in a line, as headers and tickets show it."""
    tick = instrument.min_tick
    tone = "plain" if mark in TRUSTED else "dim"
    percent, percent_tone = signed(change(quote, instrument)[1])
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
    name, option = symbol(instrument), instrument.sec_type in OPTIONS
    facts = [
        *([name] if option else []),
        instrument.long_name or ("" if option else name),
        instrument.sec_type,
        instrument.primary_exchange or instrument.exchange,
        instrument.currency,
        f"tick {format_price(instrument.min_tick, instrument.min_tick)}",
    ]
    line: Line = ((" " + " · ".join(each for each in facts if each), "dim"),)
    return (*line, (f"  {why}", "warn")) if why else line
