"""IB's limits: messages a second, market data lines, books, tick-by-tick streams, and the pacing of history."""

import asyncio
from collections import deque
from dataclasses import dataclass, field

from ibtui.errors import UsageError
from ibtui.market.bars import bar_size
from ibtui.sim import data_requests, requests
from ibtui.sim.client import Client
from ibtui.sim.feeds import Feeds
from ibtui.sim.order_checks import Refusal
from ibtui.sim.schema import Message, Values

MESSAGE_WINDOWS = ((50, 0.75), (500, 10.0))
"""More messages than this within so many seconds are too many: IB's fifty a second. Load and network move messages
together on their way, so a client that keeps to it may well be seen to send fifty in a little less than a second."""
LINES, BOOKS, TICK_BY_TICK = 100, 3, 5
SMALL_BAR_SECONDS = 30
"""The pacing rules are for bars up to this long; IB lifted them for longer ones."""
IDENTICAL_SECONDS = 15.0
SAME_CONTRACT_SECONDS, SAME_CONTRACT_MOST = 2.0, 5
WINDOW_SECONDS, WINDOW_MOST = 600.0, 60
MOST_AT_ONCE = 50

TOO_MANY_LINES = Refusal(101, "Max number of tickers has been reached")
TOO_MANY_BOOKS = Refusal(309, f"Max number ({BOOKS}) of market depth requests has been reached")
TOO_MANY_TICK_BY_TICK = Refusal(10190, "Max number of tick-by-tick requests has been reached.")
PACING = Refusal(162, "Historical Market Data Service error message:Historical data request pacing violation")


@dataclass(slots=True)
class MessageRate:
    """When one client sent its last messages, seconds."""

    sent: deque[float] = field(default_factory=deque)

    def too_fast(self, now: float) -> bool:
        """Counts a message; True where it is one too many."""
        sent = self.sent
        sent.append(now)
        while sent[0] <= now - MESSAGE_WINDOWS[-1][1]:
            sent.popleft()
        return any(len(sent) > most and sent[-most - 1] > now - seconds for most, seconds in MESSAGE_WINDOWS)


@dataclass(slots=True)
class HistoryPacing:
    """The history requests of the last ten minutes: when, for which contract and data, and all that was asked."""

    asked: deque[tuple[float, int, tuple[object, ...], tuple[object, ...]]] = field(default_factory=deque)

    def refuses(self, feed: tuple[object, ...], whole: tuple[object, ...], weight: int, now: float) -> bool:
        """Whether a request comes too soon; if not, it is counted.

        Args:
            feed: Contract, exchange and data.
            whole: Everything that makes two requests identical.
            weight: How often it counts: BID_ASK twice.
            now: Seconds.
        """
        asked = self.asked
        while asked and asked[0][0] <= now - WINDOW_SECONDS:
            asked.popleft()
        identical = any(each == whole and at > now - IDENTICAL_SECONDS for at, _, _, each in asked)
        same = sum(each == feed and at > now - SAME_CONTRACT_SECONDS for at, _, each, _ in asked)
        total = sum(count for _, count, _, _ in asked)
        if identical or same >= SAME_CONTRACT_MOST or total + weight > WINDOW_MOST:
            return True
        asked.append((now, weight, feed, whole))
        return False


class Limits:
    """What the clients of one gateway may do; lines, books and pacing are the user's, whichever client asks."""

    def __init__(self, feeds: Feeds) -> None:
        self._feeds = feeds
        self._rates: dict[Client, MessageRate] = {}
        self._pacing = HistoryPacing()

    def left(self, client: Client) -> None:
        """Forgets a client."""
        self._rates.pop(client, None)

    def too_fast(self, client: Client) -> bool:
        """Counts a message of a client; True where it is one too many."""
        return self._rates.setdefault(client, MessageRate()).too_fast(_now())

    def refusal(self, message: Message, ask: Values, con_id: int, open_answers: int) -> Refusal | None:
        """Why a request for data is refused; None if it is not.

        Args:
            message: Which request.
            ask: What it says.
            con_id: The contract that it means.
            open_answers: How many requests that take their time are being answered.
        """
        if message is requests.MARKET_DATA and self._full("ticks", con_id, LINES):
            return TOO_MANY_LINES
        if message is requests.DEPTH and self._full("depth", con_id, BOOKS):
            return TOO_MANY_BOOKS
        if message is requests.TICK_BY_TICK and self._streams("prints", "quotes") >= TICK_BY_TICK:
            return TOO_MANY_TICK_BY_TICK
        if message is data_requests.HISTORICAL_DATA and (open_answers >= MOST_AT_ONCE or self._paced(ask, con_id)):
            return PACING
        return None

    def _full(self, feed: str, con_id: int, most: int) -> bool:
        """Whether as many contracts as allowed have such a feed and this one hasn't."""
        held = {each.con_id for each in self._feeds.subscriptions() if each.feed == feed}
        return con_id not in held and len(held) >= most

    def _streams(self, *feeds: str) -> int:
        return sum(each.feed in feeds for each in self._feeds.subscriptions())

    def _paced(self, ask: Values, con_id: int) -> bool:
        try:
            seconds = bar_size(ask["bar_size"] or "").seconds
        except UsageError:
            return False
        if seconds > SMALL_BAR_SECONDS:
            return False
        feed = con_id, ask["exchange"], ask["what"]
        whole = *feed, seconds, ask["end"], ask["duration"], ask["use_rth"]
        return self._pacing.refuses(feed, whole, 2 if ask["what"] == "BID_ASK" else 1, _now())


LIMITED = frozenset({requests.MARKET_DATA, requests.DEPTH, requests.TICK_BY_TICK, data_requests.HISTORICAL_DATA})
"""The requests that :meth:`Limits.refusal` looks at."""


def too_many_messages() -> tuple[int, str]:
    """IB's last words to a client that sends too fast."""
    most = MESSAGE_WINDOWS[0][0]
    return 100, f"Max rate of messages per second has been exceeded:max={most} rec={most + 1} (1)"


def _now() -> float:
    return asyncio.get_running_loop().time()
