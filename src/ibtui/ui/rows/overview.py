"""The lines over the board: tabs of the lists, breadth of the market, heat of the sectors."""

from collections.abc import Mapping, Sequence

from ibtui.market.board import Quote
from ibtui.market.breadth import SECTORS, Breadth
from ibtui.ui.rows.quotes import change
from ibtui.ui.text import UNKNOWN, Line, Span, join, length, signed

HOW_TO_KNOW = 'ibtui backfill SYMBOL… --bar "1 day"'
"""The command that brings the bars that the 50-day average needs."""

_HOT = 1.0
"""Percent from which on a sector's move is shown bold."""


def tab_line(tabs: Sequence[tuple[str, int]], current: int, note: str, width: int) -> Line:
    """The lists side by side, the current one marked; scrolled so that it is seen.

    Args:
        tabs: Name and number of entries.
        current: Which is shown.
        note: What else is to be said, such as the filter; stands behind the tabs.
        width: Cells.
    """
    parts: list[Line] = []
    for at, (name, count) in enumerate(tabs):
        marked = at == current
        left, right = ("[", "]") if marked else (" ", " ")
        tone = "accent" if marked else "dim"
        parts.append(((left, "key"), (name, tone), (f" {count}", "dim"), (right, "key")))
    said: Line = ((f" {note}", "warn"),) if note else ()
    room = max(0, width - length(said))
    first = 0
    while first < current and sum(length(each) for each in parts[first : current + 1]) > room:
        first += 1
    return (*join(parts[first:], room, between=""), *said)


def breadth_line(found: Breadth, total: int, width: int) -> Line:
    """Advancers and decliners, highs and lows, share above the 50-day average; what nobody knows is a dash.

    Args:
        found: Counts of the quotes that can be trusted.
        total: Contracts that are watched.
        width: Cells; what does not fit drops from the right.
    """
    flat = found.compared - found.advancing - found.declining
    compared = bool(found.compared)
    rising, falling = _count(found.advancing, compared, "up"), _count(found.declining, compared, "down")
    parts: list[Line] = [
        ((" ▲ ", "up"), rising, (" ▼ ", "down"), falling, (" = ", "dim"), _count(flat, compared, "dim")),
        _highs_and_lows("at high ", found.at_high, found.at_low, bool(found.ranged)),
        _highs_and_lows("52w high ", found.new_high, found.new_low, bool(found.yearly)),
        _above(found),
    ]
    if found.total < total:
        parts.insert(1, ((f"of {found.total}/{total} quoted", "warn"),))
    if not found.averaged:
        parts.append(((f"({HOW_TO_KNOW})", "dim"),))
    return join(parts, width)


def _count(number: int, known: bool, tone: str) -> Span:
    return (str(number), tone if number else "dim") if known else (UNKNOWN, "dim")


def _highs_and_lows(word: str, highs: int, lows: int, known: bool) -> Line:
    return ((word, "dim"), _count(highs, known, "up"), (" low ", "dim"), _count(lows, known, "down"))


def _above(found: Breadth) -> Line:
    if not found.averaged:
        return (("over 50d ", "dim"), (UNKNOWN, "dim"))
    share = round(found.above / found.averaged * 100)
    return (("over 50d ", "dim"), (f"{found.above}/{found.averaged} {share}%", "up" if share >= 50 else "down"))


def sector_line(quotes: Mapping[str, Quote | None], width: int) -> Line:
    """The sectors' change of the day with arrows; a quote that can't be trusted is a dash.

    Args:
        quotes: By symbol; None for one that is not watched or not trusted.
        width: Cells; narrow ones drop the XL that all the symbols begin with.
    """
    for head, skip in ((" ", 0), (" XL: ", 2)):
        parts = join([_sector(symbol[skip:], quotes.get(symbol)) for symbol in SECTORS], 10_000, between=" ")
        if length(parts) + len(head) <= width:
            break
    return ((head, "dim"), *parts)


def _sector(name: str, quote: Quote | None) -> Line:
    percent = None if quote is None else change(quote)[1]
    text, tone = signed(percent, 1)
    if percent is None:
        return ((name, "dim"), (text, "dim"))
    arrow = {"up": "▲", "down": "▼"}.get(tone, "=")
    return ((name, "title" if abs(percent) >= _HOT else "dim"), (f"{arrow}{text.lstrip('+-')}", tone))
