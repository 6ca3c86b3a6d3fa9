"""Recording without screens: what ``ibtui record`` asks of a console, and what the console then does.

The command is a client of a console's jobs: of one that runs already, or of one of its own.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ibtui.broker.silence import NAMES
from ibtui.broker.subscriptions import Feed, Standing
from ibtui.broker.ticker import Ticker
from ibtui.errors import UsageError
from ibtui.market.instruments import Instrument
from ibtui.market.symbols import parse_symbol
from ibtui.services import tables

if TYPE_CHECKING:
    from ibtui.broker.contracts import Contracts
    from ibtui.broker.feeds import Feeds

Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]
"""Has a job of a console done and returns its answer."""

ROTATE_EVERY = 60.0
"""Seconds for which a symbol holds a slot where the symbols take turns."""

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
    """Subscribes to everything of all; the first ones get the slots. What comes goes to the files by itself.

    Args:
        number: Tells recordings apart.
        instruments: In the order in which they get the scarce slots.
        feeds: Where the subscriptions are.
    """

    def __init__(self, number: int, instruments: Sequence[Instrument], feeds: "Feeds") -> None:
        self._owner = f"recording {number}"
        self._instruments = instruments
        self._feeds = feeds
        self._queues = {feed: list(instruments) for feed in (Feed.DEPTH, Feed.TAPE)}
        self._before = {each.con_id: self._counts(each.con_id) for each in instruments}
        for instrument in instruments:
            feeds.want(instrument, quotes=True, depth=True, tape=True, owner=self._owner)

    def rotate(self) -> None:
        """Has as many of those that hold a scarce slot as others wait for one queue up anew, behind them."""
        for feed, queue in self._queues.items():
            standings = {each: self._feeds.standing(each.con_id, feed) for each in queue}
            waiting = sum(standing is Standing.WITHOUT for standing in standings.values())
            for each in [each for each in queue if standings[each] is Standing.GRANTED][:waiting]:
                depth, tape = feed is Feed.DEPTH, feed is Feed.TAPE
                self._feeds.unwant(each, depth=depth, tape=tape, owner=self._owner)
                self._feeds.want(each, depth=depth, tape=tape, owner=self._owner)
                queue.remove(each)
                queue.append(each)

    @property
    def notice(self) -> str:
        """What the user should know of the slots; empty when every symbol has all."""
        lacking = {feed: [each.symbol for each in self._instruments if self._lacks(each, feed)] for feed in Feed}
        return " ".join(
            f"No {feed} for {', '.join(symbols)}: all {self._feeds.limits()[feed]} {NAMES[feed]} are in use."
            for feed, symbols in lacking.items()
            if symbols
        )

    def so_far(self) -> list[Recorded]:
        """What came since the start, an entry an instrument."""
        return [self._recorded(each) for each in self._instruments]

    def end(self) -> None:
        """Gives the subscriptions back."""
        for instrument in self._instruments:
            self._feeds.unwant(instrument, quotes=True, depth=True, tape=True, owner=self._owner)

    def _lacks(self, instrument: Instrument, feed: Feed) -> bool:
        return self._feeds.standing(instrument.con_id, feed) is Standing.WITHOUT

    def _counts(self, con_id: int) -> tuple[int, int, int]:
        market = self._feeds.market
        return market.board.quote(con_id).ticks, market.book(con_id).operations, market.tape(con_id).total

    def _recorded(self, instrument: Instrument) -> Recorded:
        con_id = instrument.con_id
        ticks, depth, prints = (
            now - then for now, then in zip(self._counts(con_id), self._before[con_id], strict=True)
        )
        return Recorded(instrument.symbol, con_id, ticks, depth, prints, self._feeds.reason(con_id))


class Recordings:
    """The console's side: starts and ends recordings."""

    def __init__(self, feeds: "Feeds", contracts: "Contracts") -> None:
        self._feeds = feeds
        self._contracts = contracts
        self._running: dict[int, Recording] = {}
        self._rotating: dict[int, Ticker] = {}
        self._started = 0

    async def start(self, request: dict[str, Any]) -> dict[str, Any]:
        """Starts recording ``symbols``; answers the ``recording``'s number and a ``notice``, which may be empty.

        With ``rotate`` the symbols share the depth and tape slots in turn.

        Raises:
            IbtuiError: A symbol can't be resolved.
        """
        instruments = [await self._contracts.resolve(symbol) for symbol in request["symbols"]]
        self._started += 1
        recording = self._running[self._started] = Recording(self._started, instruments, self._feeds)
        if request.get("rotate"):
            ticker = self._rotating[self._started] = Ticker(ROTATE_EVERY)
            ticker.start(recording.rotate)
        return {"recording": self._started, "notice": recording.notice}

    async def end(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ends a ``recording`` and answers what each of its ``symbols`` brought.

        Raises:
            UsageError: There is no such recording.
        """
        recording = self._running.pop(request["recording"], None)
        if recording is None:
            raise UsageError(f"There is no recording {request['recording']}.")
        ticker = self._rotating.pop(request["recording"], None)
        if ticker is not None:
            ticker.stop()
        recorded = recording.so_far()
        recording.end()
        return {"symbols": [asdict(each) for each in recorded]}


def record_flow(
    symbols: Sequence[str],
    seconds: float | None,
    say: Callable[[str], None],
    *,
    as_json: bool,
    rotate: bool = False,
) -> Callable[[Ask], Awaitable[int]]:
    """The command's side: records for so long, or until interrupted, and prints what came.

    Raises:
        UnknownSymbolError: A symbol is none in any form; told before a gateway is waited for.
    """
    for symbol in symbols:
        parse_symbol(symbol)

    async def flow(ask: Ask) -> int:
        started = await ask({"do": "record", "symbols": list(symbols), "rotate": rotate})
        if started["notice"]:
            say(started["notice"])
        try:
            await asyncio.sleep(seconds) if seconds is not None else await asyncio.Event().wait()
        finally:
            recorded = (await ask({"do": "recorded", "recording": started["recording"]}))["symbols"]
            if as_json:
                tables.say(json.dumps(recorded, indent=2))
            else:
                tables.show(tables.RECORDED, recorded, "Nothing was recorded.")
        return 0

    return flow


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
