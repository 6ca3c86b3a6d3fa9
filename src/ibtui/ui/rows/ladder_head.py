"""The lines over and under a ladder's rows: what holds for the whole book, the chosen row, the position."""

from dataclasses import dataclass

from ibtui.market.book import DepthBook
from ibtui.market.increments import Scale
from ibtui.market.instruments import Instrument
from ibtui.market.prices import decimals, exact, format_price
from ibtui.ui.rows.ladder_book import Side, best_rows
from ibtui.ui.text import Line, age, compact, quantity, signed

_BAR = 6


@dataclass(frozen=True, slots=True)
class Choices:
    """What a ladder's keys have switched.

    Attributes:
        seconds: The window of what is called lately.
        least: Changes smaller than this are not shown.
        group: Increments a row.
        venues: Whether venues and makers are shown.
    """

    seconds: float = 5.0
    least: float = 0.0
    group: int = 1
    venues: bool = False

    @property
    def unusual(self) -> bool:
        """Whether rows or changes are not shown as they are: that is told before anything else."""
        return self.group > 1 or self.least > 0


def trouble_line(trouble: str, width: int) -> Line:
    """Why the ladder is grey, and where there is room, what that means."""
    words = f" ✗ NOT BELIEVED: {trouble}"
    meaning = "; no orders here until it is right again"
    return ((words + meaning if len(words + meaning) <= width else words, "bad"),)


def hint(bids: Side, asks: Side, rows: range) -> str:
    """What the keys do, while no row is chosen; where the spread is all that is seen, what helps against that."""
    bid, ask = best_rows(bids, asks)
    if bid is not None and ask is not None and rows and bid < rows[-1] and ask > rows[0]:
        return "the spread is wider than these rows: u puts more prices into a row"
    return "↑ ↓ choose a row; i buys there, o sells there, x cancels, m moves"


Touch = tuple[float | None, float | None]
"""Best bid and ask, as prices."""


def book_parts(book: DepthBook | None, bids: Side, asks: Side, touch: Touch, scale: Scale, now: float) -> list[Line]:
    """Spread, balance of the two sides, that the book holds or what is amiss, its age; the most important first.

    Args:
        book: The book; None where only the touch is known.
        bids: Its bids by row.
        asks: Its asks by row.
        touch: Its best prices.
        scale: Prices to rows.
        now: Monotonic seconds.
    """
    best_bid, best_ask = touch
    parts: list[Line] = []
    if best_bid is not None and best_ask is not None and best_bid <= best_ask:
        parts.append(((f"spread {scale.ticks(best_bid, best_ask):.3g}", "plain"),))
        if bids.total + asks.total:
            share = bids.total / (bids.total + asks.total)
            filled = round(share * _BAR)
            bar = (("█" * filled, "bid"), ("█" * (_BAR - filled), "ask"))
            parts.append(
                ((f"{compact(bids.total)} ", "bid"), *bar, (f" {compact(asks.total)} {share:.0%} bid", "plain"))
            )
    if book is not None:
        # Rows come one by one: what is amiss between two of them greys nothing yet, but is no ✓ either.
        amiss = book.check()
        held = (f"book ? {amiss}", "warn") if amiss else ("book ✓", "good")
        parts.append((held, (f" {age(now - book.updated)}", "dim")))
    return parts


def flow_part(hit: float, lifted: float, seconds: float) -> Line:
    """What was hit and lifted in the window, and whose pressure that is."""
    words = "even" if hit == lifted else "buyers" if lifted > hit else "sellers"
    return (
        (f"{seconds:g}s hit {compact(hit)} ", "down"),
        (f"lifted {compact(lifted)} ", "up"),
        (words, "dim"),
    )


def choice_part(choices: Choices, size: float) -> Line:
    """What the keys have switched, and the size of an order that one of them places."""
    words = [f"{quantity(size)} a key"]
    if choices.group > 1:
        words.append(f"{choices.group} ticks a row")
    if choices.least:
        words.append(f"± from {compact(choices.least)}")
    return ((", ".join(words), "accent" if choices.unusual else "dim"),)


def cursor_parts(row: int, bids: Side, asks: Side, touch: Touch, scale: Scale, instrument: Instrument) -> list[Line]:
    """The chosen row: its price, what stands between it and the market, and how far it is away.

    The sum of bids counts from the best one down to the row, the sum of asks up to it: what an order there would have
    to go through, or stands behind.
    """
    price = scale.price(row)
    parts: list[Line] = [((f"▸ {format_price(price, instrument.min_tick)}", "title"),)]
    best_bid, best_ask = best_rows(bids, asks)
    for name, side, best, tone in (("bid", bids, best_bid, "bid"), ("ask", asks, best_ask, "ask")):
        if best is None or (row > best if side is bids else row < best):
            continue
        inside = {each: size for each, size in side.sizes.items() if (each >= row if side is bids else each <= row)}
        notional = sum(scale.price(each) * size for each, size in inside.items()) * instrument.multiplier
        words = f"{name} Σ {compact(sum(inside.values()))} ({compact(round(notional))} {instrument.currency})"
        parts.append(((words, tone),))
    low, high = touch
    if low is not None and high is not None:
        middle = (low + high) / 2
        near = high if price >= high else low if price <= low else None
        away = "inside" if near is None else f"{signed(scale.ticks(near, price), 0)[0]} ticks"
        bps = f" {signed((price / middle - 1) * 10_000, 1)[0]} bps from mid" if middle > 0 else ""
        parts.append(((away + bps, "plain"),))
    return parts


def position_part(
    held: float, average: float | None, bid: float | None, ask: float | None, scale: Scale, instrument: Instrument
) -> Line:
    """What is held, what it cost, and what it would bring if it were closed at the touch now.

    Args:
        held: Negative when short.
        average: What one cost; None while unknown.
        bid: Where a long position can be closed.
        ask: Where a short one can.
        scale: Prices to rows.
        instrument: The contract.
    """
    words = f"◆ {'long' if held > 0 else 'short'} {quantity(abs(held))}"
    if average is None:
        return ((words, "mine"), (" at an unknown price", "dim"))
    closing, places = bid if held > 0 else ask, decimals(instrument.min_tick)
    line: Line = ((f"{words} @ {exact(average, places, 4)}", "mine"),)
    if closing is None:
        return (*line, (" result unknown: no touch", "warn"))
    sign = 1 if held > 0 else -1
    ticks, tone = signed(sign * scale.ticks(average, closing), 1)
    result, _ = signed((closing - average) * held * instrument.multiplier)
    return (*line, (f" {ticks} ticks {result} {instrument.currency}", tone))
