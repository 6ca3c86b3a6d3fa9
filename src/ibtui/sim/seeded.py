"""The market that follows from a seed: planned minutes, the prints that keep the plans, and the book around them."""

from collections.abc import Iterator

from ibtui.sim.beats import Beats
from ibtui.sim.flow import Happening, flow
from ibtui.sim.minutes import Minute
from ibtui.sim.planner import Planner
from ibtui.sim.prints import PlannedPrint, prints_of
from ibtui.sim.sizes import SeededSizes
from ibtui.sim.universe import Listing


class SeededStream:
    """One contract's seeded market."""

    def __init__(self, planner: Planner, listing: Listing) -> None:
        self.sizes = SeededSizes(planner.seed, listing)
        self.beats = Beats(listing.con_id)
        self._planner = planner
        self._listing = listing

    def flow(self, from_minute: int) -> Iterator[Happening]:
        """All that happens from the first open minute at or after ``from_minute`` on, for ever."""
        return flow(self._planner, self._listing, from_minute)


class SeededSource(Planner):
    """All contracts' seeded markets."""

    def stream(self, listing: Listing) -> SeededStream:
        """A contract's market event by event."""
        return SeededStream(self, listing)

    def prints(self, listing: Listing, minute: Minute) -> list[PlannedPrint]:
        """The trades of one minute."""
        return prints_of(self.seed, listing.con_id, minute)
