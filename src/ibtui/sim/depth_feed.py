"""A window of the book to one client, in IB's operations: insert, update and delete by position."""

from collections.abc import Callable, Iterator, Sequence

from ibtui.sim import messages
from ibtui.sim.client import Client
from ibtui.sim.events import DELETE, INSERT, UPDATE, BookLevel, DepthChanged, MarketEvent, Side
from ibtui.sim.feeds import Taker
from ibtui.sim.stats import Subscription

SIDES: dict[Side, int] = {"ask": 0, "bid": 1}
"""IB's numbers of the sides."""

DEPTH_RESET = 317
DEPTH_RESET_TEXT = "Market depth data has been RESET. Please empty deep book contents before applying any new entries."

Operation = tuple[int, int, BookLevel]
"""What to do, at which position, with which row."""


def changes(old: Sequence[BookLevel], new: Sequence[BookLevel]) -> Iterator[Operation]:
    """The operations that turn one window into another; as few as IB would send where a single row came or went.

    A window never grows beyond its rows: where one comes into a full window, the last is deleted first.
    """
    shorter = min(len(old), len(new))
    first = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    if first == len(old) == len(new):
        return
    if len(old) == len(new) and old[first + 1 :] == new[first + 1 :]:
        yield UPDATE, first, new[first]
        return
    came = old[first : len(new) - 1] == new[first + 1 :] and len(new) >= len(old) and first < len(new)
    went = old[first + 1 :] == new[first : len(old) - 1] and len(old) >= len(new) and first < len(old)
    if came:
        if len(new) == len(old):
            yield DELETE, len(old) - 1, old[-1]
        yield INSERT, first, new[first]
    elif went:
        yield DELETE, first, old[first]
        if len(new) == len(old):
            yield INSERT, len(new) - 1, new[-1]
    else:
        for position in range(first, shorter):
            if old[position] != new[position]:
                yield UPDATE, position, new[position]
        for position in range(len(old) - 1, shorter - 1, -1):
            yield DELETE, position, old[position]
        for position in range(shorter, len(new)):
            yield INSERT, position, new[position]


class DepthFeed:
    """One ``reqMktDepth``: a book of its own that follows the exchange's events, and what the client was shown of it.

    Args:
        rows: Rows a side that the client wants.
        smart: By makers of all venues (message 13), else one venue's book without makers (message 12).
        shows: Which rows belong to the book that was asked for.
    """

    def __init__(
        self,
        client: Client,
        subscription: Subscription,
        book: tuple[Sequence[BookLevel], Sequence[BookLevel]],
        *,
        rows: int,
        smart: bool,
        shows: Callable[[BookLevel], bool],
    ) -> None:
        self.client = client
        self.subscription = subscription
        self.takes: dict[type[MarketEvent], Taker] = {DepthChanged: self._changed}
        bids, asks = book
        self._book: dict[Side, list[BookLevel]] = {"bid": list(bids), "ask": list(asks)}
        self._shown: dict[Side, list[BookLevel]] = {"bid": [], "ask": []}
        self._rows = rows
        self._smart = smart
        self._shows = shows
        self._message = messages.SMART_DEPTH if smart else messages.DEPTH
        self._frame = client.template(self._message)

    def open(self) -> None:
        """Sends the book as it is."""
        for side in SIDES:
            self._show(side)

    def reset(self) -> None:
        """Has the client empty its book (317) and sends the whole anew."""
        self.client.error(self.subscription.req_id, DEPTH_RESET, DEPTH_RESET_TEXT)
        self._shown = {"bid": [], "ask": []}
        self.open()

    def _changed(self, event: MarketEvent) -> None:
        assert isinstance(event, DepthChanged)
        _, _, side, op, position, price, size, maker = event
        levels = self._book[side]
        if op == INSERT:
            levels.insert(position, BookLevel(price, size, maker))
        elif op == UPDATE:
            old, levels[position] = levels[position], BookLevel(price, size, maker)
            shown = self._shown[side]
            if position < len(shown) and shown[position] is old:  # nearly always, where all rows are shown
                shown[position] = levels[position]
                self._send(side, UPDATE, position, shown[position])
                return
        else:
            del levels[position]
        self._show(side)

    def _show(self, side: Side) -> None:
        window = [level for level in self._book[side] if self._shows(level)][: self._rows]
        for operation, position, level in changes(self._shown[side], window):
            self._send(side, operation, position, level)
        self._shown[side] = window

    def _send(self, side: Side, operation: int, position: int, level: BookLevel) -> None:
        number, req_id = SIDES[side], self.subscription.req_id
        price, size, maker = (0.0, 0, level.maker) if operation == DELETE else level
        if self._smart:
            frame = self._frame((req_id, position, maker, operation, number, price, size, 1))
        else:
            frame = self._frame((req_id, position, operation, number, price, size))
        self.client.push(frame, self._message.number, self.subscription)
