"""Cumulative delta: what buyers took less what sellers hit, as far as the side of the trades could be inferred."""

from bisect import bisect_right

SIZE_CLASSES = (100.0, 1_000.0, 10_000.0)
"""Sizes at which the next class of trades begins: odd lots, small, middling, large."""


class Delta:
    """Sums of size by side since they were begun.

    Attributes:
        since_ns: Time of the first print, UTC nanoseconds of the market's clock; None before it.
        prints: Prints taken.
        classified: Prints of a buyer, of a seller or between bid and ask.
        bought: Size that buyers took; sold: that sellers hit; undecided: the rest.
        bought_by_class: The same by :data:`SIZE_CLASSES`, sold_by_class likewise.
    """

    __slots__ = ("bought", "bought_by_class", "classified", "prints", "since_ns", "sold", "sold_by_class", "undecided")

    def __init__(self) -> None:
        self.since_ns: int | None = None
        self.prints = 0
        self.classified = 0
        self.bought = 0.0
        self.sold = 0.0
        self.undecided = 0.0
        self.bought_by_class = [0.0] * (len(SIZE_CLASSES) + 1)
        self.sold_by_class = [0.0] * (len(SIZE_CLASSES) + 1)

    def add(self, at_ns: int, side: int | None, size: float | None) -> None:
        """Takes one print."""
        if self.since_ns is None:
            self.since_ns = at_ns
        self.prints += 1
        self.classified += side is not None
        if size is None:
            return
        if side == 1:
            self.bought += size
            self.bought_by_class[bisect_right(SIZE_CLASSES, size)] += size
        elif side == -1:
            self.sold += size
            self.sold_by_class[bisect_right(SIZE_CLASSES, size)] += size
        else:
            self.undecided += size

    @property
    def volume(self) -> float:
        """Size of all prints."""
        return self.bought + self.sold + self.undecided

    @property
    def value(self) -> float:
        """Bought less sold."""
        return self.bought - self.sold

    @property
    def band(self) -> tuple[float, float]:
        """What the delta may be: all that is undecided was sold, or was bought."""
        return self.value - self.undecided, self.value + self.undecided

    @property
    def share(self) -> float | None:
        """The part of the volume that has a side; None before there is any."""
        return (self.bought + self.sold) / self.volume if self.volume else None

    @property
    def by_class(self) -> tuple[float, ...]:
        """Bought less sold of each class of size, smallest first."""
        return tuple(bought - sold for bought, sold in zip(self.bought_by_class, self.sold_by_class, strict=True))
