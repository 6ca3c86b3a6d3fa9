"""Recording without screens: which symbols get what, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument

if TYPE_CHECKING:
    from ibtui.broker.feeds import Feeds

SCARCE_SLOTS = 3
"""Books, and tapes, that IB grants at once at the least; more come with commissions and booster packs."""

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one symbol brought.

    Attributes:
        ticks: Quote frames.
        depth: Book changes.
        prints: Trades.
        reason: Why something is missing, in plain words; empty when all is well.
    """

    symbol: str
    con_id: int
    ticks: int
    depth: int
    prints: int
    reason: str


class Recording:
    """Subscribes to quotes of all, and to depth and tape of the first ones; what comes goes to the files by itself.

    Args:
        number: Tells recordings apart.
        instruments: In the order in which they get the scarce slots.
        feeds: Where the subscriptions are.
    """

    def __init__(self, number: int, instruments: Sequence[Instrument], feeds: "Feeds") -> None:
        self._owner = f"recording {number}"
        self._instruments = instruments
        self._feeds = feeds
        self._before = {each.con_id: self._counts(each.con_id) for each in instruments}
        for place, instrument in enumerate(instruments):
            scarce = place < SCARCE_SLOTS
            feeds.want(instrument, quotes=True, depth=scarce, tape=scarce, owner=self._owner)

    @property
    def notice(self) -> str:
        """What the user should know of the slots; empty when every symbol has all."""
        without = ", ".join(each.symbol for each in self._instruments[SCARCE_SLOTS:])
        return f"Depth and tape go to the first {SCARCE_SLOTS} symbols; quotes only for {without}." if without else ""

    def so_far(self) -> list[Recorded]:
        """What came since the start, an entry an instrument."""
        return [self._recorded(each) for each in self._instruments]

    def end(self) -> None:
        """Gives the subscriptions back."""
        for instrument in self._instruments:
            self._feeds.unwant(instrument, quotes=True, depth=True, tape=True, owner=self._owner)

    def _counts(self, con_id: int) -> tuple[int, int, int]:
        market = self._feeds.market
        return market.board.quote(con_id).ticks, market.book(con_id).operations, market.tape(con_id).total

    def _recorded(self, instrument: Instrument) -> Recorded:
        con_id = instrument.con_id
        ticks, depth, prints = (
            now - then for now, then in zip(self._counts(con_id), self._before[con_id], strict=True)
        )
        return Recorded(instrument.symbol, con_id, ticks, depth, prints, self._feeds.reason(con_id))


def seconds_of(text: str) -> float:
    """Seconds of a duration as people type it: ``10s``, ``10m``, ``1.5h``, ``2d``, or plain seconds.

    Raises:
        UsageError: It is none; says what is allowed.
    """
    number, unit = (text[:-1], UNITS[text[-1]]) if text and text[-1] in UNITS else (text, 1)
    try:
        seconds = float(number) * unit
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise UsageError(f"'{text}' is no duration; 10s, 10m, 1.5h and 2d are.")
    return seconds
