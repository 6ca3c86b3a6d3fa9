"""Where a contract's market comes from when none of our clients is there: what every such source offers."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from ibtui.sim.beats import Beats
from ibtui.sim.events import Side
from ibtui.sim.flow import Happening
from ibtui.sim.minutes import Minute
from ibtui.sim.prints import PlannedPrint
from ibtui.sim.trading_days import Phase, TradingDay
from ibtui.sim.universe import Listing


class Sizes(Protocol):
    """How much stands at each price of a book, and whose it is, as of a beat."""

    @property
    def reach(self) -> int:
        """How far from the best price there may be rows, in increments."""
        ...

    def renewed(self, beat: int) -> tuple[Side, bool]:
        """Which side a beat renews, and whether it is its best row or a deeper one."""
        ...

    def renewed_class(self, side: Side, beat: int) -> int:
        """Which prices a beat renews that renews deeper rows: those with this remainder modulo 16."""
        ...

    def stands(self, price: int) -> bool:
        """Whether there may be a row at a price behind the best one."""
        ...

    def best(self, side: Side, beat: int) -> tuple[int, str]:
        """Shares and maker of the best row of a side."""
        ...

    def deeper(self, side: Side, price: int, beat: int) -> tuple[int, str]:
        """Shares and maker at a price behind the best one."""
        ...


class Stream(Protocol):
    """One contract's market event by event, and the sizes of the book that belong to it."""

    @property
    def sizes(self) -> Sizes:
        """The book's sizes as of the beats that were told."""
        ...

    @property
    def beats(self) -> Beats:
        """The beats that go beside the flow."""
        ...

    def flow(self, from_minute: int) -> Iterator[Happening]:
        """All that happens from the first open minute at or after ``from_minute`` on, for ever."""
        ...


class Source(Protocol):
    """The markets of all contracts: known minute by minute, and event by event where it is wanted."""

    seed: int

    def stream(self, listing: Listing) -> Stream:
        """A contract's market event by event."""
        ...

    def prints(self, listing: Listing, minute: Minute) -> list[PlannedPrint]:
        """The trades of one minute."""
        ...

    def minute(self, listing: Listing, number: int) -> Minute | None:
        """One minute, or None while the market is closed."""
        ...

    def phase(self, listing: Listing, day: TradingDay, phase: Phase, count: int | None = None) -> list[Minute]:
        """So many minutes of one phase of a day, or all."""
        ...

    def quote_before(self, listing: Listing, number: int) -> tuple[int, int]:
        """Bid and ask at the beginning of an open minute, in increments."""
        ...

    def previous_close(self, listing: Listing, number: int) -> int:
        """The close of the regular session before the one that a minute belongs to or follows."""
        ...

    def change(self, listing: Listing, number: int) -> tuple[float, float]:
        """Where an open minute begins, in increments, and how far that is from the close before, as a part."""
        ...

    def extremes(self, listing: Listing, number: int, spans: Sequence[int]) -> list[tuple[float, float]]:
        """Lowest and highest price of so many sessions before a minute's, in increments; none where not known.

        Args:
            listing: The contract.
            number: The minute.
            spans: Numbers of sessions, ascending.
        """
        ...

    def day_volume(self, listing: Listing, number: int) -> float:
        """Shares of the regular session of a minute's day."""
        ...
